/**
 * Values by their digests: found by the records that tell of them.
 */

import type { Digest } from '../../codec/canonical/digester.ts';
import type { CallCache } from '../call-cache.ts';
import { keptBy } from '../kept.ts';
import type { CallRecord } from '../record.ts';
import { NotFoundError } from './not-found-error.ts';

/**
 * Loads the value of which `digestOf` gives a digest: the result, or an argument, of any call.
 *
 * @throws {NotFoundError} If no call tells of it, or it is not stored.
 */
export async function findValue(engine: CallCache, digest: Digest): Promise<unknown> {
  const { values } = keptBy(engine);
  const tried = new Set<Digest>();
  for await (const address of addressesOfValue(engine, digest)) {
    if (tried.has(address)) continue;
    tried.add(address);
    const bytes = await values.get(address);
    if (bytes !== undefined) return engine.parts.codec.decode(bytes);
  }
  const reason = tried.size > 0 ? 'it is not stored any more' : 'no call gave it or was given it';
  throw new NotFoundError(`Cannot load a value as ${reason}: received '${digest}'`);
}

async function* addressesOfValue(engine: CallCache, digest: Digest): AsyncIterable<Digest> {
  const { calls } = keptBy(engine);
  for await (const { result } of calls.select({ result: digest }))
    if (result?.address !== undefined) yield result.address;
  for await (const record of calls.select({ argument: digest })) yield* storedArguments(record, digest);
}

function* storedArguments({ args }: CallRecord, digest: Digest): Iterable<Digest> {
  for (const one of args) if (one.digest === digest && one.address !== undefined) yield one.address;
}
