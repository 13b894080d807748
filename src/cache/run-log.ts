/**
 * Writes down what became of the calls of a run, while it goes on.
 */

import type { Clock } from '../base/clock.ts';
import { randomSerial } from '../base/random.ts';
import type { Json } from '../codec/json-writer.ts';
import type { CallCache } from './call-cache.ts';
import type { RunEntry, RunRecord } from './record.ts';

/** How many entries are kept at once. Arbitrary: a run that is killed loses fewer than that many. */
const entriesAtOnce = 256;
/** After how long entries are kept at the latest, when another one comes. Arbitrary. */
const longestMs = 100;

export interface RunLogOptions {
  readonly executor: string;
  readonly metadata: Readonly<Record<string, Json>>;
}

export class RunLog {
  readonly id: string;
  readonly #engine: CallCache;
  readonly #clock: Clock;
  readonly #options: RunLogOptions;
  readonly #startedMs: number;
  #entries: RunEntry[] = [];
  #keptMs: number;
  #isKept = false;

  constructor(engine: CallCache, options: RunLogOptions) {
    this.#engine = engine;
    this.#clock = engine.parts.clock;
    this.#options = options;
    this.#startedMs = this.#clock.epochMs();
    this.#keptMs = this.#startedMs;
    // The time first, in as many digits for the next thousand years: ids sort by it.
    this.id = `${Math.floor(this.#startedMs).toString(36).padStart(9, '0')}-${randomSerial().toString(36).padStart(10, '0')}`;
  }

  add(entry: RunEntry): void {
    this.#entries.push(entry);
    const isLate = entry.startedMs + entry.durationMs - this.#keptMs > longestMs;
    if (isLate || this.#entries.length >= entriesAtOnce) this.#keep();
  }

  #keep(): void {
    if (!this.#isKept) this.#put('running');
    const entries = this.#entries;
    if (entries.length === 0) return;
    this.#entries = [];
    this.#keptMs = this.#clock.epochMs();
    const { calls: records } = this.#engine.parts.backend;
    this.#engine.keep('note the calls of a run', () => records.addEntries(this.id, entries));
  }

  #put(is: RunRecord['is']): void {
    this.#isKept = true;
    const { calls: records } = this.#engine.parts.backend;
    const record: RunRecord = {
      id: this.id,
      startedMs: this.#startedMs,
      settledMs: is === 'running' ? undefined : this.#clock.epochMs(),
      is,
      where: `${process.getBuiltinModule('node:os').hostname()}:${process.pid}`,
      ...this.#options,
    };
    this.#engine.keep('note a run', () => records.putRun(record));
  }

  end(is: Exclude<RunRecord['is'], 'running'>): void {
    this.#keep();
    this.#put(is);
  }
}
