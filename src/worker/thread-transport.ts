/**
 * Workers that are threads of this process.
 */

import type { ResourceLimits, Worker } from 'node:worker_threads';
import { Claims } from './claims.ts';
import { InTurn } from './in-turn.ts';
import { checkOutput, type OutputOptions } from './output.ts';
import { type PrintedMessage, PrintRing } from './print-ring.ts';
import { PrintedLines, type WorkerLines } from './printed-lines.ts';
import type { SentMessage } from './protocol.ts';
import { relaying } from './relaying.ts';
import type { Ending, Started, Transport, TransportFactory, TransportListener } from './transport.ts';
import { checkVerbose, telling, type VerboseOptions } from './verbose.ts';

/** How threads are started. */
export interface ThreadOptions extends OutputOptions, VerboseOptions {
  /** Memory limits of each thread, in megabytes; a thread that exceeds one is lost, and its call fails. */
  readonly resourceLimits?: ResourceLimits;
  /**
   * The environment variables of the threads.
   *
   * @defaultValue a copy of those of this process
   */
  readonly env?: NodeJS.ProcessEnv;
  /**
   * Options of Node.js for the threads.
   *
   * @defaultValue those of this process, so that loaders such as `tsx` are there too
   */
  readonly execArgv?: readonly string[];
}

/** With less V8 cannot make a thread. Found out by trying; a task needs some more. */
const leastMemoryMb = 3;

export const threadOptionNames: readonly string[] = [
  'resourceLimits',
  'env',
  'execArgv',
  'output',
  'verbose',
];

/**
 * Makes threads. Their entry is heddle's own module, which imports the modules of tasks as they are needed.
 *
 * @throws {RangeError} If `output` makes no sense, or a memory limit would end this process.
 * @throws {TypeError} If `verbose` makes no sense.
 */
export function threadTransports(options: ThreadOptions = {}): TransportFactory {
  checkOutput(options.output, 'open worker threads');
  checkVerbose(options.verbose, 'open worker threads');
  checkMemory(options.resourceLimits);
  const lines = new PrintedLines({ output: options.output, kind: 'thread' });
  const made = relaying('thread', (listener) => startThread(options, lines, listener));
  return telling(made, options.verbose);
}

/** A thread that cannot even begin ends the whole process: V8 asks nobody. */
function checkMemory({ maxOldGenerationSizeMb = leastMemoryMb }: ResourceLimits = {}): void {
  if (maxOldGenerationSizeMb >= leastMemoryMb) return;
  throw new RangeError(
    `Cannot open worker threads as 'maxOldGenerationSizeMb' must be at least ${leastMemoryMb}, without which Node.js ends the whole process: received ${maxOldGenerationSizeMb}`,
  );
}

/** It has the extension of this very file, which is TypeScript in `src/worker/`, and JavaScript in `dist/chunks/`. */
function entryUrl(): URL {
  return new URL(`../worker/inside/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
}

function startThread(
  options: ThreadOptions,
  lines: PrintedLines,
  listener: TransportListener<SentMessage>,
): Started {
  const claims = new Claims();
  const transport = new ThreadTransport(options, claims, lines, listener);
  return { transport, claims, place: `thread ${transport.threadId}` };
}

class ThreadTransport implements Transport {
  readonly #worker: Worker;
  readonly #ring = new PrintRing();
  readonly #lines: WorkerLines;
  readonly #inTurn = new InTurn();
  #error: unknown;

  constructor(
    { resourceLimits, env, execArgv, output }: ThreadOptions,
    claims: Claims,
    lines: PrintedLines,
    listener: TransportListener<SentMessage>,
  ) {
    const threads = process.getBuiltinModule('node:worker_threads');
    this.#worker = new threads.Worker(entryUrl(), {
      name: 'heddle',
      workerData: {
        heddle: true,
        claims: claims.buffer,
        ring: output === 'ignore' ? undefined : this.#ring.buffer,
      },
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
      ...(env === undefined ? {} : { env }),
      ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
    });
    const inTurn = this.#inTurn;
    const takePrinted = (): void => this.#ring.take((stream, bytes) => this.#lines.push(stream, bytes));
    this.#lines = lines.open({
      hold: () => inTurn.hold(),
      release: () => inTurn.release(),
      drain: takePrinted,
    });
    this.#worker.on('message', (message: SentMessage | PrintedMessage) => {
      // What was printed before an outcome comes before it.
      inTurn.run(takePrinted);
      if (message.kind !== 'printed') inTurn.run(() => listener.message(message));
    });
    this.#worker.on('messageerror', (error) => {
      this.#error ??= error;
      void this.#worker.terminate();
    });
    this.#worker.on('error', (error) => {
      this.#error ??= error;
    });
    // Node delivers the messages that the thread had sent before it tells of the exit.
    this.#worker.on('exit', (exitCode) => {
      inTurn.run(takePrinted);
      inTurn.run(() => this.#lines.end());
      const ending: Ending = { exitCode, error: this.#error };
      inTurn.run(() => listener.ended(ending));
    });
  }

  get threadId(): number {
    return this.#worker.threadId;
  }

  post: Transport['post'] = (message, moves) => {
    this.#worker.postMessage(message, moves);
  };

  keepAlive(doesKeep: boolean): void {
    if (doesKeep) this.#worker.ref();
    else this.#worker.unref();
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}
