/**
 * A backend that lets go of what was used least recently when it grows too large.
 *
 * What is there is listed once, before the first thing is put, and then kept in mind. Other processes may put things too, so
 * it is listed again after an eighth of what may be there was written: then a thing that is put costs eight listed ones, on
 * average, however much there is.
 */

import { type Clock, systemClock } from '../../base/clock.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import { type MaybePromise, whenThere } from '../../base/maybe-promise.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import { RejectedError } from '../../store/rejected-error.ts';
import type { Store } from '../../store/store.ts';
import { storeLike } from '../../store/store-like.ts';
import type { Backend } from '../backend.ts';
import { addressesOf } from '../fits.ts';
import type { CallRecord } from '../record.ts';
import type { Records } from '../records.ts';
import { descriptorOf } from './descriptors.ts';
import { Recency } from './recency.ts';
import { recordsLike } from './records-like.ts';

export interface SizeLimitedOptions {
  /**
   * How many bytes of values are kept, at most: at least 1.
   *
   * @defaultValue any number
   */
  readonly maxBytes?: number;
  /**
   * How many records of calls are kept, at most: at least 1. With a record go the values that no other one tells of.
   *
   * @defaultValue any number
   */
  readonly maxCount?: number;
  /** @internal */
  readonly clock?: Clock;
}

/** After which part of a limit is written, what others wrote is looked at. Arbitrary: processes exceed it by that much each. */
const partUnseen = 1 / 8;

/**
 * Makes a backend that keeps no more than it may.
 *
 * - **Order:** what was used least recently goes first; `get` and `put` use it, and of a value also what is read by its record.
 *   A record goes before the result it tells of, so none tells of a result that was let go of.
 * - **Bound:** exact for one process. Each of several may exceed it by an eighth, until it puts more.
 * - **Cost:** a microsecond or two, beside what the backend itself takes, and what it takes to delete. Some hundred bytes of
 *   memory for each value and record. At first, and again when an eighth was written, all is listed.
 * - **Failure:** a value larger than `maxBytes` is refused with a `RejectedError`, and nothing is let go of for it.
 *
 * @throws {RangeError} If a limit is not at least 1.
 * @throws {TypeError} If there is no such option.
 *
 * @example
 * ```ts
 * import { memoize, openCache } from 'heddle';
 * import { openMemory, sizeLimited } from 'heddle/cache';
 * await using cache = await openCache(sizeLimited(openMemory(), { maxCount: 2 }));
 * const square = memoize((x: number) => x * x, { cache, name: 'square', version: 1 });
 * for (const x of [1, 2, 1, 3]) {
 *   await square(x);
 *   await cache.flush(); // Until what it gave is kept.
 * }
 * assert.equal(await square.contains(1), true);
 * assert.equal(await square.contains(2), false); // It was used least recently.
 * ```
 */
export function sizeLimited(backend: Backend, options: SizeLimitedOptions = {}): Backend {
  refuseUnknownOptions(options, ['maxBytes', 'maxCount', 'clock'], 'limit the size of a backend');
  const {
    maxBytes = Number.POSITIVE_INFINITY,
    maxCount = Number.POSITIVE_INFINITY,
    clock = systemClock,
  } = options;
  for (const [name, limit] of Object.entries({ maxBytes, maxCount })) {
    if (!(limit >= 1)) {
      throw new RangeError(
        `Cannot limit the size of a backend as '${name}' must be at least 1: received ${limit}`,
      );
    }
  }
  const limited = new SizeLimited(backend, { maxBytes, maxCount, clock });
  return { values: limited.store(), calls: limited.records() };
}

/** What is known of a value that is kept. */
interface KnownValue {
  readonly bytes: number;
  /** Whether it was put here, and no record that tells of it since: then the record is still to come. */
  readonly awaitsRecord: boolean;
}

/** What is known of a record that is kept. */
interface KnownCall {
  readonly key: Digest;
  /** Where all is stored that it tells of. */
  readonly addresses: readonly Digest[];
  /** Where its result or its error is stored. */
  readonly end: Digest | undefined;
}

