/**
 * Checks that heddle and lazyscribe, the library for Python, read each other's files: each writes, the other reads, changes,
 * and saves, in a folder that is removed afterwards.
 *
 * `npm run interop` does it with the `python3` on the path, `npm run interop -- PYTHON` with another. It needs lazyscribe
 * there (`pip install lazyscribe lazyscribe-yaml lazyscribe-arrow`), and says so if it is missing. What is not as it should
 * be is told, and it exits with 1. The other half is `interop.py`.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createRelease,
  findRelease,
  openProject,
  openReleases,
  openRepository,
  saveRelease,
} from '../../src/artifacts.ts';

const script = join(import.meta.dirname, 'interop.py');
/** Python and its libraries take a second to start, and many on a busy machine. */
const limitMs = 60_000;

/** In a file of a project, whose own indent is deeper within an experiment. */
const betweenExperiments = '\n    },\n    {\n';

/** What the library for Python is. */
export interface About {
  readonly lazyscribe: string;
  readonly python: string;
  /** The aliases that it knows. */
  readonly handlers: readonly string[];
}

/** What it found in a folder. */
interface Found {
  /** The files as it would write them. */
  readonly project: string;
  readonly repository: string;
  readonly slugs: readonly string[];
  readonly experiments: Readonly<Record<string, FoundExperiment>>;
  readonly versions: Readonly<Record<string, readonly unknown[]>>;
  readonly latest: Readonly<Record<string, number>>;
  readonly releases?: readonly unknown[];
}

interface FoundExperiment {
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly artifacts: Readonly<Record<string, unknown>>;
  readonly tests: Readonly<Record<string, unknown>>;
}

/** What it wrote into a folder. */
interface Written {
  readonly slugs: readonly string[];
  readonly features: unknown;
  readonly asOf: unknown;
  readonly asOfExpired: unknown;
  readonly diff: string;
}

/** Tells which lazyscribe a Python has; `undefined` if it has none. */
export function aboutLazyscribe(python: string): About | undefined {
  const { status, stdout } = spawnSync(python, ['-c', 'import lazyscribe'], { timeout: limitMs });
  return status === 0 && stdout !== null ? (ask(python, 'about') as About) : undefined;
}

/**
 * Does all checks.
 *
 * @param tell - is told of each that is well
 * @throws {AssertionError} At the first that is not.
 */
