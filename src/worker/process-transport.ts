/**
 * Workers that are child processes.
 *
 * They speak by pipes of their own, so that nothing a task prints, and no message that it sends by itself,
 * can get between. Node's channel of `fork` is not used: it writes objects of Node.js, such as a `Blob`, as
 * plain ones, and loses what a process sent just before it ended.
 *
 * - **Ending:** `terminate` ends the process and those that it has started. If this process ends, so do its
 *   workers, whatever they do.
 * - **By a command** they speak by its standard streams, and may be anywhere: what they print comes in messages, and
 *   there are no claims.
 * - **Strangers:** each side says first who it is; a worker that this program would not understand is refused.
 * - **Nonsense:** a worker that sends what cannot be read is ended, and lost with a `DecodeError` as its cause.
 * - **Printing:** by pipes, too, so that it holds what native code and processes of the worker print. They
 *   are emptied before a message is told, so what was printed before a message comes before it.
 */

import type { Socket } from 'node:net';
import { systemClock } from '../base/clock.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { DecodeError } from '../codec/decode-error.ts';
import { HostFileClaims, openClaimsFile } from './file-claims.ts';
import { toFrame, toGreetingFrame } from './frames.ts';
import { IncompatibleWorkerError, ownGreeting } from './greeting.ts';
import { InTurn } from './in-turn.ts';
import type { PrintTargets } from './line-writer.ts';
import { endGroup, LivingProcesses } from './living-processes.ts';
import { lastWordsBytes, memoryErrorOf } from './out-of-memory.ts';
import { checkOutput, type OutputOptions } from './output.ts';
import type { PrintStream } from './print-ring.ts';
import { PrintedLines, type WorkerLines } from './printed-lines.ts';
import {
  checkCommand,
  type NamedPipes,
  type StartedProcess,
  startProcess,
} from './process-transport-start.ts';
import type { SentMessage } from './protocol.ts';
import { readNow } from './read-now.ts';
import { ReceivedMessages } from './received-messages.ts';
import { relaying } from './relaying.ts';
import type { Ending, Transport, TransportFactory, TransportListener } from './transport.ts';
import { checkVerbose, telling, type VerboseOptions } from './verbose.ts';

