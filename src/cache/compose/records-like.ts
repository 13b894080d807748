/**
 * Records that do most things as others do: what compositions of records are made of.
 */

import type { Records } from '../records.ts';

/** Gives records that do as others do, but for what is given. Unless given, another process opens those others. */
export function recordsLike(records: Records, changes: Partial<Records>): Records {
  return {
    name: records.name,
    descriptor: records.descriptor,
    ...(records.isPartial === undefined ? {} : { isPartial: records.isPartial }),
    get: (key) => records.get(key),
    put: (record) => records.put(record),
    delete: (key) => records.delete(key),
    select: (filter) => records.select(filter),
    claim: (key, claim, nowMs) => records.claim(key, claim, nowMs),
    renew: (owner, untilMs) => records.renew(owner, untilMs),
    release: (key, owner) => records.release(key, owner),
    putRun: (run) => records.putRun(run),
    addEntries: (run, entries) => records.addEntries(run, entries),
    runs: () => records.runs(),
    entriesOf: (run) => records.entriesOf(run),
    deleteRun: (run) => records.deleteRun(run),
    flush: () => records.flush(),
    close: () => records.close(),
    ...changes,
  };
}
