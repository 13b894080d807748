/**
 * Forgetting calls.
 */

import type { Digest } from '../../codec/canonical/digester.ts';
import type { CallCache } from '../call-cache.ts';
import { keptBy } from '../kept.ts';

/**
 * Forgets calls, and with the first of a task also what whole graphs are remembered as: otherwise a run of a graph in which a
 * forgotten call stands would find its value all the same. The calls of those graphs are found one by one still.
 *
 * @returns how many of the calls were there
 */
export async function evictCalls(engine: CallCache, keys: readonly Digest[]): Promise<number> {
  const { calls } = keptBy(engine);
  const graphs = new Set<Digest>();
  if (keys.length > 0) for await (const { key } of calls.select({ kind: 'graph' })) graphs.add(key);
  let evicted = 0;
  let hasCall = false;
  for (const key of keys) {
    if (!(await engine.evict(key))) continue;
    evicted++;
    if (!graphs.delete(key)) hasCall = true;
  }
  if (hasCall) for (const key of graphs) await calls.delete(key);
  if (evicted > 0) await calls.flush();
  return evicted;
}
