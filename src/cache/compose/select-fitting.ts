/**
 * Selecting from records of which not all are seen: the limit counts those that are.
 */

import type { CallRecord } from '../record.ts';
import type { RecordFilter, Records } from '../records.ts';

/** The records that fit a filter, as they are seen: `undefined` for those that are not. */
export async function* selectFitting(
  records: Records,
  { limit, ...filter }: RecordFilter,
  see: (record: CallRecord) => CallRecord | undefined,
): AsyncGenerator<CallRecord, void, undefined> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  for await (const record of records.select(filter)) {
    const seen = see(record);
    if (seen === undefined) continue;
    yield seen;
    if (--left <= 0) return;
  }
}