class SizeLimited {
  readonly #store: Store;
  readonly #records: Records;
  readonly #limits: Required<SizeLimitedOptions>;
  readonly #values = new Recency<KnownValue>(({ bytes }) => bytes);
  readonly #calls = new Recency<KnownCall>(() => 1);
  /** By address: the keys of the records that tell of what is stored there. */
  readonly #telling = new Map<Digest, Set<Digest>>();
  #isListed = false;
  #listing: Promise<void> | undefined;
  #writtenBytes = 0;
  #writtenCount = 0;
  #makingRoom: Promise<void> | undefined;

  constructor({ values: store, calls: records }: Backend, limits: Required<SizeLimitedOptions>) {
    this.#store = store;
    this.#records = records;
    this.#limits = limits;
  }

  store(): Store {
    const store = this.#store;
    const { maxBytes, maxCount } = this.#limits;
    return storeLike(store, {
      name: `size-limited ${store.name}`,
      descriptor: descriptorOf('size-limited', [store], finite({ maxBytes, maxCount })),
      get: (digest) =>
        whenThere(store.get(digest), (bytes) => {
          if (bytes === undefined) this.#values.remove(digest);
          else this.#useValue(digest, bytes.length, this.#values.get(digest)?.awaitsRecord ?? false);
          return bytes;
        }),
      put: (digest, bytes) => {
        if (bytes.length > maxBytes) {
          throw new RejectedError(
            'too-large',
            `Cannot keep bytes in ${store.name} as there may be no more than ${maxBytes} in all: received ${bytes.length}`,
          );
        }
        return whenThere(store.put(digest, bytes), () => {
          if (this.#values.get(digest) === undefined) this.#writtenBytes += bytes.length;
          this.#useValue(digest, bytes.length, true);
          return this.#keepWithinLimits();
        });
      },
      delete: (digest) => {
        this.#values.remove(digest);
        return store.delete(digest);
      },
      ...(store.deleteUnused === undefined
        ? {}
        : {
            deleteUnused: (digest, sinceMs) =>
              whenThere(store.deleteUnused?.(digest, sinceMs) ?? false, (isGone) => {
                if (isGone) this.#values.remove(digest);
                return isGone;
              }),
          }),
      flush: () => whenThere(this.#makingRoom, () => store.flush()),
    });
  }

  records(): Records {
    const records = this.#records;
    const { maxBytes, maxCount } = this.#limits;
    return recordsLike(records, {
      name: `size-limited ${records.name}`,
      descriptor: descriptorOf('size-limited', [records], finite({ maxBytes, maxCount })),
      get: (key) =>
        whenThere(records.get(key), (record) => {
          if (record === undefined) this.#forgetCall(key);
          else this.#useCall(this.#calls.get(key) ?? knownOf(record));
          return record;
        }),
      put: (record) =>
        whenThere(records.put(record), () => {
          if (this.#calls.get(record.key) === undefined) this.#writtenCount++;
          const call = knownOf(record);
          this.#useCall(call);
          for (const address of call.addresses) this.#noLongerAwaits(address);
          return this.#keepWithinLimits();
        }),
      delete: (key) => {
        this.#forgetCall(key);
        return records.delete(key);
      },
      flush: () => whenThere(this.#makingRoom, () => records.flush()),
    });
  }

  #useValue(digest: Digest, bytes: number, awaitsRecord: boolean): void {
    this.#values.use(digest, { bytes, awaitsRecord }, this.#limits.clock.epochMs());
  }

  #noLongerAwaits(address: Digest): void {
    const value = this.#values.get(address);
    if (value?.awaitsRecord) this.#useValue(address, value.bytes, false);
  }

  #useCall(call: KnownCall): void {
    const before = this.#calls.use(call.key, call, this.#limits.clock.epochMs());
    if (before === call) return;
    if (before !== undefined) this.#untell(before);
    this.#tell(call);
  }

  #forgetCall(key: Digest): KnownCall | undefined {
    const call = this.#calls.remove(key);
    if (call !== undefined) this.#untell(call);
    return call;
  }

