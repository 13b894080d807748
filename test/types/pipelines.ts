/**
 * Types of pipelines: they flow from stage to stage, and a wrong neighbour does not compile.
 */

import {
  batch,
  delayedInit,
  merge,
  openPipeline,
  type Pipeline,
  type PipelineResults,
  type Stage,
  skip,
  stage,
  tasks,
  tee,
  unbatch,
} from '../../src/index.ts';
import { holds, type Same } from './expect-type.ts';

const block = {
  parse: (text: string): number => Number(text),
  later: async (n: number): Promise<Date> => new Date(n),
  words: function* (text: string): Generator<string | typeof skip> {
    yield text;
  },
  chunks: async function* (n: number): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(n);
  },
  some: (n: number) => (n > 0 ? `${n}` : skip),
  second: ([a, b, c]: readonly [number, number, number]): number => a + b + c,
  mean: (window: readonly number[]): number => window.length,
  add: (a: number, b: number): number => a + b,
  owned: Object.assign(([a]: readonly [Date]): Date => a, { stateful: 1 as const }),
  Accumulator: delayedInit(
    class {
      call(n: number): string {
        return `${n}`;
      }
    },
  ),
};
const { parse, later, words, chunks, some, second, mean, add, owned, Accumulator } = tasks(
  import.meta,
  block,
);

holds<Same<ReturnType<typeof toStage>, Stage<string, number>>>();
function toStage() {
  return stage(parse, { batchSize: 8 });
}
const stages = {
  later: stage(later),
  words: stage(words),
  chunks: stage(chunks),
  some: stage(some),
  second: stage(second, { stateful: 3 }),
  mean: stage(mean, { stateful: 4 }),
  pair: stage(add, { spread: true }),
  pairs: stage(add, { spread: true, stateful: 2 }),
  owned: stage(owned),
  Accumulator: stage(Accumulator(), { stateful: true }),
  plain: stage((text: string) => text.length, { inMaster: true }),
};
holds<Same<typeof stages.later, Stage<number, Date>>>();
holds<Same<typeof stages.words, Stage<string, string>>>();
holds<Same<typeof stages.chunks, Stage<number, Uint8Array>>>();
holds<Same<typeof stages.some, Stage<number, string>>>();
holds<Same<typeof stages.second, Stage<number, number>>>();
holds<Same<typeof stages.mean, Stage<number, number>>>();
holds<Same<typeof stages.pair, Stage<readonly [number, number], number>>>();
holds<Same<typeof stages.pairs, Stage<number, number>>>();
holds<Same<typeof stages.owned, Stage<Date, Date>>>();
holds<Same<typeof stages.Accumulator, Stage<number, string>>>();
holds<Same<typeof stages.plain, Stage<string, number>>>();

const pipeline = openPipeline(
  [
    stage(words),
    stage(parse, { batchSize: 8 }),
    stage(second, { stateful: 3 }),
    stage(Accumulator(), { stateful: true }),
    stage((text: string) => text.length, { inMaster: true }),
  ],
  { cpus: 4 },
);
holds<Same<typeof pipeline, Pipeline<string, number>>>();
const results = pipeline.apply(['a']);
holds<Same<typeof results, PipelineResults<number>>>();

// A stage may take more than the one before gives.
openPipeline([stage(parse), stage((value: number | string) => value, { inMaster: true })]);
openPipeline([stage(parse)], { kind: 'processes', cwd: '.' });

// @ts-expect-error A date is no number.
openPipeline([stage(later), stage(later)]);
// @ts-expect-error The third takes no text.
openPipeline([stage(words), stage(words), stage(later)]);
// @ts-expect-error There are no stages.
openPipeline([]);
// @ts-expect-error A function is no stage yet.
openPipeline([parse]);
// @ts-expect-error Numbers are no texts.
pipeline.apply([1]);
// @ts-expect-error There is no such option.
stage(parse, { batch: 3 });
// @ts-expect-error There is no such kind.
openPipeline([stage(parse)], { kind: 'inline' });
// @ts-expect-error Threads have the working directory of their process.
openPipeline([stage(parse)], { cwd: '.' });

// Stages of any type take that of their neighbour.
const reshaped = openPipeline([
  stage(parse),
  batch(10),
  tee((list: readonly unknown[]) => list.length),
  unbatch(),
  stage(later),
]);
holds<Same<typeof reshaped, Pipeline<string, Date>>>();
const lists = openPipeline([batch<number>(2)]);
holds<Same<typeof lists, Pipeline<number, readonly number[]>>>();
// @ts-expect-error The stage takes no lists.
openPipeline([stage(parse), batch(10), stage(later)]);
// @ts-expect-error A number is no list.
openPipeline([stage(parse), unbatch(), stage(later)]);
// @ts-expect-error It looks at texts.
openPipeline([stage(parse), tee((text: string) => text)]);
const merged = merge(
  [1],
  (async function* () {
    yield 'a';
  })(),
);
holds<Same<typeof merged, AsyncGenerator<number | string, void, undefined>>>();
