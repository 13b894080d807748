/**
 * What the digest of a value costs: small arguments, many records, and large arrays in turns with SHA-256 over the same bytes.
 */

import { createHash, hash } from 'node:crypto';
import { digestOf } from 'heddle';
import type { Figure, Settings } from '../figure.ts';
import { inTurns, timeMs } from '../in-turns.ts';

const smallArguments = [{ lr: 0.1, layers: [64, 64], name: 'adam' }, 'train', 3];
/** As many bytes as the encoding of the small arguments has, about. */
const smallBytes = new Uint8Array(100);

const records = Array.from({ length: 2000 }, (_, i) => ({
  id: i,
  name: `item ${i}`,
  price: i * 1.5,
  tags: ['a', 'b'],
  isSold: i % 2 === 0,
}));

/** Measures the section `digest`. */
export async function measureDigest({ quick }: Settings): Promise<readonly Figure[]> {
  const repeats = quick ? 1_000 : 20_000;
  const microseconds = (work: () => unknown) => async () =>
    ((await timeMs(() => {
      for (let i = 0; i < repeats; i++) work();
    })) *
      1000) /
    repeats;
  const small = await inTurns(
    {
      number: microseconds(() => digestOf(3)),
      small: microseconds(() => digestOf(smallArguments)),
      bare: microseconds(() => hash('sha256', smallBytes, 'hex')),
    },
    quick ? 5 : 15,
  );

  const array = new Float64Array(quick ? 2 ** 20 : 2 ** 23).map((_, i) => Math.sqrt(i));
  const bytes = new Uint8Array(array.buffer);
  const numbers = Array.from(array.subarray(0, 1_000_000));
  const entries = new Map(numbers.slice(0, 10_000).map((x) => [`key ${x}`, x]));
  const large = await inTurns(
    {
      records: () => timeMs(() => digestOf(records)),
      numbers: () => timeMs(() => digestOf(numbers)),
      map: () => timeMs(() => digestOf(entries)),
      array: () => timeMs(() => digestOf(array)),
      inner: () => timeMs(() => digestOf({ model: { weights: array } })),
      bare: () => timeMs(() => createHash('sha256').update(bytes).digest('hex')),
    },
    quick ? 5 : 21,
  );
  const megabytes = bytes.length / 2 ** 20;
  return [
    { name: 'a number', unit: 'µs', value: small.number, atMost: 1 },
    { name: 'small arguments: a record, a text, a number', unit: 'µs', value: small.small, atMost: 2 },
    { name: 'bare SHA-256 of 100 bytes', unit: 'µs', value: small.bare },
    { name: '2,000 records of five members', unit: 'ms', value: large.records, atMost: 3 },
    { name: 'a list of 1,000,000 numbers', unit: 'ms', value: large.numbers, atMost: 40 },
    { name: 'a Map of 10,000 entries', unit: 'ms', value: large.map, atMost: 20 },
    { name: `a Float64Array of ${megabytes} MiB`, unit: 'ms', value: large.array },
    { name: 'bare SHA-256 of its bytes', unit: 'ms', value: large.bare },
    { name: 'speed over bare SHA-256', unit: 'times', value: large.bare / large.array, atLeast: 0.9 },
    {
      name: 'the same array inside of records',
      unit: 'times',
      value: large.bare / large.inner,
      atLeast: 0.9,
    },
  ];
}
