/**
 * Workers as a connection: jobs are pushed into one end, results are pulled from the other, and what passes is shown.
 *
 * The runners of Noodles were built like this: a queue of jobs, a branch to a log, workers, and a branch again. Here the
 * workers are threads of a pool, which takes from the queue only as results are asked for.
 */

import assert from 'node:assert/strict';
import { openPool } from 'heddle';
import { branch, keepOpen, patch, pushMap, Queue, sinkMap, threadPool } from 'heddle/streams';
import { type Summed, sumOfDigits } from './tasks.ts';

const log = new Queue<string>();
let lines = 0;
const shown = patch(
  log,
  sinkMap((line: string) => {
    lines += 1;
    if (lines <= 3) console.log(line);
  }),
);

const pool = openPool(sumOfDigits, { workers: 2 });
const workers = new Queue<number>({ capacity: 8 })
  .to(branch(keepOpen(pushMap((n: number) => `start ${n}`).to(log))))
  .to(threadPool(pool))
  .to(branch(keepOpen(pushMap(({ n }: Summed) => `done ${n}`).to(log))));

const jobs = Array.from({ length: 500 }, (_, n) => n);
const pushed = patch(jobs, workers);
let total = 0;
for await (const { sum } of workers) total += sum;
await pushed;
log.close();
await shown;
await pool.dispose();

console.log(`… and ${lines - 3} lines more`);
console.log(`The digits of all powers of two below 2^500 sum up to ${total}.`);
assert.equal(lines, 1000);
assert.equal(total, 169_968);
