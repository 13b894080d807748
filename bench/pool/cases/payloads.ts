/**
 * Payloads: strings, lists of records and bytes of 1 kB, 100 kB and 10 MB, copied, and bytes moved. Microseconds a task, four at
 * a time.
 */

import type { OpenPool } from '../contender.ts';
import { checkValue, type PoolCase, workerCount } from '../pool-case.ts';

const sizes = { '1 kB': 1_000, '100 kB': 100_000, '10 MB': 10_000_000 } as const;
/** A task of each size takes some milliseconds at most in all. */
const counts = { '1 kB': 4_000, '100 kB': 400, '10 MB': 6 } as const;

/** About what a record takes in a message. */
const recordBytes = 50;

interface Payload {
  readonly input: unknown;
  readonly expected: number;
  readonly moved?: readonly ArrayBuffer[];
}

/** Measures payloads. */
export const payloads: PoolCase = async ({ quick, open, moves }) => {
  const pool = await open(workerCount);
  const measures: Record<string, number> = {};
  for (const size of Object.keys(sizes) as (keyof typeof sizes)[]) {
    const count = Math.ceil(counts[size] / (quick ? 4 : 1));
    const kinds = makers(sizes[size], moves);
    for (const [kind, make] of Object.entries(kinds)) {
      await each(pool, Math.ceil(count / 4), make);
      measures[`${kind} of ${size}`] = await each(pool, count, make);
    }
  }
  return measures;
};

function makers(bytes: number, moves: boolean): Record<string, () => Payload> {
  const text = 'x'.repeat(bytes);
  const records = Array.from({ length: bytes / recordBytes }, (_, id) => ({
    id,
    name: `record ${id}`,
    ratio: id / 7,
  }));
  const array = new Uint8Array(bytes);
  return {
    string: () => ({ input: text, expected: bytes }),
    records: () => ({ input: records, expected: records.length }),
    bytes: () => ({ input: array, expected: bytes }),
    // A buffer can be moved only once.
    ...(moves
      ? {
          'bytes moved': () => {
            const own = new Uint8Array(bytes);
            return { input: own, expected: bytes, moved: [own.buffer] };
          },
        }
      : {}),
  };
}

async function each(pool: OpenPool, count: number, make: () => Payload): Promise<number> {
  const inputs = Array.from({ length: count }, make);
  let next = 0;
  const loop = async (): Promise<void> => {
    for (let payload = inputs[next++]; payload !== undefined; payload = inputs[next++]) {
      checkValue(await pool.submit('sizeOf', payload.input, payload.moved), payload.expected);
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: 2 * workerCount }, loop));
  return ((performance.now() - startMs) * 1000) / count;
}