  #tell({ key, addresses }: KnownCall): void {
    for (const address of addresses) {
      const keys = this.#telling.get(address);
      if (keys === undefined) this.#telling.set(address, new Set([key]));
      else keys.add(key);
    }
  }

  #untell({ key, addresses }: KnownCall): void {
    for (const address of addresses) {
      const keys = this.#telling.get(address);
      keys?.delete(key);
      if (keys?.size === 0) this.#telling.delete(address);
    }
  }

  #keepWithinLimits(): MaybePromise<void> {
    return whenThere(this.#list(), () => {
      if (this.#fits()) return undefined;
      // One thing at a time goes, also if many are put at once.
      this.#makingRoom ??= this.#makeRoom().finally(() => {
        this.#makingRoom = undefined;
      });
      return this.#makingRoom;
    });
  }

  #fits(): boolean {
    return this.#values.size <= this.#limits.maxBytes && this.#calls.size <= this.#limits.maxCount;
  }

  async #makeRoom(): Promise<void> {
    while (!this.#fits()) {
      try {
        if (this.#calls.size > this.#limits.maxCount) await this.#letGoOfCall();
        else await this.#letGoOfValue();
      } catch {
        // What was put is kept. What cannot be let go of is counted again when all is listed the next time.
      }
    }
  }

  /** Lets go of the record that was used least recently, and of what no other one tells of. */
  async #letGoOfCall(): Promise<void> {
    const [, call] = this.#calls.takeOldest() ?? [];
    if (call === undefined) return;
    this.#untell(call);
    await this.#records.delete(call.key);
    for (const address of call.addresses) {
      if (this.#telling.has(address) || this.#values.get(address)?.awaitsRecord) continue;
      this.#values.remove(address);
      await this.#store.delete(address);
    }
  }

  /** Lets go of the value that was used least recently, and before it of the records that it is the end of. */
  async #letGoOfValue(): Promise<void> {
    const [digest] = this.#values.takeOldest() ?? [];
    if (digest === undefined) return;
    const keys = Array.from(this.#telling.get(digest) ?? []);
    for (const key of keys) {
      if (this.#calls.get(key)?.end !== digest) continue;
      this.#forgetCall(key);
      await this.#records.delete(key);
    }
    // Meanwhile it may have been put again.
    if (this.#values.get(digest) === undefined) await this.#store.delete(digest);
  }

  /** Lists what is there if that is not known, or much may have changed. */
  #list(): MaybePromise<void> {
    const { maxBytes, maxCount } = this.#limits;
    const isOutOfDate =
      this.#writtenBytes > maxBytes * partUnseen || this.#writtenCount > maxCount * partUnseen;
    if (this.#isListed && !isOutOfDate) return undefined;
    this.#listing ??= this.#listAll().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  async #listAll(): Promise<void> {
    const sinceMs = this.#limits.clock.epochMs();
    this.#writtenBytes = 0;
    this.#writtenCount = 0;
    const values: [Digest, KnownValue, number][] = [];
    for await (const { digest, bytes, usedMs } of this.#store.entries()) {
      values.push([digest, { bytes, awaitsRecord: false }, usedMs]);
    }
    const calls: [Digest, KnownCall, number][] = [];
    for await (const record of this.#records.select({})) {
      calls.push([record.key, knownOf(record), record.startedMs]);
    }
    this.#values.refresh(values, sinceMs);
    this.#calls.refresh(calls, sinceMs);
    this.#telling.clear();
    for (const call of this.#calls.all()) this.#tell(call);
    this.#isListed = true;
  }
}

function knownOf(record: CallRecord): KnownCall {
  return {
    key: record.key,
    addresses: addressesOf(record),
    end: record.result?.address ?? record.failure?.address,
  };
}

/** Limits that there are: `Infinity` is none, and would not survive as JSON. */
function finite(limits: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => Number.isFinite(limit)));
}
