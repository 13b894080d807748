/**
 * First steps: compose calls, look at the graph, run it on two threads.
 *
 * The picture is Mermaid text, which GitHub and many editors draw.
 */

import assert from 'node:assert/strict';
import { drawGraph, run } from 'heddle';
import { add, mul } from './tasks.ts';

const a = add(1, 1);
const b = mul(a, 2);
const c = add(a, a);
const d = mul(b, c);

console.log(drawGraph(d, { format: 'mermaid' }));

const result = await run(d, { threads: 2 });
console.log(result);
assert.equal(result, 16);
