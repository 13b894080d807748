/**
 * Runs other programs, and can stop all of them with whatever they started.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { BoilError } from './boil-error.ts';

/** How a program ended. */
export interface Ended {
  /** `undefined` if a signal ended it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Each program leads a group of processes: a compiler is several, and a signal to the first would leave the others. */
const hasGroups = process.platform !== 'win32';

/** The programs that run. */
export class Programs {
  readonly #running = new Map<ChildProcess, Promise<unknown>>();
  #isStopped = false;

  /**
   * Runs a program to its end, whatever that is, and gives what it wrote.
   *
   * @throws {BoilError} If there is no such program, or programs were stopped.
   */
  async run(command: readonly string[]): Promise<Ended> {
    const [program = '', ...args] = command;
    if (this.#isStopped) throw new BoilError(`Cannot start '${program}' as boil was stopped`);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: hasGroups });
    const ends = whenEnded(child, program);
    this.#running.set(child, ends);
    try {
      return await ends;
    } finally {
      this.#running.delete(child);
    }
  }

  /** Sends a signal to all programs that run. No other is started from then on. */
  stop(signal: NodeJS.Signals): void {
    this.#isStopped = true;
    for (const child of this.#running.keys()) {
      try {
        if (hasGroups && child.pid !== undefined) process.kill(-child.pid, signal);
        else child.kill(signal);
      } catch {
        // It ended by itself in this moment.
      }
    }
  }

  /** Waits until no program runs. */
  async whenIdle(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }
}

function whenEnded(child: ChildProcess, program: string): Promise<Ended> {
  const { promise, resolve, reject } = Promise.withResolvers<Ended>();
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.on('error', (error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'there is no such program' : `it did not start (${error.code})`;
    reject(new BoilError(`Cannot run '${program}' as ${reason}`));
  });
  child.on('close', (code, signal) => {
    resolve({ code: code ?? undefined, signal: signal ?? undefined, stdout, stderr });
  });
  return promise;
}
