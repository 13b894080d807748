/** Messages as bytes: what is kept, what is refused, and frames that arrive in pieces. */

import { describe, expect, test } from 'vitest';
import { FrameReader, toFrame } from '../../src/worker/frames.ts';

describe('FrameReader.push()', () => {
  const messages = [{ n: 1 }, { text: 'ä'.repeat(300) }, { list: [undefined, -0] }];
  const bytes = Buffer.concat(messages.map(toFrame));

  test('gives whole messages in order, wherever their bytes are cut', () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const reader = new FrameReader();
      expect([...reader.push(bytes.subarray(0, cut)), ...reader.push(bytes.subarray(cut))]).toEqual(messages);
    }
  });

  test('gives them also from single bytes, in memory that is used again', () => {
    const reader = new FrameReader();
    const one = Buffer.alloc(1);
    const given = [...bytes].flatMap((byte) => {
      one[0] = byte;
      return reader.push(one);
    });
    expect(given).toEqual(messages);
  });
});

describe('toFrame()', () => {
  test.each<[string, unknown, RegExp]>([
    ['a function', () => 1, /could not be cloned/],
    ['shared memory', new SharedArrayBuffer(4), /cannot be shared with another process/],
    ['a view of shared memory', new Uint8Array(new SharedArrayBuffer(4)), /cannot be shared/],
    ['an object of Node.js', new Blob(['a']), /instance of 'Blob' cannot be sent to another process/],
    ['one deep inside', { map: new Map([[1, [new Blob([])]]]) }, /'Blob'/],
  ])('refuses %s', (_, value, reason) => {
    const refused = (): unknown => toFrame({ kind: 'batch', inputs: [value], isPacked: true });
    expect(refused).toThrow(reason);
    expect(refused).toThrow(DOMException);
  });
});
