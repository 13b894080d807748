/** Random pipelines give what a pipeline of one thread gives: items, order, failures. */

import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import {
  type AnyStage,
  batch,
  type Executor,
  openInline,
  openPipeline,
  openThreads,
  type Pipeline,
  type PipelineOptions,
  type Stage,
  StageFailedError,
  stage,
  tee,
  unbatch,
} from '../../src/index.ts';
import * as tasks from '../fixtures/tasks/pipeline-tasks.ts';
import { outcomeOf, upTo, upToLater } from './opened.ts';

/** What a stage of numbers can be, by name. */
const makers = {
  noop: (own) => stage(tasks.noop, own),
  increment: (own) => stage(tasks.increment, own),
  double: (own) => stage(tasks.double, own),
  later: (own) => stage(tasks.later, own),
  delayed: (own) => stage(tasks.delayed, own),
  dropOdd: (own) => stage(tasks.dropOdd, own),
  twice: (own) => stage(tasks.twice, own),
  twiceLater: (own) => stage(tasks.twiceLater, own),
  failing: (own) => stage(tasks.failing, own),
  failingLater: (own) => stage(tasks.failingLater, own),
  one: (own) => stage(tasks.sumOf, { ...own, stateful: 1 }),
  two: (own) => stage(tasks.sumOfArguments, { ...own, stateful: 2, spread: true }),
  difference: (own) => stage(tasks.difference, { ...own, stateful: 3 }),
  seven: (own) => stage(tasks.sumOf, { ...own, stateful: 7 }),
  adder: (own) => stage(tasks.Adder(5), own),
  waiter: (own) => stage(tasks.Waiter(), { ...own, stateful: true }),
  failingLate: (own) => stage(tasks.Failing(), own),
  tee: () => tee((x: number) => Promise.resolve(x)),
} as const satisfies Record<string, (own: Own) => Stage<number, number>>;

interface Own {
  readonly batchSize?: number;
  readonly window?: number;
  readonly inMaster?: boolean;
}

type Name = keyof typeof makers;
const calm = ['noop', 'increment', 'double', 'later', 'one', 'two', 'difference', 'adder'] as const;
const names = Object.keys(makers) as Name[];

interface Plan {
  readonly stages: readonly { readonly name: Name; readonly own: Own }[];
  readonly inputs: number;
  readonly isLater: boolean;
  /** After how many results the run is left. */
  readonly leaveAt: number | undefined;
  readonly on: 'threads' | 'processes' | 'executor' | 'inline';
  /** Items are gathered by so many and given one by one again, after the stage of this index. */
  readonly gather: { readonly after: number; readonly size: number } | undefined;
  readonly isWatched: boolean;
}

const count = fc.integer({ min: 1, max: 40 });

const plans: fc.Arbitrary<Plan> = fc.record({
  stages: fc.array(
    fc.record({
      name: fc.oneof({ weight: 3, arbitrary: fc.constantFrom<Name>(...calm) }, fc.constantFrom(...names)),
      own: fc.record(
        { batchSize: count, window: count, inMaster: fc.boolean() },
        { requiredKeys: [] },
      ) as fc.Arbitrary<Own>,
    }),
    { minLength: 1, maxLength: 4 },
  ),
  inputs: fc.oneof(fc.nat(12), fc.nat(300)),
  isLater: fc.boolean(),
  leaveAt: fc.option(fc.nat(60), { nil: undefined, freq: 3 }),
  on: fc.constantFrom(
    'threads',
    'threads',
    'threads',
    'threads',
    'processes',
    'executor',
    'executor',
    'inline',
  ),
  gather: fc.option(fc.record({ after: fc.nat(4), size: count }), { nil: undefined, freq: 2 }),
  isWatched: fc.boolean(),
});

const executors: Executor[] = [openThreads({ workers: 2 }), openInline()];

afterAll(() => Promise.all(executors.map((executor) => executor.dispose())));

function pipelineOf(
  { stages, on, gather, isWatched }: Plan,
  options: PipelineOptions,
): Pipeline<number, number> {
  const executor = on === 'executor' ? executors[0] : on === 'inline' ? executors[1] : undefined;
  const list: AnyStage[] = stages.map(({ name, own }) => makers[name](own));
  if (gather !== undefined) list.splice(gather.after + 1, 0, batch(gather.size), unbatch());
  return openPipeline(list as never, {
    ...options,
    ...(executor === undefined ? {} : { executor }),
    ...(on === 'processes' ? { kind: 'processes' } : {}),
    ...(isWatched ? { sinks: { emit: () => undefined } } : {}),
  }) as never;
}

async function outcome(plan: Plan, pipeline: Pipeline<number, number>): Promise<unknown> {
  const inputs = plan.isLater ? upToLater(plan.inputs) : upTo(plan.inputs);
  const results = pipeline.apply(inputs);
  if (plan.leaveAt !== undefined) {
    const given: number[] = [];
    try {
      for await (const result of results) {
        given.push(result);
        if (given.length > plan.leaveAt) break;
      }
    } catch (error) {
      return told(given, error);
    }
    return { given };
  }
  return told(...(await outcomeOf(results)));
}

function told(given: readonly unknown[], error: unknown): unknown {
  if (error === undefined) return { given };
  if (!(error instanceof StageFailedError)) return { given, error };
  const { stage: index, stageName, item, message } = error;
  return { given, index, stageName, item, message };
}

const tries = { numRuns: 120, timeout: 10_000, interruptAfterTimeLimit: 40_000 };

test('the output is that of the stages one after the other in one thread, item for item', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const alone = pipelineOf({ ...plan, on: 'threads' }, { sequential: true });
      const expected = await outcome(plan, alone);
      await alone.dispose();
      const pipeline = pipelineOf(plan, { cpus: 2 });
      try {
        const [first, second] = await Promise.all([outcome(plan, pipeline), outcome(plan, pipeline)]);
        expect(first).toEqual(expected);
        expect(second).toEqual(expected);
      } finally {
        await pipeline.dispose();
      }
    }),
    tries,
  );
});

test('the sequential pipeline gives what plain functions give', async () => {
  const plain: Record<(typeof calm)[number], (items: readonly number[]) => number[]> = {
    noop: (items) => [...items],
    increment: (items) => items.map((x) => x + 1),
    double: (items) => items.map((x) => x * 2),
    later: (items) => items.map((x) => x + 3),
    one: (items) => [...items],
    two: (items) => items.slice(1).map((x, at) => x + (items[at] as number)),
    difference: (items) =>
      items.slice(2).map((c, at) => c - 2 * (items[at + 1] as number) + (items[at] as number)),
    adder: (items) => {
      let sum = 5;
      return items.map((x) => (sum = (sum * 3 + x) % 1_000_003));
    },
  };
  const lists = fc.array(fc.constantFrom(...calm), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(lists, fc.array(fc.integer({ min: -99, max: 99 })), async (list, items) => {
      const pipeline = openPipeline(list.map((name) => makers[name]({})) as never, { sequential: true });
      const expected = list.reduce<readonly number[]>((made, name) => plain[name](made), items);
      expect(await pipeline.apply(items as never).toArray()).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});
