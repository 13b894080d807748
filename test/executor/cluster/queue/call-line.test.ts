/** How many calls travel together, and in which order. */
import { describe, expect, test } from 'vitest';
import { CallLine, CallTimes, type WaitingCall } from '../../../../src/executor/cluster/queue/call-line.ts';

interface Named extends WaitingCall {
  readonly name: number;
}

/** Calls of a task that takes so long. */
function calls(count: number, us: number | undefined, more: Partial<Named> = {}): Named[] {
  const times = new CallTimes();
  if (us !== undefined) times.took(us);
  return Array.from({ length: count }, (_, name) => ({
    name,
    priority: 0,
    times,
    bytes: 100,
    isOver: false,
    ...more,
  }));
}

function lineOf(...given: readonly Named[][]): CallLine<Named> {
  const line = new CallLine<Named>();
  for (const call of given.flat()) line.add(call);
  return line;
}

describe('CallLine', () => {
  test('take() gives short calls together, as many as are worth a batch', () => {
    const line = lineOf(calls(2_000, 10));
    expect(line.take(1)).toHaveLength(512);
    expect(line.size).toBe(2_000 - 512);
  });

  test('take() gives long calls one by one', () => {
    const line = lineOf(calls(3, 50_000));
    expect([line.take(2), line.take(2), line.take(2), line.take(2)].map((batch) => batch.length)).toEqual([
      1, 1, 1, 0,
    ]);
  });

  test('take() spreads calls over the threads of all workers, if they are worth it', () => {
    expect(lineOf(calls(40, 1_000)).take(10)).toHaveLength(2);
    // Forty calls of 10 µs are not worth a second batch.
    expect(lineOf(calls(40, 10)).take(10)).toHaveLength(40);
  });

  test('take() gives few calls of a task that is not known', () => {
    const line = lineOf(calls(1_000, undefined));
    expect(line.take(2)).toHaveLength(16);
    expect(lineOf(calls(4, undefined)).take(4)).toHaveLength(1);
  });

  test('take() gives no more bytes than a batch may have, but a call that has more', () => {
    expect(lineOf(calls(10, 10, { bytes: 300_000 })).take(1)).toHaveLength(1);
    expect(lineOf(calls(10, 10, { bytes: 10_000_000 })).take(1)).toHaveLength(1);
  });

  test('take() gives the highest priority first, then the oldest, and mixes none', () => {
    const line = lineOf(calls(2, 10), calls(2, 10, { priority: 1 }), calls(2, 10, { priority: -1 }));
    const batches = [line.take(1), line.take(1), line.take(1)];
    expect(batches.map((batch) => batch.map(({ priority, name }) => [priority, name]))).toEqual([
      [
        [1, 0],
        [1, 1],
      ],
      [
        [0, 0],
        [0, 1],
      ],
      [
        [-1, 0],
        [-1, 1],
      ],
    ]);
  });

  test('take() leaves out what nobody waits for', () => {
    const line = lineOf(calls(3, 10, { isOver: true }), calls(1, 10));
    expect(line.take(1)).toHaveLength(1);
    expect(line.size).toBe(0);
  });

  test('take() gives no more than it is told', () => {
    expect(lineOf(calls(10, 10)).take(1, 3)).toHaveLength(3);
  });

  test('keeps the order of very many calls', () => {
    const line = lineOf(calls(10_000, 10));
    const names: number[] = [];
    for (let batch = line.take(2); batch.length > 0; batch = line.take(2))
      names.push(...batch.map(({ name }) => name));
    expect(names).toEqual(Array.from({ length: 10_000 }, (_, name) => name));
  });
});
