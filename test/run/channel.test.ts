/** Events on a channel of `node:diagnostics_channel`. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, onTestFinished, test } from 'vitest';
import { type Event, openPipeline, run, stage, task } from '../../src/index.ts';

test('runs and pipelines that begin while somebody has subscribed tell their events on the channel heddle:event', async () => {
  const told: Event[] = [];
  const listen = (message: unknown): unknown => told.push(message as Event);
  const square = task((x: number) => x * x, { name: 'square' });
  await run(square(1));
  subscribe('heddle:event', listen);
  onTestFinished(() => void unsubscribe('heddle:event', listen));
  await run(square(2));
  expect(told.map(({ kind }) => kind)).toEqual([
    'run-started',
    'calls-added',
    'call-started',
    'call-settled',
    'run-settled',
  ]);
  told.length = 0;
  const pipeline = openPipeline([stage((x: number) => x, { inMaster: true })]);
  await pipeline.apply([1]).toArray();
  await pipeline.dispose();
  expect(told.at(0)?.kind).toBe('pipeline-started');
  expect(told.at(-1)?.kind).toBe('pipeline-settled');
  told.length = 0;
  unsubscribe('heddle:event', listen);
  await run(square(3));
  expect(told).toEqual([]);
});
