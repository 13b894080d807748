/**
 * Copying remembered calls, with their values, from one cache to another.
 */

import type { Digest } from '../../codec/canonical/digester.ts';
import type { CallCache } from '../call-cache.ts';
import { addressesOf } from '../fits.ts';
import { keptBy } from '../kept.ts';
import type { CallRecord } from '../record.ts';
import { evictCalls } from './evict.ts';
import { outcomeAddress, withoutAddresses } from './without-addresses.ts';

export interface TransferOptions {
  /**
   * Whether calls that the other cache has in the end are forgotten here.
   *
   * @defaultValue `false`
   */
  readonly pop?: boolean;
  /**
   * Whether calls that the other cache has are replaced.
   *
   * @defaultValue `false`
   */
  readonly overwrite?: boolean;
}

/** What became of calls that were to be copied. */
export interface Transferred {
  readonly copied: number;
  /** Those the other cache had. */
  readonly skipped: number;
  /** Those of which the value is not stored here any more, or damaged; and those that have not ended. */
  readonly left: number;
  /** Length of the values that were copied. */
  readonly bytes: number;
}

/**
 * Copies calls. Values first: the other cache never has a record without its value, also if this is stopped in between.
 *
 * @throws {TypeError} If it is the same cache.
 */
export async function transferCalls(
  from: CallCache,
  to: CallCache,
  records: AsyncIterable<CallRecord>,
  { pop = false, overwrite = false }: TransferOptions,
): Promise<Transferred> {
  const [source, target] = [keptBy(from), keptBy(to)];
  if (source.calls === target.calls)
    throw new TypeError(`Cannot transfer calls as both caches are the same: received ${source.calls.name}`);
  const there: Digest[] = [];
  const copiedValues = new Set<Digest>();
  let [copied, skipped, left, bytes] = [0, 0, 0, 0];
  for await (const record of records) {
    if (record.state === 'begun') {
      left++;
      continue;
    }
    if (!overwrite && (await target.calls.get(record.key))?.state === 'success') {
      skipped++;
      there.push(record.key);
      continue;
    }
    const gone = new Set<Digest>();
    for (const address of addressesOf(record)) {
      if (copiedValues.has(address)) continue;
      const value = await source.values.get(address);
      if (value === undefined) {
        gone.add(address);
        continue;
      }
      await target.values.put(address, value);
      copiedValues.add(address);
      bytes += value.length;
    }
    const needed = outcomeAddress(record);
    if (needed !== undefined && gone.has(needed)) {
      left++;
      continue;
    }
    await target.calls.put(withoutAddresses(record, gone));
    copied++;
    there.push(record.key);
  }
  await target.values.flush();
  await target.calls.flush();
  if (pop) await evictCalls(from, there);
  return { copied, skipped, left, bytes };
}
