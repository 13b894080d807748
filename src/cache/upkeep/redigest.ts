/**
 * Giving remembered calls their digests anew, when values or calls are digested in another way than when they were kept.
 */

import type { Digest } from '../../codec/canonical/digester.ts';
import type { CallCache } from '../call-cache.ts';
import { keyOf } from '../call-key.ts';
import { keptBy } from '../kept.ts';
import type { ArgumentRecord, CallRecord, ValueRef } from '../record.ts';
import { evictCalls } from './evict.ts';

export interface RedigestOptions {
  /**
   * Says which calls are left as they are: those whose digests are made of more than their arguments, as the hint `files` does.
   */
  readonly skip?: (record: CallRecord) => boolean;
  /**
   * Whether only to tell what would be done.
   *
   * @defaultValue `false`
   */
  readonly dryRun?: boolean;
}

/** What became of the digests. */
export interface Redigested {
  /** Calls whose digests are the same. */
  readonly same: number;
  /** Calls that have another digest now. */
  readonly changed: readonly { readonly from: Digest; readonly to: Digest; readonly task: string }[];
  /** Calls that were left as they were, and why. */
  readonly left: readonly { readonly key: Digest; readonly task: string; readonly reason: string }[];
}

/** Digests the stored arguments and results of all calls again, and keeps the calls under their new digests. */
export async function redigestCalls(
  engine: CallCache,
  { skip, dryRun = false }: RedigestOptions,
): Promise<Redigested> {
  const { calls } = keptBy(engine);
  const found: CallRecord[] = [];
  for await (const record of calls.select({ kind: 'call' })) found.push(record);
  const changed: { from: Digest; to: Digest; task: string }[] = [];
  const left: { key: Digest; task: string; reason: string }[] = [];
  let same = 0;
  const gone: Digest[] = [];
  for (const record of found) {
    const { key, task } = record;
    const again =
      skip?.(record) === true
        ? 'it is to be left as it is'
        : record.state === 'begun'
          ? 'it has not ended'
          : await digestedAgain(engine, record);
    if (typeof again === 'string') left.push({ key, task, reason: again });
    else if (again.key === key && again.result?.digest === record.result?.digest) same++;
    else {
      changed.push({ from: key, to: again.key, task });
      if (dryRun) continue;
      await calls.put(again);
      if (again.key !== key) gone.push(key);
    }
  }
  await calls.flush();
  await evictCalls(engine, gone);
  return { same, changed, left };
}

/** @returns the record as it would be kept today, or why that cannot be said */
async function digestedAgain(engine: CallCache, record: CallRecord): Promise<CallRecord | string> {
  const args: ArgumentRecord[] = [];
  for (const one of record.args) {
    const again = await refAgain(engine, one, one.name);
    if (typeof again === 'string') return again;
    const { value, digest } = again;
    args.push({ ...one, digest, members: engine.parts.keys.membersOf(value, one.name) });
  }
  const { result } = record;
  const value = result === undefined ? undefined : await refAgain(engine, result, 'result');
  if (typeof value === 'string') return value;
  return {
    ...record,
    key: keyOf(record, args),
    args,
    result: result === undefined || value === undefined ? result : { ...result, digest: value.digest },
  };
}

async function refAgain(
  engine: CallCache,
  { address, digest }: ValueRef,
  name: string,
): Promise<{ readonly value: unknown; readonly digest: Digest } | string> {
  const bytes = address === undefined ? undefined : await keptBy(engine).values.get(address);
  if (bytes === undefined) return `'${name}' is not stored`;
  try {
    const value = engine.parts.codec.decode(bytes);
    // A result without a digest of its own is told by its bytes.
    const isByBytes = digest === address;
    return { value, digest: isByBytes ? digest : engine.parts.keys.digestOf(value, name) };
  } catch (error) {
    return `'${name}' cannot be digested: ${(error as Error).message}`;
  }
}
