/**
 * How many items pass through three stages that do nothing, over two worker threads, in turns with what programs for Node
 * chain otherwise; and a count of words, on two threads and on one.
 */

import { statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { openPipeline, type Pipeline, stage } from 'heddle';
import { Piscina } from 'piscina';
import { folders, groupsOf } from '../../examples/word-ranks/corpus.ts';
import { countWords, Ranker } from '../../examples/word-ranks/tasks.ts';
import type { Figure, Settings } from '../figure.ts';
import { inTurns, timeMs } from '../in-turns.ts';
import { installPeers, loadPeer } from '../peers/load-peer.ts';
import { first, running, second, third } from '../pipeline-tasks.ts';

const workers = 2;
/** What is in flight in each stage of the others. */
const concurrency = 64;

/** Measures the section `pipeline`. */
export async function measurePipeline({ quick }: Settings): Promise<readonly Figure[]> {
  const rates = await measureRates(quick);
  const grownMb = await measureMemory(quick ? 100_000 : 1_000_000);
  const words = await measureWords(quick ? 4 : 60, quick ? 1 : 3);
  const unit = 'thousand a second';
  const best = Math.max(rates.streams, rates.pMap, rates.piscina, rates.pMapPiscina);
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
    { name: "Node's streams over piscina", unit, value: rates.piscina },
    { name: 'p-map, pMapIterable thrice, in this thread', unit, value: rates.pMap },
    { name: 'p-map over piscina', unit, value: rates.pMapPiscina },
    { name: 'three stages over the best of these', unit: 'times', value: rates.heddle / best, atLeast: 5 },
    { name: 'memory at most for 10M items, beyond that for 1M', unit: 'MiB', value: grownMb, atMost: 32 },
    { name: 'the words of 60 MB, one thread', unit: 's', value: words.alone },
    { name: 'the words of 60 MB, two workers', unit: 's', value: words.heddle },
    {
      name: 'words, one thread over two workers',
      unit: 'times',
      value: words.alone / words.heddle,
      atLeast: 1.7,
    },
  ];
}

type Chain =
  | 'heddle'
  | 'batches'
  | 'later'
  | 'stateful'
  | 'here'
  | 'streams'
  | 'piscina'
  | 'pMap'
  | 'pMapPiscina';

async function measureRates(quick: boolean): Promise<Record<Chain, number>> {
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
  await installPeers();
  const { pMapIterable } = await loadPeer<PMap>('p-map');
  const run = (x: number): Promise<number> => piscina.run(x, { name: 'noop' }) as Promise<number>;
  const pMapped = (items: number, map: (x: number) => Promise<number>) => () => {
    const options = { concurrency, backpressure: concurrency };
    const once = pMapIterable(numbers(items), map, options);
    return sumOf(pMapIterable(pMapIterable(once, map, options), map, options));
  };
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
        pMap: () =>
          rateOf(
            few,
            pMapped(few, async (x) => x),
          ),
        pMapPiscina: () => rateOf(few, pMapped(few, run)),
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

/** What is given is in order, and waits for whoever reads. */
interface PMap {
  pMapIterable(
    inputs: Iterable<number> | AsyncIterable<number>,
    mapper: (input: number) => Promise<number>,
    options: { concurrency: number; backpressure: number },
  ): AsyncIterable<number>;
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

/** By how many MiB ten times as many items take more memory, at most. */
async function measureMemory(items: number): Promise<number> {
  const pipeline = openPipeline([stage(first), stage(running, { stateful: true }), stage(third)], {
    cpus: workers,
  });
  const most = async (count: number): Promise<number> => {
    let peak = 0;
    let seen = 0;
    for await (const _ of pipeline.apply(numbers(count))) {
      if (++seen % 10_000 === 0) peak = Math.max(peak, process.memoryUsage.rss());
    }
    if (seen !== count) throw new Error(`Cannot measure as items were lost: received ${seen}`);
    return peak / 2 ** 20;
  };
  try {
    // What V8 keeps for itself grows at first.
    await most(items);
    const few = await most(items);
    return Math.max(0, (await most(10 * items)) - few);
  } finally {
    await pipeline.dispose();
  }
}

/** Seconds to rank the words of a corpus of some megabytes, as the example does. */
async function measureWords(megabytes: number, turns: number): Promise<Record<'heddle' | 'alone', number>> {
  const groups = [...groupsOf(folders, megabytes * 1e6)];
  const found = groups.flat().reduce((sum, file) => sum + statSync(file).size, 0) / 1e6;
  if (found < megabytes * 0.9)
    throw new Error(`Cannot measure as there are only ${Math.round(found)} MB of text`);
  // The stage with a state has little to do.
  const pipeline = openPipeline([stage(countWords), stage(Ranker(5), { stateful: true })], {
    cpus: workers + 1,
  });
  try {
    return await inTurns(
      {
        heddle: async () => (await timeMs(() => pipeline.apply([...groups, undefined]).toArray())) / 1000,
        alone: async () =>
          (await timeMs(async () => {
            const all = new Map<string, number>();
            for (const group of groups) {
              for (const [word, count] of countWords.fn(group) ?? [])
                all.set(word, (all.get(word) ?? 0) + count);
            }
            return [...all].sort(([, m], [, n]) => n - m).slice(0, 5);
          })) / 1000,
      },
      turns,
    );
  } finally {
    await pipeline.dispose();
  }
}
