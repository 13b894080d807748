/**
 * A query over remembered calls: which, in which order, and what is done with them.
 */

import { HeddleError } from '../../base/errors.ts';
import { inspectShort } from '../../base/inspect-short.ts';
import type { Cache } from '../cache.ts';
import type { CallCache } from '../call-cache.ts';
import { keptBy } from '../kept.ts';
import type { CallRecord } from '../record.ts';
import { evictCalls } from '../upkeep/evict.ts';
import type { TransferOptions, Transferred } from '../upkeep/transfer.ts';
import { CallEntry } from './call-entry.ts';
import type { Asked } from './call-filter.ts';
import { type CallRow, rowOf, type TableOptions } from './call-table.ts';
import { NotFoundError } from './not-found-error.ts';

/** There are several calls where only one was expected. */
export class SeveralCallsError extends HeddleError {
  override readonly name: string = 'SeveralCallsError';
  constructor(message: string) {
    super('HEDDLE_SEVERAL_CALLS', message);
  }
}

/** What calls are sorted and grouped by: what is known of them, or what a function makes of that. */
export type CallAspect =
  | 'task'
  | 'identity'
  | 'version'
  | 'state'
  | 'run'
  | 'startedMs'
  | 'settledMs'
  | 'durationMs'
  | ((entry: CallEntry) => unknown);

export interface SortOptions {
  /** @defaultValue `false` */
  readonly descending?: boolean;
}

/** Gives records each time it is asked, at most so many if a limit is given. */
type Select = (limit?: number) => AsyncIterable<CallRecord>;

/**
 * Remembered calls, as asked for. Nothing is looked up before it is iterated over, or ended with one of the methods that give
 * a promise; each time it is looked up anew.
 *
 * - **Order:** the newest first, unless `sorted`.
 * - **Cost:** no value is loaded, but by `results` and by `table({ values: true })`. `sorted` and `groupBy` hold all records.
 *
 * @example
 * ```ts
 * import { openCache, run, task, tasks } from 'heddle';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * await using cache = await openCache(':memory:');
 * await run([square(2), square(3)], { cache });
 * const query = cache.query({ task: square });
 * assert.equal(await query.count(), 2);
 * const nine = await cache.query({ task: 'square', args: { x: 3 } }).only();
 * assert.equal(await nine.result(), 9);
 * const values = [];
 * for await (const value of query.results()) values.push(value);
 * assert.deepEqual(values.sort(), [4, 9]);
 * ```
 */
export class CallQuery implements AsyncIterable<CallEntry> {
  readonly #engine: CallCache;
  readonly #select: Select;
  readonly #isNewestFirst: boolean;

