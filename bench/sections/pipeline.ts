/**
 * How many items pass through three stages that do nothing, over two worker threads, in turns with what programs for Node
 * chain otherwise; and a count of words, on two threads and on one.
 */

import { Readable } from 'node:stream';
import { openPipeline, type Pipeline, stage } from 'heddle';
import { Piscina } from 'piscina';
import type { Figure, Settings } from '../figure.ts';
import { inTurns, timeMs } from '../in-turns.ts';
import { countWords, first, running, second, third, wordsOf } from '../pipeline-tasks.ts';

const workers = 2;
/** What is in flight in each stage of the others. */
const concurrency = 64;

/** Measures the section `pipeline`. */
export async function measurePipeline({ quick }: Settings): Promise<readonly Figure[]> {
  const rates = await measureRates(quick);
  const words = await measureWords(quick ? 2 : 60, quick ? 1 : 3);
  const unit = 'thousand a second';
  const best = Math.max(rates.streams, rates.piscina);
  return [
    {
      name: 'three stages',
      unit,
      value: rates.heddle,
      atLeast: 500,
      beside: 'blllib: 9.9 thousand a second, measured elsewhere',
    },
    { name: 'three stages, batches of 100', unit, value: rates.batches },
    { name: 'three stages, inputs that are asynchronous', unit, value: rates.later },
    { name: 'three stages, the second with a state', unit, value: rates.stateful },
    { name: 'three stages in this thread', unit, value: rates.here },
    { name: "Node's streams, map({ concurrency: 64 }) thrice, in this thread", unit, value: rates.streams },
    { name: 'the same over piscina', unit, value: rates.piscina },
    { name: 'three stages over the best of these', unit: 'times', value: rates.heddle / best, atLeast: 5 },
    { name: 'words, one thread', unit: 's', value: words.alone },
    { name: 'words, two workers', unit: 's', value: words.heddle },
    {
      name: 'words, one thread over two workers',
      unit: 'times',
      value: words.alone / words.heddle,
      atLeast: 1.7,
    },
  ];
}

async function measureRates(
  quick: boolean,
): Promise<Record<'heddle' | 'batches' | 'later' | 'stateful' | 'here' | 'streams' | 'piscina', number>> {
  const options = { cpus: workers };
  const plain = openPipeline([stage(first), stage(second), stage(third)], options);
  const batchSize = 100;
  const batches = openPipeline([stage(first, { batchSize }), stage(second), stage(third)], options);
  const stateful = openPipeline([stage(first), stage(running, { stateful: true }), stage(third)], options);
  const here = openPipeline([stage(first), stage(second), stage(third)], { sequential: true });
  const piscina = new Piscina({
    filename: new URL('../noop-worker.ts', import.meta.url).href,
    maxThreads: workers,
    concurrentTasksPerWorker: concurrency,
  });
  const run = (x: number): Promise<number> => piscina.run(x, { name: 'noop' }) as Promise<number>;
  const many = quick ? 50_000 : 1_000_000;
  const few = quick ? 5_000 : 50_000;
  try {
    return await inTurns(
      {
        heddle: () => rateOf(many, through(plain, numbers(many))),
        batches: () => rateOf(many, through(batches, numbers(many))),
        later: () => rateOf(many, through(plain, numbersLater(many))),
        stateful: () => rateOf(many, through(stateful, numbers(many))),
        here: () => rateOf(few, through(here, numbers(few))),
        streams: () =>
          rateOf(
            few,
            chained(few, async (x) => x),
          ),
        piscina: () => rateOf(few, chained(few, run)),
      },
      quick ? 1 : 5,
    );
  } finally {
    await Promise.all([plain, batches, stateful, here].map((pipeline) => pipeline.dispose()));
    await piscina.destroy();
  }
}

/** Thousands of items a second. */
async function rateOf(items: number, work: () => Promise<number>): Promise<number> {
  const ms = await timeMs(async () => {
    const found = await work();
    if (found !== ((items - 1) * items) / 2)
      throw new Error(`Cannot measure as items were lost: received a sum of ${found}`);
  });
  return items / ms;
}

function through(
  pipeline: Pipeline<number, number>,
  inputs: Iterable<number> | AsyncIterable<number>,
): () => Promise<number> {
  return () => sumOf(pipeline.apply(inputs));
}

function chained(items: number, map: (x: number) => Promise<number>): () => Promise<number> {
  const options = { concurrency, highWaterMark: concurrency };
  return () => sumOf(Readable.from(numbers(items)).map(map, options).map(map, options).map(map, options));
}

async function sumOf(items: AsyncIterable<number>): Promise<number> {
  let sum = 0;
  for await (const item of items) sum += item;
  return sum;
}

function* numbers(items: number): Generator<number, void, undefined> {
  for (let n = 0; n < items; n++) yield n;
}

async function* numbersLater(items: number): AsyncGenerator<number, void, undefined> {
  for (let n = 0; n < items; n++) yield n;
}

/** Seconds to count the words of some megabytes of text, in pieces of 1 MiB. */
async function measureWords(megabytes: number, turns: number): Promise<Record<'heddle' | 'alone', number>> {
  const texts = Array.from({ length: megabytes }, (_, at) => textOf(2 ** 20, at));
  const pipeline = openPipeline([stage(wordsOf), stage(adder(), { inMaster: true })], { cpus: workers });
  try {
    return await inTurns(
      {
        heddle: async () => (await timeMs(() => pipeline.apply(texts).toArray())) / 1000,
        alone: async () => {
          const add = adder();
          return (
            (await timeMs(async () => {
              for (const text of texts) add(countWords(text));
            })) / 1000
          );
        },
      },
      turns,
    );
  } finally {
    await pipeline.dispose();
  }
}

/** Adds counts up, and tells how many words there are. */
function adder(): (counts: ReadonlyMap<string, number>) => number {
  const all = new Map<string, number>();
  return (counts) => {
    for (const [word, count] of counts) all.set(word, (all.get(word) ?? 0) + count);
    return all.size;
  };
}

/** Words of which few are frequent, as in a language; the same each time. */
function textOf(length: number, seed: number): string {
  let state = seed + 1;
  let text = '';
  while (text.length < length) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const share = state / 2 ** 32;
    text += `${Math.floor(5000 * share * share * share)
      .toString(26)
      .replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? '')} `;
  }
  return text;
}
