/**
 * Workers that are child processes.
 *
 * They speak by pipes of their own, so that nothing a task prints, and no message that it sends by itself,
 * can get between. Node's channel of `fork` is not used: it writes objects of Node.js, such as a `Blob`, as
 * plain ones, and loses what a process sent just before it ended.
 *
 * - **Ending:** `terminate` ends the process and those that it has started. If this process ends, so do its
 *   workers, whatever they do.
 * - **Nonsense:** a worker that sends what cannot be read is ended, and lost with a `DecodeError` as its cause.
 * - **Printing:** by pipes, too, so that it holds what native code and processes of the worker print. They
 *   are emptied before a message is told, so what was printed before a message comes before it.
 */

import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { systemClock } from '../base/clock.ts';
import { DecodeError } from '../codec/decode-error.ts';
import { Packer } from '../codec/pack.ts';
import { HostFileClaims, openClaimsFile, withClaims } from './file-claims.ts';
import { FrameReader, type ProcessMessage, toFrame, type UncaughtMessage } from './frames.ts';
import { InTurn } from './in-turn.ts';
import { inheritedOptions } from './inherited-options.ts';
import type { PrintTargets } from './line-writer.ts';
import { endGroup, LivingProcesses } from './living-processes.ts';
import { checkOutput, type OutputOptions } from './output.ts';
import { PrintedLines, type WorkerLines } from './printed-lines.ts';
import type { SentMessage } from './protocol.ts';
import { readNow } from './read-now.ts';
import { relaying } from './relaying.ts';
import { SentMessages } from './sent-messages.ts';
import type { Ending, Transport, TransportFactory, TransportListener } from './transport.ts';

/** How processes are started. */
export interface ProcessOptions extends OutputOptions {
  /**
   * The environment variables of the processes.
   *
   * @defaultValue those of this process
   */
  readonly env?: NodeJS.ProcessEnv;
  /**
   * Options of Node.js for the processes, such as `--max-old-space-size=512`, in megabytes.
   *
   * @defaultValue those of this process, so that loaders such as `tsx` are there too, without those of
   *   the program itself, such as `--inspect` and `--eval`
   */
  readonly execArgv?: readonly string[];
  /** @defaultValue the working directory of this process */
  readonly cwd?: string;
  /**
   * A folder in which each call gets a directory of its own, as its working directory. It is gone when the call has
   * given a value; when it failed it stays, and the error has its path as `jobDir`.
   *
   * @defaultValue none: calls run in `cwd`
   */
  readonly jobDirs?: string;
}

export const processOptionNames: readonly string[] = ['env', 'execArgv', 'cwd', 'output', 'jobDirs'];

/** How much of what a process wrote last is looked through for what ended it, in bytes. Arbitrary: V8 adds some kB. */
const lastWordsBytes = 16_384;
/** How V8 ends a process whose memory is full. */
const outOfMemory = /^FATAL ERROR: .*out of memory/m;

/**
 * Makes child processes. Their entry is heddle's own module, which imports the modules of tasks as they are needed.
 *
 * @throws {RangeError} If `output` makes no sense.
 */
export function processTransports(options: ProcessOptions = {}, targets?: PrintTargets): TransportFactory {
  checkOutput(options.output, 'open worker processes');
  const lines = new PrintedLines({ output: options.output, kind: 'process', targets });
  const shared: Shared = { options, lines, living: new LivingProcesses() };
  return relaying('process', (listener) => {
    const file = openClaimsFile();
    const claims = file === undefined ? undefined : new HostFileClaims(file);
    return { transport: new ProcessTransport(shared, listener, file, claims), claims };
  });
}

/** What the processes of a pool have in common. */
interface Shared {
  readonly options: ProcessOptions;
  readonly lines: PrintedLines;
  readonly living: LivingProcesses;
}

/** It has the extension of this very file, which is TypeScript in `src/worker/`, and JavaScript in `dist/chunks/`. */
function entryPath(): string {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return process
    .getBuiltinModule('node:url')
    .fileURLToPath(new URL(`../worker/inside/process-main${extension}`, import.meta.url));
}

