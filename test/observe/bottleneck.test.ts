/** Which part of a pipeline all others wait for. */

import { expect, test } from 'vitest';
import { bottleneckOf } from '../../src/observe/bottleneck.ts';

const shared = { name: 'shared', where: 'workers', workers: 2 } as const;
const own = { name: 'own', where: 'own-worker', workers: 1 } as const;
const here = { name: 'here', where: 'here', workers: 1 } as const;
const outside = { inputs: 0, results: 0 };

test('is the stage whose worker is hardly ever idle', () => {
  expect(bottleneckOf([shared, own], { ...outside, stages: [0.9, 0.95] })).toEqual({ is: 'stage', stage: 1 });
  expect(bottleneckOf([shared, own], { ...outside, stages: [1.9, 0.8] })).toEqual({ is: 'stage', stage: 0 });
});

test('is the busiest of those that share workers, or this thread, which is none of them alone', () => {
  expect(bottleneckOf([shared, own, shared], { ...outside, stages: [0.6, 0.7, 1.2] })).toEqual({
    is: 'stage',
    stage: 2,
  });
  expect(bottleneckOf([here, here, own], { ...outside, stages: [0.5, 0.4, 0.8] })).toEqual({
    is: 'stage',
    stage: 0,
  });
});

test('is outside if all workers have time', () => {
  expect(bottleneckOf([shared], { stages: [0.3], inputs: 0.8, results: 0.1 })).toEqual({ is: 'inputs' });
  expect(bottleneckOf([shared], { stages: [0.3], inputs: 0.2, results: 0.9 })).toEqual({ is: 'results' });
});

test('is nobody if nothing stands out', () => {
  expect(bottleneckOf([shared], { stages: [0.3], inputs: 0.2, results: 0.2 })).toBeUndefined();
  expect(bottleneckOf([], { stages: [], inputs: 0, results: 0 })).toBeUndefined();
});
