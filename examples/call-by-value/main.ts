/**
 * What a call is given is what it gets: arguments are copied when the call is made.
 *
 * By reference, on request, a later change shows, as it would if the function were called in the end.
 */

import assert from 'node:assert/strict';
import { run, task } from 'heddle';

interface Box {
  value: number;
}

const double = task((x: Box) => x.value * 2, { name: 'double' });
const doubleLater = double.with({ byReference: true });
const add = task((x: number, y: number) => x + y, { name: 'add' });

const a: Box = { value: 4 };
const b = double(a);
const late = doubleLater(a);
a.value = 5;
const c = double(a);

const byValue = await run(add(b, c));
console.log(byValue);
assert.equal(byValue, 18);

const byReference = await run(add(late, c));
console.log(`by reference: ${byReference}`);
assert.equal(byReference, 20);
