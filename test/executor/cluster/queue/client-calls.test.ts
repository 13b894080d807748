/** Calls of a client of a queue: each settles once, whatever is told. */
import { describe, expect, test } from 'vitest';
import { CallTimes } from '../../../../src/executor/cluster/queue/call-line.ts';
import { Batches, QueuedCall } from '../../../../src/executor/cluster/queue/client-calls.ts';
import { success } from '../../../../src/task/outcome.ts';

function callOf(settled: (value: unknown) => void = () => undefined): QueuedCall {
  return new QueuedCall(
    {
      priority: 0,
      times: new CallTimes(),
      task: {} as never,
      frame: Buffer.of(1),
      key: undefined,
      takesSealed: false,
    },
    (outcome) => settled(outcome.is === 'success' ? outcome.value : outcome.error),
    () => undefined,
  );
}

describe('Batches', () => {
  test('find() gives a call by its batch and place, until it is over', () => {
    const batches = new Batches();
    const [a, b] = [callOf(), callOf()];
    batches.open('one', [a, b], 0);
    expect(batches.find('one', 1, 1)).toBe(b);
    expect(batches.find('two', 0, 1)).toBeUndefined();
    expect(batches.find('one', 2, 1)).toBeUndefined();
    expect(batches.close(b)).toEqual({ id: 'one', at: 1, isLast: false });
    expect(batches.find('one', 1, 1)).toBeUndefined();
    // Told a second time, it is nobody's any more.
    expect(batches.close(b)).toBeUndefined();
    expect(batches.close(a)).toEqual({ id: 'one', at: 0, isLast: true });
    expect(batches.size).toBe(0);
  });

  test('silentSince() gives those of which nothing was heard, the oldest first', () => {
    const batches = new Batches();
    for (const [id, ms] of [['late', 30] as const, ['old', 10] as const, ['older', 5] as const])
      batches.open(id, [callOf()], ms);
    expect(batches.silentSince(20).map(({ id }) => id)).toEqual(['older', 'old']);
    batches.find('older', 0, 25);
    expect(batches.silentSince(20).map(({ id }) => id)).toEqual(['old']);
  });

  test('drop() gives the calls that are not over, which other batches may have then', () => {
    const batches = new Batches();
    const [a, b] = [callOf(), callOf()];
    const batch = batches.open('one', [a, b], 0);
    batches.close(a);
    expect(batches.drop(batch)).toEqual([b]);
    batches.open('two', [b], 1);
    expect(batches.find('one', 1, 2)).toBeUndefined();
    expect(batches.find('two', 0, 2)).toBe(b);
  });

  test('join() takes a place in a batch that an earlier client has sent', () => {
    const batches = new Batches();
    const [a, b] = [callOf(), callOf()];
    batches.join('theirs', 7, a, 0);
    batches.join('theirs', 3, b, 0);
    expect(batches.find('theirs', 7, 1)).toBe(a);
    expect(batches.close(b)).toEqual({ id: 'theirs', at: 3, isLast: false });
    expect(batches.drop(batches.all()[0] as never)).toEqual([a]);
  });
});

test('QueuedCall tells its outcome to whoever has it', () => {
  const told: unknown[] = [];
  const call = callOf((value) => told.push(value));
  call.settle(success(5));
  expect(call.isOver).toBe(true);
  expect(told).toEqual([5]);
});
