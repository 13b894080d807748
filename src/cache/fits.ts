/**
 * What it means that a record fits a filter, and in which order those that fit are given: once for all that keep records.
 */

import type { Digest } from '../codec/canonical/digester.ts';
import type { ArgumentRecord, CallRecord } from './record.ts';
import type { RecordFilter } from './records.ts';

/** Whether a record has all that a filter asks for; `limit` is left to the caller. */
export function fits(record: CallRecord, filter: RecordFilter): boolean {
  return (
    (filter.prefix === undefined || record.key.startsWith(filter.prefix)) &&
    (filter.task === undefined || record.task === filter.task) &&
    (filter.identity === undefined || record.identity === filter.identity) &&
    (filter.kind === undefined || record.kind === filter.kind) &&
    (filter.state === undefined || record.state === filter.state) &&
    (filter.run === undefined || record.run === filter.run) &&
    (filter.sinceMs === undefined || record.startedMs >= filter.sinceMs) &&
    (filter.untilMs === undefined || record.startedMs < filter.untilMs) &&
    (filter.result === undefined || record.result?.digest === filter.result) &&
    (filter.argument === undefined || record.args.some(({ digest }) => digest === filter.argument)) &&
    (filter.address === undefined || addressesOf(record).includes(filter.address)) &&
    (filter.args === undefined ||
      Object.entries(filter.args).every(([name, digest]) => hasArgument(record.args, name, digest)))
  );
}

/** Where all is stored that a record refers to: arguments, the result, the error, and the list of sources. */
export function addressesOf(record: CallRecord): readonly Digest[] {
  const all = [
    ...record.args.map(({ address }) => address),
    record.result?.address,
    record.failure?.address,
    record.sources,
  ];
  return all.filter((address) => address !== undefined);
}

/** Orders records: the newest first, those of the same moment by their keys. */
export function newestFirst(one: CallRecord, other: CallRecord): number {
  return other.startedMs - one.startedMs || (one.key < other.key ? -1 : one.key > other.key ? 1 : 0);
}

/** Gives the records that fit, in order, and no more than asked for. */
export function pick(records: Iterable<CallRecord>, filter: RecordFilter): readonly CallRecord[] {
  const fitting: CallRecord[] = [];
  for (const record of records) if (fits(record, filter)) fitting.push(record);
  return fitting.sort(newestFirst).slice(0, filter.limit);
}

/** Whether an argument of that name is there, or a member of that name in any argument, with the digest if one is given. */
function hasArgument(args: readonly ArgumentRecord[], name: string, digest: Digest | undefined): boolean {
  return args.some(
    (argument) =>
      (argument.name === name && (digest === undefined || argument.digest === digest)) ||
      (argument.members !== undefined &&
        Object.hasOwn(argument.members, name) &&
        (digest === undefined || argument.members[name] === digest)),
  );
}
