/**
 * Tells of each call of a run: what was called, and how its value came about.
 *
 * Unlike `plain` it leaves nothing out and shows values, to see what was computed and what was not. For tutorials, and for
 * looking closely.
 */

import type { CallSettled, CallStarted, Event, RunSettled, Sink } from '../events/event.ts';
import { oneLine } from '../observe/one-line.ts';
import { StreamWriter, type TextStream } from './stream-writer.ts';

/** Options of {@link callLog}. */
export interface CallLogOptions {
  /** @defaultValue `process.stderr` */
  readonly stream?: TextStream | undefined;
}

/**
 * Makes a sink that writes two lines for each call of a task: its number and what is called; and how it got its value.
 *
 * - **done**: it was computed now. **retrieved**: it was found in the cache. **attached**: an equal call was in flight.
 * - **Numbers** count the calls of a run, in the order in which they were begun or found.
 * - **Cost:** some microseconds a call, and what writing costs.
 *
 * @example
 * ```ts
 * import { callLog, openCache, run, tasks } from 'heddle';
 * const { size } = tasks(import.meta, { size: (word: string) => word.length });
 * await using cache = await openCache(':memory:');
 * await run([size('Oote'), size('Boe')], { cache, cacheAll: true, sinks: callLog() });
 * // call 1: size('Oote')
 * // value 1 [size('Oote')]: done -> 4
 * // call 2: size('Boe')
 * // value 2 [size('Boe')]: done -> 3
 * // success: 2 computed
 * ```
 */
export function callLog({ stream = process.stderr }: CallLogOptions = {}): Sink {
  return new CallLog(stream);
}

class CallLog implements Sink {
  readonly details = true;
  readonly #stream: TextStream;
  /** By run: the number of each call. */
  readonly #runs = new Map<number, Map<number, number>>();
  #writer: StreamWriter | undefined;

  constructor(stream: TextStream) {
    this.#stream = stream;
  }

  emit(event: Event): void {
    if (event.kind === 'run-started') {
      this.#runs.set(event.run, new Map());
      this.#writer ??= new StreamWriter(this.#stream);
    } else if (event.kind === 'call-started' && event.attempt === 1) this.#number(event);
    else if (event.kind === 'call-settled') this.#settled(event);
    else if (event.kind === 'run-settled') this.#end(event);
  }

  /** Gives the number of a call, and tells of it if it is new. */
  #number(event: CallStarted | CallSettled): number | undefined {
    const numbers = this.#runs.get(event.run);
    if (event.builtin || numbers === undefined) return undefined;
    const known = numbers.get(event.call);
    if (known !== undefined) return known;
    const number = numbers.size + 1;
    numbers.set(event.call, number);
    this.#line(`call ${number}: ${shownOf(event)}`);
    return number;
  }

  #settled(event: CallSettled): void {
    const number = event.is === 'skipped' ? undefined : this.#number(event);
    if (number === undefined) return;
    const how = event.is !== 'success' ? 'failed' : event.how === 'computed' ? 'done' : event.how;
    const what = event.failure === undefined ? event.value : event.failure.summary;
    this.#line(`value ${number} [${shownOf(event)}]: ${how}${what === undefined ? '' : ` -> ${what}`}`);
  }

  #end({ run, is, counts, failure }: RunSettled): void {
    const parts = Object.entries(counts).flatMap(([how, count]) => (count > 0 ? [`${count} ${how}`] : []));
    const text = `${is}: ${failure === undefined ? parts.join(', ') || 'nothing to do' : failure.summary}`;
    this.#runs.delete(run);
    if (this.#runs.size > 0) this.#line(text);
    else {
      this.#writer?.end(lineOf(text));
      this.#writer = undefined;
    }
  }

  #line(text: string): void {
    this.#writer?.write(lineOf(text));
  }
}

function shownOf({ shown, task }: CallStarted | CallSettled): string {
  return shown ?? `${task}(…)`;
}

function lineOf(text: string): string {
  return `${oneLine(text).trimEnd()}\n`;
}
