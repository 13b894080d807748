/** A standard stream of a worker whose way out was exchanged stays a stream. */

import { once } from 'node:events';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { redirect } from '../../src/worker/inside/redirect.ts';

function redirected(): { stream: Writable; sent: string[] } {
  const sent: string[] = [];
  // As the streams of threads are: strings come as they are, several at once.
  const stream = new Writable({
    decodeStrings: false,
    highWaterMark: 10,
    writev: () => expect.unreachable(),
  });
  redirect(stream, (bytes) => sent.push(Buffer.from(bytes).toString()));
  return { stream, sent };
}

test('redirect() sends what is written before write() returns', () => {
  const { stream, sent } = redirected();
  expect(stream.write('a')).toBe(true);
  expect(sent).toEqual(['a']);
  stream.write(new Uint8Array([98]));
  stream.write('c3a9', 'hex');
  stream.write('ié', 'latin1');
  expect(sent).toEqual(['a', 'b', 'é', Buffer.from('ié', 'latin1').toString()]);
});

test('redirect() keeps callbacks, and has room for more whenever write() returns', async () => {
  const { stream } = redirected();
  const { promise, resolve } = Promise.withResolvers<unknown>();
  stream.write('a', resolve);
  expect(await promise).toBeFalsy();
  expect(stream.write('x'.repeat(20))).toBe(true);
  expect(stream.writableLength).toBe(0);
});

test('redirect() keeps cork() and end()', async () => {
  const { stream, sent } = redirected();
  stream.cork();
  stream.write('a');
  stream.write('b');
  expect(sent).toEqual([]);
  stream.uncork();
  expect(sent).toEqual(['a', 'b']);
  stream.end('c');
  await once(stream, 'finish');
  expect(sent).toEqual(['a', 'b', 'c']);
});
