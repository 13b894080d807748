/**
 * Several backends one above the other: a fast one of this process or machine, above one that all share.
 */

import { refuseUnknownOptions } from '../../base/known-options.ts';
import { type MaybePromise, whenThere } from '../../base/maybe-promise.ts';
import { isPromiseLike } from '../../base/promise-like.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import type { Store } from '../../store/store.ts';
import { storeLike } from '../../store/store-like.ts';
import type { Backend } from '../backend.ts';
import type { CallRecord } from '../record.ts';
import type { Claim, Records } from '../records.ts';
import { descriptorOf } from './descriptors.ts';
import { ReadsInFlight } from './reads-in-flight.ts';
import { recordsLike } from './records-like.ts';
import {
  anyHas,
  anyOfAll,
  entriesOfAll,
  entriesOfRun,
  firstOf,
  onAll,
  runsOfAll,
  selectFromAll,
} from './union.ts';

export interface StackOptions {
  /**
   * Whether all are written, not the first alone.
   *
   * @defaultValue `false`
   */
  readonly writeThrough?: boolean;
}

/**
 * Makes a backend of several. What is asked for is given by the first that has it, and then put into those before it, so that
 * it is nearer the next time.
 *
 * - **Writing:** to the first, or to all with `writeThrough`. Claims are made where is written: others are to wait only for
 *   what they will find.
 * - **Deleting:** from all; so it is refused if one of them may only be read.
 * - **Failure:** what cannot be put into those before is given all the same. `flush` of theirs tells of it.
 * - **Cost:** a miss asks each of them. `select` asks those before for each record of one.
 *
 * @throws {RangeError} If there is none.
 * @throws {TypeError} If there is no such option.
 *
 * @example
 * ```ts
 * import { openCache, run, task, tasks } from 'heddle';
 * import { openMemory, sizeLimited, stack } from 'heddle/cache';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * const far = openMemory(); // openFiles('/mnt/team/cache'), say
 * const near = sizeLimited(openMemory(), { maxBytes: 100 * 2 ** 20 });
 * await using cache = await openCache(stack([near, far], { writeThrough: true }));
 * await run(square(3), { cache });
 *
 * await using team = await openCache(far);
 * assert.equal(await team.load(team.digest(square, 3)), 9);
 * ```
 */
export function stack(backends: readonly Backend[], options: StackOptions = {}): Backend {
  refuseUnknownOptions(options, ['writeThrough'], 'stack backends');
  const { writeThrough = false } = options;
  const [first] = backends;
  if (first === undefined) throw new RangeError('Cannot stack backends as there must be one: received none');
  const stores = backends.map(({ values: store }) => store);
  const parts = backends.map(({ calls: records }) => records);
  return {
    values: storeStack(stores, writeThrough),
    calls: recordsStack(parts, writeThrough),
  };
}

function storeStack(stores: readonly Store[], writeThrough: boolean): Store {
  const [first] = stores as readonly [Store];
  const written = writeThrough ? stores : [first];
  return storeLike(first, {
    name: `stack of ${stores.map(({ name }) => name).join(', ')}`,
    descriptor: descriptorOf('stack', stores, { writeThrough }),
    get: (digest) =>
      firstOf(
        stores,
        (store) => store.get(digest),
        (bytes, index) =>
          whenThere(
            fillIn(stores.slice(0, index), (store) => store.put(digest, bytes)),
            () => bytes,
          ),
      ),
    put: (digest, bytes) => toEach(written, (store) => store.put(digest, bytes)),
    has: (digest) => anyHas(stores, digest),
    delete: (digest) => anyOfAll(stores, (store) => store.delete(digest)),
    entries: () => entriesOfAll(stores),
    flush: () => onAll(stores, (store) => store.flush()),
    close: () => onAll(stores, (store) => store.close()),
  });
}

function recordsStack(parts: readonly Records[], writeThrough: boolean): Records {
  const [first] = parts as readonly [Records];
  const written = writeThrough ? parts : [first];
  const reads = new ReadsInFlight<Digest>();
  return recordsLike(first, {
    name: `stack of ${parts.map(({ name }) => name).join(', ')}`,
    descriptor: descriptorOf('stack', parts, { writeThrough }),
    get(key) {
      const read = reads.begin(key);
      const found = firstOf(
        parts,
        (part) => part.get(key),
        (record, index) => {
          if (read.isStale) return record;
          return whenThere(
            fillIn(parts.slice(0, index), (part) => part.put(record)),
            () => record,
          );
        },
      );
      if (isPromiseLike(found)) return (found as Promise<CallRecord>).finally(() => reads.end(key, read));
      reads.end(key, read);
      return found;
    },
    put(record) {
      reads.written(record.key);
      return toEach(written, (part) => part.put(record));
    },
    delete(key) {
      reads.written(key);
      return anyOfAll(parts, (part) => part.delete(key));
    },
    select: (filter) => selectFromAll(parts, filter),
    claim: (key, claim, nowMs) => claimAll(written, key, claim, nowMs),
    renew: (owner, untilMs) => toEach(written, (part) => part.renew(owner, untilMs)),
    release: (key, owner) => toEach(written, (part) => part.release(key, owner)),
    putRun: (run) => toEach(written, (part) => part.putRun(run)),
    addEntries: (run, entries) => toEach(written, (part) => part.addEntries(run, entries)),
    runs: () => runsOfAll(parts),
    entriesOf: (run) => entriesOfRun(parts, run),
    deleteRun: (run) => anyOfAll(parts, (part) => part.deleteRun(run)),
    flush: () => onAll(parts, (part) => part.flush()),
    close: () => onAll(parts, (part) => part.close()),
  });
}

/** Acts on all, begun at once so that the order of what is written is the same in each. Waits only if one has to be waited for. */
function toEach<Part>(parts: readonly Part[], act: (part: Part) => MaybePromise<void>): MaybePromise<void> {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return act(only);
  const going: PromiseLike<void>[] = [];
  let thrown: { readonly error: unknown } | undefined;
  for (const part of parts) {
    try {
      const end = act(part);
      if (isPromiseLike(end)) going.push(end as PromiseLike<void>);
    } catch (error) {
      thrown ??= { error };
    }
  }
  if (going.length > 0) return allEnded(going, thrown);
  if (thrown !== undefined) throw thrown.error;
}

async function allEnded(
  going: readonly PromiseLike<void>[],
  thrown: { readonly error: unknown } | undefined,
): Promise<void> {
  const ends = await Promise.allSettled(going);
  if (thrown !== undefined) throw thrown.error;
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** Puts what was found below into those above; whichever cannot keep it does without. */
function fillIn<Part>(parts: readonly Part[], put: (part: Part) => MaybePromise<void>): MaybePromise<void> {
  const doWithout = (): void => undefined;
  return toEach(parts, (part) => {
    try {
      const going = put(part);
      return isPromiseLike(going) ? (going as Promise<void>).catch(doWithout) : going;
    } catch {
      return undefined;
    }
  });
}

/** Claims in all, one after the other; gives up those made when one is held by another. */
function claimAll(
  parts: readonly Records[],
  key: Digest,
  claim: Claim,
  nowMs: number,
  index = 0,
): MaybePromise<Claim | undefined> {
  const part = parts[index];
  if (part === undefined) return undefined;
  return whenThere(part.claim(key, claim, nowMs), (held) => {
    if (held === undefined) return claimAll(parts, key, claim, nowMs, index + 1);
    return whenThere(
      toEach(parts.slice(0, index), (made) => made.release(key, claim.owner)),
      () => held,
    );
  });
}
