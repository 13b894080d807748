/**
 * A throw-away Redis on this machine: a password, a log of every change (AOF), a port that was free.
 *
 * Promises that everything it has is in one folder, that it answers when it has started, and that one started again in the
 * same folder has the same port, password and data. Its program is Debian's `redis-server`: `packages.ts` installs it.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { daemonOf, endDaemons, freePorts, killDaemons, waitFor } from './daemons.ts';

/** It was up in 10 ms here; one with a long log to read takes longer. */
const UP_MS = 20_000;

/**
 * Starts a Redis, or again the one of this folder.
 *
 * @returns its address, with the password
 * @throws {Error} If it does not start, or does not answer.
 *
 * @example
 * ```ts no-run
 * const url = await startRedis('/tmp/mine');
 * ```
 */
export async function startRedis(given: string): Promise<string> {
  const place = placeOf(given);
  let url = redisUrl(given);
  if (url === undefined) {
    mkdirSync(place.folder, { recursive: true });
    const [port = 0] = await freePorts(1);
    const password = randomBytes(16).toString('hex');
    const settings = [
      `port ${port}`,
      'bind 127.0.0.1',
      `requirepass ${password}`,
      `dir ${place.folder}`,
      'save ""',
      'appendonly yes',
      'appendfsync everysec',
      'maxmemory-policy noeviction',
      'daemonize yes',
      // Its command line tells whose it is.
      'set-proc-title no',
      `pidfile ${place.pid}`,
      `logfile ${place.log}`,
    ];
    // In a file that others cannot read: a command line is everybody's.
    writeFileSync(place.configuration, `${settings.join('\n')}\n`, { mode: 0o600 });
    url = `redis://:${password}@127.0.0.1:${port}`;
  }
  const { status, error } = spawnSync('redis-server', [place.configuration], {
    stdio: 'ignore',
    timeout: UP_MS,
  });
  if (status !== 0)
    throw new Error(`Cannot start Redis as it failed: ${error?.message ?? `see ${place.log}`}`);
  if (!(await waitFor(() => answers(new URL(url)), UP_MS)))
    throw new Error(`Cannot start Redis as it does not answer: see ${place.log}`);
  return url;
}

/** The address of the Redis of a folder, whether it runs or not. */
export function redisUrl(given: string): string | undefined {
  try {
    const settings = readFileSync(placeOf(given).configuration, 'utf8');
    const value = (name: string): string | undefined => new RegExp(`^${name} (.*)$`, 'm').exec(settings)?.[1];
    return `redis://:${value('requirepass')}@127.0.0.1:${value('port')}`;
  } catch {
    return undefined;
  }
}

/** Ends a Redis, which writes what it has. Nothing happens if none runs. */
export async function stopRedis(given: string): Promise<void> {
  const pid = pidOf(given);
  if (pid !== undefined) await endDaemons([pid]);
}

/** Ends a Redis at once: what its log had not yet is lost. Nothing happens if none runs. */
export async function killRedis(given: string): Promise<void> {
  const pid = pidOf(given);
  if (pid !== undefined) await killDaemons([pid]);
}

function pidOf(given: string): number | undefined {
  const { pid, configuration } = placeOf(given);
  return daemonOf(pid, configuration);
}

interface Place {
  readonly folder: string;
  readonly configuration: string;
  readonly pid: string;
  readonly log: string;
}

function placeOf(given: string): Place {
  const folder = join(resolve(given), 'redis');
  return {
    folder,
    configuration: join(folder, 'redis.conf'),
    pid: join(folder, 'redis.pid'),
    log: join(folder, 'redis.log'),
  };
}

/** Whether it takes the password and has read its log: until then it says LOADING. */
function answers({ hostname, port, password }: URL): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: 1_000 });
    let said = '';
    const end = (does: boolean): void => {
      socket.destroy();
      settle(does);
    };
    socket
      .once('error', () => end(false))
      .once('timeout', () => end(false))
      .once('close', () => end(false))
      .once('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`))
      .on('data', (bytes: Buffer) => {
        said += bytes.toString('latin1');
        if (said.includes('+PONG')) end(true);
        else if (/^-(?!NOAUTH)/m.test(said)) end(false);
      });
  });
}
