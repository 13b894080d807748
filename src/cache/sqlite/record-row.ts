/**
 * A record as one text, and back: compact, as each call has one, and with a check, as a damaged record must not be told.
 *
 * The order of the members is that of the format; it changes only with the format's version.
 */

import { sha256Hex } from '../../codec/canonical/sha256.ts';
import type { ArgumentRecord, CallRecord, FailureRecord, ValueRef } from '../record.ts';

/** How much of the digest is kept as a check: 64 bits are more than damage gets past. */
const checkDigits = 16;

/** Data as text, which `unsealed` tells from text that was damaged. */
export function sealed(data: unknown): string {
  const text = JSON.stringify(data);
  return sha256Hex(text).slice(0, checkDigits) + text;
}

/** The data of a text that `sealed` made; `undefined` if it was damaged. */
export function unsealed(sealedText: unknown): unknown {
  if (typeof sealedText !== 'string') return undefined;
  const text = sealedText.slice(checkDigits);
  if (!sealedText.startsWith(sha256Hex(text).slice(0, checkDigits))) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Only of a program that wrote what it should not.
  }
}

type RefRow = readonly [digest: string, address: string | null, bytes: number];
type ArgumentRow = readonly [name: string, ...ref: RefRow, members: ArgumentRecord['members'] | null];
type FailureRow = readonly [reason: string, summary: string, address: string | null, untilMs: number];
type RecordRow = readonly [
  key: string,
  kind: CallRecord['kind'],
  task: string,
  identity: string,
  version: string,
  sources: string | null,
  state: CallRecord['state'],
  args: readonly ArgumentRow[],
  result: RefRow | null,
  failure: FailureRow | null,
  run: string | null,
  startedMs: number,
  settledMs: number | null,
  metadata: CallRecord['metadata'],
];

/** A record as text. */
export function textOfRecord(record: CallRecord): string {
  const { result, failure } = record;
  const row: RecordRow = [
    record.key,
    record.kind,
    record.task,
    record.identity,
    record.version,
    record.sources ?? null,
    record.state,
    record.args.map(({ name, digest, address, bytes, members }) => [
      name,
      digest,
      address ?? null,
      bytes,
      members ?? null,
    ]),
    result === undefined ? null : [result.digest, result.address ?? null, result.bytes],
    failure === undefined
      ? null
      : [failure.reason, failure.summary, failure.address ?? null, failure.untilMs],
    record.run ?? null,
    record.startedMs,
    record.settledMs ?? null,
    record.metadata,
  ];
  return sealed(row);
}

/** The record of a text; `undefined` if it was damaged. */
export function recordOfText(text: unknown): CallRecord | undefined {
  const row = unsealed(text) as RecordRow | undefined; // The check tells that `textOfRecord` made it.
  if (row === undefined) return undefined;
  const [
    key,
    kind,
    task,
    identity,
    version,
    sources,
    state,
    args,
    result,
    failure,
    run,
    startedMs,
    settledMs,
  ] = row;
  return {
    key: key as CallRecord['key'],
    kind,
    task,
    identity,
    version,
    sources: (sources ?? undefined) as CallRecord['sources'],
    state,
    args: args.map(argumentOf),
    result: result === null ? undefined : refOf(result),
    failure: failure === null ? undefined : failureOf(failure),
    run: run ?? undefined,
    startedMs,
    settledMs: settledMs ?? undefined,
    metadata: row[13],
  };
}

function refOf([digest, address, bytes]: RefRow): ValueRef {
  return {
    digest: digest as ValueRef['digest'],
    address: (address ?? undefined) as ValueRef['address'],
    bytes,
  };
}

function argumentOf([name, digest, address, bytes, members]: ArgumentRow): ArgumentRecord {
  return {
    name,
    digest: digest as ValueRef['digest'],
    address: (address ?? undefined) as ValueRef['address'],
    bytes,
    members: members ?? undefined,
  };
}

function failureOf([reason, summary, address, untilMs]: FailureRow): FailureRecord {
  return { reason, summary, address: (address ?? undefined) as FailureRecord['address'], untilMs };
}
