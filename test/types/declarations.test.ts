/**
 * Declarations of user code: what exports tasks and delayed values without writing their types compiles with
 * `declaration: true`, against the built package, and another module sees the same types in the declarations.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ProgramFolder } from '../fixtures/run-program.ts';

const root = join(import.meta.dirname, '../..');

const library = `
import {
  all, any, conditional, delay, filter, findFirst, fold, gather, gatherAll, gatherObject, hint, lift, map, maybe,
  omit, openInline, openThreads, ops, progress, quote, reduce, run, set, task, tasks, treeReduce, unpack, unquote, zipWith,
} from 'heddle';
import { fromWritable, patch, pullFrom, pullMap, pushFrom, pushMap, Queue, sinkMap, threadPool } from 'heddle/streams';

export interface Report { readonly size: number; readonly lines: readonly string[]; readonly inner?: Report }
class Model { readonly weights = [1]; predict(x: number): number { return x; } }

export const { add, stat, safe } = tasks(import.meta, {
  add: (a: number, b: number) => a + b,
  stat: async (path: string) => ({ path, size: 3 }),
  safe: maybe((x: number) => 1 / x),
});
export const block = tasks(import.meta, {
  mul: task((a: number, b: number) => a * b, { version: '1.0' }),
  report: (text: string): Report => ({ size: text.length, lines: [text] }),
  optional: (a: number, b?: string, ...rest: boolean[]) => [a, b, rest] as const,
});
export const local = task((x: number) => x + 1, { name: 'local' });
export const later = task(async (x: string) => new Map([[x, new Date()]]));
export const urgent = add.with({ priority: 5 });
export const recursive = task((n: number): number | ReturnType<typeof local> => (n === 0 ? 0 : local(n)));

export const sum = add(1, 2);
export const hinted = hint(sum, { priority: 1 });
export const size = stat('a').size;
export const upper = stat('a').path.toUpperCase();
export const report = block.report('x');
export const line = report.lines[0];
export const inner = report.inner;
export const model = delay(new Model());
export const predicted = model.predict(3);
export const pair = gather(sum, 'x');
export const list = gatherAll([sum, 2]);
export const named = gatherObject({ sum, other: 'plain' });
export const lifted = lift({ deep: [sum, { text: upper }], map: new Map([['a', sum]]) });
export const [first, second] = unpack(pair, 2);
export const quoted = quote(sum);
export const unquoted = unquote(quoted);
export const chosen = conditional(ops.lt(sum, 5), sum, 'large');
export const mapped = map(add.fn.length === 2 ? local : local, [1, 2]);
export const mappedHere = map(async (x: number) => ({ x }), [1, 2]);
export const kept = filter((x: number) => x > 1, [1, 2]);
export const zipped = zipWith(add, [1], [2]);
export const folded = fold((s: number, x: number): [number, string] => [s, String(x)], 0, [1]);
export const reduced = reduce(add, [1, 2]);
export const tree = treeReduce(add, [1, 2]);
export const found = findFirst((x: number) => x > 1, [1, 2]);
export const foundOr = findFirst((x: number) => x > 1, [1, 2], { otherwise: 'none' });
export const some = any((x: number) => x > 1, [1, 2]);
export const every = all((x: number) => x > 1, [1, 2]);
export const moved = set(delay({ x: 1, y: 2 }), 'x', 5);
export const flat = omit(delay({ x: 1, y: 2 }), 'x');
export const total = ops.add(sum, 2);
export const nested = { sum, list: [sum, upper] as const };
export const value = run({ sum, texts: [upper] });
export const loop = progress([1, 2, 3]);
export const open = () => ({ here: openInline(), threads: openThreads() });
export function build(n: number) { return gather(add(n, 1), stat(String(n))); }
export class Holder { readonly sum = add(1, 2); build() { return map(local, [1]); } }
export const words = new Queue<string>();
export const lengths = words.to(pullMap((word) => word.length)).to(threadPool(async (n: number) => ({ n })));
export const source = pullFrom([1, 2]).to((n) => [n]);
export const pushes = pushMap((n: number) => [n]);
export const sink = pushes.to(sinkMap((list) => list.length));
export const pushing = pushFrom([1]).to((n) => String(n));
export const patched = patch(source, fromWritable(new WritableStream<number[]>()));
export default pair;
`;

const user = `
import type { Delayed, Failure, Task } from 'heddle';
import type { Connection, Sink, Source } from 'heddle/streams';
import { patch } from 'heddle/streams';
import { lengths, pushes, sink, source, words } from './declared/library.js';
import { add, build, chosen, flat, found, mappedHere, pair, predicted, safe, second, stat, value } from './declared/library.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<_T extends true>(): void {}
same<Same<typeof pair, Delayed<[number, string]>>>();
same<Same<typeof second, Delayed<string>>>();
same<Same<typeof predicted, Delayed<number>>>();
same<Same<typeof found, Delayed<number | undefined>>>();
same<Same<typeof chosen, Delayed<string | number>>>();
same<Same<typeof mappedHere, Delayed<{ x: number }[]>>>();
same<Same<ReturnType<typeof build>, Delayed<[number, { path: string; size: number }]>>>();
const totals: Promise<{ sum: number; texts: readonly string[] }> = value;
const sum: Delayed<number> = add(stat('a').size, flat.y);
const failure: Delayed<number | Failure> = safe(1);
const asTask: Task<[a: number, b: number], number> = add;
same<Same<typeof lengths, Connection<string, { n: number }>>>();
same<Same<typeof source, Source<number[]>>>();
same<Same<typeof sink, Sink<number>>>();
// @ts-expect-error a text is no number
source.to(pushes);
// @ts-expect-error a list is no text
void patch(source, words);
// @ts-expect-error a text is no number
words.to((n: number) => n);
// @ts-expect-error a text is no number
add('x', 1);
void [totals, sum, failure, asTask];
`;

const options = {
  target: 'es2024',
  lib: ['es2024', 'esnext.disposable'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  declaration: true,
};

/** Compiles a folder by its configuration; gives what the compiler says. */
function compile(folder: string, config: string): string {
  const tsc = join(root, 'node_modules/.bin/tsc');
  const { stdout, stderr, error } = spawnSync(tsc, ['-p', config], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return `${stdout}${stderr}${error === undefined ? '' : String(error)}`;
}

test('user code that exports tasks and delayed values compiles with declarations, which say the same', {
  timeout: 120_000,
}, () => {
  using folder = new ProgramFolder({
    'library.ts': library,
    'user.ts': user,
    'library.json': JSON.stringify({
      compilerOptions: { ...options, outDir: 'declared' },
      files: ['library.ts'],
    }),
    'user.json': JSON.stringify({
      compilerOptions: { ...options, outDir: 'out', rootDir: '.' },
      files: ['user.ts'],
    }),
  });
  const modules = join(folder.path, 'node_modules');
  mkdirSync(join(modules, '@types'));
  symlinkSync(join(root, 'node_modules/@types/node'), join(modules, '@types/node'), 'dir');
  expect(compile(folder.path, 'library.json')).toBe('');
  const declarations = readFileSync(join(folder.path, 'declared/library.d.ts'), 'utf8');
  // Names that users can import too, not the way into the package's folders.
  expect(declarations.match(/import\("heddle\/(?!streams")[^"]*"\)/g) ?? []).toEqual([]);
  expect(declarations.match(/\bany\b(?!\s*[:(])/g) ?? []).toEqual([]);
  expect(declarations).toMatch(/export declare const pair: .*Delayed<\[number, string\]>/);
  expect(compile(folder.path, 'user.json')).toBe('');
});