  /** @internal */
  constructor(engine: CallCache, select: Select, isNewestFirst: boolean) {
    this.#engine = engine;
    this.#select = select;
    this.#isNewestFirst = isNewestFirst;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<CallEntry> {
    for await (const record of this.#select()) yield new CallEntry(this.#engine, record);
  }

  /** The first calls, at most so many. */
  take(count: number): CallQuery {
    refuseNoCount(count, 'take');
    return this.#with((limit) => first(this.#select, Math.min(count, limit ?? count)));
  }

  /** All but the first calls. */
  skip(count: number): CallQuery {
    refuseNoCount(count, 'skip');
    return this.#with((limit) => after(this.#select(limit === undefined ? undefined : limit + count), count));
  }

  /** Those calls of which a function says so. */
  filter(accepts: (entry: CallEntry) => boolean): CallQuery {
    return this.#with(() => those(this.#select(), (record) => accepts(new CallEntry(this.#engine, record))));
  }

  /**
   * Of calls that are the same in some respect, the first.
   *
   * @param by - by their results, if it is not given
   */
  unique(by: CallAspect = ({ resultRef }) => resultRef?.digest): CallQuery {
    return this.#with(() => {
      const seen = new Set<unknown>();
      return those(this.#select(), (record) => {
        const aspect = this.#aspect(record, by);
        return !seen.has(aspect) && seen.add(aspect) !== undefined;
      });
    });
  }

  /** Sorts calls by numbers or texts; those that have none come last. Equal ones stay in their order. */
  sorted(by: CallAspect, { descending = false }: SortOptions = {}): CallQuery {
    return new CallQuery(this.#engine, () => this.#inOrder(by, descending), false);
  }

  async *#inOrder(by: CallAspect, isDescending: boolean): AsyncIterable<CallRecord> {
    const found: { readonly record: CallRecord; readonly aspect: unknown }[] = [];
    for await (const record of this.#select()) found.push({ record, aspect: this.#aspect(record, by) });
    found.sort((one, other) => compare(one.aspect, other.aspect, isDescending));
    for (const { record } of found) yield record;
  }

  /** Looks calls up, and groups them. Groups are in the order of their first calls, and do not change any more. */
  async groupBy(by: CallAspect): Promise<ReadonlyMap<unknown, CallQuery>> {
    const groups = new Map<unknown, CallRecord[]>();
    for await (const record of this.#select()) {
      const aspect = this.#aspect(record, by);
      const group = groups.get(aspect);
      if (group === undefined) groups.set(aspect, [record]);
      else group.push(record);
    }
    return new Map([...groups].map(([aspect, group]) => [aspect, this.#with(() => each(group))]));
  }

  /**
   * Gives the only call there is.
   *
   * @throws {NotFoundError} If there is none.
   * @throws {SeveralCallsError} If there are several.
   */
  async only(): Promise<CallEntry> {
    const found: CallEntry[] = [];
    for await (const entry of this.take(2)) found.push(entry);
    const [one, other] = found;
    if (one === undefined)
      throw new NotFoundError(
        'Cannot give the only call as none fits: received no record\n  cache.explain(task, …args) says why a call is not remembered',
      );
    if (other === undefined) return one;
    throw new SeveralCallsError(
      `Cannot give the only call as several fit: received ${one.digest.slice(0, 12)}… of task '${one.task}', and ` +
        `${other.digest.slice(0, 12)}… of task '${other.task}'\n  latest() gives the newest of them`,
    );
  }

  /** Whether there is any. */
  async any(): Promise<boolean> {
    return (await firstOf(this.#select(1))) !== undefined;
  }

  /** Whether there is none. */
  async empty(): Promise<boolean> {
    return !(await this.any());
  }

  async count(): Promise<number> {
    let count = 0;
    for await (const _ of this.#select()) count++;
    return count;
  }

  /** The call that began last; `undefined` if there is none. */
  async latest(): Promise<CallEntry | undefined> {
    const found = this.#isNewestFirst
      ? await firstOf(this.#select(1))
      : await this.#best((one, other) => one.startedMs > other.startedMs);
    return this.#entry(found);
  }

  /** The call that began first; `undefined` if there is none. */
  async oldest(): Promise<CallEntry | undefined> {
    return this.#entry(await this.#best((one, other) => one.startedMs < other.startedMs));
  }

  async #best(isBetter: (one: CallRecord, other: CallRecord) => boolean): Promise<CallRecord | undefined> {
    let best: CallRecord | undefined;
    for await (const record of this.#select())
      if (best === undefined || isBetter(record, best)) best = record;
    return best;
  }

  /**
   * Loads the values, one after the other. Calls that gave none are left out.
   *
   * @throws {NotFoundError} If a value is not stored any more.
   */
  async *results(): AsyncIterable<unknown> {
    for await (const entry of this) if (entry.state === 'success') yield await entry.result();
  }

  /** Gives a row of plain data for each call: for `console.table`, or a file. */
  async table(options: TableOptions = {}): Promise<readonly CallRow[]> {
    const rows: CallRow[] = [];
    for await (const entry of this) rows.push(await rowOf(entry, options));
    return rows;
  }

  /** Copies calls and their values to another cache. See `Cache.transfer`. */
  async transfer(to: Cache, options: TransferOptions = {}): Promise<Transferred> {
    const { transferCalls } = await import('../upkeep/transfer.ts');
    return await transferCalls(this.#engine, to.engine, this.#select(), options);
  }

  /**
   * Forgets the calls. Their values stay until `gc` takes those that nothing else refers to.
   *
   * @returns how many there were
   */
  async evict(): Promise<number> {
    // All are found before any goes: what is deleted while it is looked through may hide others.
    const keys: CallRecord['key'][] = [];
    for await (const { key } of this.#select()) keys.push(key);
    return evictCalls(this.#engine, keys);
  }

  #with(select: Select): CallQuery {
    return new CallQuery(this.#engine, select, this.#isNewestFirst);
  }

  #entry(record: CallRecord | undefined): CallEntry | undefined {
    return record === undefined ? undefined : new CallEntry(this.#engine, record);
  }

  #aspect(record: CallRecord, by: CallAspect): unknown {
    const entry = new CallEntry(this.#engine, record);
    return typeof by === 'function' ? by(entry) : entry[by];
  }
}

/** Queries what a cache keeps. */
export function queryOf(engine: CallCache, { filter, accepts }: Asked): CallQuery {
  const { calls } = keptBy(engine);
  const select: Select = (limit) =>
    accepts === undefined
      ? calls.select(limit === undefined ? filter : { ...filter, limit })
      : those(calls.select(filter), accepts);
  return new CallQuery(engine, select, true);
}

async function* first(select: Select, count: number): AsyncIterable<CallRecord> {
  if (count === 0) return;
  let given = 0;
  for await (const record of select(count)) {
    yield record;
    if (++given === count) return;
  }
}

async function* after(records: AsyncIterable<CallRecord>, count: number): AsyncIterable<CallRecord> {
  let seen = 0;
  for await (const record of records) if (seen++ >= count) yield record;
}

async function* those(
  records: AsyncIterable<CallRecord>,
  accepts: (record: CallRecord) => boolean,
): AsyncIterable<CallRecord> {
  for await (const record of records) if (accepts(record)) yield record;
}

async function* each(records: readonly CallRecord[]): AsyncIterable<CallRecord> {
  yield* records;
}

async function firstOf(records: AsyncIterable<CallRecord>): Promise<CallRecord | undefined> {
  for await (const record of records) return record;
  return undefined;
}

/** Texts by code units, which no locale changes; what is neither number nor text comes last, whatever the direction. */
function compare(one: unknown, other: unknown, isDescending: boolean): number {
  if (!isOrdered(one) || !isOrdered(other)) return Number(isOrdered(other)) - Number(isOrdered(one));
  const order = one < other ? -1 : one > other ? 1 : 0;
  return isDescending ? -order : order;
}

function isOrdered(value: unknown): value is number {
  return (
    (typeof value === 'number' && !Number.isNaN(value)) ||
    typeof value === 'string' ||
    typeof value === 'bigint' ||
    typeof value === 'boolean'
  );
}

function refuseNoCount(count: number, verb: string): void {
  if (Number.isSafeInteger(count) && count >= 0) return;
  throw new RangeError(
    `Cannot ${verb} calls as their number must be a whole number, at least 0: received ${inspectShort(count)}`,
  );
}
