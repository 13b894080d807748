/**
 * Reads all that a cache keeps, and tells what is damaged or missing.
 */

import { digestOfBytes } from '../../codec/canonical/byte-digest.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import type { CallCache } from '../call-cache.ts';
import { addressesOf } from '../fits.ts';
import { keptBy } from '../kept.ts';
import type { CallRecord } from '../record.ts';
import { evictCalls } from './evict.ts';
import { outcomeAddress, withoutAddresses } from './without-addresses.ts';

export interface VerifyOptions {
  /**
   * Whether records of which the value is damaged or missing are forgotten, so that the calls are computed anew.
   *
   * @defaultValue `false`
   */
  readonly repair?: boolean;
}

/** A record that refers to what is not there. */
export interface BrokenRecord {
  readonly key: Digest;
  readonly task: string;
  /** What is not there: `result`, `error`, `sources`, or an argument by its name in quotes. */
  readonly lacks: readonly string[];
  /** Whether the call cannot be found any more, as its value or error is gone. */
  readonly isUseless: boolean;
}

/** What is wrong with a cache. */
export interface Verified {
  /** How many values, and records, are as they should be. */
  readonly values: number;
  readonly records: number;
  /** Length of the values. */
  readonly bytes: number;
  /** Values that are not those of their digest any more. */
  readonly damaged: readonly Digest[];
  /** Values that records refer to, and that are not there. */
  readonly missing: readonly Digest[];
  readonly broken: readonly BrokenRecord[];
  /**
   * What is damaged in the database that holds the records, in its own words: records may be lost with it, of which nobody
   * knows. Cannot be repaired; a new one can take its place, as all in it can be computed again.
   */
  readonly faults: readonly string[];
  /** Whether nothing is wrong. */
  readonly isSound: boolean;
}

/** Reads everything. What others put meanwhile is not taken for missing. */
export async function verifyCache(engine: CallCache, { repair = false }: VerifyOptions): Promise<Verified> {
  await engine.flush();
  const { values, calls } = keptBy(engine);
  const [good, damaged, missing] = [new Set<Digest>(), new Set<Digest>(), new Set<Digest>()];
  let bytes = 0;
  const listed: Digest[] = [];
  for await (const { digest } of values.entries()) listed.push(digest);
  for (const digest of listed) {
    const found = await values.get(digest);
    if (found !== undefined && digestOfBytes(found) === digest) {
      good.add(digest);
      bytes += found.length;
      continue;
    }
    // Not there any more, as somebody deleted it, and not damaged: it is missing, if a record refers to it.
    damaged.add(digest);
    if (repair) await values.delete(digest);
  }
  const broken: BrokenRecord[] = [];
  const useless: Digest[] = [];
  let records = 0;
  const all: CallRecord[] = [];
  for await (const record of calls.select({})) {
    const isWhole = addressesOf(record).every((address) => good.has(address));
    if (isWhole) records++;
    else all.push(record);
  }
  for (const record of all) {
    const gone = new Set<Digest>();
    for (const address of addressesOf(record)) {
      if (good.has(address)) continue;
      // It may have been put after the values were listed.
      if (!damaged.has(address) && (await values.get(address)) !== undefined) good.add(address);
      else gone.add(address);
    }
    if (gone.size === 0) {
      records++;
      continue;
    }
    for (const address of gone) if (!damaged.has(address)) missing.add(address);
    const outcome = outcomeAddress(record);
    const isUseless = outcome !== undefined && gone.has(outcome);
    broken.push({ key: record.key, task: record.task, lacks: lacksOf(record, gone), isUseless });
    if (!repair) continue;
    if (isUseless) useless.push(record.key);
    else await calls.put(withoutAddresses(record, gone));
  }
  if (repair) {
    await evictCalls(engine, useless);
    await engine.flush();
  }
  const faults = (await calls.faults?.()) ?? [];
  return {
    values: good.size,
    records,
    bytes,
    damaged: [...damaged],
    missing: [...missing],
    broken,
    faults,
    isSound: damaged.size === 0 && broken.length === 0 && faults.length === 0,
  };
}

function lacksOf(record: CallRecord, gone: ReadonlySet<Digest>): readonly string[] {
  const { result, failure, sources, args } = record;
  const lacks = (what: string, address: Digest | undefined): readonly string[] =>
    address !== undefined && gone.has(address) ? [what] : [];
  return [
    ...lacks('result', result?.address),
    ...lacks('error', failure?.address),
    ...args.flatMap(({ name, address }) => lacks(`'${name}'`, address)),
    ...lacks('sources', sources),
  ];
}
