/** Signed records: what is not signed, or wrongly, is not there. The vectors are those of `docs/formats/store.md`. */

import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { memoryRecords } from '../../src/cache/memory-records.ts';
import type { CallRecord } from '../../src/cache/record.ts';
import { callText, runText } from '../../src/cache/record-json.ts';
import type { Records } from '../../src/cache/records.ts';
import { signatureName, signedRecords } from '../../src/cache/signed-records.ts';
import { all, callNamed, digestNamed, refTo, runNamed } from '../../src/testing/contract/stored-records.ts';

const record = callNamed('one', { metadata: { tag: 'a', git: { b: 1, a: [true, null] } } });
const secrets = ['current', 'older'];

/** Records that were signed with a secret. */
async function keptWith(secret: string, ...some: readonly CallRecord[]): Promise<Records> {
  const inner = memoryRecords();
  const signing = signedRecords(inner, { secrets: [secret] });
  for (const one of some) await signing.put(one);
  return inner;
}

describe('signedRecords()', () => {
  test('signs with the first secret, by HMAC-SHA-256 of the text of the record', async () => {
    const inner = await keptWith('current', record);
    const kept = (await inner.get(record.key)) as CallRecord;
    const expected = createHmac('sha256', 'current')
      .update(`heddle call 1\n${callText(record)}`)
      .digest('hex');
    expect(kept).toEqual({ ...record, metadata: { ...record.metadata, [signatureName]: expected } });
    expect(await signedRecords(inner, { secrets }).get(record.key)).toEqual(record);
  });

  test.each([
    ['an older secret', 'older', true],
    ['the same secret as bytes', 'current', true],
    ['a secret that is not known any more', 'oldest', false],
  ])('verifies with %s: %s', async (_, secret, isSeen) => {
    const inner = await keptWith(secret, record);
    const bytes = secrets.map((one) => new TextEncoder().encode(one));
    expect(await signedRecords(inner, { secrets: bytes }).get(record.key)).toEqual(
      isSeen ? record : undefined,
    );
    expect(await all(signedRecords(inner, { secrets }).select({}))).toEqual(isSeen ? [record] : []);
  });

  test.each([
    ['another result', { result: refTo('forged') }],
    ['another argument', { args: [{ ...refTo('forged'), name: 'a', members: undefined }] }],
    ['another state', { state: 'failure' }],
    ['another version', { version: 'version:2' }],
    ['another moment', { startedMs: 1 }],
    ['other metadata', { metadata: { ...record.metadata, tag: 'b' } }],
  ] as const)('is without a record that was changed: %s', async (_, change) => {
    const inner = await keptWith('current', record);
    const kept = (await inner.get(record.key)) as CallRecord;
    const metadata = { ...kept.metadata, ...('metadata' in change ? change.metadata : {}) };
    await inner.put({ ...kept, ...change, metadata });
    expect(await signedRecords(inner, { secrets }).get(record.key)).toBeUndefined();
    await inner.put(kept);
    expect(await signedRecords(inner, { secrets }).get(record.key)).toEqual(record);
  });

  test.each([
    ['no signature', undefined],
    ['one that is no text', 5],
    ['one of another length', 'ab'],
    ['one of other signs', 'z'.repeat(64)],
    ['one in upper case', 'F'.repeat(64)],
  ] as const)('is without a record with %s', async (_, signature) => {
    const inner = memoryRecords();
    const metadata = signature === undefined ? {} : { [signatureName]: signature };
    await inner.put({ ...record, metadata });
    expect(await signedRecords(inner, { secrets }).get(record.key)).toBeUndefined();
  });

  test('is without a signed record of another call in its place', async () => {
    const inner = await keptWith('current', record);
    const kept = (await inner.get(record.key)) as CallRecord;
    const other = digestNamed('call two');
    const swapped = signedRecords({ ...inner, get: () => kept } as Records, { secrets });
    expect(await swapped.get(other)).toBeUndefined();
    await inner.put({ ...kept, key: other });
    expect(await signedRecords(inner, { secrets }).get(other)).toBeUndefined();
  });

  test('select() counts only what is seen to the limit', async () => {
    const inner = await keptWith(
      'current',
      callNamed('old', { startedMs: 1 }),
      callNamed('older', { startedMs: 0 }),
    );
    for (let i = 0; i < 5; i++) await inner.put(callNamed(`forged ${i}`));
    const found = await all(signedRecords(inner, { secrets }).select({ limit: 1 }));
    expect(found.map(({ startedMs }) => startedMs)).toEqual([1]);
  });

  test('runs() gives only those that are signed, as runs', async () => {
    const inner = memoryRecords();
    await signedRecords(inner, { secrets }).putRun(runNamed('right'));
    await inner.putRun(runNamed('forged'));
    expect(await all(signedRecords(inner, { secrets }).runs())).toEqual([runNamed('right')]);
  });

  test.each([[[]], [['']], [['right', '']], [[new Uint8Array(0)]]])('refuses the secrets %j', (none) => {
    expect(() => signedRecords(memoryRecords(), { secrets: none })).toThrow(RangeError);
  });
});

describe('callText()', () => {
  test('is the same however the record was built', () => {
    const reversed = Object.fromEntries(Object.entries(record).reverse()) as unknown as CallRecord;
    const read = JSON.parse(JSON.stringify(record)) as CallRecord;
    expect(callText(reversed)).toBe(callText(record));
    expect(callText(read)).toBe(callText(record));
    expect(runText(JSON.parse(JSON.stringify(runNamed('a'))))).toBe(runText(runNamed('a')));
  });
});
