/**
 * Keeps the walls: the project's sources break no prohibition that text can tell, and each such prohibition is
 * really looked for, as a planted breach of it shows.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkLayers, formatBreach, readSources } from '../tools/check-layers.ts';
import { FOLDERS } from '../tools/layers.ts';

const root = join(import.meta.dirname, '..');

test('the sources of the project keep to the layers', () => {
  expect(checkLayers(readSources(root)).map(formatBreach)).toEqual([]);
});

test('every folder of src/ has a layer', () => {
  const folders = readSources(root).flatMap(({ path }) => /^src\/([^/]+)\//.exec(path)?.[1] ?? []);
  expect([...new Set(folders)].filter((folder) => FOLDERS[folder] === undefined)).toEqual([]);
});

/** Builds one source in memory. */
function planted(path: string, text: string): { path: string; text: string }[] {
  return [{ path, text }];
}

describe('checkLayers() finds', () => {
  const cases: readonly [never: number, what: string, path: string, text: string][] = [
    [1, 'a lower folder that imports a higher one', 'src/graph/a.ts', "import { run } from '../run/run.ts';"],
    [1, 'an import of a type only', 'src/graph/a.ts', "import type { Run } from '../run/run.ts';"],
    [1, 'an import type', 'src/graph/a.ts', "export type X = import('../run/run.ts').Run;"],
    [1, 'a dynamic import', 'src/graph/a.ts', "export const f = () => import('../run/run.ts');"],
    [1, 'an export from', 'src/graph/a.ts', "export * from '../run/run.ts';"],
    [1, 'an import over several lines', 'src/graph/a.ts', "import {\n  a,\n  b,\n} from '../run/run.ts';"],
    [1, 'a folder that imports a façade', 'src/run/a.ts', "import { task } from '../index.ts';"],
    [1, 'a folder without a layer', 'src/attic/a.ts', "import { x } from '../base/x.ts';"],
    [1, 'an import from outside src/', 'src/run/a.ts', "import { x } from '../../tools/x.ts';"],
    [1, 'the terminal importing a graph', 'src/terminal/a.ts', "import { x } from '../graph/x.ts';"],
    [1, 'a word of heddle in base/', 'src/base/a.ts', '// Runs a Task.'],
    [
      1,
      "the dashboard's page importing a server",
      'dashboard-ui/a.tsx',
      "import { x } from '../src/dashboard/x.ts';",
    ],
    [1, "the dashboard's page importing node:", 'dashboard-ui/a.ts', "import { join } from 'node:path';"],
    [2, 'node: in a pure folder', 'src/graph/a.ts', "import { join } from 'node:path';"],
    [2, 'a clock in a pure folder', 'src/scheduler/a.ts', 'const t = performance.now();'],
    [2, 'a date of now', 'src/events/a.ts', 'const t = new Date();'],
    [2, 'randomness', 'src/run/a.ts', 'const t = Math.random();'],
    [2, 'a timer outside base/', 'src/terminal/a.ts', 'const t = setTimeout(f, 5);'],
    [2, 'a timer by import', 'src/pool/a.ts', "import timers from 'node:timers/promises';"],
    [2, 'an async function in a pure folder', 'src/task/a.ts', 'export async function f(): X {}'],
    [
      2,
      'a function returning a promise',
      'src/observe/a.ts',
      'export function f(): Promise<void> { return g; }',
    ],
    [
      3,
      'threads started outside transports',
      'src/pool/a.ts',
      "import { Worker } from 'node:worker_threads';",
    ],
    [3, 'processes asked of the process', 'src/run/a.ts', "process.getBuiltinModule('node:child_process');"],
    [4, 'host code in workers', 'src/worker/inside/a.ts', "import { x } from '../host.ts';"],
    [4, 'host code in what workers share', 'src/worker/protocol.ts', "import { x } from './host.ts';"],
    [4, 'graphs in workers', 'src/worker/inside/a.ts', "import { x } from '../../graph/graph.ts';"],
    [5, 'run/ naming an executor', 'src/run/a.ts', "import { openThreads } from '../executor/threads.ts';"],
    [5, 'run/ naming a store', 'src/run/a.ts', "import { openFiles } from '../store/files.ts';"],
    [6, 'store/ knowing tasks', 'src/store/a.ts', "import type { Task } from '../task/task.ts';"],
    [6, 'executor/ knowing graphs', 'src/executor/a.ts', "import type { Graph } from '../graph/graph.ts';"],
    [6, 'executor/ knowing caches', 'src/executor/a.ts', "import type { Cache } from '../cache/cache.ts';"],
    [7, 'the command line going behind the façades', 'src/cli/a.ts', "import { x } from '../run/run.ts';"],
    [
      7,
      'an example going behind the package',
      'examples/boil/main.ts',
      "import { run } from '../../src/index.ts';",
    ],
    [14, 'code made of text', 'src/worker/a.ts', "const f = new Function('return 1');"],
    [15, 'mutable state of a module', 'src/run/a.ts', 'const a = { b: 1 };\nlet count = 0;'],
    [18, 'a file whose name says nothing', 'src/base/utils.ts', ''],
    [18, 'a folder whose name says nothing', 'test/helpers/a.ts', ''],
    [18, 'a class whose name says nothing', 'src/pool/a.ts', 'class PoolManager {}'],
    [19, 'a test that sleeps', 'test/a.test.ts', 'await new Promise((done) => setTimeout(done, 50));'],
    [19, 'a test that imports sleep', 'test/a.test.ts', "import { setTimeout } from 'node:timers/promises';"],
    [19, 'a test that mocks a module', 'test/a.test.ts', "vi.mock('./a.ts');"],
    [20, 'a package in a pure folder', 'src/graph/a.ts', "import dagre from 'dagre';"],
  ];
  test.each(cases)('never %i: %s', (never, _what, path, text) => {
    const found = checkLayers(planted(path, text));
    expect(found.map((breach) => breach.never)).toEqual([never]);
    expect(found[0]?.file).toBe(path);
    expect(found[0]?.mend).not.toBe('');
  });

  test('never 1: a cycle of folders in one layer, once', () => {
    const found = checkLayers([
      { path: 'src/pipeline/a.ts', text: "import { x } from '../parallel/a.ts';" },
      { path: 'src/parallel/a.ts', text: "\nimport type { x } from '../pipeline/a.ts';" },
    ]);
    expect(found.map((breach) => breach.what)).toEqual([
      'folders form a cycle: pipeline → parallel → pipeline',
    ]);
  });

  test('the line of a breach', () => {
    const text = "/* one\n two */\nimport a from './a.ts';\n\nimport x from '../run/x.ts';";
    const [found] = checkLayers(planted('src/graph/a.ts', text));
    expect(found === undefined ? '' : formatBreach(found)).toMatch(
      /^src\/graph\/a\.ts:5 {2}.*\(never 1\)\n {4}/,
    );
  });
});

