/**
 * Records for the contract of records.
 */

import type { ArgumentRecord, CallRecord, RunEntry, RunRecord, ValueRef } from '../../cache/record.ts';
import type { Claim } from '../../cache/records.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import { bytesOf, storedDigestOf } from './stored-bytes.ts';

/** A moment in 2025, in milliseconds since the Unix epoch. */
export const begunMs = 1_750_000_000_000;

/** The digest of a text. */
export function digestNamed(name: string): Digest {
  return storedDigestOf(bytesOf(name));
}

/** A value that a record tells of. */
export function refTo(name: string): ValueRef {
  return { digest: digestNamed(name), address: digestNamed(`stored ${name}`), bytes: name.length };
}

/** An argument by name. */
export function argumentNamed(
  name: string,
  value: string,
  members?: ArgumentRecord['members'],
): ArgumentRecord {
  return { ...refTo(value), name, members };
}

/** A record of a call that gave a value, but for what is given. */
export function callNamed(name: string, members: Partial<CallRecord> = {}): CallRecord {
  return {
    key: digestNamed(`call ${name}`),
    kind: 'call',
    task: 'add',
    identity: 'package/module add',
    version: 'version:1.0',
    sources: undefined,
    state: 'success',
    args: [],
    result: refTo(`result of ${name}`),
    failure: undefined,
    run: undefined,
    startedMs: begunMs,
    settledMs: begunMs + 12.5,
    metadata: {},
    ...members,
  };
}

/** A run that goes on, but for what is given. */
export function runNamed(id: string, members: Partial<RunRecord> = {}): RunRecord {
  return {
    id,
    startedMs: begunMs,
    settledMs: undefined,
    is: 'running',
    where: 'host:12',
    executor: 'inline',
    metadata: {},
    ...members,
  };
}

/** What became of a call in a run. */
export function entryNamed(name: string, members: Partial<RunEntry> = {}): RunEntry {
  return {
    key: digestNamed(`call ${name}`),
    task: 'add',
    how: 'computed',
    startedMs: begunMs,
    durationMs: 1.25,
    ...members,
  };
}

/** A claim that lasts until a minute after the records began. */
export function claimOf(owner: string, members: Partial<Claim> = {}): Claim {
  return { owner, host: 'host.example', pid: 4711, untilMs: begunMs + 60_000, ...members };
}

/** All that is given, in its order. */
export async function all<T>(given: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const one of given) found.push(one);
  return found;
}