export async function checkInterop(
  python: string,
  about: About,
  tell: (fact: string) => void,
): Promise<void> {
  const folders = ['python', 'heddle'].map((name) => mkdtempSync(join(tmpdir(), `interop-${name}-`)));
  const [fromPython = '', fromHeddle = ''] = folders;
  try {
    await readWhatPythonWrote(fromPython, ask(python, 'write', fromPython) as Written, about, tell);
    await writeForPython(fromHeddle, about);
    await checkWhatPythonRead(fromHeddle, ask(python, 'read', fromHeddle) as Found, about, tell);
    await editInTurns(fromHeddle, () => ask(python, 'edit', fromHeddle), tell);
    const found = ask(python, 'read', fromHeddle) as Found;
    assert.equal(found.project, textOf(fromHeddle, 'project.json'));
    tell('a project that both have changed is read by both');
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

async function readWhatPythonWrote(
  folder: string,
  written: Written,
  { handlers }: About,
  tell: (fact: string) => void,
): Promise<void> {
  const path = join(folder, 'project.json');
  const project = await inFolder(folder, () => openProject(path, { mode: 'r' }));
  assert.deepEqual(
    project.experiments.map(({ slug }) => slug),
    written.slugs,
  );
  const [base, other] = project.experiments;
  assert.ok(base !== undefined && other !== undefined);
  assert.deepEqual(
    { ...base.metrics },
    { auc: 1, tiny: 1e-7, large: 1e22, count: 2n ** 60n + 1n, folds: [0.1, 0.2, 1] },
  );
  assert.deepEqual(
    { ...base.parameters },
    {
      text: 'naïve – 日本語 🚀 \u2028 \x7f \\ "',
      nested: { 10: [null, true, {}], 9: [], Ü: -0 },
      none: null,
    },
  );
  assert.deepEqual({ ...other.metrics }, { nan: Number.NaN, inf: Number.NEGATIVE_INFINITY });
  assert.deepEqual(Object.keys(base.dependencies), ['set-features']);
  tell('metrics, parameters and dependencies that Python wrote are read');

  assert.deepEqual(await base.load('config'), { b: [1, 1.5, null], a: 'é' });
  assert.deepEqual(await base.load('laid out'), { b: 1, a: 2 });
  assert.equal(await base.load('in a folder'), 'x');
  assert.ok((await base.load('model')) instanceof Uint8Array);
  assert.deepEqual(await base.tests[0]?.load('confusion'), { tp: 10 });
  if (handlers.includes('yaml')) {
    const net = { layers: [64, 32], lr: 0.1, none: null, time: '12:30', tiny: 1e-7, yes: 'no' };
    assert.deepEqual(await base.load('net'), net);
  }
  if (handlers.includes('csv') && handlers.includes('parquet')) {
    const columns = { n: 'number', x: 'number', ok: 'boolean' };
    const rows = [
      { name: 'a', n: 1, x: 0.5, ok: true },
      { name: 'b,"c"', n: 2, x: 1, ok: false },
    ];
    assert.deepEqual(await base.load('rows', { options: { columns } }), rows);
    assert.deepEqual(
      await base.load('columns'),
      rows.map((row) => ({ ...row, n: BigInt(row.n) })),
    );
  }
  tell('artifacts that Python wrote are loaded, a pickle as its bytes');

  const before = textOf(folder, 'project.json');
  const again = await inFolder(folder, () => openProject(path, { mode: 'w+' }));
  again.experiments[1]?.logMetric('seen', 1);
  await again.save();
  const first = before.slice(0, before.indexOf(betweenExperiments));
  assert.ok(first.length > 0 && textOf(folder, 'project.json').startsWith(first + betweenExperiments));
  assert.ok(!/\b(?:NaN|Infinity)\b/.test(textOf(folder, 'project.json')));
  tell('a project that Python wrote is saved with what was not changed as it was, and without NaN');

  const repository = await openRepository(join(folder, 'repository.json'), { mode: 'r' });
  const asOf = { asOf: '2020-04-03T12:00:00' };
  assert.deepEqual(await repository.load('features'), written.features);
  assert.deepEqual(await repository.load('features', asOf), written.asOf);
  assert.deepEqual(await repository.load('features', { asOf: '2020-04-05T00:00:00' }), written.asOfExpired);
  assert.equal((await repository.getMetadata('My Model')).handler, 'pickle');
  const diff = await repository.diff('features', { version: 0 }, { version: 2 });
  assert.deepEqual(linesOf(diff), linesOf(written.diff));
  const releases = await openReleases(join(folder, 'releases.json'));
  assert.deepEqual(findRelease(releases, { tag: 'v1.0.0' }).artifacts, [['features', 1]]);
  tell('a repository and its releases that Python wrote are read: latest, as of a time, differences');
}

async function writeForPython(folder: string, { handlers }: About): Promise<void> {
  const upstream = await openProject(join(folder, 'upstream.json'), { mode: 'w', author: 'ada' });
  const source = await upstream.log('Set features', (experiment) => experiment.logMetric('n', 2));
  await upstream.save();

  const project = await openProject(join(folder, 'project.json'), { mode: 'w', author: 'ada' });
  const base = await project.log('Base “performance”, größer', async (experiment) => {
    for (const [name, value] of Object.entries(metrics)) experiment.logMetric(name, value);
    for (const [name, value] of Object.entries(parameters)) experiment.logParameter(name, value);
    experiment.tag('baseline', 'größe');
    experiment.dependOn(source);
    experiment.logArtifact('features', ['a', 'größe'], { handler: 'json' });
    experiment.logArtifact('in a folder', 1, { handler: 'json', fname: 'sub/x.json' });
    if (handlers.includes('yaml')) experiment.logArtifact('net', yamlValue, { handler: 'yaml' });
    if (handlers.includes('csv') && handlers.includes('parquet')) {
      experiment.logArtifact('rows', tableRows, { handler: 'csv' });
      experiment.logArtifact('columns', tableRows, { handler: 'parquet' });
    }
    await experiment.logTest('Only the young', (test) => {
      test.logMetric('auc', 0.5);
      test.logArtifact('confusion', { tp: 10 }, { handler: 'json' });
    });
  });
  // Of one second: the library for Python would write both into one folder.
  for (const seed of [1, 2]) {
    await project.log('Same second', (experiment) => {
      experiment.logArtifact('seed', seed, { handler: 'json' });
    });
  }
  await project.save();

  const repository = await openRepository(join(folder, 'repository.json'), { mode: 'w' });
  await base.promoteArtifact(repository, 'features');
  for (const value of [['a'], ['a', 'b']]) await repository.logArtifact('names', value, { handler: 'json' });
  await repository.setExpiry('names', { version: 1, expiry: '2020-01-01T00:00:00' });
  await repository.save();
  await saveRelease(join(folder, 'releases.json'), await createRelease(repository, 'v1.0.0'));
}

const metrics = { auc: 0.93, tiny: 1e-7, large: 1e22, whole: 1, count: 2n ** 60n + 1n, folds: [0.1, 0.2] };
const parameters = { text: '日本語 🚀 \u2028 \x7f \\ "', nested: { 10: [null, true, {}], 9: [] }, 'ﬀ🚀': {} };
const yamlValue = { yes: 'no', time: '12:30', tiny: 1e-7, layers: [64, 32], text: 'é\u2028🚀', none: null };
const tableRows = [
  { name: 'a', n: 1, x: 0.5, ok: true },
  { name: 'b,"c"\né', n: 2, x: 1.5, ok: false },
];

async function checkWhatPythonRead(
  folder: string,
  found: Found,
  { handlers }: About,
  tell: (fact: string) => void,
): Promise<void> {
  assert.equal(found.project, textOf(folder, 'project.json'));
  assert.equal(found.repository, textOf(folder, 'repository.json'));
  tell('Python writes the project and the repository that heddle wrote, byte by byte');

  const project = await inFolder(folder, () => openProject(join(folder, 'project.json'), { mode: 'r' }));
  assert.deepEqual(
    found.slugs,
    project.experiments.map(({ slug }) => slug),
  );
  const [base] = project.experiments;
  const seen = found.experiments[base?.slug ?? ''];
  assert.ok(base !== undefined && seen !== undefined);
  assert.match(base.slug, /^base-performance-grosser-\d{14}$/);
  // JSON of this side has no integers beyond 2^53.
  assert.deepEqual(seen.metrics, { ...metrics, count: Number(metrics.count) });
  assert.deepEqual(seen.parameters, parameters);
  assert.deepEqual(seen.dependencies, {
    'set-features': base.dependencies['set-features']?.slug,
  });
  assert.deepEqual(seen.artifacts['features'], ['a', 'größe']);
  assert.deepEqual(seen.artifacts['in a folder'], 1);
  if (handlers.includes('yaml')) assert.deepEqual(seen.artifacts['net'], yamlValue);
  if (handlers.includes('csv') && handlers.includes('parquet')) {
    assert.deepEqual(seen.artifacts['rows'], tableRows);
    assert.deepEqual(seen.artifacts['columns'], tableRows);
  }
  assert.deepEqual(seen.tests, { 'Only the young': { confusion: { tp: 10 } } });
  const same = project.experiments.filter(({ name }) => name === 'Same second');
  assert.deepEqual(
    same.map(({ slug }) => found.experiments[slug]?.artifacts['seed']),
    [1, 2],
  );
  tell('Python loads what heddle logged, also of two experiments in one second');

  assert.deepEqual(found.versions['names'], [['a'], ['a', 'b']]);
  assert.deepEqual(found.latest, { features: 0, names: 0 });
  const releases = await openReleases(join(folder, 'releases.json'));
  assert.deepEqual(
    found.releases,
    releases.map(({ tag, artifacts, createdAt }) => ({
      artifacts,
      created_at: createdAt.toISOString().slice(0, 19),
      tag,
    })),
  );
  tell('Python finds the versions, the expiry and the release that heddle wrote');
}

async function editInTurns(folder: string, edit: () => unknown, tell: (fact: string) => void): Promise<void> {
  const path = join(folder, 'project.json');
  const open = await inFolder(folder, () => openProject(path, { mode: 'a', author: 'ada' }));
  await open.log('Meanwhile', (experiment) => experiment.logMetric('n', 1));
  edit();
  await open.save();
  const both = await inFolder(folder, () => openProject(path, { mode: 'r' }));
  assert.deepEqual(await both.require('from-python').load('numbers'), [1, 2]);
  assert.equal(both.require('meanwhile').metrics['n'], 1);
  const [base] = both.experiments;
  assert.equal(base?.metrics['edited'], 2);
  assert.equal(base?.lastUpdatedBy, 'grace');
  tell('what Python saves while heddle has the project open is kept');
}

/** Dependencies are by paths from the working directory. */
async function inFolder<T>(folder: string, act: () => Promise<T>): Promise<T> {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return await act();
  } finally {
    process.chdir(before);
  }
}

function textOf(folder: string, name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}

/** The lines that say what differs; the headers are written in other ways. */
function linesOf(diff: string): readonly string[] {
  return diff
    .split('\n')
    .filter((line) => /^(?:@@|[ +-](?![+-]))/.test(line) && !/^(?:---|\+\+\+)/.test(line));
}

function ask(python: string, ...args: readonly string[]): unknown {
  const { status, stdout, stderr, error } = spawnSync(python, [script, ...args], {
    encoding: 'utf8',
    timeout: limitMs,
    env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
  });
  if (status === 0) return JSON.parse(stdout) as unknown;
  throw new Error(
    `Cannot ask Python: received ${status ?? String(error)} of '${python} ${args.join(' ')}'\n${stderr}`,
  );
}

if (import.meta.main) {
  const [python = 'python3'] = process.argv.slice(2);
  const about = aboutLazyscribe(python);
  if (about === undefined) {
    console.error(
      `Cannot check against lazyscribe as '${python}' has none\n  pip install lazyscribe lazyscribe-yaml lazyscribe-arrow`,
    );
    process.exitCode = 1;
  } else {
    console.log(
      `lazyscribe ${about.lazyscribe} in Python ${about.python}, with ${about.handlers.join(', ')}`,
    );
    await checkInterop(python, about, (fact) => console.log(`ok  ${fact}`));
  }
}