describe('checkLayers() leaves alone', () => {
  const cases: readonly [what: string, path: string, text: string][] = [
    ['imports within a folder', 'src/graph/a.ts', "import { x } from './b.ts';"],
    ['imports of lower folders', 'src/run/a.ts', "import { x } from '../graph/b.ts';"],
    [
      'the contract of executors in run/',
      'src/run/a.ts',
      "import type { E } from '../executor/executor.ts';",
    ],
    [
      'threads in a transport',
      'src/worker/thread-transport.ts',
      "import { Worker } from 'node:worker_threads';",
    ],
    [
      'threads in the worker’s entry',
      'src/worker/inside/main.ts',
      "import { x } from 'node:worker_threads';",
    ],
    ['the protocol in workers', 'src/worker/inside/a.ts', "import type { M } from '../protocol.ts';"],
    [
      'imports in comments',
      'src/graph/a.ts',
      "// import { run } from '../run/run.ts';\n/** import('../run/x.ts') */",
    ],
    ['imports in strings', 'src/graph/a.ts', 'const s = "import x from \'../run/run.ts\'";'],
    ['imports in templates', 'src/graph/a.ts', "const s = `${'`'} import x from '../run/run.ts' ${`${1}`}`;"],
    [
      'quotes in regular expressions',
      'src/graph/a.ts',
      "const r = /['\"/`]/; // import x from '../run/x.ts'",
    ],
    ['division', 'src/graph/a.ts', "const r = a / b; const s = 'x' + c / d;"],
    ['types that speak of promises', 'src/task/a.ts', 'type F<T> = T extends Promise<infer U> ? U : never;'],
    ['the time inside a worker', 'src/worker/inside/a.ts', 'const t = performance.now();'],
    ['a given date', 'src/run/a.ts', 'const t = new Date(atMs);'],
    [
      'state within a function',
      'src/run/a.ts',
      'function f() { let x = 0; return x; }\nconst g = (a = 1) => { let b = a; };',
    ],
    ['names that only contain an empty one', 'src/run/commonplace.ts', 'const commonAncestor = 1;'],
    [
      'an example that uses the package',
      'examples/boil/main.ts',
      "import { run } from 'heddle';\nimport './a.ts';",
    ],
    ['façades', 'src/index.ts', "export { run } from './run/run.ts';"],
    ['the command line on façades', 'src/cli/main.ts', "import { run } from '../index.ts';"],
  ];
  test.each(cases)('%s', (_what, path, text) => {
    expect(checkLayers(planted(path, text)).map(formatBreach)).toEqual([]);
  });
});
