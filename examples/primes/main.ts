/**
 * Factors by `filter`, which asks about all numbers at once, and by `findFirst`, which asks about one after the other
 * and stops at the first that divides. The first is parallel, the second does no more than it must.
 */

import assert from 'node:assert/strict';
import { type Delayed, filter, findFirst, gather, gatherAll, openThreads, run } from 'heddle';
import { divides } from './tasks.ts';

function findFactors(n: number): Delayed<number[]> {
  return filter((x: number) => divides(n, x), range(2, n));
}

function firstFactor(n: number): Delayed<number | undefined> {
  return findFirst((x: number) => divides(n, x), range(2, n));
}

/** The integers from `start` up to, and without, `end`. */
function range(start: number, end: number): readonly number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

await using executor = openThreads({ workers: 4 });

const numbers = range(2, 10);
const all = await run(gatherAll(numbers.map((n) => gather(n, findFactors(n)))), { executor });
for (const [n, factors] of all) {
  const products = factors.map((x) => `${x}*${n / x}`).join(', ');
  console.log(products === '' ? `${n} is prime` : `${n} equals ${products}`);
}
assert.deepEqual(
  all.filter(([, factors]) => factors.length === 0).map(([n]) => n),
  [2, 3, 5, 7],
);

console.log();
const firsts = await run(
  numbers.map((n) => firstFactor(n)),
  { executor },
);
numbers.forEach((n, index) => {
  const x = firsts[index];
  console.log(x === undefined ? `${n} is a prime number` : `${n} equals ${x} * ${n / x}`);
});
assert.deepEqual(firsts, [undefined, undefined, 2, undefined, 2, undefined, 2, 3]);

const first = await run(firstFactor(77), { executor });
console.log(`\nThe first to divide 77 is ${first}`);
assert.equal(first, 7);