/** How processes are started. */
export interface ProcessOptions extends OutputOptions, VerboseOptions {
  /**
   * A program and its arguments, by which each worker is started in place of Node.js here. In the end it must run
   * `heddle worker --stdio`: on another machine, in a container, as a job of a cluster.
   *
   * There, heddle must be of a version that speaks the same protocol, on a Node.js that writes values alike, or the
   * worker is refused; and the modules of tasks must be at the same paths. `env` and `cwd` are those of the command
   * here. A worker that is lost or ended in the midst of a call ends there, too, with what its tasks have started.
   *
   * @defaultValue none: workers are processes on this machine
   */
  readonly command?: readonly string[];
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

export const processOptionNames: readonly string[] = [
  'command',
  'env',
  'execArgv',
  'cwd',
  'output',
  'jobDirs',
  'verbose',
];

/** How much of what came in place of a greeting is shown, in bytes. Arbitrary: a line. */
const shownBytes = 80;

/**
 * Makes child processes. Their entry is heddle's own module, which imports the modules of tasks as they are needed.
 *
 * @throws {RangeError} If `output` makes no sense.
 * @throws {TypeError} If `command` or `verbose` makes none.
 */
export function processTransports(options: ProcessOptions = {}, targets?: PrintTargets): TransportFactory {
  const verb = 'open worker processes';
  checkOutput(options.output, verb);
  checkCommand(options, verb);
  checkVerbose(options.verbose, verb);
  const lines = new PrintedLines({ output: options.output, kind: 'process', targets });
  const shared: Shared = { options, lines, living: new LivingProcesses() };
  const made = relaying('process', (listener) => {
    const file = options.command === undefined ? openClaimsFile() : undefined;
    const claims = file === undefined ? undefined : new HostFileClaims(file);
    const transport = new ProcessTransport(shared, listener, file, claims);
    return { transport, claims, place: transport.place };
  });
  return telling(made, options.verbose);
}

/** What the processes of a pool have in common. */
interface Shared {
  readonly options: ProcessOptions;
  readonly lines: PrintedLines;
  readonly living: LivingProcesses;
}

/** Says what Node.js does not: that it is the working directory which is not there, not the program. */
function missingFolder(cwd: string | undefined, cause: Error): Error | undefined {
  if (cwd === undefined || process.getBuiltinModule('node:fs').existsSync(cwd)) return undefined;
  return new Error(`the working directory is not there: received '${cwd}'`, { cause });
}

class ProcessTransport implements Transport {
  readonly #process: StartedProcess;
  readonly #listener: TransportListener<SentMessage>;
  readonly #shared: Shared;
  readonly #received: ReceivedMessages;
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
    this.#received = new ReceivedMessages({
      listener,
      inTurn: this.#inTurn,
      printed: (stream, bytes) => this.#lines?.push(stream, bytes),
      refused: () => void this.terminate(),
      notGreeted: (error, chunk) => this.#notGreeted(error, chunk),
    });
    this.#process = startProcess(shared.options, claimsFile);
    const { child } = this.#process;
    if (child.pid !== undefined) shared.living.add(child.pid);
    child.on('error', (error) => {
      // It is also told when a process cannot be signalled.
      if (child.pid !== undefined) return;
      this.#error = missingFolder(shared.options.cwd, error) ?? error;
      this.#exit = { exitCode: undefined, signal: undefined };
      this.#end();
    });
    child.on('exit', (code, signal) => this.#onExit(code, signal));
    // A worker that is gone does not read any more; its exit tells why.
    for (const pipe of this.#process.pipes) pipe.on('error', () => undefined);
    if (this.#process.named !== undefined) this.#listen(this.#process.named);
  }

  /** Where the worker is, for people. */
  get place(): string {
    const { pid } = this.#process.child;
    const { command } = this.#shared.options;
    const by = command === undefined ? '' : `, by ${command.join(' ')}`;
    return pid === undefined ? `no process${by}` : `pid ${pid}${by}`;
  }

  #listen({ toWorker, fromWorker, stdout, stderr }: NamedPipes): void {
    this.#toWorker = toWorker;
    toWorker.write(toGreetingFrame(ownGreeting()));
    fromWorker.on('data', (chunk: Buffer) => this.#take(chunk));
    // Where what is printed comes in messages, these wait with it.
    const printed: Record<PrintStream, Socket> = { stdout: stdout ?? fromWorker, stderr };
    this.#readPrinted = () => {
      if (stdout !== undefined) readNow(stdout);
      readNow(stderr);
    };
    const inTurn = this.#inTurn;
    const lines = this.#shared.lines.open({
      hold: () => {
        inTurn.hold();
        printed.stdout.pause();
        printed.stderr.pause();
      },
      release: () => {
        inTurn.release();
        if (inTurn.isHeld) return;
        printed.stdout.resume();
        printed.stderr.resume();
      },
      drain: () => this.#readAll(),
    });
    this.#lines = lines;
    stdout?.on('data', (chunk: Buffer) => {
      this.#hasHeard = true;
      lines.push('stdout', chunk);
    });
    stderr.on('data', (chunk: Buffer) => {
      this.#hasHeard = true;
      lines.push('stderr', chunk);
      this.#lastWords = Buffer.concat([this.#lastWords, chunk]).subarray(-lastWordsBytes);
    });
  }

  /** Takes also what is printed in messages, whose pipe may be paused. Not in the midst of a message. */
  #readAll(): void {
    const { named } = this.#process;
    if (named !== undefined && named.stdout === undefined) readNow(named.fromWorker);
    this.#readPrinted();
  }

  #take(chunk: Buffer): void {
    this.#hasHeard = true;
    // What was printed before an outcome comes before it.
    this.#inTurn.run(this.#readPrinted);
    this.#received.take(chunk);
  }

  /** A command may reach no worker at all, but some program that prints, or print itself first. */
  #notGreeted(error: unknown, chunk: Buffer): unknown {
    const { command } = this.#shared.options;
    if (command === undefined || !(error instanceof DecodeError) || error.path !== 'frame') return error;
    const text = chunk.subarray(0, shownBytes).toString().trimEnd();
    return new IncompatibleWorkerError(
      `Cannot reach a worker by '${command.join(' ')}' as something else was written to its stdout first: received ${inspectShort(text)}\n` +
        "  the command must run 'heddle worker --stdio', and nothing on the way may print to stdout, such as a profile of a shell",
    );
  }

  post: Transport['post'] = (message) => {
    const frame = toFrame(message);
    this.#received.posted(message);
    if (message.kind === 'stop') this.#isStopping = true;
    if (this.#toWorker?.writable === true) this.#toWorker.write(frame);
  };

  keepAlive(doesKeep: boolean): void {
    for (const part of [this.#process.child, ...this.#process.pipes]) {
      if (doesKeep) part.ref();
      else part.unref();
    }
  }

  async terminate(): Promise<void> {
    const { pid } = this.#process.child;
    // Whoever waits for its end is kept alive by it.
    if (!this.#hasEnded) this.keepAlive(true);
    if (pid !== undefined && this.#exit === undefined) endGroup(pid);
    await this.#whenEnded.promise;
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    const { pid } = this.#process.child;
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
    for (const pipe of this.#process.pipes) pipe.unref();
    this.#toWorker?.destroy();
    const { exitCode, signal } = this.#exit ?? {};
    this.#inTurn.run(() => this.#readAll());
    this.#inTurn.run(() => this.#lines?.end());
    this.#inTurn.run(() => {
      this.#listener.ended({
        exitCode,
        signal,
        error: this.#received.error ?? this.#error ?? this.#memoryError(),
      });
      // Until now they tell what became of the calls.
      this.#claims?.close();
      this.#whenEnded.resolve();
    });
  }

  #memoryError(): Error | undefined {
    return memoryErrorOf(this.#lastWords.toString('latin1'), this.#exit ?? {});
  }
}
