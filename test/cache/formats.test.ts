/** The documents of the cache's formats tell the truth: each of their test vectors is what is written. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { keyOf } from '../../src/cache/call-key.ts';
import { ValueCodec } from '../../src/cache/value-codec.ts';
import { DecodeError, digestOf } from '../../src/index.ts';

const documentOf = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../docs/formats', name), 'utf8');
const calls = [
  ...documentOf('call-key.md').matchAll(
    /^\| `([^`]+)` \| `(version:[^`]+)` \| `(.+)` \| `([0-9a-f]{64})` \|$/gm,
  ),
].map(([, identity = '', version = '', args = '', digest = '']) => ({ identity, version, args, digest }));
const values = [
  ...documentOf('value.md').matchAll(
    /^\| `([^`]+)` \| `(v8|json)` \| `([0-9a-f]+)` \| `([0-9a-f]{64})` \|$/gm,
  ),
].map(([, code = '', format = '', bytes = '', digest = '']) => ({
  code,
  format: format as 'v8' | 'json',
  bytes,
  digest,
}));

/** A value of this realm. */
const valueOf = (code: string): unknown => runInThisContext(`(${code})`);

test('the documents have test vectors', () => {
  expect([calls.length, values.length]).toEqual([3, 4]);
});

describe('docs/formats/call-key.md', () => {
  test.each(calls)('$identity $args', ({ identity, version, args, digest }) => {
    const counted = (valueOf(args) as unknown[]).map((value) => ({ name: '', digest: digestOf(value) }));
    expect(keyOf({ identity, version }, counted)).toBe(digest);
  });
});

describe('docs/formats/value.md', () => {
  test.each(values)('$code as $format', ({ code, format, bytes, digest }) => {
    const codec = new ValueCodec(undefined, format);
    const encoded = codec.encode(valueOf(code), 'value');
    expect(Buffer.from(encoded.bytes).toString('hex')).toBe(bytes);
    expect(encoded.address).toBe(digest);
    expect(codec.decode(Buffer.from(bytes, 'hex'))).toEqual(valueOf(code));
  });

  test('a reader refuses what it cannot read', () => {
    const codec = new ValueCodec(undefined, 'v8');
    const { bytes } = codec.encode({ a: [1, 2, 3] }, 'value');
    const changed = (at: number, to: number): Uint8Array =>
      Object.assign(new Uint8Array(bytes), { [at]: to });
    expect(() => codec.decode(changed(0, 0))).toThrow('begin with no mark');
    expect(() => codec.decode(changed(3, 9))).toThrow('it is of version 9: this heddle reads version 1');
    expect(() => codec.decode(changed(4, 4))).toThrow('as Bun wrote it, in a way of its own');
    expect(() => codec.decode(changed(4, 77))).toThrow('a writer of kind 77');
    for (let length = 0; length < bytes.length; length++)
      expect(() => codec.decode(bytes.subarray(0, length))).toThrow(DecodeError);
  });
});
