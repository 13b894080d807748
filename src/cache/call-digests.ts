/**
 * What `task.digest(…)` gives: the digest of a call as caches know it.
 */

import { once } from '../base/once.ts';
import { setCallDigests } from '../task/call-digest.ts';
import { ownCache } from './own-cache.ts';
import { surroundings } from './surroundings.ts';

/** Lets tasks tell the digests of their calls: with the codecs of the cache around, if there is one. */
export function giveCallDigests(): void {
  const without = once(ownCache);
  setCallDigests(async (core, args) => {
    const cache = surroundings().cache ?? without();
    const digest = cache.digestOf(core, args);
    if (!cache.engine.parts.keys.versionOf(core).isLocal) return digest;
    throw new TypeError(
      `Cannot digest a call of task '${core.name}' as it is not in a block tasks(import.meta, { … }) and has no version: what it was made with cannot be seen`,
    );
  });
}
