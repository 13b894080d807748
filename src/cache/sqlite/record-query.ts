/**
 * A filter as the part of a query that narrows what has to be looked at. It lets all through that fit, and perhaps more:
 * `fits` decides.
 */

import type { Digest } from '../../codec/canonical/digester.ts';
import type { SqliteValue } from '../../store/sqlite/driver.ts';
import { addressesOf } from '../fits.ts';
import type { CallRecord } from '../record.ts';
import type { RecordFilter } from '../records.ts';

/** A part of a query. */
export interface RecordQuery {
  /** Conditions on `calls`, joined with `AND`; empty if there are none. */
  readonly where: string;
  readonly values: readonly SqliteValue[];
  /** Whether few are expected, so that sorting them beats going through all in order. */
  readonly isNarrow: boolean;
  /** Whether it looks into `mentions`. */
  readonly isMention: boolean;
}

/** What `mentions` knows a digest by: its first 48 bits, as exact a number as JavaScript has. */
export function mentionOf(digest: Digest): number {
  return Number.parseInt(digest.slice(0, 12), 16);
}

/** All that `mentions` leads to a record from. */
export function mentionsOf(record: CallRecord): readonly number[] {
  const mentions = new Set<number>();
  for (const { digest, members } of record.args) {
    mentions.add(mentionOf(digest));
    for (const member of Object.values(members ?? {})) mentions.add(mentionOf(member));
  }
  if (record.result !== undefined) mentions.add(mentionOf(record.result.digest));
  for (const address of addressesOf(record)) mentions.add(mentionOf(address));
  return [...mentions];
}

/** `undefined` if nothing can fit. */
export function queryOf(filter: RecordFilter): RecordQuery | undefined {
  const conditions: string[] = [];
  const values: SqliteValue[] = [];
  const where = (condition: string, ...given: readonly SqliteValue[]): void => {
    conditions.push(condition);
    values.push(...given);
  };
  const { prefix = '', sinceMs, untilMs } = filter;
  if (!/^[0-9a-f]{0,64}$/.test(prefix)) return undefined;
  if (prefix !== '') {
    const bytes = (fill: string): Uint8Array => Buffer.from(prefix.padEnd(64, fill), 'hex');
    where('key BETWEEN ? AND ?', bytes('0'), bytes('f'));
  }
  const mentioned = [filter.result, filter.argument, filter.address, ...Object.values(filter.args ?? {})];
  const mentions = mentioned.filter((digest) => digest !== undefined).map(mentionOf);
  for (const mention of new Set(mentions)) {
    where('id IN (SELECT call FROM mentions WHERE digest = ?)', mention);
  }
  // By all others the rows are only sifted where these have narrowed them: `+` keeps their indexes out.
  const isNarrow = conditions.length > 0;
  const plain = isNarrow ? '+' : '';
  for (const column of ['task', 'run'] as const) {
    const value = filter[column];
    if (value !== undefined) where(`${plain}${column} = ?`, value);
  }
  for (const column of ['identity', 'kind', 'state'] as const) {
    const value = filter[column];
    if (value !== undefined) where(`${column} = ?`, value);
  }
  if (sinceMs !== undefined) where(`${plain}started_ms >= ?`, sinceMs);
  if (untilMs !== undefined) where(`${plain}started_ms < ?`, untilMs);
  return { where: conditions.join(' AND '), values, isNarrow, isMention: mentions.length > 0 };
}
