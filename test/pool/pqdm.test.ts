/** pqdm: parallel loops with a bar, in one call, over threads and over processes. */

import { describe, expect, test } from 'vitest';
import { failed } from '../../src/index.ts';
import { pqdm as overProcesses } from '../../src/processes.ts';
import { pqdm as overThreads } from '../../src/threads.ts';
import { isRunning } from '../fixtures/living.ts';
import { notesIn } from '../fixtures/tasks/meeting-folder.ts';
import { poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { Diary } from '../fixtures/tasks/state-tasks.ts';
import { TextSink } from '../fixtures/text-sink.ts';
import { CountedInput } from './counted-input.ts';
import { folderForTest } from './gate.ts';

const { checked, checkedLater, checkedPair, where } = poolTasks;

/** What hangs is told within this time. */
const limit = { timeout: 8000 };

describe.each([
  ['threads', overThreads],
  ['processes', overProcesses],
] as const)('pqdm over %s', limit, (kind, pqdm) => {
  test('gives a Failure in the place of what failed', async () => {
    const results = await pqdm([1, 4, 2], checked, 2).toArray();
    expect(results.map((result) => (failed(result) ? String(result.error) : result))).toEqual([
      2,
      'RangeError: refused 4',
      4,
    ]);
  });

  test('throws at once, or after all others', async () => {
    const values: number[] = [];
    const at = async (exceptionBehaviour: 'immediate' | 'deferred'): Promise<unknown> => {
      values.length = 0;
      try {
        for await (const value of pqdm([1, 4, 2, 9], checked, 2, { exceptionBehaviour })) values.push(value);
        return undefined;
      } catch (error) {
        return error;
      }
    };
    expect(await at('immediate')).toMatchObject({ name: 'RangeError', message: 'refused 4' });
    expect(values).toEqual([2]);
    expect(((await at('deferred')) as AggregateError).errors.map(String)).toEqual([
      'RangeError: refused 4',
      'RangeError: refused 9',
    ]);
    expect(values).toEqual([2, 4]);
  });

  test('takes lists of arguments', async () => {
    const results = pqdm(
      [
        [1, 10],
        [2, 20],
      ] as [number, number][],
      checkedPair,
      2,
      { argumentType: 'args' },
    );
    expect(results.size).toBe(2);
    expect(await results.toArray()).toEqual([12, 24]);
  });

  test('gives results as they come, if that is wanted', async () => {
    const results = pqdm([0, 1, 2, 3, 5], checkedLater, 2, { isUnordered: true });
    expect(new Set(await results.toArray())).toEqual(new Set([0, 2, 4, 6, 10]));
  });

  test.each([true, false])(
    'takes inputs as results are asked for, or all at once: bounded %s',
    async (bounded) => {
      const input = new CountedInput(
        'iterator',
        Array.from({ length: 500 }, () => 1),
      );
      const results = pqdm(input.items, checked, 1, { bounded });
      expect(input.taken).toBe(0);
      await results.next();
      expect(input.taken === 500).toBe(!bounded);
      expect(await results.return()).toEqual({ done: true, value: undefined });
    },
  );

  test('takes no inputs, and gives nothing', async () => {
    expect(await pqdm([], checked, 2).toArray()).toEqual([]);
  });

  test('builds workers with a state, and disposes of them in the end', async () => {
    const folder = folderForTest();
    const results = pqdm(['x', 'y'], [Diary(folder, 'a')], 1, { exceptionBehaviour: 'immediate' });
    expect(await results.toArray()).toEqual(['a 1 x', 'a 2 y']);
    expect(notesIn(folder)).toEqual(['built a', 'disposed a']);
  });

  test('shows a bar', async () => {
    const sink = new TextSink();
    const options = { desc: 'squares', disable: false, stream: sink, unit: 'n' };
    await pqdm([1, 2, 3], checked, 2, options).toArray();
    expect(sink.text).toMatch(/squares/);
    expect(sink.text).toMatch(/3\/3/);
  });

  test('ends its workers when it has ended, was left, or has thrown', async () => {
    const workers: unknown[] = await pqdm([1, 2, 3], where, 2).toArray();
    for await (const worker of pqdm([1, 2, 3, 4], where, 2)) {
      workers.push(worker);
      break;
    }
    await expect(pqdm([4], checked, 1, { exceptionBehaviour: 'immediate' }).toArray()).rejects.toThrow(
      'refused 4',
    );
    // The number of a thread says nothing.
    const left = workers.filter((pid) => kind === 'processes' && isRunning(pid as number));
    expect(left).toEqual([]);
    expect(workers).toHaveLength(4);
  });

  test.each<[string, unknown, RegExp]>([
    ['exceptionBehaviour', 'throw', /'exceptionBehaviour' 'throw'/],
    ['argumentType', 'kwargs', /'argumentType' 'kwargs'/],
    [
      'exceptionBehavior',
      'ignore',
      /no option 'exceptionBehavior'\n {2}'exceptionBehaviour' was probably meant/,
    ],
  ])('refuses %s %j', (name, value, message) => {
    expect(() => pqdm([1], checked, 1, { [name]: value } as never)).toThrow(message);
  });

  test.each([0, 1.5])('refuses %d workers', (workers) => {
    expect(() => pqdm([1], checked, workers)).toThrow(/'workers' must be a positive integer/);
  });
});
