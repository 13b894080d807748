/**
 * Failures as values: one bad number in a list costs its own result, and the report tells where it went wrong.
 */

import assert from 'node:assert/strict';
import { failed, run } from 'heddle';
import { add, reciprocal, squareRoot } from './tasks.ts';

const inputs = [2, 1, 0, -1];
const roots = await run(
  inputs.map((x) => squareRoot(reciprocal(x))),
  { threads: 2 },
);
inputs.forEach((x, index) => console.log(`sqrt(1 / ${x}) = ${String(roots[index])}`));

assert.deepEqual(roots.slice(0, 2), [Math.SQRT1_2, 1]);
const [, , ofZero, ofNegative] = roots;
assert.ok(failed(ofZero) && !ofZero.isRootCause, 'the root of a failure is not attempted');
assert.ok(failed(ofNegative) && ofNegative.isRootCause, 'the root of a negative number fails itself');

// Both arguments fail, and both are told.
const sum = await run(add(reciprocal(0), squareRoot(-1)));
console.log(`\n1 / 0 + sqrt(-1) = ${String(sum)}`);
assert.ok(failed(sum));
assert.deepEqual(
  sum.failedArguments.map(({ argument, failure }) => [argument, failure.task]),
  [
    [0, 'reciprocal'],
    [1, 'squareRoot'],
  ],
);
