/**
 * A record that does not say any more where something is, which is not there.
 */

import type { Digest } from '../../codec/canonical/digester.ts';
import type { CallRecord } from '../record.ts';

/** Where the value or the error of a call is: without it, the record is of no use. */
export function outcomeAddress({ result, failure }: CallRecord): Digest | undefined {
  return result?.address ?? failure?.address;
}

/** Takes out where arguments and the list of sources are, if these are gone. */
export function withoutAddresses(record: CallRecord, gone: ReadonlySet<Digest>): CallRecord {
  const isGone = (address: Digest | undefined): boolean => address !== undefined && gone.has(address);
  return {
    ...record,
    sources: isGone(record.sources) ? undefined : record.sources,
    args: record.args.map((one) => (isGone(one.address) ? { ...one, address: undefined, bytes: 0 } : one)),
  };
}
