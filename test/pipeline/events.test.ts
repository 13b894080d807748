/** What pipelines announce, and what is made of it. */

import { describe, expect, test } from 'vitest';
import {
  type Event,
  openPipeline,
  openThreads,
  type PipelineEvent,
  type PipelineOptions,
  PipelineWatch,
  stage,
} from '../../src/index.ts';
import {
  Adder,
  busy,
  difference,
  dropOdd,
  failing,
  increment,
  twice,
  wait,
} from '../fixtures/tasks/pipeline-tasks.ts';
import { kept, upTo, upToLater } from './opened.ts';

const stages = [
  stage(increment),
  stage(twice),
  stage(difference, { stateful: 3 }),
  stage(Adder()),
  stage((x: number) => x, { inMaster: true }),
] as const;

function recorder() {
  const events: PipelineEvent[] = [];
  return { events, emit: (event: Event): unknown => events.push(event as PipelineEvent) } as {
    readonly events: PipelineEvent[];
    emit(event: Event): void;
  };
}

/** Events of one run, as they must be: a start, an end, and counts that only grow between them. */
function expectOrder(events: readonly PipelineEvent[], is: string): void {
  expect(events[0]?.kind).toBe('pipeline-started');
  expect(events.at(-1)).toMatchObject({ kind: 'pipeline-settled', is });
  expect(new Set(events.map(({ run }) => run)).size).toBe(1);
  for (const [at, event] of events.entries()) {
    expect(event.atMs).toBeGreaterThanOrEqual(events[at - 1]?.atMs ?? 0);
    expect(structuredClone(event)).toEqual(JSON.parse(JSON.stringify(event)) as unknown as object);
    if (event.kind === 'pipeline-started' || at < 2) continue;
    const before = events[at - 1] as typeof event;
    if ((before as PipelineEvent).kind === 'pipeline-started') continue;
    event.stages.forEach((stage, index) => {
      expect(stage.taken).toBeGreaterThanOrEqual(before.stages[index]?.taken ?? 0);
      expect(stage.busyMs).toBeGreaterThanOrEqual(before.stages[index]?.busyMs ?? 0);
    });
  }
}

describe('the events of a pipeline', { timeout: 30_000 }, () => {
  const settings: Readonly<Record<string, PipelineOptions>> = {
    threads: { cpus: 3 },
    processes: { cpus: 3, kind: 'processes' },
    sequential: { sequential: true },
  };
  test.each(Object.entries(settings))('count all items, on %s', async (_, options) => {
    const sink = recorder();
    const pipeline = kept(openPipeline(stages, { ...options, sinks: sink }));
    const results = await pipeline.apply(upTo(1000)).toArray();
    expectOrder(sink.events, 'success');
    const last = sink.events.at(-1);
    expect(last).toMatchObject({ inputs: 1000, failure: undefined });
    expect((last as { stages: readonly object[] }).stages).toMatchObject([
      { taken: 1000, given: 1000, waiting: 0 },
      { taken: 1000, given: 2000, waiting: 0 },
      { taken: 1998, given: 1998, waiting: 0 },
      { taken: 1998, given: 1998, waiting: 0 },
      { taken: 1998, given: 1998, waiting: 0 },
    ]);
    expect(results).toHaveLength(1998);
    expect(sink.events[0]).toMatchObject({
      stages: pipeline
        .plan()
        .stages.map(({ name, where, workers }) => ({ name, where, workers: workers || 1 })),
    });
  });

  test('are told on an executor, for inputs that come later, and of each run apart', async () => {
    await using executor = openThreads({ workers: 2 });
    const watch = new PipelineWatch();
    const pipeline = kept(
      openPipeline([stage(increment), stage(dropOdd)], {
        executor,
        sinks: { emit: (event) => watch.add(event) },
      }),
    );
    await Promise.all([pipeline.apply(upToLater(50)).toArray(), pipeline.apply(upTo(70)).toArray()]);
    const runs = watch.snapshot();
    expect(runs.map(({ inputs }) => inputs).toSorted((a, b) => a - b)).toEqual([50, 70]);
    expect(new Set(runs.map(({ run }) => run)).size).toBe(2);
    for (const { run } of runs) watch.forget(run);
    expect(watch.snapshot()).toEqual([]);
  });

  test('tell of a failure, of leaving, of a signal, and of disposing', async () => {
    const sink = recorder();
    const pipeline = kept(openPipeline([stage(failing)], { cpus: 1, sinks: [sink] }));
    await pipeline
      .apply(upTo(20))
      .toArray()
      .catch(() => undefined);
    expectOrder(sink.events, 'failure');
    expect(sink.events.at(-1)).toMatchObject({
      failure: {
        reason: 'failure',
        summary: expect.stringContaining("stage 0 'failing' failed for its item 7"),
      },
    });
    sink.events.length = 0;
    for await (const _ of pipeline.apply(upTo())) break;
    expectOrder(sink.events, 'cancelled');
    sink.events.length = 0;
    const aborting = new AbortController();
    const waiting = kept(openPipeline([stage(wait)], { cpus: 1, sinks: [sink] }));
    const stopped = waiting.apply([-1], { signal: aborting.signal }).toArray();
    aborting.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    expectOrder(sink.events, 'cancelled');
    expect(sink.events.at(-1)).toMatchObject({ failure: { summary: 'Error: enough' } });
    sink.events.length = 0;
    const lasting = waiting.apply([-1]).toArray();
    await waiting.dispose();
    await expect(lasting).rejects.toThrow('disposed');
    expectOrder(sink.events, 'cancelled');
  });

  test('are not told of a run that nobody has asked for a result of', async () => {
    const sink = recorder();
    const pipeline = openPipeline([stage(increment)], { cpus: 1, sinks: sink });
    await pipeline.apply([1]).return();
    await pipeline.dispose();
    expect(sink.events).toEqual([]);
  });

  test('of a sink that throws are told no more, and the run goes on', async () => {
    let told = 0;
    const sinks = {
      emit() {
        told++;
        throw new Error('no');
      },
    };
    const pipeline = kept(openPipeline([stage(increment)], { cpus: 1, sinks }));
    expect(await pipeline.apply([1, 2]).toArray()).toEqual([2, 3]);
    expect(told).toBe(1);
  });

  test('show which stage all others wait for', async () => {
    const watch = new PipelineWatch();
    const seen = new Set<number | undefined>();
    const sinks = {
      emit(event: Event) {
        watch.add(event);
        const { bottleneck } = watch.live(event.run) ?? {};
        if (bottleneck?.is === 'stage') seen.add(bottleneck.stage);
      },
    };
    const pipeline = kept(
      openPipeline([stage(increment), stage(busy, { batchSize: 50 }), stage(increment)], { cpus: 1, sinks }),
    );
    // The first run starts the worker, which takes a while.
    await pipeline.apply([0]).toArray();
    await pipeline.apply(upTo(400)).toArray();
    const [, run] = watch.snapshot();
    expect(run?.bottleneck).toEqual({ is: 'stage', stage: 1 });
    expect(seen).toEqual(new Set([1]));
    const rates = run?.stages.map(({ perSecond }) => Math.round(perSecond));
    expect(new Set(rates).size).toBe(1);
    expect(run?.stages[1]?.busy).toBeGreaterThan(run?.stages[0]?.busy ?? 1);
  });
});
