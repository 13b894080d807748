/**
 * Daemons that wrote their process ids to files: whether they live, and their end.
 *
 * Promises to signal a process only if its command line names what started it, since ids are given again, and to take
 * one that is dead but not yet collected for dead: where nobody collects them, they stay for ever. Linux only, as it reads
 * `/proc`. Leaves starting to `slurm.ts` and `redis.ts`.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Arbitrary: short against what is waited for, long against the cost of one look. */
const LOOK_EVERY_MS = 20;

/** How long daemons may take to end when they are asked to. SLURM's controller took 3 s with nodes that were gone. */
const ASKED_MS = 6_000;

/** The process that wrote a file, if it lives and its command line has this text. */
export function daemonOf(pidFile: string, commandHas: string): number | undefined {
  let pid: number;
  try {
    pid = Number(readFileSync(pidFile, 'utf8').trim());
  } catch {
    return undefined;
  }
  return pid > 0 && isAlive(pid) && commandOf(pid).includes(commandHas) ? pid : undefined;
}

/** Whether a process runs. While threads of one that was killed still end, its ports and files are open. */
export function isAlive(pid: number): boolean {
  try {
    const isDead = /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return !isDead || readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false;
  }
}

/** Asks processes to end, all at once, and ends those that have not after a while. */
export async function endDaemons(pids: readonly number[]): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGTERM');
  const gone = await waitFor(() => pids.every((pid) => !isAlive(pid)), ASKED_MS);
  if (!gone) await killDaemons(pids);
}

/** Ends processes at once, and waits until they are gone. */
export async function killDaemons(pids: readonly number[]): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGKILL');
  if (!(await waitFor(() => pids.every((pid) => !isAlive(pid)), ASKED_MS)))
    throw new Error(
      `Cannot end the processes as they do not go: received ${pids.filter(isAlive).join(', ')}`,
    );
}

/** What a process tells of itself. What cannot be read, since it ended or is another user's, is empty. */
export interface ProcessFacts {
  readonly pid: number;
  readonly command: string;
  readonly environment: readonly string[];
  /** Paths of its open files. */
  readonly files: readonly string[];
}

/** Every process that can be seen, but this one and those it descends from. */
export function otherProcesses(): ProcessFacts[] {
  const own = new Set(lineOf(process.pid));
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => !own.has(pid) && isAlive(pid))
    .map((pid) => ({
      pid,
      command: commandOf(pid),
      environment: read(`/proc/${pid}/environ`).split('\0'),
      files: filesOf(pid),
    }));
}

/**
 * Waits until something holds.
 *
 * @returns whether it held before the limit
 */
export async function waitFor(holds: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
  const endMs = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > endMs) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

/** Ports of the loopback that nobody listens at now. They are all held at once, so they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject).listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone.
  }
}

function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

function filesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).map((name) => linkOf(join(folder, name)));
  } catch {
    return [];
  }
}

/** The process and those it descends from. */
function lineOf(pid: number): number[] {
  const parent = Number(/^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
  return parent > 0 ? [pid, ...lineOf(parent)] : [pid];
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
