/** How runs end that are ended from where it is least expected, and what becomes of states and of values that cannot be sent. */

import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import {
  merge,
  openInline,
  openPipeline,
  openThreads,
  type PipelineOptions,
  StageFailedError,
  stage,
  tee,
  WorkerLostError,
} from '../../src/index.ts';
import {
  Adder,
  busy,
  increment,
  Leaving,
  noop,
  Unbuilt,
  unsendable,
} from '../fixtures/tasks/pipeline-tasks.ts';
import { kept, outcomeOf, upTo } from './opened.ts';

const limit = { timeout: 20_000 };

async function* slowly(count: number, periodMs: number): AsyncGenerator<number, void, undefined> {
  for (let n = 0; n < count; n++) {
    await systemClock.sleep(periodMs);
    yield 1;
  }
}

/** Gives one item, then waits for ever. */
async function* once(): AsyncGenerator<number, void, undefined> {
  yield 1;
  await new Promise(() => undefined);
}

describe('a state', limit, () => {
  const options: Readonly<Record<string, PipelineOptions>> = {
    threads: { kind: 'threads' },
    processes: { kind: 'processes' },
  };
  test.each(Object.entries(options))(
    'that is lost with its worker, between items, ends the run: on %s',
    async (_, own) => {
      const pipeline = kept(openPipeline([stage(Leaving())], own));
      const [given, error] = await outcomeOf(pipeline.apply(slowly(12, 150)));
      expect(given).toEqual([1, 2]);
      expect(error).toBeInstanceOf(StageFailedError);
      expect((error as StageFailedError).cause).toBeInstanceOf(WorkerLostError);
      expect(error).toMatchObject({ stage: 0, item: given.length });
    },
  );

  test('outlives limits that are for workers without', async () => {
    const one = kept(openPipeline([stage(Adder())], { idleTimeoutMs: 20 }));
    const few = kept(
      openPipeline([stage(Adder(), { batchSize: 2 })], { maxCallsPerWorker: 1, maxMemoryBytes: 1 }),
    );
    const whole = kept(openPipeline([stage(Adder())], { sequential: true }));
    const expected = await whole.apply([1, 1, 1, 1]).toArray();
    expect(await one.apply(slowly(4, 60)).toArray()).toEqual(expected);
    expect(await few.apply([1, 1, 1, 1]).toArray()).toEqual(expected);
  });
});

describe('a run', limit, () => {
  test.each([[false], [true]])(
    'that its own inputs end, by signal or dispose, settles: in this thread %s',
    async (inMaster) => {
      const stop = new AbortController();
      let isClosed = false;
      function* inputs(): Generator<number> {
        try {
          yield 1;
          stop.abort(new Error('enough'));
          yield 2;
          yield 3;
        } finally {
          isClosed = true;
        }
      }
      const pipeline = kept(openPipeline([stage(increment, { inMaster })], { cpus: 1 }));
      const [, error] = await outcomeOf(pipeline.apply(inputs(), { signal: stop.signal }));
      expect(error).toEqual(new Error('enough'));
      expect(isClosed).toBe(true);
      const other = openPipeline([stage(increment, { inMaster })], { cpus: 1 });
      const disposing = (function* (): Generator<number> {
        yield 1;
        void other.dispose();
        yield 2;
      })();
      expect(String((await outcomeOf(other.apply(disposing)))[1])).toMatch('disposed of');
    },
  );

  test('is left at once, though an input is waited for that never comes', async () => {
    const pipeline = kept(openPipeline([stage(increment)], { cpus: 1 }));
    for await (const result of pipeline.apply(once())) {
      expect(result).toBe(2);
      break;
    }
    for await (const item of merge(once(), once())) {
      expect(item).toBe(1);
      break;
    }
  });

  test('tells what a stage in this thread has thrown, though an input is waited for', async () => {
    const failing = stage(
      (x: number): number => {
        throw new Error(`no ${x}`);
      },
      { inMaster: true },
    );
    const pipeline = kept(openPipeline([stage(increment), failing], { cpus: 1 }));
    const [, error] = await outcomeOf(pipeline.apply(once()));
    expect(error).toMatchObject({ stage: 1, cause: new Error('no 2') });
    const merged = merge(
      once(),
      (function* (): Generator<number> {
        yield 1;
        throw new Error('no input');
      })(),
    );
    expect((await outcomeOf(merged))[1]).toEqual(new Error('no input'));
  });

  test.each([
    ['inline', openInline],
    ['threads', () => openThreads({ workers: 1 })],
  ])('on an executor that is left starts nothing any more: %s', async (_, open) => {
    await using executor = open();
    const pipeline = openPipeline([stage(busy, { batchSize: 1 })], { executor });
    let taken = 0;
    const inputs = (function* (): Generator<number> {
      for (const n of upTo()) {
        taken++;
        yield n;
      }
    })();
    for await (const _result of pipeline.apply(inputs)) break;
    await pipeline.dispose();
    const then = taken;
    await executor.submit(noop, 1);
    expect(taken).toBe(then);
    expect(executor.stats().running).toBe(0);
  });
});

describe('a stage', limit, () => {
  test('of which a value cannot be sent fails for that, with all results before it', async () => {
    for (const own of [{ cpus: 1 }, { cpus: 1, kind: 'processes' }] as const) {
      const pipeline = kept(openPipeline([stage(unsendable, { batchSize: 4 })], own));
      const [given, error] = await outcomeOf(pipeline.apply([0, 1, 2, 3, 4]));
      expect(given).toEqual([0, 1, 2]);
      expect(error).toMatchObject({ stage: 0, item: 3 });
      expect(String(error)).not.toContain('SegmentRunner');
    }
    const taking = kept(openPipeline([stage(noop, { batchSize: 4 })], { cpus: 1 }));
    const [given, error] = await outcomeOf(taking.apply([0, 1, (() => 2) as never, 3]));
    expect([given, (error as StageFailedError).item]).toEqual([[0, 1], 2]);
  });

  test('that cannot be built is the one that is named', async () => {
    const pipeline = kept(
      openPipeline([stage(increment), stage(Unbuilt(), { stateful: false })], { cpus: 1 }),
    );
    const [, error] = await outcomeOf(pipeline.apply([1]));
    expect(error).toMatchObject({ stage: 1, stageName: 'Unbuilt', item: 0 });
  });

  test('of any type may be given without saying which', async () => {
    const seen: unknown[] = [];
    const pipeline = kept(
      openPipeline([stage(noop), tee((x) => seen.push(x)), stage(increment)], { cpus: 1 }),
    );
    expect(await pipeline.apply([1]).toArray()).toEqual([2]);
    expect(seen).toEqual([1]);
  });
});

test('options that make no sense are refused when a pipeline is opened, by the names of pipelines', () => {
  expect(() => openPipeline([stage(noop)], { cpuz: 2 } as never)).toThrow(
    "Cannot open a pipeline as there is no option 'cpuz'\n  'cpus' was probably meant",
  );
  expect(() => openPipeline([stage(noop)], { sequential: true, idleTimeoutMs: -1 })).toThrow('idleTimeoutMs');
  const pipeline = openPipeline([stage(noop, { inMaster: true })]);
  expect(() => pipeline.apply([1], { signal: {} as never })).toThrow("'signal' must be an AbortSignal");
});
