/**
 * An ordinary function that builds a graph, a list of delayed values made one, and four worker threads.
 *
 * `--draw FILE` also writes a picture of the graph: `.svg`, `.mmd` (Mermaid) or `.dot` (Graphviz).
 */

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { parseArgs } from 'node:util';
import { type Delayed, type DrawGraphOptions, drawGraph, gatherAll, run } from 'heddle';
import { accumulate, add, mul, sub } from './tasks.ts';

const formats: Readonly<Record<string, DrawGraphOptions['format']>> = {
  '.svg': 'svg',
  '.mmd': 'mermaid',
  '.dot': 'dot',
};

/** No task: it runs here and now, and what it gives is a graph. */
function myFunction(a: number, b: Delayed<number> | number, c: Delayed<number> | number): Delayed<number> {
  return mul(add(a, b), c);
}

const u = add(1, 1);
const v = sub(3, u);
const w = [0, 1, 2, 3, 4, 5].map((i) => myFunction(i, v, u));
const x = accumulate(gatherAll(w));

const { values: options } = parseArgs({ options: { draw: { type: 'string' } } });
if (options.draw !== undefined) await draw(options.draw);

const answer = await run(x, { threads: 4 });
console.log(`The answer is ${answer}, again.`);
assert.equal(answer, 42);

async function draw(file: string): Promise<void> {
  const format = formats[extname(file)];
  assert.ok(format !== undefined, `Cannot draw as no format ends in '${extname(file)}': received '${file}'`);
  await writeFile(file, drawGraph(x, { format }));
  console.log(`The graph is in ${file}.`);
}
