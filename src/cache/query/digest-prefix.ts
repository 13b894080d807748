/**
 * Digests of calls by their beginnings, as people write them.
 */

import { HeddleError } from '../../base/errors.ts';
import { inspectShort } from '../../base/inspect-short.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import type { CallCache } from '../call-cache.ts';
import { keptBy } from '../kept.ts';
import { NotFoundError } from './not-found-error.ts';

/** Several digests begin alike. */
export class AmbiguousDigestError extends HeddleError {
  override readonly name: string = 'AmbiguousDigestError';
  /** How many characters tell all of them apart. */
  readonly neededLength: number;
  constructor(message: string, neededLength: number) {
    super('HEDDLE_AMBIGUOUS_DIGEST', message);
    this.neededLength = neededLength;
  }
}

/** With fewer characters it would be chance what is found. */
const fewestCharacters = 4;
/** What is written out of a digest at least, so that it stays unique for a while. */
const shortestShown = 8;
const digestLength = 64;

/**
 * Finds the digest of the call that begins so.
 *
 * @throws {RangeError} If it has fewer than four characters.
 * @throws {TypeError} If it is not the beginning of a digest.
 * @throws {NotFoundError} If there is none.
 * @throws {AmbiguousDigestError} If there are several.
 */
export async function expandDigest(engine: CallCache, prefix: string): Promise<Digest> {
  const text = typeof prefix === 'string' ? prefix.toLowerCase() : '';
  if (!/^[0-9a-f]{1,64}$/.test(text)) {
    throw new TypeError(
      `Cannot expand a digest as it must consist of hexadecimal digits, at most 64: received ${inspectShort(prefix)}`,
    );
  }
  if (text.length < fewestCharacters) {
    throw new RangeError(
      `Cannot expand a digest as at least ${fewestCharacters} characters are needed: received '${prefix}'`,
    );
  }
  const keys = await keysThatBegin(engine, text);
  const [found, ...others] = keys;
  if (found === undefined)
    throw new NotFoundError(`Cannot expand a digest as no call's begins so: received '${prefix}'`);
  if (others.length === 0) return found;
  const needed = Math.max(...keys.map((key, index) => apart(key, keys[index + 1])));
  throw new AmbiguousDigestError(
    `Cannot expand a digest as those of ${keys.length} calls begin so: received '${prefix}'\n  ${needed} characters tell them apart`,
    needed,
  );
}

/**
 * Gives the shortest beginning of a digest that no other call's has, at least eight characters.
 *
 * @throws {NotFoundError} If there is no call of this digest.
 */
export async function shrinkDigest(engine: CallCache, digest: Digest): Promise<string> {
  const keys = await keysThatBegin(engine, digest.slice(0, shortestShown));
  const index = keys.indexOf(digest);
  if (index < 0)
    throw new NotFoundError(`Cannot shrink a digest as there is no call of it: received '${digest}'`);
  const needed = Math.max(apart(digest, keys[index - 1]), apart(digest, keys[index + 1]), shortestShown);
  return digest.slice(0, needed);
}

/** In order, so that those that are most alike stand beside each other. */
async function keysThatBegin(engine: CallCache, prefix: string): Promise<readonly Digest[]> {
  const keys: Digest[] = [];
  for await (const { key } of keptBy(engine).calls.select({ prefix })) keys.push(key);
  return keys.sort();
}

/** How many characters tell two digests apart. */
function apart(one: Digest, other: Digest | undefined): number {
  if (other === undefined) return 0;
  let same = 0;
  while (same < digestLength && one[same] === other[same]) same++;
  return Math.min(same + 1, digestLength);
}
