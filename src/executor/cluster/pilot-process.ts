/**
 * What a job of a cluster runs: a pilot, which keeps workers for a program elsewhere.
 *
 * It connects back to the program, and starts and ends workers as it is told. Each has a connection of its own, which is handed
 * to it once both sides have proved themselves: what goes between the program and a worker does not pass here. So this process
 * never waits for a call, and can say that it is there whatever its workers do.
 *
 * - **Ends with its program:** told to; or when the program has been gone for the time of grace. A program that cannot be
 *   reached any more is noticed by a connection on which nothing is sent: the _system_ at the other end answers there, also
 *   while the program itself is busy.
 * - **Takes its workers with it,** and what they have started: when it ends, when its connection ends, since nobody waits for
 *   their answers then, and, as `living-processes.ts` says, when it is killed.
 * - **Looks after them:** a worker that was stopped, by SIGSTOP or a debugger, and is not continued, is ended.
 * - **Leaves in time:** before its job ends, or when it is told by SIGTERM, it says so, and lets workers end what they have begun.
 */

import type { ChildProcess, StdioOptions } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { type Clock, systemClock } from '../../base/clock.ts';
import { printsByMessage } from '../../worker/frames.ts';
import { inheritedOptions } from '../../worker/inherited-options.ts';
import { endGroup, LivingProcesses } from '../../worker/living-processes.ts';
import { lastWordsBytes } from '../../worker/out-of-memory.ts';
import { processEntryPath } from '../../worker/process-entry.ts';
import { ControlLine, readToPilot, type ToPilot, type WelcomeMessage } from './control.ts';
import { enter, RefusedError } from './handshake.ts';

export interface PilotProcessOptions {
  /** Where the program listens: `host:port`, or several with commas between. */
  readonly connect: string;
  /** The file with the secret of the run. */
  readonly secretFile: string;
  /** Which submission its job is of. */
  readonly batch: number;
  /** What the engine calls its job. */
  readonly job: string;
  /** How long it looks for the program, in milliseconds. */
  readonly graceMs?: number;
  readonly clock?: Clock;
}

