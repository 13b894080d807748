/**
 * Processes that must not outlive this one, and that take with them what they have started.
 *
 * Each leads a group. All groups are ended when this process exits; should it be killed, a shell that waits
 * on a pipe from it sees the pipe closed, and ends them. Unlike a look by each worker itself, that costs a
 * megabyte for all of them, and reaches one that is in an endless loop at once. On Windows the system does
 * all this.
 */

import type { ChildProcess } from 'node:child_process';

const shell = '/bin/sh';
/** Reads lists of groups, of which the last counts. The signals of a terminal must not end it before the others. */
const guardScript =
  'trap "" HUP INT QUIT TERM; while read -r line; do groups=$line; done; kill -s KILL -- $groups';

export class LivingProcesses {
  readonly #pids = new Set<number>();
  #guard: ChildProcess | undefined;
  readonly #endAll = (): void => {
    for (const pid of this.#pids) endGroup(pid);
  };

  add(pid: number): void {
    if (this.#pids.size === 0) process.on('exit', this.#endAll);
    this.#pids.add(pid);
    this.#tellGuard();
  }

  delete(pid: number): void {
    if (!this.#pids.delete(pid)) return;
    this.#tellGuard();
    if (this.#pids.size > 0) return;
    process.removeListener('exit', this.#endAll);
    this.#guard?.stdin?.end();
    this.#guard = undefined;
  }

  #tellGuard(): void {
    if (process.platform === 'win32') return;
    this.#guard ??= this.#startGuard();
    this.#guard.stdin?.write(`${[...this.#pids].map((pid) => -pid).join(' ')}\n`);
  }

  #startGuard(): ChildProcess {
    const { spawn } = process.getBuiltinModule('node:child_process');
    const guard = spawn(shell, ['-c', guardScript], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    // Where there is no shell, workers that are not in a loop still end by themselves.
    guard.on('error', () => undefined);
    guard.on('exit', () => {
      if (this.#guard === guard) this.#guard = undefined;
    });
    guard.stdin.on('error', () => undefined);
    guard.unref();
    (guard.stdin as unknown as { unref(): void }).unref(); // It is a socket, which its type does not say.
    return guard;
  }
}

/** Ends a process and those that it has started. */
export function endGroup(pid: number): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}
