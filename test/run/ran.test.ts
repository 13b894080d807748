/** Where and when calls ran, as their workers tell those who listen. */

import { describe, expect, test } from 'vitest';
import { combined, type Event, type Executor, openProcesses, openThreads, run } from '../../src/index.ts';
import { RecordingSink } from '../../src/testing.ts';
import { busy, failing, nothing } from '../fixtures/tasks/pipeline-tasks.ts';
import { unlucky, unsendable } from '../fixtures/tasks/timed-tasks.ts';

type Settled = Extract<Event, { readonly kind: 'call-settled' }>;

/** Of calls of tasks, not heddle's own. */
function settledIn(sink: RecordingSink): readonly Settled[] {
  return sink.of('call-settled').filter(({ builtin }) => !builtin);
}

/** A grain of the clocks, and of what they go apart in a test. */
const grainMs = 2;

const kinds: Readonly<Record<string, () => Executor>> = {
  thread: () => openThreads({ workers: 2 }),
  process: () => openProcesses({ workers: 2 }),
};

describe.each(Object.entries(kinds))('calls on each %s', { timeout: 30_000 }, (kind, open) => {
  test('are told of with their worker, and when it ran them, one at a time', async () => {
    await using executor = open();
    const sink = new RecordingSink();
    await run(
      Array.from({ length: 60 }, (_, n) => busy(n)),
      { executor, sinks: sink },
    );
    const settled = settledIn(sink);
    expect(settled).toHaveLength(60);
    const started = new Map(sink.of('call-started').map((event) => [event.call, event.atMs]));
    const lastEnd = new Map<string, number>();
    for (const { call, ran, atMs } of settled) {
      expect(ran?.worker).toMatch(new RegExp(`^${kind} [12]$`));
      const { worker, beganAtMs, tookMs } = ran as NonNullable<typeof ran>;
      expect(tookMs).toBeGreaterThanOrEqual(1);
      expect(beganAtMs).toBeGreaterThanOrEqual(started.get(call) as number);
      expect(beganAtMs + tookMs).toBeLessThanOrEqual(atMs + grainMs);
      expect(beganAtMs).toBeGreaterThanOrEqual((lastEnd.get(worker) ?? 0) - grainMs);
      lastEnd.set(worker, beganAtMs + tookMs);
    }
    const alone = settled.reduce((sum, { ran }) => sum + (ran?.tookMs ?? 0), 0);
    expect(alone).toBeLessThan(settled.reduce((sum, { durationMs }) => sum + durationMs, 0));
  });

  test('are told of when they fail, give nothing, or give what cannot be sent', async () => {
    await using executor = open();
    const sink = new RecordingSink();
    const outcomes = await Promise.allSettled(
      [failing(7), nothing(2), unsendable(1), unlucky(1)].map((call) => run(call, { executor, sinks: sink })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'rejected']);
    for (const { ran } of settledIn(sink)) expect(ran?.worker).toMatch(kind);
    for (const { ran } of sink.of('call-retrying')) expect(ran?.worker).toMatch(kind);
    expect(sink.of('call-retrying')).toHaveLength(1);
  });
});

test('calls in this thread have no worker, and those of a combined executor that of the one they ran on', async () => {
  await using executor = combined({
    executors: { there: openThreads({ workers: 1 }) },
    select: ({ task }) => (task === 'busy' ? 'there' : undefined),
  });
  const sink = new RecordingSink();
  await run([busy(1), nothing(2)], { executor, sinks: sink });
  const workers = settledIn(sink).map(({ ran }) => ran?.worker);
  expect(new Set(workers)).toEqual(new Set(['thread 1', undefined]));
});
