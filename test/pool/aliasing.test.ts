/** Calls that are given the same object see each its own. */

import { describe, expect, test } from 'vitest';
import { poolTasks } from '../fixtures/tasks/pool-tasks.ts';
import { isolatedKinds, kinds, opened } from './opened.ts';

const { grow, growInside, fillBytes, markError, giveShared, same } = poolTasks;

/** So many that most of them travel in batches. */
const many = 2000;

function repeated<Item>(item: Item): Item[] {
  return new Array<Item>(many).fill(item);
}

describe.each(kinds)('on %s', (kind) => {
  test('a list that stands in many inputs is changed by each call for itself', async () => {
    const list = ['first'];
    const lengths = await opened(grow, { kind }).map(repeated(list)).toArray();
    expect(new Set(lengths)).toEqual(new Set([1]));
    expect(list).toEqual(['first']);
  });

  test('so is one deep inside different inputs', async () => {
    const inner: unknown[][] = [['first']];
    const inputs = Array.from({ length: many }, () => ({ lists: new Map([['inner', inner]]) }));
    const lengths = await opened(growInside, { kind }).map(inputs).toArray();
    expect(new Set(lengths)).toEqual(new Set([1]));
    expect(inner).toEqual([['first']]);
  });

  test('so are bytes of one block of memory', async () => {
    const block = new Uint8Array(8).fill(1);
    const views = Array.from({ length: many }, (_, index) => block.subarray(index % 8));
    const firsts = await opened(fillBytes, { kind }).map(views).toArray();
    expect(new Set(firsts)).toEqual(new Set([1]));
    expect([...block]).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  test('submit() takes arguments as they are: what is changed afterwards, the call does not see', async () => {
    const list = ['first'];
    const result = opened(same, { kind }).submit(list);
    list.push('later');
    expect(await result).toEqual(['first']);
  });
});

describe.each(isolatedKinds)('on %s', (kind) => {
  test('an error given to many calls is one for each', async () => {
    const error = new RangeError('shared');
    const marks = await opened(markError, { kind }).map(repeated(error)).toArray();
    expect(new Set(marks)).toEqual(new Set([undefined]));
    expect(error).not.toHaveProperty('mark');
  });

  test('results that were one object in a worker are one for each call here', async () => {
    const results = await opened(giveShared, { kind, workers: 1 }).map(repeated(1)).toArray();
    expect(new Set(results).size).toBe(many);
    results[0]?.push(1);
    expect(results[1]).toEqual([]);
  });
});
