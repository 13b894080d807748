/**
 * Records as JSON text, and back: one text for equal records, whichever way they were built, so that it can be signed.
 *
 * The text is that of RFC 8785 (JSON Canonicalization Scheme): members sorted by the units of UTF-16, nothing between the
 * tokens. A member that is `undefined` is left out. Read is what may be anything, as it came from a file: what has not the
 * form of a record is refused, and members nobody knows are left out, as a later version may have written them.
 */

import { isDigest } from '../codec/canonical/digest-text.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import { expectList, expectRecord, expectText, expectTextOrNone, unexpected } from '../codec/expect.ts';
import type { Json } from '../codec/json-writer.ts';
import type { ArgumentRecord, CallRecord, FailureRecord, RunEntry, RunRecord, ValueRef } from './record.ts';

/** Gives the text of a record. */
export function callText(record: CallRecord): string {
  return canonicalJson(toCall({ ...record }));
}

/** Gives the text of a run. */
export function runText(run: RunRecord): string {
  return canonicalJson(toRun({ ...run }));
}

/**
 * Makes a record of what was parsed.
 *
 * @throws {DecodeError} If it has not the form of a record.
 */
export function toCall(data: unknown): CallRecord {
  const call = expectRecord(data, 'record');
  return {
    key: digest(call['key'], 'key'),
    kind: oneOf(call['kind'], 'kind', ['call', 'graph']),
    task: expectText(call['task'], 'task'),
    identity: expectText(call['identity'], 'identity'),
    version: expectText(call['version'], 'version'),
    sources: digestOrNone(call['sources'], 'sources'),
    state: oneOf(call['state'], 'state', ['begun', 'success', 'failure']),
    args: expectList(call['args'], 'args').map(argument),
    result: call['result'] === undefined ? undefined : valueRef(call['result'], 'result'),
    failure: call['failure'] === undefined ? undefined : failure(call['failure']),
    run: expectTextOrNone(call['run'], 'run'),
    startedMs: number(call['startedMs'], 'startedMs'),
    settledMs: numberOrNone(call['settledMs'], 'settledMs'),
    metadata: expectRecord(call['metadata'], 'metadata') as Readonly<Record<string, Json>>,
  };
}

/**
 * Makes a run of what was parsed.
 *
 * @throws {DecodeError} If it has not the form of one.
 */
export function toRun(data: unknown): RunRecord {
  const run = expectRecord(data, 'run');
  return {
    id: expectText(run['id'], 'id'),
    startedMs: number(run['startedMs'], 'startedMs'),
    settledMs: numberOrNone(run['settledMs'], 'settledMs'),
    is: oneOf(run['is'], 'is', ['running', 'success', 'failure', 'cancelled']),
    where: expectText(run['where'], 'where'),
    executor: expectText(run['executor'], 'executor'),
    metadata: expectRecord(run['metadata'], 'metadata') as Readonly<Record<string, Json>>,
  };
}

/**
 * Makes an entry of a run of what was parsed.
 *
 * @throws {DecodeError} If it has not the form of one.
 */
export function toEntry(data: unknown): RunEntry {
  const entry = expectRecord(data, 'entry');
  return {
    key: digest(entry['key'], 'key'),
    task: expectText(entry['task'], 'task'),
    how: oneOf(entry['how'], 'how', ['computed', 'failed', 'attached', 'retrieved']),
    startedMs: number(entry['startedMs'], 'startedMs'),
    durationMs: number(entry['durationMs'], 'durationMs'),
  };
}

function argument(data: unknown): ArgumentRecord {
  const ref = valueRef(data, 'args');
  const { name, members } = data as { name?: unknown; members?: unknown };
  return {
    ...ref,
    name: expectText(name, 'args.name'),
    members: members === undefined ? undefined : digests(members, 'args.members'),
  };
}

function valueRef(data: unknown, path: string): ValueRef {
  const ref = expectRecord(data, path);
  return {
    digest: digest(ref['digest'], `${path}.digest`),
    address: digestOrNone(ref['address'], `${path}.address`),
    bytes: number(ref['bytes'], `${path}.bytes`),
  };
}

function failure(data: unknown): FailureRecord {
  const told = expectRecord(data, 'failure');
  return {
    reason: expectText(told['reason'], 'failure.reason'),
    summary: expectText(told['summary'], 'failure.summary'),
    address: digestOrNone(told['address'], 'failure.address'),
    untilMs: number(told['untilMs'], 'failure.untilMs'),
  };
}

function digests(data: unknown, path: string): Readonly<Record<string, Digest>> {
  const members = Object.entries(expectRecord(data, path));
  return Object.fromEntries(members.map(([name, value]) => [name, digest(value, `${path}.${name}`)]));
}

function digest(value: unknown, path: string): Digest {
  const text = expectText(value, path);
  if (!isDigest(text)) throw unexpected(value, path, 'a digest');
  return text;
}

function digestOrNone(value: unknown, path: string): Digest | undefined {
  return value === undefined ? undefined : digest(value, path);
}

function number(value: unknown, path: string): number {
  if (!Number.isFinite(value)) throw unexpected(value, path, 'a finite number');
  return value as number;
}

function numberOrNone(value: unknown, path: string): number | undefined {
  return value === undefined ? undefined : number(value, path);
}

function oneOf<Name extends string>(value: unknown, path: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === value);
  if (found === undefined) throw unexpected(value, path, `one of ${names.join(', ')}`);
  return found;
}

/** What JSON holds, as text, with sorted members. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}
