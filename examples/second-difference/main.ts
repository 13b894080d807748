/**
 * A pipeline: lines are parsed in parallel, their second differences are taken in parallel over windows of three, and
 * added up by one worker, in order. The sums of second differences are first differences again, less the first of them.
 */

import assert from 'node:assert/strict';
import { openPipeline, stage } from 'heddle';
import { Accumulator, parse, secondDifference } from './tasks.ts';

/** Squares, with a comment here and there. */
function* lines(count: number): Generator<string, void, undefined> {
  for (let n = 0; n < count; n++) {
    if (n % 1000 === 0) yield '# a comment';
    yield `${n * n}`;
  }
}

/** It runs in this thread, so it need not be a task. */
function addFirst(sum: number): number {
  return sum + 1;
}

const pipeline = openPipeline(
  [
    stage(parse, { batchSize: 64 }),
    stage(secondDifference, { stateful: 3 }),
    stage(Accumulator(), { stateful: true }),
    stage(addFirst, { inMaster: true }),
  ],
  { cpus: 3 },
);

for (const { name, where, workers } of pipeline.plan().stages) {
  console.log(`${name.padEnd(16)} ${where}${workers > 0 ? `, at most ${workers}` : ''}`);
}

// Twice at once: each run has a sum of its own.
const runs = [100_000, 50_000].map(async (count) => {
  let last = 0;
  for await (const difference of pipeline.apply(lines(count))) {
    assert.equal(difference, last === 0 ? 3 : last + 2);
    last = difference;
  }
  return last;
});
const [larger, smaller] = await Promise.all(runs);
await pipeline.dispose();

console.log(`The last differences are ${larger} and ${smaller}.`);
assert.deepEqual([larger, smaller], [199_997, 99_997]);
