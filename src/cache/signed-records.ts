/**
 * Records that are signed, so that somebody who can write to where they are kept, but does not know the secret, cannot make
 * a cache believe anything.
 *
 * A record says which bytes are its values, by SHA-256. So a signed record vouches for its values, as a signed tag of Git does
 * for all files, and the store needs no secret: it only has to give bytes that are those of their digest. That is why there
 * is no signed store. (Rejected: bytes in the store with a signature behind them. They would not be those of their digest any
 * more, a second thing that vouches for the same bytes would be needed, and equal bytes would not be equal under two secrets.)
 *
 * Not signed are claims, as a false one only delays; and entries of runs, which are only told, and never computed with.
 * An older record can be put back in place of a newer one of the same call: it was true when it was signed.
 */

import { whenThere } from '../base/maybe-promise.ts';
import { once } from '../base/once.ts';
import type { Json } from '../codec/json-writer.ts';
import { recordsLike } from './compose/records-like.ts';
import { selectFitting } from './compose/select-fitting.ts';
import type { CallRecord, RunRecord } from './record.ts';
import { callText, runText } from './record-json.ts';
import type { Records } from './records.ts';

const crypto = once(() => process.getBuiltinModule('node:crypto'));

/** The name under which the signature stands in the metadata: 64 hexadecimal digits. */
export const signatureName = 'heddle:hmac-sha256';

/** What is signed: this, a line feed, and the text of the record without its signature. The number is the version. */
const purposes = { call: 'heddle call 1', run: 'heddle run 1' } as const;

export interface SigningOptions {
  /**
   * Any number of secrets: texts, which stand for their bytes in UTF-8, or bytes. The first signs; each of them verifies, so
   * that secrets can be changed one after the other. Long and random ones: 32 random bytes, say.
   */
  readonly secrets: readonly (string | Uint8Array)[];
}

/**
 * Makes records of which only those with a right signature are seen: all others are as if they were not there.
 *
 * - **Cost:** some ten microseconds for each record that is written, read, or looked at by `select`.
 *
 * The signature is HMAC-SHA-256, and stands in the metadata of what is kept; it is not seen in what is read.
 *
 * @throws {RangeError} If there is no secret, or an empty one.
 */
export function signedRecords(records: Records, { secrets }: SigningOptions): Records {
  const keys = secrets.map((secret) => (typeof secret === 'string' ? Buffer.from(secret) : secret.slice()));
  const [first] = keys;
  if (first === undefined || keys.some(({ length }) => length === 0)) {
    throw new RangeError(
      `Cannot sign records as there must be a secret, and none may be empty: received ${keys.length} secrets`,
    );
  }
  const seenCall = (record: CallRecord): CallRecord | undefined => verified(record, 'call', callText, keys);
  return recordsLike(records, {
    name: `signed ${records.name}`,
    // A secret does not belong where a descriptor may be written.
    descriptor: undefined,
    get: (key) =>
      whenThere(records.get(key), (record) => {
        // Else the record of another call could be put in its place.
        return record === undefined || record.key !== key ? undefined : seenCall(record);
      }),
    put: (record) => records.put(signed(record, 'call', callText, first)),
    select: (filter) => selectFitting(records, filter, seenCall),
    putRun: (run) => records.putRun(signed(run, 'run', runText, first)),
    async *runs() {
      for await (const run of records.runs()) {
        const seen = verified<RunRecord>(run, 'run', runText, keys);
        if (seen !== undefined) yield seen;
      }
    },
  });
}

interface WithMetadata {
  readonly metadata: Readonly<Record<string, Json>>;
}

function signed<T extends WithMetadata>(
  record: T,
  purpose: keyof typeof purposes,
  textOf: (record: T) => string,
  key: Uint8Array,
): T {
  const bare = withoutSignature(record);
  const signature = hmac(key, purpose, textOf(bare)).toString('hex');
  return { ...bare, metadata: { ...bare.metadata, [signatureName]: signature } };
}

function verified<T extends WithMetadata>(
  record: T,
  purpose: keyof typeof purposes,
  textOf: (record: T) => string,
  keys: readonly Uint8Array[],
): T | undefined {
  const signature = record.metadata[signatureName];
  if (typeof signature !== 'string' || !/^[0-9a-f]{64}$/.test(signature)) return undefined;
  const told = Buffer.from(signature, 'hex');
  const bare = withoutSignature(record);
  const text = textOf(bare);
  const isRight = keys.some((key) => crypto().timingSafeEqual(hmac(key, purpose, text), told));
  return isRight ? bare : undefined;
}

function withoutSignature<T extends WithMetadata>(record: T): T {
  const { [signatureName]: _, ...metadata } = record.metadata;
  return { ...record, metadata };
}

function hmac(key: Uint8Array, purpose: keyof typeof purposes, text: string): Buffer {
  return crypto().createHmac('sha256', key).update(`${purposes[purpose]}\n${text}`).digest();
}
