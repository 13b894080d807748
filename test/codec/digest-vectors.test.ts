/** The document of the encoding tells the truth: each of its test vectors is what the fast and the slow encoder give. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { elementCode, header, longestInline, tag } from '../../src/codec/canonical/format.ts';
import { digestOf } from '../../src/index.ts';
import { slowDigest, slowEncoding } from './slow-encoding.ts';

const document = readFileSync(join(import.meta.dirname, '../../docs/formats/digest.md'), 'utf8');
const vectors = [...document.matchAll(/^\| `(.+)` \| (?:`([0-9a-f]+)`|–) \| `([0-9a-f]{64})` \|$/gm)].map(
  ([, code = '', encoding, digest = '']) => ({ code, encoding, digest }),
);

/** Deeper than the slow encoder's stack reaches, or standing in more places than it could ever write. */
const onlyFast = /10000|< 64/;

describe('the test vectors of docs/formats/digest.md', () => {
  test('are there', () => {
    const rows = document
      .split('<!-- vectors -->')[1]
      ?.split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(vectors.length).toBe(rows?.length);
    expect(vectors.length).toBeGreaterThanOrEqual(40);
  });

  test.each(vectors)('$code', ({ code, digest }) => {
    const value: unknown = runInThisContext(`(${code})`);
    expect(digestOf(value)).toBe(digest);
    expect(onlyFast.test(code) ? digest : slowDigest(value)).toBe(digest);
  });

  test.each(vectors.filter(({ encoding }) => encoding !== undefined))(
    'the bytes of $code',
    ({ code, encoding = '', digest }) => {
      expect(Buffer.from(slowEncoding(runInThisContext(`(${code})`))).toString('hex')).toBe(encoding);
      const bytes = Buffer.concat([header, Buffer.from(encoding, 'hex')]);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(digest);
    },
  );

  test('follow rules in which every tag and every letter of typed arrays is told', () => {
    const told = document.replaceAll('\n', ' ');
    for (const byte of Object.values(tag)) {
      expect(told).toContain(`\`${String.fromCharCode(byte)}\` ${byte.toString(16)}`);
    }
    for (const [name, byte] of Object.entries(elementCode)) {
      expect(told).toContain(`\`${name}\` \`${String.fromCharCode(byte)}\``);
    }
    expect(told).toContain(`at most ${longestInline.toLocaleString('en')} bytes`);
  });
});