/** Says what Node.js does not: that it is the working directory which is not there, not the program. */
function missingFolder(cwd: string | undefined, cause: Error): Error | undefined {
  if (cwd === undefined || process.getBuiltinModule('node:fs').existsSync(cwd)) return undefined;
  return new Error(`the working directory is not there: received '${cwd}'`, { cause });
}

class ProcessTransport implements Transport {
  readonly #child: ChildProcess;
  readonly #listener: TransportListener<SentMessage>;
  readonly #shared: Shared;
  readonly #reader = new FrameReader();
  readonly #sent = new SentMessages();
  /** Whether it has sent what cannot be read: what follows makes no sense. */
  #isUnreadable = false;
  readonly #whenEnded = Promise.withResolvers<void>();
  #lines: WorkerLines | undefined;
  readonly #inTurn = new InTurn();
  /** Takes at once what has been printed by now. */
  #readPrinted: () => void = () => undefined;
  readonly #claims: HostFileClaims | undefined;
  #toWorker: Socket | undefined;
  #error: unknown;
  #lastWords: Buffer = Buffer.alloc(0);
  #isStopping = false;
  #exit: Omit<Ending, 'error'> | undefined;
  #hasEnded = false;
  /** Whether anything came since it was asked last. */
  #hasHeard = false;

