/**
 * Reading of several stores, or several records, as if they were one: what is in the first that has it.
 *
 * What is in an earlier one hides what is in a later one. This is what `stack` and `pool` have in common; how they write is
 * their own.
 */

import { type MaybePromise, whenThere } from '../../base/maybe-promise.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import type { Store, StoreEntry } from '../../store/store.ts';
import { newestFirst } from '../fits.ts';
import type { CallRecord, RunEntry, RunRecord } from '../record.ts';
import type { RecordFilter, Records } from '../records.ts';
import { mergeSorted } from './merge-sorted.ts';

/** The value that the first gives that has one, and which of them it is. */
export function firstOf<Part, T, Result>(
  parts: readonly Part[],
  get: (part: Part) => MaybePromise<T | undefined>,
  use: (value: T, index: number) => MaybePromise<Result>,
  index = 0,
): MaybePromise<Result | undefined> {
  const part = parts[index];
  if (part === undefined) return undefined;
  return whenThere<T | undefined, Result | undefined>(get(part), (value) =>
    value === undefined ? firstOf(parts, get, use, index + 1) : use(value, index),
  );
}

/** Whether any of them has it. */
export function anyHas(stores: readonly Store[], digest: Digest): MaybePromise<boolean> {
  const found = firstOf(
    stores,
    (store) => whenThere(store.has(digest), (has) => has || undefined),
    () => true,
  );
  return whenThere(found, (has) => has ?? false);
}

/** Acts on all, one after the other. @returns whether any said yes */
export function anyOfAll<Part>(
  parts: readonly Part[],
  act: (part: Part) => MaybePromise<boolean>,
  index = 0,
): MaybePromise<boolean> {
  const part = parts[index];
  if (part === undefined) return false;
  return whenThere(act(part), (one) => whenThere(anyOfAll(parts, act, index + 1), (other) => one || other));
}

/** Acts on all at once; rejects when all are done, as the first that did. */
export async function onAll<Part>(
  parts: readonly Part[],
  act: (part: Part) => MaybePromise<void>,
): Promise<void> {
  const ends = await Promise.allSettled(parts.map(async (part) => act(part)));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** The entries of all, each digest once. Takes memory for each digest. */
export async function* entriesOfAll(stores: readonly Store[]): AsyncGenerator<StoreEntry, void, undefined> {
  const seen = new Set<Digest>();
  for (const store of stores) {
    for await (const entry of store.entries()) {
      if (seen.has(entry.digest)) continue;
      seen.add(entry.digest);
      yield entry;
    }
  }
}

/** The records of all that fit, the newest first, without those that an earlier one hides. */
export async function* selectFromAll(
  parts: readonly Records[],
  { limit, ...filter }: RecordFilter,
): AsyncGenerator<CallRecord, void, undefined> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  const visible = parts.map((part, index) => notHidden(part.select(filter), parts.slice(0, index)));
  for await (const record of mergeSorted(visible, newestFirst)) {
    yield record;
    if (--left <= 0) return;
  }
}

/** Hidden is also what an earlier one has in another form, which does not fit the filter. */
async function* notHidden(
  records: AsyncIterable<CallRecord>,
  earlier: readonly Records[],
): AsyncGenerator<CallRecord, void, undefined> {
  for await (const record of records) {
    const hiding = await firstOf(
      earlier,
      (part) => part.get(record.key),
      () => true,
    );
    if (hiding === undefined) yield record;
  }
}

/** The runs of all, the newest first, each once. */
export async function* runsOfAll(parts: readonly Records[]): AsyncGenerator<RunRecord, void, undefined> {
  const byId = new Map<string, RunRecord>();
  for (const part of parts) {
    for await (const run of part.runs()) if (!byId.has(run.id)) byId.set(run.id, run);
  }
  yield* [...byId.values()].sort(
    (one, other) => other.startedMs - one.startedMs || (one.id < other.id ? 1 : -1),
  );
}

/** The entries of a run in the first that has any. */
export async function* entriesOfRun(
  parts: readonly Records[],
  run: string,
): AsyncGenerator<RunEntry, void, undefined> {
  for (const part of parts) {
    let isThere = false;
    for await (const entry of part.entriesOf(run)) {
      isThere = true;
      yield entry;
    }
    if (isThere) return;
  }
}
