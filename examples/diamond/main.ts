/**
 * The smallest graph worth the name: one value that two calls need, and a third that needs both.
 *
 * Nothing is computed before `run`; until then `u`, `v`, `w` and `x` are handles on calls.
 */

import assert from 'node:assert/strict';
import { run } from 'heddle';
import { add, mul, sub } from './tasks.ts';

const u = add(5, 4);
const v = sub(u, 3);
const w = sub(u, 2);
const x = mul(v, w);

const answer = await run(x);
console.log(`The answer is ${answer}.`);
assert.equal(answer, 42);
