/**
 * Files that Python's lazyscribe wrote are read, give its answers, and are written again byte by byte.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openProject } from '../../../src/artifacts/track/project.ts';
import { openRepository } from '../../../src/artifacts/track/repository.ts';
import { filesIn, folders } from '../../fixtures/folders.ts';
import { copyLazyscribe } from '../../fixtures/lazyscribe-files.ts';

const newFolder = folders('lazyscribe');
const copied = (): string => copyLazyscribe(newFolder());
const textOf = (path: string): string => readFileSync(path, 'utf8');

const projects = [
  'project/project.json',
  'upstream/project.json',
  'nonfinite/project.json',
  'same-second/project.json',
  'merge/a.json',
  'merge/b.json',
  'merge/a_edited.json',
  'merge/expected_merged.json',
];

describe('a file that nobody changed', () => {
  test.each(projects)('%s is written again as it was, and no other file', async (name) => {
    const folder = copied();
    const before = new Map(filesIn(folder).map((path) => [path, textOf(path)]));
    for (const mode of ['a', 'w+'] as const) {
      const project = await openProject(join(folder, name), { mode });
      await project.save();
      expect(new Map(filesIn(folder).map((path) => [path, textOf(path)]))).toEqual(before);
    }
  });

  test('of a repository is written again as it was', async () => {
    const path = join(copied(), 'repository-minimal/repository.json');
    const before = textOf(path);
    const repository = await openRepository(path, { mode: 'w+' });
    await repository.save();
    expect(textOf(path)).toBe(before);
  });

  const finite = projects.filter((name) => !name.startsWith('nonfinite'));
  test.each(finite)('%s keeps its records when one is added', async (name) => {
    const path = join(copied(), name);
    const before = textOf(path);
    const project = await openProject(path, { mode: 'a' });
    await project.log('A later one', () => undefined);
    await project.save();
    expect(textOf(path).startsWith(`${before.slice(0, -'\n]'.length)},\n    {\n`)).toBe(true);
  });
});

describe('a project', () => {
  test('is in the order in which its experiments were made', async () => {
    const project = await openProject(join(copied(), 'project/project.json'), { mode: 'r' });
    expect(project.experiments.map(({ slug }) => slug)).toEqual([
      'base-performance-20260110093000',
      'base-performance-20260111093000',
      'unicode-experiment-50-done-it-s-314-20260112000001',
      'empty-one-20260112000001',
    ]);
  });

  test('gives the latest experiment of a short slug, and each by its slug', async () => {
    const project = await openProject(join(copied(), 'project/project.json'), { mode: 'r' });
    expect(project.get('base-performance')?.slug).toBe('base-performance-20260111093000');
    expect(project.get('base-performance-20260110093000')?.tags).toEqual(['baseline', 'v1']);
    expect(project.get('unicode-experiment-50-done-it-s-314')?.name).toBe(
      "Ünïcode Ëxperiment / 50% done, it's 3,14!",
    );
  });

  test('gives numbers as numbers, long integers exactly, and texts of any script', async () => {
    const project = await openProject(join(copied(), 'project/project.json'), { mode: 'r' });
    const exp = project.require('base-performance-20260110093000');
    expect(exp.metrics).toEqual({
      auroc: 0.5,
      count: 100_000_000_000_000_000n,
      folds: [0.4, 0.5, 0.6],
      tiny: 1e-7,
      whole: 1,
    });
    expect(exp.parameters).toEqual({
      algorithm: 'lightgbm',
      nested: { depth: { max: 7, min: null }, flags: [true, false] },
      unicode: 'naïve – 日本語 – 🚀 – \u2028',
    });
    expect(exp.createdAt).toEqual(new Date('2026-01-10T09:30:00Z'));
  });

  test('gives who made and who changed an experiment', async () => {
    const project = await openProject(join(copied(), 'project/project.json'), { mode: 'r' });
    const { author, lastUpdated, lastUpdatedBy } = project.require('empty-one');
    expect({ author, lastUpdated, lastUpdatedBy }).toEqual({
      author: 'ada',
      lastUpdated: new Date('2026-02-01T12:00:00Z'),
      lastUpdatedBy: 'grace',
    });
  });

  test('gives its tests, with their artifacts', async () => {
    const project = await openProject(join(copied(), 'project/project.json'), { mode: 'r' });
    const [young, other] = project.require('base-performance-20260110093000').tests;
    expect(young).toMatchObject({
      name: 'Sub-population: under 30',
      description: 'Only the young',
      metrics: { auroc: 0.61 },
      parameters: { filter: 'age < 30' },
    });
    expect(await young?.load('confusion')).toEqual({ tp: 10, fp: 2 });
    expect(other?.description).toBeUndefined();
  });

  test('gives artifacts as values, and those of unknown handlers as bytes with what they noted', async () => {
    const folder = copied();
    const project = await openProject(join(folder, 'project/project.json'), { mode: 'r' });
    const exp = project.require('base-performance-20260110093000');
    expect(await exp.load('features')).toEqual(['a', 'b', 'c']);
    expect(await exp.load('Params File')).toEqual({ a: 1, b: [1.5, null] });
    expect(await exp.load('in sub dir')).toEqual({ k: 'v' });
    expect(await exp.load('config')).toEqual({ layers: [64, 32], lr: 0.1, name: 'net' });
    const file = 'project/base-performance-20260110093000/model-20260110093000.pkl';
    expect(await exp.load('model')).toEqual(Uint8Array.from(readFileSync(join(folder, file))));
    expect(exp.artifacts.find(({ name }) => name === 'poly')).toEqual({
      name: 'poly',
      fname: 'poly-20260110093000.joblib',
      handler: 'joblib',
      version: 0,
      createdAt: new Date('2026-01-10T09:30:00Z'),
      expiry: undefined,
      joblib_version: '1.6.dev0',
      package: 'numpy',
      package_version: '2.4.6',
    });
  });

  test('gives its records as Python has them', async () => {
    const path = join(copied(), 'merge/a_edited.json');
    const project = await openProject(path, { mode: 'r' });
    expect(project.toJSON()).toEqual(JSON.parse(textOf(path)));
  });

  test('gives NaN and the infinities', async () => {
    const project = await openProject(join(copied(), 'nonfinite/project.json'), { mode: 'r' });
    const exp = project.require('non-finite');
    expect(exp.metrics).toEqual({
      inf: Number.POSITIVE_INFINITY,
      nan: Number.NaN,
      ninf: Number.NEGATIVE_INFINITY,
    });
    expect(await exp.load('nan')).toEqual([Number.NaN, 1]);
  });

  test('with one slug thrice has all three', async () => {
    const project = await openProject(join(copied(), 'same-second/project.json'), { mode: 'r' });
    expect(project.experiments.map(({ metrics }) => metrics['i'])).toEqual([0, 1, 2]);
  });

  test('finds what an experiment depends on from the folders above it, wherever this process runs', async () => {
    const project = await openProject(join(copied(), 'project/project.json'), { mode: 'r' });
    const exp = project.require('base-performance-20260110093000');
    expect(exp.dependencyNames).toEqual(['upstream/project.json|set-features-20260105080000']);
    const upstream = exp.dependencies['set-features'];
    expect(upstream?.slug).toBe('set-features-20260105080000');
    expect(await upstream?.load('features')).toEqual(['age', 'height', 'größe']);
  });

  test('keeps a dependency that is not there', async () => {
    const folder = newFolder();
    cpSync(join(copied(), 'project'), folder, { recursive: true });
    const path = join(folder, 'project.json');
    const before = textOf(path);
    const project = await openProject(path, { mode: 'w+' });
    expect(project.require('base-performance-20260110093000').dependencies).toEqual({});
    await project.save();
    expect(textOf(path)).toBe(before);
  });
});

describe('merge()', () => {
  test('gives what lazyscribe gives, byte by byte', async () => {
    const folder = copied();
    const open = (name: string) => openProject(join(folder, 'merge', name), { mode: 'r' });
    const path = join(newFolder(), 'merged.json');
    const merged = (await openProject(path, { mode: 'w' })).merge(
      await open('a.json'),
      await open('b.json'),
      await open('a_edited.json'),
    );
    await merged.save();
    expect(textOf(path)).toBe(textOf(join(folder, 'merge/expected_merged.json')));
  });
});

describe('a repository', () => {
  test('gives each artifact by its name, and the numbers of versions', async () => {
    const repository = await openRepository(join(copied(), 'repository-minimal/repository.json'), {
      mode: 'r',
    });
    expect(repository.names).toEqual(['config', 'features', 'model']);
    expect(await repository.load('features')).toEqual(['a', 'b']);
    expect(await repository.getMetadata('features')).toMatchObject({ version: 1, expiry: undefined });
    await expect(repository.load('features', { version: 0 })).rejects.toMatchObject({
      code: 'HEDDLE_VERSION_NOT_FOUND',
    });
  });
});

describe('a changed experiment', () => {
  test('keeps the tokens of the numbers that were not changed', async () => {
    const path = join(copied(), 'project/project.json');
    const before = textOf(path);
    const project = await openProject(path, { mode: 'w+', author: 'linus' });
    const exp = project.require('base-performance-20260110093000');
    exp.logMetric('later', 2);
    await project.save();
    const after = textOf(path)
      .replace('            "later": 2,\n', '')
      .replace(exp.lastUpdated.toISOString().slice(0, 19), '2026-01-10T09:30:00')
      .replace('"last_updated_by": "linus"', '"last_updated_by": "ada"');
    expect(after).toBe(before);
  });

  test('has no bare NaN in an experiment that nobody changed either', async () => {
    const path = join(copied(), 'nonfinite/project.json');
    const project = await openProject(path, { mode: 'a' });
    await project.log('another', (exp) => exp.logMetric('NaN', 1));
    await project.save();
    const [before, another] = JSON.parse(textOf(path)) as { metrics: unknown }[];
    expect(before?.metrics).toMatchObject({ inf: Number.POSITIVE_INFINITY, nan: null });
    expect(another?.metrics).toEqual({ NaN: 1 });
    await project.log('third', (exp) => exp.logMetric('m', 1));
    await project.save();
    expect(JSON.parse(textOf(path))).toHaveLength(3);
  });

  test('has no bare NaN', async () => {
    const path = join(copied(), 'nonfinite/project.json');
    const project = await openProject(path, { mode: 'w+' });
    project.require('non-finite').tag('seen');
    await project.save();
    expect(JSON.parse(textOf(path))[0].metrics).toEqual({
      inf: Number.POSITIVE_INFINITY,
      nan: null,
      ninf: Number.NEGATIVE_INFINITY,
    });
  });
});

describe('JSON.stringify()', () => {
  test('of a project writes each number as the file has it, but for the point of a whole one', async () => {
    const path = join(copied(), 'project/project.json');
    writeFileSync(path, textOf(path).replace('100000000000000000', '12345678901234567890'));
    const text = JSON.stringify(await openProject(path, { mode: 'r' }));
    expect(text).toContain('"count":12345678901234567890,"folds":[0.4,0.5,0.6],"tiny":1e-7,"whole":1}');
    expect(JSON.parse(text)).toEqual(JSON.parse(textOf(path)));
  });
});
