/** What pipelines promise, and the defects of others that this one does not have. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  ClosedError,
  openPipeline,
  openProcesses,
  openThreads,
  StageFailedError,
  skip,
  stage,
} from '../../src/index.ts';
import {
  Adder,
  counted,
  difference,
  double,
  dropOdd,
  failing,
  increment,
  leave,
  Noter,
  noop,
  nothing,
  sumOf,
  thread,
  twice,
  Unbuilt,
  Waiter,
  wait,
} from '../fixtures/tasks/pipeline-tasks.ts';
import { CountedInput, inputSorts } from '../pool/counted-input.ts';
import { kept, outcomeOf, upTo, upToLater } from './opened.ts';

const own = { stateful: true } as const;

describe('stages with a state', () => {
  test('give all of 5,000 items, where blllib gives 1,222', async () => {
    const pipeline = kept(openPipeline([stage(noop), stage(Waiter(), own), stage(noop)], { cpus: 2 }));
    const sums = await pipeline.apply(upTo(5000)).toArray();
    expect(sums).toHaveLength(5000);
    expect(sums.at(-1)).toBe((4999 * 5000) / 2);
  });

  test('have a state of their own in each of several runs at once', async () => {
    const pipeline = kept(openPipeline([stage(Adder(1), own)], { cpus: 2 }));
    const runs = await Promise.all([1, 2, 3].map(() => pipeline.apply(upTo(300)).toArray()));
    expect(runs[0]).toHaveLength(300);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });

  test('may be functions, whose module is loaded anew for each run', async () => {
    const pipeline = kept(openPipeline([stage(counted, own)], { cpus: 2 }));
    for (let run = 0; run < 2; run++) {
      expect(await pipeline.apply(upTo(100)).toArray()).toEqual([...upTo(101)].slice(1));
    }
  });

  test('each have one worker, and those without share others', async () => {
    const stages = [stage(thread), stage(thread, own)] as const;
    const shared = kept(openPipeline([stages[0]], { cpus: 3 }));
    const alone = kept(openPipeline([stages[1]], { cpus: 3 }));
    const threadsOf = async (pipeline: typeof shared): Promise<number> =>
      new Set(await pipeline.apply(upTo(2000)).toArray()).size;
    expect(await threadsOf(alone)).toBe(1);
    expect(await threadsOf(shared)).toBeGreaterThan(1);
    expect(await threadsOf(shared)).toBeLessThanOrEqual(3);
  });

  test('fail as a stage if their object cannot be built, and do not hang', async () => {
    for (const options of [{ sequential: true }, { cpus: 1 }]) {
      const pipeline = kept(openPipeline([stage(Unbuilt(), own)], options));
      const [given, error] = await outcomeOf(pipeline.apply([1, 2]));
      expect(given).toEqual([]);
      expect(error).toMatchObject({
        code: 'HEDDLE_STAGE_FAILED',
        stage: 0,
        stageName: 'Unbuilt',
        item: 0,
        cause: { message: 'no 0' },
      });
    }
  });

  test('dispose of their object when all items are done', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-pipeline-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const sequential of [false, true]) {
      const file = join(folder, `${sequential}`);
      const pipeline = openPipeline([stage(Noter(file))], { sequential });
      expect(await pipeline.apply(upTo(50)).toArray()).toHaveLength(50);
      await pipeline.dispose();
      expect(existsSync(file) && readFileSync(file, 'utf8')).toBe('50');
    }
  });
});

describe('windows', () => {
  test('overlap, and there is none of fewer items', async () => {
    const pipeline = kept(openPipeline([stage(difference, { stateful: 3, batchSize: 2 })], { cpus: 2 }));
    expect(await pipeline.apply([1, 4, 9, 16, 25]).toArray()).toEqual([2, 2, 2]);
    expect(await pipeline.apply([1, 4]).toArray()).toEqual([]);
    const ones = kept(openPipeline([stage(sumOf, { stateful: 1 })], { cpus: 1 }));
    expect(await ones.apply([1, 2]).toArray()).toEqual([1, 2]);
  });
});

describe('items', () => {
  test('that are undefined are values, and go on', async () => {
    const seen: unknown[] = [];
    const note = stage((x: number | undefined) => void seen.push(x), { inMaster: true });
    const pipeline = kept(openPipeline([stage(nothing), note], { cpus: 1 }));
    expect(await pipeline.apply([1, 2, 3]).toArray()).toEqual([undefined, undefined, undefined]);
    expect(seen).toEqual([1, undefined, 3]);
  });

  test('are dropped by skip, here and on workers', async () => {
    const odd = stage((x: number) => (x % 4 === 0 ? skip : x), { inMaster: true });
    const pipeline = kept(openPipeline([stage(dropOdd), odd], { cpus: 1 }));
    expect(await pipeline.apply(upTo(9)).toArray()).toEqual([2, 6]);
  });

  test('come of inputs of every sort, which are closed when the run is left', async () => {
    const pipeline = kept(openPipeline([stage(twice), stage(increment)], { cpus: 2 }));
    for (const sort of inputSorts) {
      const input = new CountedInput(sort, upTo(10));
      expect(await pipeline.apply(input.items).toArray()).toEqual(
        [...upTo(10)].flatMap((x) => [x + 1, x + 2]),
      );
      expect(input.closed).toBe(0);
      if (sort === 'list' || sort === 'set') continue;
      const left = new CountedInput(sort, upTo(100_000));
      for await (const item of pipeline.apply(left.items)) {
        expect(item).toBe(1);
        break;
      }
      // A bare iterator cannot be closed.
      expect([sort, left.closed]).toEqual([sort, sort === 'bare iterator' ? 0 : 1]);
    }
  });

  test('are moved across processes and executors as across threads', { timeout: 30_000 }, async () => {
    const stages = [stage(double), stage(sumOf, { stateful: 2 }), stage(Adder(), own)] as const;
    const expected = await kept(openPipeline(stages, { sequential: true }))
      .apply(upTo(500))
      .toArray();
    const threads = openThreads({ workers: 2 });
    const processes = openProcesses({ workers: 1 });
    onTestFinished(async () => {
      await threads.dispose();
      await processes.dispose();
    });
    for (const options of [
      { kind: 'processes', cpus: 2 },
      { executor: threads },
      { executor: processes },
    ] as const) {
      const pipeline = kept(openPipeline(stages, options));
      expect(await pipeline.apply(upTo(500)).toArray()).toEqual(expected);
      expect(await pipeline.apply(upToLater(500)).toArray()).toEqual(expected);
    }
  });
});

describe('laziness', () => {
  test('nothing is taken before a result is asked for, and then no more than the windows allow', async () => {
    const input = new CountedInput('generator', upTo());
    const stages = [stage(noop, { window: 5 }), stage(Adder(), { ...own, window: 3 })] as const;
    const results = kept(openPipeline(stages, { cpus: 2 })).apply(input.items);
    expect(input.taken).toBe(0);
    for (let given = 1; given <= 200; given++) {
      await results.next();
      expect(input.taken).toBeLessThanOrEqual(given + 5 + 3);
    }
    await results.return();
    expect(input.closed).toBe(1);
  });

  test('a consumer that waits holds back inputs without an end', async () => {
    const input = new CountedInput('async generator', upTo());
    const results = kept(openPipeline([stage(noop), stage(noop)], { cpus: 2 })).apply(input.items);
    await results.next();
    for (let turn = 0; turn < 300; turn++) await new Promise((resolve) => setImmediate(resolve));
    // Four batches of one item for each of two workers, and what the last one was cut from.
    expect(input.taken).toBeLessThanOrEqual(2 * 4 * 8);
    await results.return();
  });

  test('in one thread an item goes through all stages before the next is taken', async () => {
    const seen: string[] = [];
    const note = (name: string) => stage((x: number) => (seen.push(`${name}${x}`), x), { inMaster: true });
    const results = kept(openPipeline([note('a'), note('b')])).apply(upTo());
    await results.next();
    await results.next();
    expect(seen).toEqual(['a0', 'b0', 'a1', 'b1']);
    await results.return();
  });

  test('a generator in this thread may go on without an end', async () => {
    const endless = stage(() => upTo(), { inMaster: true });
    const pipeline = kept(openPipeline([endless, stage(double)], { cpus: 1 }));
    const given: number[] = [];
    for await (const item of pipeline.apply([undefined])) {
      given.push(item);
      if (given.length === 3) break;
    }
    expect(given).toEqual([0, 2, 4]);
  });
});

describe('failures', () => {
  test('come at their turn, with the stage, the item and what was thrown', async () => {
    for (const options of [{ sequential: true }, { cpus: 2 }]) {
      const pipeline = kept(openPipeline([stage(dropOdd), stage(increment), stage(failing)], options));
      const [given, error] = await outcomeOf(pipeline.apply(upTo(1000)));
      // 2 n + 1 is 7 modulo 11 for n = 3.
      expect(given).toEqual([1, 3, 5]);
      expect(error).toBeInstanceOf(StageFailedError);
      expect(error).toMatchObject({
        stage: 2,
        stageName: 'failing',
        item: 3,
        message: "Cannot go on as stage 2 'failing' failed for its item 3: received StageError: no 7",
        cause: { name: 'StageError', message: 'no 7', code: 'E_STAGE' },
      });
    }
  });

  test('of inputs come as they are, after the items before', async () => {
    const pipeline = kept(openPipeline([stage(increment), stage(Adder(), own)], { cpus: 2 }));
    const input = new CountedInput('generator', upTo(), { throwAt: 30 });
    const [given, error] = await outcomeOf(pipeline.apply(input.items));
    expect(given).toHaveLength(30);
    expect(error).toMatchObject({ name: 'InputError', message: 'no item 30' });
  });

  test('of a worker that dies are the failure of its stage', async () => {
    const pipeline = kept(openPipeline([stage(leave, { ...own, batchSize: 1 })], { cpus: 1 }));
    const [given, error] = await outcomeOf(pipeline.apply(upTo(9)));
    expect(given).toEqual([0, 1, 2]);
    expect(error).toMatchObject({ stageName: 'leave', item: 3, cause: { name: 'WorkerLostError' } });
  });

  test('end a run: there is nothing after them, and a new run works', async () => {
    const pipeline = kept(openPipeline([stage(failing)], { cpus: 2 }));
    const results = pipeline.apply([7, 1]);
    await expect(results.next()).rejects.toThrow('no 7');
    expect(await results.next()).toEqual({ done: true, value: undefined });
    expect(await pipeline.apply([1, 2]).toArray()).toEqual([1, 2]);
  });
});

describe('leaving', () => {
  test('by a signal ends a run at once, also one that waits for ever', async () => {
    const reason = new Error('enough');
    for (const stages of [
      [stage(wait)],
      [stage(wait, own)],
      [stage(async () => await new Promise<number>(() => undefined), { inMaster: true })],
    ] as const) {
      const pipeline = kept(openPipeline(stages, { cpus: 1 }));
      const stop = new AbortController();
      const results = pipeline.apply([-1, -2], { signal: stop.signal });
      const asked = results.next();
      await new Promise((resolve) => setImmediate(resolve));
      stop.abort(reason);
      await expect(asked).rejects.toBe(reason);
      expect((await results.next()).done).toBe(true);
      await pipeline.dispose();
    }
    const aborted = kept(openPipeline([stage(noop)])).apply([1], { signal: AbortSignal.abort(reason) });
    await expect(aborted.next()).rejects.toBe(reason);
  });

  test('tells what runs on shared workers, which are free then for the next run', async () => {
    const pipeline = kept(openPipeline([stage(noop), stage(wait)], { cpus: 1 }));
    for (let run = 0; run < 3; run++) {
      const results = pipeline.apply([1, -1, -2, -3]);
      expect(await results.next()).toEqual({ done: false, value: 1 });
      const asked = results.next();
      await results.return();
      expect(await asked).toEqual({ done: true, value: undefined });
      expect(await pipeline.apply([4, 5]).toArray()).toEqual([4, 5]);
    }
  });

  test('while inputs wait for ever, also those of streams', async () => {
    const pipeline = kept(openPipeline([stage(noop)], { cpus: 1 }));
    const stream = new Readable({ objectMode: true, read: () => undefined });
    const results = pipeline.apply(stream);
    const asked = results.next();
    await results.return();
    expect(await asked).toEqual({ done: true, value: undefined });
    expect(stream.destroyed).toBe(true);
  });

  test('by disposing of the pipeline does not wait for inputs that wait for ever', async () => {
    for (const inMaster of [false, true]) {
      const pipeline = kept(openPipeline([stage(noop, { inMaster })], { cpus: 1 }));
      const results = pipeline.apply(
        (async function* () {
          yield 1;
          await new Promise(() => undefined);
        })(),
      );
      expect((await results.next()).value).toBe(1);
      const asked = Promise.allSettled([results.next()]);
      await pipeline.dispose();
      expect(await asked).toEqual([{ status: 'rejected', reason: expect.any(ClosedError) as unknown }]);
    }
  });

  test('tells what closing the inputs throws, unless a stage has failed', async () => {
    for (const options of [{ sequential: true }, { cpus: 1 }]) {
      const pipeline = kept(openPipeline([stage(failing)], options));
      const inputs = (): Iterable<number> => ({
        [Symbol.iterator]: () => ({
          next: () => ({ done: false, value: 7 }),
          return: () => {
            throw new Error('not closed');
          },
        }),
      });
      await expect(pipeline.apply(inputs()).next()).rejects.toThrow('no 7');
      await expect(pipeline.apply(inputs()).return()).resolves.toEqual({ done: true, value: undefined });
      const fine = kept(openPipeline([stage(noop)], options)).apply(inputs());
      await fine.next();
      await expect(fine.return()).rejects.toThrow('not closed');
    }
  });

  test('leaves no thread and no timer behind, however a run ends', async () => {
    const threads = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker').length;
    const stages = [stage(increment), stage(Adder(), own)] as const;
    const pipeline = openPipeline(stages, { cpus: 2 });
    await pipeline.apply(upTo(100)).toArray();
    for await (const _ of pipeline.apply(upTo())) break;
    await outcomeOf(kept(openPipeline([stage(failing), stages[1]], { cpus: 2 })).apply(upTo()));
    const left = pipeline.apply(upTo());
    await left.next();
    await pipeline.dispose();
    await expect(left.next()).rejects.toThrow(ClosedError);
    expect(threads()).toBe(0);
    expect(() => pipeline.apply([])).toThrow(ClosedError);
  });
});

describe('plan() and stats()', () => {
  test('tell the split of workers, and what runs together', () => {
    const stages = [
      stage(noop),
      stage(increment, { batchSize: 4 }),
      stage(Adder()),
      stage(sumOf, { stateful: 2 }),
      stage(noop, { inMaster: true }),
    ] as const;
    const plan = kept(openPipeline(stages, { cpus: 4 })).plan();
    expect(plan).toMatchObject({ sharedWorkers: 3, ownWorkers: 1 });
    expect(
      plan.stages.map(({ where, segment, workers, batchSize }) => [where, segment, workers, batchSize]),
    ).toEqual([
      ['workers', 0, 3, 4],
      ['workers', 0, 3, 4],
      ['own-worker', 1, 1, 'learned'],
      ['workers', 2, 3, 'learned'],
      ['here', 3, 0, undefined],
    ]);
    // As `n_cpu` 1, 2, 3 and 8 with one stage that has a state.
    const shared = [1, 2, 3, 8].map((cpus) => kept(openPipeline(stages, { cpus })).plan().sharedWorkers);
    expect(shared).toEqual([1, 1, 2, 7]);
    expect(kept(openPipeline([stage(Adder())], { cpus: 4 })).plan().sharedWorkers).toBe(0);
  });

  test('count what each stage took and gave', async () => {
    for (const options of [{ sequential: true }, { cpus: 2 }]) {
      const results = kept(openPipeline([stage(dropOdd), stage(twice), stage(Adder())], options)).apply(
        upTo(10),
      );
      await results.toArray();
      expect(results.stats()).toEqual([
        { name: 'dropOdd', taken: 10, given: 5 },
        { name: 'twice', taken: 5, given: 10 },
        { name: 'Adder', taken: 10, given: 10 },
      ]);
    }
  });
});
