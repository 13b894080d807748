/**
 * Recursion without a stack: 10000! with and without tail calls, and what each keeps in memory meanwhile.
 */

import assert from 'node:assert/strict';
import { run } from 'heddle';
import { factorialHolding, factorialTailHolding, mostArrays } from './gobble.ts';
import { factorial, factorialTail } from './tasks.ts';

const waited = await run(factorial(10_000n));
console.log(`10000! = ${shortened(waited)}`);
assert.equal(String(waited).length, 35_660);

const tailed = await run(factorialTail(10_000n, 1n));
console.log(`by tail calls: ${tailed === waited ? 'the same' : shortened(tailed)}`);
assert.equal(tailed, waited);

const steps = 50n;
assert.equal(await run(factorialHolding(steps)), await run(factorialTail(steps, 1n)));
const arraysHeld = mostArrays();
assert.equal(await run(factorialTailHolding(steps)), await run(factorialTail(steps, 1n)));
const arraysHeldByTail = mostArrays();
console.log(`${steps} steps, each with an array of 2 MiB: at most ${arraysHeld} in memory at once`);
console.log(`the same by tail calls: at most ${arraysHeldByTail}`);
assert.ok(arraysHeld > Number(steps), 'products that wait keep their arrays');
assert.ok(arraysHeldByTail < 10, 'tail calls give up their arrays');

const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(`peak memory of all this: ${peakMiB} MiB`);

/** The first and the last digits. */
function shortened(number: bigint): string {
  const digits = String(number);
  return `${digits.slice(0, 61)} … ${digits.slice(-7)} (${digits.length} digits)`;
}
