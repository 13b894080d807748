/**
 * What workers do, told in lines for people: why a program is slow to start, or loses its workers.
 *
 * It looks at what goes between a host and its workers, and changes nothing of it. Without the option there is nothing
 * to look with, so it costs nothing.
 *
 * Borrowed: `run_process(verbose=True)` of Noodles.
 */

import { type Clock, systemClock } from '../base/clock.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { tellListener } from '../base/listener.ts';
import type { TaskModule } from '../task/task-core.ts';
import type { HostMessage, WorkerMessage } from './protocol.ts';
import type { Ending, Started, Transport, TransportFactory } from './transport.ts';

/** Who is told of workers. */
export interface VerboseOptions {
  /**
   * Whether a line is written to stderr whenever a worker starts, is ready, imports the module of a task, is told to
   * end, has ended, or is lost; or what is given such lines. What it throws is an uncaught exception.
   *
   * @defaultValue `false`
   */
  readonly verbose?: boolean | ((line: string) => void);
}

/** @throws {TypeError} If it is nothing that can be told lines. */
export function checkVerbose(verbose: unknown, verb: string): void {
  if (verbose === undefined || typeof verbose === 'boolean' || typeof verbose === 'function') return;
  throw new TypeError(
    `Cannot ${verb} as 'verbose' must be true, false or a function: received ${inspectShort(verbose)}`,
  );
}

/** Makes workers of a kind, and tells what they do. */
export function telling(
  transports: TransportFactory,
  verbose: VerboseOptions['verbose'],
  clock: Clock = systemClock,
): TransportFactory {
  if (verbose === undefined || verbose === false) return transports;
  const tell = teller(verbose);
  const told = new ToldWorkers();
  return {
    ...transports,
    start: (listener) => {
      const { number, isReplacing } = told.add();
      const name = `${transports.name} ${number}`;
      const diary = new Diary(clock, (line) => tell(`${name} ${line}`));
      let started: Started;
      try {
        started = transports.start({
          message: (message) => {
            diary.sent(message);
            listener.message(message);
          },
          ended: (ending) => {
            told.delete(number, diary.ended(ending));
            listener.ended(ending);
          },
        });
      } catch (error) {
        told.delete(number, false);
        throw error;
      }
      diary.started(started.place, isReplacing);
      return { ...started, transport: watched(started.transport, diary) };
    },
  };
}

/** What tells lines to whom they are for. */
export function teller(verbose: VerboseOptions['verbose']): (line: string) => void {
  if (verbose === undefined || verbose === false) return () => undefined;
  if (verbose === true) return (line) => void process.stderr.write(`heddle: ${line}\n`);
  return (line) => tellListener(() => verbose(line));
}

/** Which numbers workers have: the lowest that is free, from 1, as for the lines that they print. */
class ToldWorkers {
  readonly #living = new Set<number>();
  readonly #lost = new Set<number>();

  add(): { readonly number: number; readonly isReplacing: boolean } {
    let number = 1;
    while (this.#living.has(number)) number++;
    this.#living.add(number);
    return { number, isReplacing: this.#lost.delete(number) };
  }

  delete(number: number, isLost: boolean): void {
    this.#living.delete(number);
    if (isLost) this.#lost.add(number);
  }
}

/** How much of the query of a module is told: arbitrary. */
const mostQuery = 40;

/** Puts what one worker does in words. */
class Diary {
  readonly #clock: Clock;
  readonly #tell: (line: string) => void;
  readonly #sinceMs: number;
  readonly #modules = new Map<number, TaskModule>();
  /** Modules that it has imported, or tried to. */
  readonly #imported = new Set<string>();
  /** Since when it has been getting ready for something; `undefined` if it is nothing that takes time. */
  #loadingMs: number | undefined;
  #isEnding = false;
  #hasEnded = false;

  constructor(clock: Clock, tell: (line: string) => void) {
    this.#clock = clock;
    this.#tell = tell;
    this.#sinceMs = clock.nowMs();
  }

  started(place: string | undefined, isReplacing: boolean): void {
    this.#tell(
      `starts${isReplacing ? ' in the place of one that was lost' : ''}${place === undefined ? '' : `: ${place}`}`,
    );
  }

  posted(message: HostMessage): void {
    if (message.kind === 'batch' && message.module !== undefined)
      this.#modules.set(message.task, message.module);
    else if (message.kind === 'stop') this.#end('is told to end');
  }

  sent(message: WorkerMessage): void {
    if (message.kind === 'ready') this.#tell(`is ready, ${this.#after(this.#sinceMs)}`);
    else if (message.kind === 'loading') this.#loading(message.task);
    else if (message.kind === 'retiring') this.#tell('is sent no more calls');
    else if (message.kind === 'loaded' && this.#loadingMs !== undefined)
      this.#tell(`is done with that, ${this.#after(this.#loadingMs)}`);
  }

  #loading(task: number | undefined): void {
    const module = task === undefined ? undefined : this.#modules.get(task);
    const isNew = module === undefined || !this.#imported.has(module.url);
    this.#loadingMs = isNew ? this.#clock.nowMs() : undefined;
    if (module === undefined) {
      this.#tell('gets ready for calls');
      return;
    }
    this.#imported.add(module.url);
    const imports = isNew ? `, and imports ${shortUrl(module.url)}` : '';
    this.#tell(`has its first call of task '${module.name}'${imports}`);
  }

  terminated(): void {
    this.#end('is ended at once');
  }

  #end(line: string): void {
    // It is also terminated if it does not end when it is told to.
    if (!this.#hasEnded && (!this.#isEnding || line === 'is ended at once')) this.#tell(line);
    this.#isEnding = true;
  }

  /** @returns whether nobody had told it to end */
  ended(ending: Ending): boolean {
    this.#hasEnded = true;
    const isLost = !this.#isEnding;
    this.#tell(isLost ? `is lost: it ${howEnded(ending)}` : 'has ended');
    return isLost;
  }

  #after(sinceMs: number): string {
    return `after ${Math.round(this.#clock.nowMs() - sinceMs)} ms`;
  }
}

function howEnded({ error, signal, exitCode }: Ending): string {
  if (error !== undefined) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : inspectShort(error);
    return `ended by an error, ${text.replace(/\s*\n[^]*/, '')}`;
  }
  if (signal !== undefined) return `was ended by ${signal}`;
  return exitCode === undefined ? 'could not be started' : `exited with code ${exitCode}`;
}

function watched(transport: Transport, diary: Diary): Transport {
  return {
    post: (message, moves) => {
      transport.post(message, moves);
      diary.posted(message);
    },
    keepAlive: (doesKeep) => transport.keepAlive(doesKeep),
    terminate: () => {
      diary.terminated();
      return transport.terminate();
    },
  };
}

/** Of a query, which may hold data, no more than says what it is about. */
function shortUrl(url: string): string {
  const at = url.indexOf('?');
  const end = at + mostQuery;
  return at < 0 || url.length <= end ? url : `${url.slice(0, end)}…`;
}