/** How long it looks for a program that it has never met, if it was not told, in milliseconds. Arbitrary. */
const firstGraceMs = 30_000;
/** How long it waits before it tries to connect again: at first, and at most, in milliseconds. Arbitrary. */
const retryMs = { least: 50, most: 2000 };
/** How long a connection may take, in milliseconds. Arbitrary. */
const connectTimeoutMs = 10_000;
/** Systems count this in seconds. */
const leastKeepAliveMs = 1000;
/** A worker that was found stopped so often in a row is ended. As many beats as make a silent pilot a lost one. */
const mostStopped = 3;
/** What it exits with: as told, refused, nobody there; and what shells add to the number of a signal. */
const codes = { ended: 0, refused: 3, alone: 4, signal: 128 };
const endingSignals = [
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const;

/**
 * Is a pilot, until its program does not need it any more.
 *
 * @returns the code to exit with: 0 if the program ended it, 3 if it was refused, 4 if the program is gone, 128 and more if it
 *   was ended by a signal
 * @throws {Error} If the secret cannot be read, or it is not said where the program is.
 */
export async function bePilot(options: PilotProcessOptions): Promise<number> {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const secret = readFileSync(options.secretFile, 'utf8').trim();
  const addresses = addressesIn(options.connect);
  return await new PilotProcess(options, secret, addresses).run();
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** @throws {TypeError} If there is one that cannot be read. */
function addressesIn(text: string): readonly Address[] {
  return text.split(',').map((each) => {
    const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(each.trim()) ?? [];
    const host = bracketed ?? plain;
    if (host !== undefined && Number(port) > 0 && Number(port) < 65_536) return { host, port: Number(port) };
    throw new TypeError(`Cannot connect to a program as its address must be host:port: received '${each}'`);
  });
}

/** A worker of this pilot. */
interface Kept {
  readonly slot: number;
  /** Its share of what is shared out, by number. */
  readonly seat: number;
  child: ChildProcess | undefined;
  isClosed: boolean;
  /** How often in a row it was found stopped. */
  stopped: number;
}

class PilotProcess {
  readonly #options: PilotProcessOptions;
  readonly #secret: string;
  readonly #addresses: readonly Address[];
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #living = new LivingProcesses();
  readonly #kept = new Map<number, Kept>();
  #line: ControlLine | undefined;
  #welcome: WelcomeMessage | undefined;
  /** Since when the program has been gone. */
  #aloneMs: number;
  /** With which code it ends, once that is known. */
  #code: number | undefined;
  /** The signal by which it was told to leave. */
  #leaving: number | undefined;
  /** What belongs to the connection of now. */
  #session: Disposable[] | undefined;
  /** For whoever waits for something to change. */
  #whenChanged = Promise.withResolvers<void>();

  constructor(options: PilotProcessOptions, secret: string, addresses: readonly Address[]) {
    this.#options = options;
    this.#secret = secret;
    this.#addresses = addresses;
    this.#clock = options.clock ?? systemClock;
    this.#startedMs = this.#clock.nowMs();
    this.#aloneMs = this.#startedMs;
  }

  async run(): Promise<number> {
    const listeners = endingSignals.map(([name, number]) => {
      const listener = (): void => this.#leave(number);
      process.on(name, listener);
      return { name, listener };
    });
    try {
      return await this.#run();
    } finally {
      this.#endAll();
      for (const { name, listener } of listeners) process.removeListener(name, listener);
    }
  }

  async #run(): Promise<number> {
    for (let waitMs = retryMs.least; ; waitMs = Math.min(waitMs * 2, retryMs.most)) {
      try {
        await this.#serve();
        waitMs = retryMs.least;
      } catch (error) {
        if (error instanceof RefusedError) {
          say(error.message);
          return codes.refused;
        }
        const graceMs = this.#welcome?.graceMs ?? this.#options.graceMs ?? firstGraceMs;
        if (this.#clock.nowMs() - this.#aloneMs >= graceMs) {
          say(
            `Cannot go on as the program at ${this.#options.connect} is gone: received ${(error as Error).message}`,
          );
          return codes.alone;
        }
      }
      if (this.#code !== undefined) return this.#code;
      if (this.#leaving !== undefined) return codes.signal + this.#leaving;
      await Promise.race([this.#clock.sleep(waitMs), this.#whenChanged.promise]);
    }
  }

  /** Connects, and works until the connection ends. */
  async #serve(): Promise<void> {
    const { batch, job } = this.#options;
    const socket = await this.#connect();
    await enter(socket, this.#secret, { role: 'pilot', batch, job }, this.#clock).catch((error: unknown) => {
      socket.destroy();
      throw error;
    });
    const session: Disposable[] = [];
    this.#session = session;
    const over = Promise.withResolvers<void>();
    const line = new ControlLine(
      socket,
      (message) => this.#heard(readToPilot(message)),
      (error) => {
        if (error !== undefined) say(`The connection to the program has ended: ${error.message}`);
        over.resolve();
      },
    );
    this.#line = line;
    const { availableParallelism, hostname } = process.getBuiltinModule('node:os');
    line.send({
      kind: 'hello',
      node: process.env['SLURMD_NODENAME'] ?? hostname(),
      pid: process.pid,
      cpus: availableParallelism(),
      gpus: process.env['CUDA_VISIBLE_DEVICES'],
    });
    if (this.#leaving !== undefined) line.send({ kind: 'draining', why: 'signal' });
    await over.promise;
    this.#line = undefined;
    this.#session = undefined;
    for (const part of session) part[Symbol.dispose]();
    this.#aloneMs = this.#clock.nowMs();
    // Nobody waits for their answers any more.
    this.#endAll();
  }

  async #connect(): Promise<Socket> {
    let last: unknown;
    for (const { host, port } of this.#addresses) {
      try {
        return await connect(host, port, this.#clock);
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  #heard(message: ToPilot): void {
    switch (message.kind) {
      case 'welcome':
        this.#begin(message);
        return;
      case 'open':
        void this.#open(message.slot);
        return;
      case 'close':
        this.#close(message.slot);
        return;
      case 'end':
        this.#code = this.#leaving === undefined ? codes.ended : codes.signal + this.#leaving;
        this.#line?.end();
        this.#change();
    }
  }

  /** The program lets it work. */
  #begin(welcome: WelcomeMessage): void {
    const session = this.#session as Disposable[];
    this.#welcome = welcome;
    const line = this.#line as ControlLine;
    const beat = (): void => {
      line.send({ kind: 'beat' });
      this.#endStopped();
    };
    session.push(this.#clock.every(welcome.beatMs, beat));
    void this.#listenForPulse(welcome, session, line);
    const leftMs = this.#leftMs(welcome);
    if (leftMs === undefined) return;
    const drain = (): void => line.send({ kind: 'draining', why: 'time' });
    session.push(this.#clock.after(Math.max(0, leftMs - welcome.drainMs), drain));
  }

  /** How long its job may go on. */
  #leftMs({ lifetimeMs }: WelcomeMessage): number | undefined {
    const endS = Number(process.env['SLURM_JOB_END_TIME']);
    if (endS > 0) return endS * 1000 - this.#clock.epochMs();
    return lifetimeMs === undefined ? undefined : this.#startedMs + lifetimeMs - this.#clock.nowMs();
  }

  /**
   * On this connection nothing is sent, so that the system asks the one at the other end now and then whether it is there. Where
   * something was sent that nobody takes, it would not ask, but send it again for a quarter of an hour.
   */
  async #listenForPulse(
    { pilot, beatMs }: WelcomeMessage,
    session: Disposable[],
    line: ControlLine,
  ): Promise<void> {
    let socket: Socket;
    try {
      socket = await this.#connect();
      await enter(socket, this.#secret, { role: 'pulse', pilot }, this.#clock);
    } catch {
      line.destroy();
      return;
    }
    session.push({ [Symbol.dispose]: () => socket.destroy() });
    if (this.#session !== session) socket.destroy();
    socket.setKeepAlive(true, Math.max(beatMs, leastKeepAliveMs));
    socket.once('close', () => line.destroy());
    socket.once('end', () => line.destroy());
    socket.resume();
  }

  async #open(slot: number): Promise<void> {
    const line = this.#line as ControlLine;
    const taken = new Set([...this.#kept.values()].map(({ seat }) => seat));
    let seat = 0;
    while (taken.has(seat)) seat++;
    const kept: Kept = { slot, seat, child: undefined, isClosed: false, stopped: 0 };
    this.#kept.set(slot, kept);
    try {
      const socket = await this.#connect();
      try {
        const { pilot } = this.#welcome as WelcomeMessage;
        await enter(socket, this.#secret, { role: 'worker', pilot, slot }, this.#clock);
        if (kept.isClosed) throw new Error('it is not wanted any more');
        this.#start(kept, socket, line);
      } finally {
        // The worker has it; this end of it is not needed.
        socket.destroy();
      }
    } catch (error) {
      this.#kept.delete(slot);
      line.send({
        kind: 'ended',
        slot,
        exitCode: undefined,
        signal: undefined,
        error: String(error),
        lastWords: undefined,
      });
      this.#change();
    }
  }

  #start(kept: Kept, socket: Socket, line: ControlLine): void {
    const { spawn } = process.getBuiltinModule('node:child_process');
    const args = [...inheritedOptions(process.execArgv), processEntryPath(), printsByMessage];
    const stderrFd = 2;
    const stdio: StdioOptions = ['ignore', stderrFd, 'pipe', socket, socket];
    const child = spawn(process.execPath, args, { stdio, detached: true, env: this.#environment(kept.seat) });
    kept.child = child;
    const { pid } = child;
    if (pid !== undefined) this.#living.add(pid);
    let lastWords = '';
    let error: string | undefined;
    (child.stderr as Readable).on('data', (chunk: Buffer) => {
      process.stderr.write(chunk);
      lastWords = (lastWords + chunk.toString('latin1')).slice(-lastWordsBytes);
    });
    const ended = (exitCode: number | null, signal: string | null): void => {
      if (!this.#kept.delete(kept.slot)) return;
      if (pid !== undefined) {
        this.#living.delete(pid);
        // What it has started ends with it.
        endGroup(pid);
      }
      const hasAborted = signal === 'SIGABRT' || (exitCode !== null && exitCode > codes.signal);
      line.send({
        kind: 'ended',
        slot: kept.slot,
        exitCode: exitCode ?? undefined,
        signal: signal ?? undefined,
        error,
        lastWords: hasAborted ? lastWords : undefined,
      });
      this.#change();
    };
    child.once('error', (failed) => {
      error = failed.message;
      if (pid === undefined) ended(null, null);
    });
    child.once('exit', (code, signal) => this.#clock.soon(() => ended(code, signal)));
  }

  /** Where a job has several workers, each sees its share of the GPUs. */
  #environment(seat: number): NodeJS.ProcessEnv {
    const { workers = 1 } = this.#welcome ?? {};
    const gpus = process.env['CUDA_VISIBLE_DEVICES']?.split(',') ?? [];
    if (workers === 1 || gpus.length === 0 || gpus.length % workers !== 0) return process.env;
    const share = gpus.length / workers;
    const own = gpus.slice(seat * share, (seat + 1) * share);
    return { ...process.env, CUDA_VISIBLE_DEVICES: own.join(',') };
  }

  #close(slot: number): void {
    const kept = this.#kept.get(slot);
    if (kept === undefined) return;
    kept.isClosed = true;
    if (kept.child?.pid !== undefined) endGroup(kept.child.pid);
  }

  #endAll(): void {
    for (const slot of this.#kept.keys()) this.#close(slot);
  }

  /** A worker that was stopped answers nothing, and its connection does not end. */
  #endStopped(): void {
    for (const kept of this.#kept.values()) {
      const { pid } = kept.child ?? {};
      if (pid === undefined) continue;
      kept.stopped = isStopped(pid) ? kept.stopped + 1 : 0;
      if (kept.stopped >= mostStopped) endGroup(pid);
    }
  }

  /** It was told to leave: by who cancels its job, or by its engine, whose time is over. */
  #leave(signal: number): void {
    const isAgain = this.#leaving !== undefined;
    this.#leaving = signal;
    this.#line?.send({ kind: 'draining', why: 'signal' });
    if (isAgain || this.#line === undefined) {
      this.#code = codes.signal + signal;
      this.#line?.end();
    }
    this.#change();
  }

  #change(): void {
    this.#whenChanged.resolve();
    this.#whenChanged = Promise.withResolvers();
  }
}

function connect(host: string, port: number, clock: Clock): Promise<Socket> {
  const { connect: open } = process.getBuiltinModule('node:net');
  return new Promise((resolve, reject) => {
    const socket = open({ host, port, noDelay: true });
    const timer = clock.after(connectTimeoutMs, () =>
      socket.destroy(new Error(`no connection to ${host}:${port} within ${connectTimeoutMs} ms`)),
    );
    // Who has it hears of its end.
    socket.on('error', (error) => {
      timer[Symbol.dispose]();
      reject(error);
    });
    socket.once('connect', () => {
      timer[Symbol.dispose]();
      resolve(socket);
    });
  });
}

/** Whether a process is stopped; not, where the system does not say. */
function isStopped(pid: number): boolean {
  try {
    const text = process.getBuiltinModule('node:fs').readFileSync(`/proc/${pid}/stat`, 'latin1');
    // After the name, which is in parentheses and may hold anything.
    return text.slice(text.lastIndexOf(')') + 2).startsWith('T');
  } catch {
    return false;
  }
}

/** For people who read what the job has printed. */
function say(text: string): void {
  process.stderr.write(`heddle: ${text}\n`);
}
