/**
 * Number crunching on all cores: twenty sums of primes, first on one thread, then on as many as there are cores.
 *
 * The display goes to stderr; the sums and the times go to stdout.
 */

import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { gatherAll, openThreads, run, terminal } from 'heddle';
import { sumOfPrimes } from './tasks.ts';

const inputs = Array.from({ length: 20 }, (_, index) => 1e6 + 5e4 * index);
const cores = availableParallelism();
console.log(`We have ${cores} cores to work on!`);

const single = await sumAll(1);
console.log(`one thread: ${seconds(single.ms)}`);
const parallel = await sumAll(cores);
console.log(
  `${cores} threads: ${seconds(parallel.ms)}, ${(single.ms / parallel.ms).toFixed(1)} times as fast`,
);
console.log(parallel.sums.join(' '));

assert.deepEqual(parallel.sums, single.sums);
assert.equal(parallel.sums[0], 37_550_402_023);
assert.equal(parallel.sums.at(-1), 136_136_977_177);

/** Runs all sums on so many threads, and takes the time without that of starting the threads. */
async function sumAll(workers: number): Promise<{ readonly sums: readonly number[]; readonly ms: number }> {
  await using executor = openThreads({ workers });
  await run(
    inputs.slice(0, workers).map(() => sumOfPrimes(10)),
    { executor },
  );
  const startMs = performance.now();
  const graph = gatherAll(inputs.map((n) => sumOfPrimes(n)));
  const sums = await run(graph, { executor, sinks: terminal() });
  return { sums, ms: performance.now() - startMs };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
