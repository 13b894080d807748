/**
 * Workers that are threads of this process.
 */

import type { ResourceLimits, Worker } from 'node:worker_threads';
import { Claims } from './claims.ts';
import type { WorkerMessage } from './protocol.ts';
import type { Ending, Started, Transport, TransportFactory, TransportListener } from './transport.ts';

/** How threads are started. */
export interface ThreadOptions {
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

/** Makes threads. Their entry is heddle's own module, which imports the modules of tasks as they are needed. */
export function threadTransports(options: ThreadOptions = {}): TransportFactory {
  return { name: 'thread', start: (listener) => startThread(options, listener) };
}

/** It has the extension of this very file, which is TypeScript in `src/worker/`, and JavaScript in `dist/chunks/`. */
function entryUrl(): URL {
  return new URL(`../worker/inside/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
}

function startThread(options: ThreadOptions, listener: TransportListener): Started {
  const claims = new Claims();
  return { transport: new ThreadTransport(options, claims, listener), claims };
}

class ThreadTransport implements Transport {
  readonly #worker: Worker;
  #error: unknown;

  constructor({ resourceLimits, env, execArgv }: ThreadOptions, claims: Claims, listener: TransportListener) {
    const threads = process.getBuiltinModule('node:worker_threads');
    this.#worker = new threads.Worker(entryUrl(), {
      name: 'heddle',
      workerData: { heddle: true, claims: claims.buffer },
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
      ...(env === undefined ? {} : { env }),
      ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
    });
    this.#worker.on('message', (message: WorkerMessage) => listener.message(message));
    this.#worker.on('messageerror', (error) => {
      this.#error ??= error;
      void this.#worker.terminate();
    });
    this.#worker.on('error', (error) => {
      this.#error ??= error;
    });
    // Node delivers the messages that the thread had sent before it tells of the exit.
    this.#worker.on('exit', (exitCode) => {
      const ending: Ending = { exitCode, error: this.#error };
      listener.ended(ending);
    });
  }

  post: Transport['post'] = (message) => {
    this.#worker.postMessage(message);
  };

  keepAlive(doesKeep: boolean): void {
    if (doesKeep) this.#worker.ref();
    else this.#worker.unref();
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}
