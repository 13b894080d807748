/**
 * The lineage of a whole run: its calls, and their values.
 */

import type { Digest } from '../../codec/canonical/digester.ts';
import type { CallCache } from '../call-cache.ts';
import { keptBy } from '../kept.ts';
import { NotFoundError } from '../query/not-found-error.ts';
import type { CallRecord } from '../record.ts';
import { linkCalls } from './lineage.ts';
import type { Lineage } from './lineage-graph.ts';

/**
 * Gives all calls of a run that are remembered: those it computed, and those it found.
 *
 * @throws {NotFoundError} If there is no such run.
 */
export async function runLineageOf(engine: CallCache, run: string): Promise<Lineage> {
  const { calls } = keptBy(engine);
  const keys = new Set<Digest>();
  for await (const { key } of calls.entriesOf(run)) keys.add(key);
  if (keys.size === 0 && !(await isKnown(engine, run)))
    throw new NotFoundError(`Cannot find the lineage of a run as it is not known: received '${run}'`);
  const found: CallRecord[] = [];
  for (const key of keys) {
    const record = await calls.get(key);
    if (record?.kind === 'call') found.push(record);
  }
  return linkCalls(found, undefined);
}

async function isKnown(engine: CallCache, id: string): Promise<boolean> {
  for await (const run of keptBy(engine).calls.runs()) if (run.id === id) return true;
  return false;
}