  constructor(
    shared: Shared,
    listener: TransportListener<SentMessage>,
    claimsFile: number | undefined,
    claims: HostFileClaims | undefined,
  ) {
    this.#claims = claims;
    this.#shared = shared;
    this.#listener = listener;
    const { execArgv = inheritedOptions(process.execArgv), env, cwd } = shared.options;
    const { spawn } = process.getBuiltinModule('node:child_process');
    const file = claimsFile === undefined ? [] : [claimsFile];
    this.#child = spawn(process.execPath, [...execArgv, entryPath(), ...file.map(() => withClaims)], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', ...file],
      // A group of its own, so that it can be ended with all that it has started. Windows has no groups.
      detached: process.platform !== 'win32',
      windowsHide: true,
      ...(env === undefined ? {} : { env }),
      ...(cwd === undefined ? {} : { cwd }),
    });
    if (this.#child.pid !== undefined) shared.living.add(this.#child.pid);
    this.#child.on('error', (error) => {
      // It is also told when a process cannot be signalled.
      if (this.#child.pid !== undefined) return;
      this.#error = missingFolder(cwd, error) ?? error;
      this.#exit = { exitCode: undefined, signal: undefined };
      this.#end();
    });
    this.#child.on('exit', (code, signal) => this.#onExit(code, signal));
    this.#listen();
  }

  /** The pipes; none if there were not enough left to start a process. */
  get #pipes(): Socket[] {
    return ((this.#child.stdio as (Socket | null)[] | undefined) ?? []).filter((pipe) => pipe !== null);
  }

  #listen(): void {
    const [stdout, stderr, toWorker, fromWorker] = this.#pipes;
    // A worker that is gone does not read any more; its exit tells why.
    for (const pipe of this.#pipes) pipe.on('error', () => undefined);
    if (stdout === undefined || stderr === undefined || fromWorker === undefined) return;
    this.#toWorker = toWorker;
    fromWorker.on('data', (chunk: Buffer) => this.#take(chunk));
    const drain = (): void => {
      readNow(stdout);
      readNow(stderr);
    };
    const inTurn = this.#inTurn;
    const lines = this.#shared.lines.open({
      hold: () => {
        inTurn.hold();
        stdout.pause();
        stderr.pause();
      },
      release: () => {
        inTurn.release();
        if (inTurn.isHeld) return;
        stdout.resume();
        stderr.resume();
      },
      drain,
    });
    this.#lines = lines;
    this.#readPrinted = drain;
    stdout.on('data', (chunk: Buffer) => {
      this.#hasHeard = true;
      lines.push('stdout', chunk);
    });
    stderr.on('data', (chunk: Buffer) => {
      this.#hasHeard = true;
      lines.push('stderr', chunk);
      this.#lastWords = Buffer.concat([this.#lastWords, chunk]).subarray(-lastWordsBytes);
    });
  }

  #take(chunk: Buffer): void {
    this.#hasHeard = true;
    // What was printed before an outcome comes before it.
    this.#inTurn.run(this.#readPrinted);
    if (this.#isUnreadable) return;
    let messages: ProcessMessage[];
    try {
      messages = this.#reader.push(chunk).map((message) => this.#sent.check(message));
    } catch (error) {
      this.#refuse(error);
      return;
    }
    for (const message of messages) {
      if (message.kind === 'uncaught') this.#error = uncaughtBy(message);
      else if (message.kind === 'relayed') this.#inTurn.run(() => this.#relay(message));
      else this.#inTurn.run(() => this.#listener.message(message));
    }
  }

  /** Those who show it look at it themselves. */
  #relay(message: SentMessage): void {
    try {
      this.#listener.message(message);
    } catch (cause) {
      const { message: reason } = cause as Partial<Error>;
      this.#refuse(new DecodeError('message.data', `Cannot read what is to be shown: ${reason}`, { cause }));
    }
  }

  /** Ends a worker that has sent what cannot be read. */
  #refuse(error: unknown): void {
    this.#isUnreadable = true;
    this.#error ??= error;
    void this.terminate();
  }

  post: Transport['post'] = (message) => {
    const frame = toFrame(message);
    this.#sent.posted(message);
    if (message.kind === 'stop') this.#isStopping = true;
    if (this.#toWorker?.writable === true) this.#toWorker.write(frame);
  };

  keepAlive(doesKeep: boolean): void {
    for (const part of [this.#child, ...this.#pipes]) {
      if (doesKeep) part.ref();
      else part.unref();
    }
  }

  async terminate(): Promise<void> {
    const { pid } = this.#child;
    // Whoever waits for its end is kept alive by it.
    if (!this.#hasEnded) this.keepAlive(true);
    if (pid !== undefined && this.#exit === undefined) endGroup(pid);
    await this.#whenEnded.promise;
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    const { pid } = this.#child;
    if (pid !== undefined) {
      this.#shared.living.delete(pid);
      // What a lost worker has started is lost with it.
      if (!this.#isStopping) endGroup(pid);
    }
    this.#exit = { exitCode: code ?? undefined, signal: signal ?? undefined };
    this.#endWhenQuiet(2);
  }

  /**
   * All that the worker wrote is in the pipes when it exits. It has been read when nothing came for a
   * whole turn of the event loop, the second one, since the first may have begun before. The ends of the
   * pipes are not waited for: a process that a task has started may hold them for ever.
   */
  #endWhenQuiet(turns: number): void {
    this.#hasHeard = false;
    systemClock.soon(() => {
      if (this.#hasHeard) this.#endWhenQuiet(2);
      else if (turns > 1) this.#endWhenQuiet(turns - 1);
      else this.#end();
    });
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    // What still holds the others may go on printing, but keeps nobody waiting.
    for (const pipe of this.#pipes) pipe.unref();
    this.#toWorker?.destroy();
    const { exitCode, signal } = this.#exit ?? {};
    this.#inTurn.run(this.#readPrinted);
    this.#inTurn.run(() => this.#lines?.end());
    this.#inTurn.run(() => {
      this.#listener.ended({ exitCode, signal, error: this.#error ?? this.#memoryError() });
      // Until now they tell what became of the calls.
      this.#claims?.close();
      this.#whenEnded.resolve();
    });
  }

  #memoryError(): Error | undefined {
    const [text] = outOfMemory.exec(this.#lastWords.toString('latin1')) ?? [];
    if (this.#exit?.signal !== 'SIGABRT' || text === undefined) return undefined;
    return Object.assign(new Error(text), { code: 'ERR_WORKER_OUT_OF_MEMORY' });
  }
}

function uncaughtBy({ error, isPacked }: UncaughtMessage): unknown {
  try {
    return new Packer().unpack({ data: error, isPacked });
  } catch (unread) {
    return unread;
  }
}
