/**
 * Several writers of one file, in this process and in others: nothing of any is lost, and what contradicts is told.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SaveError } from '../../../src/artifacts/track/errors.ts';
import type { Experiment } from '../../../src/artifacts/track/experiment.ts';
import { type OpenProjectOptions, openProject, type Project } from '../../../src/artifacts/track/project.ts';
import { openRepository, type Repository } from '../../../src/artifacts/track/repository.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { folders } from '../../fixtures/folders.ts';
import { runProgram } from '../../fixtures/run-program.ts';

const newFolder = folders('writers');
const limitMs = 60_000;
const json = { handler: 'json' } as const;
const source = pathToFileURL(join(import.meta.dirname, '../../../src/artifacts/track')).href;

const newPath = (): string => join(newFolder(), 'project.json');
const open = (path: string, options: OpenProjectOptions = {}): Promise<Project> =>
  openProject(path, { clock: new FakeClock(Date.parse('2026-03-01T12:00:00Z')), author: 'ada', ...options });

/** A project with one experiment, opened twice to be changed. */
async function opened(mode: 'a' | 'w+' = 'w+'): Promise<{ path: string; one: Project; two: Project }> {
  const path = newPath();
  const project = await open(path);
  await project.log('base', (exp) => {
    exp.logMetric('m', 1);
    exp.tag('first');
    exp.logArtifact('a', 0, json);
    void exp.logTest('t', (each) => each.logMetric('x', 1));
  });
  await project.save();
  const later = new FakeClock(Date.parse('2026-03-02T12:00:00Z'));
  return {
    path,
    one: await open(path, { mode, clock: later }),
    two: await open(path, { mode, author: 'grace', clock: later }),
  };
}

describe('two projects of one file', () => {
  test('both add: all is there, in each of them too once it has saved', async () => {
    const { path, one, two } = await opened('a');
    await one.log('one', (exp) => exp.logArtifact('f', 1, json));
    await two.log('two', (exp) => exp.logArtifact('f', 2, json));
    await one.save();
    await two.save();
    expect([...two].map(({ name }) => name)).toEqual(['base', 'one', 'two']);
    const again = await open(path, { mode: 'r' });
    expect([...again].map(({ name }) => name)).toEqual(['base', 'one', 'two']);
    expect([await again.require('one').load('f'), await again.require('two').load('f')]).toEqual([1, 2]);
    await one.save();
    expect([...one].map(({ name }) => name)).toEqual(['base', 'one', 'two']);
  });

  test('both add one of the same slug: the second gets another, and its own artifacts', async () => {
    const { path, one, two } = await opened('a');
    const first = await one.log('same', (exp) => exp.logArtifact('f', 1, json));
    const second = await two.log('same', (exp) => exp.logArtifact('f', 2, json));
    expect(first.slug).toBe(second.slug);
    await one.save();
    await two.save();
    expect([first.slug, second.slug]).toEqual(['same-20260302120000', 'same-20260302120000-2']);
    const again = await open(path, { mode: 'r' });
    expect(await Promise.all([...again].slice(1).map((exp) => exp.load('f')))).toEqual([1, 2]);
    second.logMetric('later', 1);
    await two.save();
    expect((await open(path, { mode: 'r' })).require(second.slug).metrics).toEqual({ later: 1 });
  });

  test.each([
    ['a', ['old', 'one', 'two']],
    // What was there before both began anew is gone.
    ['w', ['one', 'two']],
    ['w+', ['old', 'one', 'two']],
  ] as const)('both begin a file in mode %s', async (mode, names) => {
    const path = newPath();
    const [one, two] = [await open(path, { mode }), await open(path, { mode })];
    await one.log('old', () => undefined);
    await two.log('older', () => undefined);
    await one.save();
    await two.save();
    expect((await open(path)).size).toBe(2);
    await (await open(path, { mode: 'w' })).save();
    const old = await open(path);
    await old.log('old', () => undefined);
    await old.save();
    const [three, four] = [await open(path, { mode }), await open(path, { mode })];
    await three.log('one', () => undefined);
    await four.log('two', () => undefined);
    await three.save();
    await four.save();
    expect([...(await open(path, { mode: 'r' }))].map(({ name }) => name)).toEqual(names);
  });

  test('both change one experiment in different places: both changes are there', async () => {
    const { path, one, two } = await opened();
    const [a, b] = [one.require('base'), two.require('base')];
    a.logMetric('m', 2);
    a.tag('by one');
    a.logArtifact('by one', 1, json);
    void a.logTest('by one', () => undefined);
    b.logParameter('p', 3);
    b.tag('by two');
    b.logArtifact('by two', 2, json);
    b.tests[0]?.logMetric('y', 2);
    await one.save();
    await two.save();
    const exp = (await open(path, { mode: 'r' })).require('base');
    expect(exp).toMatchObject({
      metrics: { m: 2 },
      parameters: { p: 3 },
      tags: ['first', 'by one', 'by two'],
      lastUpdatedBy: 'grace',
    });
    expect(exp.artifacts.map(({ name }) => name)).toEqual(['a', 'by one', 'by two']);
    expect(exp.tests.map((each) => [each.name, each.metrics])).toEqual([
      ['t', { x: 1, y: 2 }],
      ['by one', {}],
    ]);
    expect([await exp.load('by one'), await exp.load('by two')]).toEqual([1, 2]);
    // The object at hand is the joined one.
    expect(b.metrics).toEqual({ m: 2 });
  });

  test('both change the same: nothing is saved until somebody decides', async () => {
    for (const choice of ['ours', 'theirs'] as const) {
      const { path, one, two } = await opened();
      one.require('base').logMetric('m', 2);
      one.require('base').logArtifact('f', 'one', json);
      two.require('base').logMetric('m', 3);
      two.require('base').logArtifact('f', 'two', json);
      await one.save();
      const text = readFileSync(path, 'utf8');
      await expect(two.save()).rejects.toMatchObject({
        code: 'HEDDLE_SAVE_FAILED',
        conflicts: [
          "experiment 'base-20260301120000'.metrics['m']",
          "experiment 'base-20260301120000'.artifacts['f']",
        ],
      });
      expect(readFileSync(path, 'utf8')).toBe(text);
      await two.save({ conflicts: choice });
      const exp = (await open(path, { mode: 'r' })).require('base');
      expect([exp.metrics, await exp.load('f')]).toEqual(
        choice === 'ours' ? [{ m: 3 }, 'two'] : [{ m: 2 }, 'one'],
      );
    }
  });

  test('both overwrite an artifact in the second in which it was saved: that is told', async () => {
    for (const choice of ['ours', 'theirs'] as const) {
      const path = newPath();
      const named = { ...json, fname: 'n.json', overwrite: true } as const;
      const first = await open(path);
      await first.log('x', (exp) => exp.logArtifact('n', 0, named));
      await first.save();
      const [one, two] = [
        await open(path, { mode: 'w+', author: 'grace' }),
        await open(path, { mode: 'w+' }),
      ];
      one.require('x').logArtifact('n', 'one', named);
      two.require('x').logArtifact('n', 'two', named);
      await one.save();
      await expect(two.save()).rejects.toMatchObject({
        conflicts: ["experiment 'x-20260301120000'.artifacts['n']"],
      });
      await two.save({ conflicts: choice });
      const mine = choice === 'ours' ? 'two' : 'one';
      expect(await (await open(path, { mode: 'r' })).require('x').load('n')).toBe(mine);
      expect(await two.require('x').load('n')).toBe(mine);
    }
  });

  test('one overwrites an artifact in that second, the other removes the experiment: it stays', async () => {
    const path = newPath();
    const named = { ...json, fname: 'n.json', overwrite: true } as const;
    const one = await open(path, { mode: 'w+' });
    const exp = await one.log('x', (each) => each.logArtifact('n', 0, named));
    await one.save();
    exp.logArtifact('n', 1, named);
    await (await open(path, { mode: 'w' })).save();
    await one.save();
    expect(await (await open(path, { mode: 'r' })).require('x').load('n')).toBe(1);
  });

  test('both log a test of one name in one second: both are there, with their artifacts', async () => {
    const { path, one, two } = await opened();
    for (const [value, project] of [one, two].entries())
      await project.require('base').logTest('new', (each) => each.logArtifact('n', value, json));
    await one.save();
    await two.save();
    await two.save();
    const tests = (await open(path, { mode: 'r' }))
      .require('base')
      .tests.filter(({ name }) => name === 'new');
    expect(await Promise.all(tests.map((each) => each.load('n')))).toEqual([0, 1]);
    expect(new Set(tests.map((each) => each.artifacts[0]?.fname)).size).toBe(2);
  });

  test('both overwrite an artifact of a test in the second in which it was saved: that is told', async () => {
    const path = newPath();
    const named = { ...json, fname: 'n.json', overwrite: true } as const;
    const first = await open(path);
    await first.log('x', (exp) => void exp.logTest('t', (each) => each.logArtifact('n', 0, named)));
    await first.save();
    const [one, two] = [await open(path, { mode: 'w+', author: 'grace' }), await open(path, { mode: 'w+' })];
    one.require('x').tests[0]?.logArtifact('n', 'one', named);
    two.require('x').tests[0]?.logArtifact('n', 'two', named);
    await one.save();
    await expect(two.save()).rejects.toMatchObject({
      conflicts: ["experiment 'x-20260301120000'.tests['t'].artifacts['n']"],
    });
  });

  test('both make the same change: it is there once', async () => {
    const { path, one, two } = await opened();
    for (const project of [one, two]) {
      project.require('base').logMetric('n', 5);
      project.require('base').tag('both');
    }
    await one.save();
    await two.save();
    expect((await open(path, { mode: 'r' })).require('base')).toMatchObject({
      metrics: { m: 1, n: 5 },
      tags: ['first', 'both'],
    });
  });

  test('one removes what the other changed: that stays', async () => {
    const { path, one, two } = await opened();
    const anew = await open(path, { mode: 'w' });
    await anew.save();
    one.require('base').logMetric('m', 2);
    await one.save();
    await two.save();
    const again = await open(path, { mode: 'r' });
    expect(again.require('base').metrics).toEqual({ m: 2 });
    expect([...two].map((exp) => exp.metrics)).toEqual([{ m: 2 }]);
  });

  test('one changes what the other logged: whoever holds it sees that, and what they write is saved', async () => {
    const path = newPath();
    const one = await open(path, { mode: 'a' });
    const exp = await one.log('train', (each) => {
      each.logMetric('epoch', 1);
      void each.logTest('t', (part) => part.logMetric('x', 1));
    });
    const held = exp.tests[0];
    await one.save();
    const two = await open(path, { mode: 'w+', author: 'grace' });
    two.require('train').tag('seen');
    two.require('train').tests[0]?.logMetric('y', 2);
    await two.save();
    await one.save();
    expect(one.get('train')).toBe(exp);
    expect(exp).toMatchObject({ tags: ['seen'], lastUpdatedBy: 'grace', isReadOnly: false });
    expect(held?.metrics).toEqual({ x: 1, y: 2 });
    exp.logMetric('epoch', 2);
    held?.logMetric('z', 3);
    exp.logArtifact('model', [1, 2], json);
    await one.save();
    const again = (await open(path, { mode: 'r' })).require('train');
    expect(again).toMatchObject({ metrics: { epoch: 2 }, tags: ['seen'] });
    expect(again.tests[0]?.metrics).toEqual({ x: 1, y: 2, z: 3 });
    expect(await again.load('model')).toEqual([1, 2]);
  });

  test('one changes what the other has in another file, too: there it is as it was', async () => {
    const folder = newFolder();
    const [first, second] = [await open(join(folder, 'one.json')), await open(join(folder, 'two.json'))];
    const exp = await first.log('train', () => undefined);
    await first.save();
    second.append(exp);
    await second.save();
    const other = await open(second.path, { mode: 'w+' });
    other.require('train').tag('seen');
    await other.save();
    await second.save();
    expect([second.require('train').tags, exp.tags]).toEqual([['seen'], []]);
    exp.logMetric('m', 1);
    await first.save();
    expect((await open(first.path, { mode: 'r' })).require('train').metrics).toEqual({ m: 1 });
  });

  test('one saves what has the slug of what the other is still logging: that has another, and is at hand', async () => {
    const path = newPath();
    const [one, two] = [await open(path), await open(path)];
    const exp = await one.log('same', async () => {
      await two.log('same', () => undefined);
      await two.save();
      await one.save();
    });
    exp.logMetric('m', 1);
    await one.save();
    expect(one.get(exp.slug)).toBe(exp);
    const again = await open(path, { mode: 'r' });
    expect([...again].map(({ slug, metrics }) => [slug, metrics])).toEqual([
      ['same-20260301120000', {}],
      ['same-20260301120000-2', { m: 1 }],
    ]);
  });

  test('one removes what the other logged: to write to it fails, until it is appended again', async () => {
    const path = newPath();
    const one = await open(path);
    const exp = await one.log('train', (each) => each.logArtifact('f', 1, json));
    await one.save();
    await (await open(path, { mode: 'w' })).save();
    await one.save();
    expect(one.size).toBe(0);
    expect(() => exp.logMetric('m', 1)).toThrow(/another writer has removed experiment/);
    expect(() => exp.logArtifact('g', 1, json)).toThrow(/another writer has removed experiment/);
    expect(() => exp.logTest('t', () => undefined)).toThrow(/another writer has removed experiment/);
    one.append(exp);
    exp.logMetric('m', 1);
    await one.save();
    const again = (await open(path, { mode: 'r' })).require('train');
    expect([again.metrics, await again.load('f')]).toEqual([{ m: 1 }, 1]);
  });

  test('one is merged and saved first: its own experiments are not there twice', async () => {
    const { path, one, two } = await opened('a');
    const exp = await one.log('new', (experiment) => experiment.logArtifact('f', 1, json));
    await one.merge(two).save();
    exp.logMetric('later', 1);
    await one.save();
    const again = await open(path, { mode: 'r' });
    expect([...again].map(({ name, metrics }) => [name, metrics])).toEqual([
      ['base', { m: 1 }],
      ['new', { later: 1 }],
    ]);
    expect(await again.require('new').load('f')).toBe(1);
  });
});

describe('two projects that change one experiment at random', () => {
  /** Sets a metric, adds a tag, or logs an artifact. */
  const change = fc.oneof(
    fc.record({
      kind: fc.constant('metric' as const),
      name: fc.constantFrom('a', 'b', 'c'),
      value: fc.nat(2),
    }),
    fc.record({ kind: fc.constant('tag' as const), name: fc.constantFrom('x', 'y'), value: fc.constant(0) }),
    fc.record({ kind: fc.constant('artifact' as const), name: fc.constantFrom('f', 'g'), value: fc.nat(2) }),
  );
  type Change = {
    readonly kind: 'metric' | 'tag' | 'artifact';
    readonly name: string;
    readonly value: number;
  };

  function apply(exp: Experiment, { kind, name, value }: Change): void {
    if (kind === 'metric') exp.logMetric(name, value);
    else if (kind === 'tag') exp.tag(name);
    else exp.logArtifact(name, value, { ...json, overwrite: true });
  }

  /** What is to be there of metrics: by name, that which one of them changed; none if they differ. */
  function plainly(
    ours: ReadonlyMap<string, number>,
    theirs: ReadonlyMap<string, number>,
  ): { merged: Record<string, number>; contradict: string[] } {
    const merged: Record<string, number> = {};
    const contradict: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const was = name === 'a' ? 0 : undefined;
      const [mine, their] = [ours.get(name) ?? was, theirs.get(name) ?? was];
      const value = mine === was ? their : mine;
      if (value !== undefined) merged[name] = value;
      if (mine !== was && their !== was && mine !== their) contradict.push(name);
    }
    return { merged, contradict };
  }

  test('keep what a plain rule says, and tell what contradicts', { timeout: limitMs }, async () => {
    const changes = fc.array(change, { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(changes, changes, async (first, second) => {
        const path = newPath();
        const base = await open(path);
        await base.log('base', (exp) => {
          exp.logMetric('a', 0);
          exp.logArtifact('f', 'base', json);
        });
        await base.save();
        const clock = new FakeClock(Date.parse('2026-03-02T12:00:00Z'));
        const [one, two] = [await open(path, { mode: 'w+', clock }), await open(path, { mode: 'w+', clock })];
        for (const each of first) apply(one.require('base'), each);
        for (const each of second) apply(two.require('base'), each);
        await one.save();
        const told = await two.save().then(
          () => [],
          (error: SaveError) => error.conflicts,
        );
        const metricsOf = (all: readonly Change[]): Map<string, number> =>
          new Map(all.filter(({ kind }) => kind === 'metric').map(({ name, value }) => [name, value]));
        const { merged, contradict } = plainly(metricsOf(second), metricsOf(first));
        const logged = (all: readonly Change[], name: string): boolean =>
          all.some((each) => each.kind === 'artifact' && each.name === name);
        const both = ['f', 'g'].filter((name) => logged(first, name) && logged(second, name));
        const place = "experiment 'base-20260301120000'";
        expect([...told].sort()).toEqual(
          [
            ...contradict.map((name) => `${place}.metrics['${name}']`),
            ...both.map((name) => `${place}.artifacts['${name}']`),
          ].sort(),
        );
        if (told.length > 0) await two.save({ conflicts: 'ours' });
        const again = (await open(path, { mode: 'r' })).require('base');
        const tags = (all: readonly Change[]): string[] =>
          all.filter(({ kind }) => kind === 'tag').map(({ name }) => name);
        const most = (name: string): number =>
          Math.max(...[first, second].map((all) => tags(all).filter((tag) => tag === name).length));
        expect(again.metrics).toEqual(merged);
        expect([...again.tags].sort()).toEqual(
          ['x', 'y'].flatMap((name) => Array<string>(most(name)).fill(name)),
        );
        for (const name of ['f', 'g']) {
          const last = [...first, ...second].findLast(
            (each) => each.kind === 'artifact' && each.name === name,
          );
          const before = name === 'f' ? 'base' : undefined;
          const loaded = again.has(name) ? await again.load(name) : undefined;
          expect(loaded).toEqual(last?.value ?? before);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('two repositories of one file', () => {
  const openAt = (path: string): Promise<Repository> =>
    openRepository(path, { clock: new FakeClock(Date.parse('2026-03-01T12:00:00Z')) });

  test('both log a version: both are there, under different numbers and files', async () => {
    const path = join(newFolder(), 'repository.json');
    const [one, two] = [await openAt(path), await openAt(path)];
    await one.logArtifact('f', 1, json);
    await two.logArtifact('f', 2, json);
    await one.save();
    await two.save();
    const again = await openRepository(path, { mode: 'r' });
    expect(await Promise.all([0, 1].map((version) => again.load('f', { version })))).toEqual([1, 2]);
    expect(again.versions('f').map(({ fname }) => fname)).toEqual([
      'f-20260301120000.json',
      'f-20260301120000-2.json',
    ]);
    expect(await two.load('f', { version: 1 })).toBe(2);
  });

  test('set different expiries: that is told, and decided', async () => {
    for (const choice of ['ours', 'theirs'] as const) {
      const path = join(newFolder(), 'repository.json');
      const first = await openAt(path);
      await first.logArtifact('f', 1, json);
      await first.save();
      const [one, two] = [await openAt(path), await openAt(path)];
      await one.setExpiry('f', { version: 0, expiry: '2026-04-01T00:00:00' });
      await two.setExpiry('f', { version: 0, expiry: '2026-05-01T00:00:00' });
      await one.save();
      await expect(two.save()).rejects.toMatchObject({ conflicts: ["version 0 of 'f'"] });
      await two.save({ conflicts: choice });
      const { expiry } = await (await openRepository(path, { mode: 'r' })).getMetadata('f', { version: 0 });
      expect(expiry).toEqual(new Date(choice === 'ours' ? '2026-05-01T00:00:00Z' : '2026-04-01T00:00:00Z'));
    }
  });
});

describe('what is logged while it is saved', () => {
  test('is saved the next time, and nothing of it is taken for saved', async () => {
    const { path, one } = await opened();
    const base = one.require('base');
    let isSaving = true;
    for (let i = 0; i < 40; i++) await one.log(`before ${i}`, (exp) => exp.logArtifact('f', i, json));
    const saving = one.save().finally(() => {
      isSaving = false;
    });
    let count = 0;
    while (isSaving) {
      const at = count++;
      base.logMetric(`during ${at}`, at);
      await one.log(`during ${at}`, (exp) => exp.logArtifact('f', at, json));
      await new Promise<void>((resolve) => systemClock.soon(resolve));
    }
    await saving;
    await one.save();
    const again = await open(path, { mode: 'r' });
    expect(again.size).toBe(41 + count);
    expect(Object.keys(again.require('base').metrics)).toHaveLength(1 + count);
    for (let at = 0; at < count; at++) expect(await again.require(`during-${at}`).load('f')).toBe(at);
  });

  test('to a repository, too', async () => {
    const path = join(newFolder(), 'repository.json');
    const repository = await openRepository(path);
    for (let i = 0; i < 40; i++) await repository.logArtifact('f', i, json);
    let isSaving = true;
    const saving = repository.save().finally(() => {
      isSaving = false;
    });
    let count = 40;
    while (isSaving) {
      await repository.logArtifact('f', count++, json);
      await new Promise<void>((resolve) => systemClock.soon(resolve));
    }
    await saving;
    await repository.save();
    const again = await openRepository(path, { mode: 'r' });
    expect(again.size).toBe(count);
    for (let version = 0; version < count; version++)
      expect(await again.load('f', { version })).toBe(version);
  });
});

describe('two projects of one folder', () => {
  test('that are saved at once have files of their own', async () => {
    const folder = newFolder();
    const projects = await Promise.all(
      ['one', 'two', 'three'].map((name) => open(join(folder, `${name}.json`))),
    );
    for (const [at, project] of projects.entries())
      for (let i = 0; i < 5; i++) await project.log('same', (exp) => exp.logArtifact('f', [at, i], json));
    await Promise.all(projects.map((project) => project.save()));
    for (const [at, { path }] of projects.entries()) {
      const again = await open(path, { mode: 'r' });
      expect(await Promise.all([...again].map((exp) => exp.load('f')))).toEqual(
        [0, 1, 2, 3, 4].map((i) => [at, i]),
      );
    }
  });
});

describe('processes', { timeout: limitMs }, () => {
  test('that add to one project at once lose nothing of each other', async () => {
    const path = newPath();
    const program = join(newFolder(), 'writer.ts');
    writeFileSync(
      program,
      `
      import { openProject } from '${source}/project.ts';
      const [path, writer] = process.argv.slice(2);
      const project = await openProject(path, { mode: 'a', author: writer });
      for (let i = 0; i < 12; i++) {
        await project.log('same name', (exp) => {
          exp.logParameter('from', writer + i);
          exp.logArtifact('value', writer + i, { handler: 'json' });
        });
        await project.save({ waitMs: 50_000 });
      }
      `,
    );
    const ended = await Promise.all(
      ['a', 'b'].map((writer) => runProgram(program, { args: [path, writer], limitMs })),
    );
    expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    const project = await open(path, { mode: 'r' });
    expect(project.size).toBe(24);
    expect(new Set([...project].map(({ slug }) => slug)).size).toBe(24);
    for (const exp of project) expect(await exp.load('value')).toBe(exp.parameters['from']);
    expect(readdirSync(join(path, '..')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('one that is killed as it saves leaves the files as they were, or saved, and locks nobody out', async () => {
    const path = newPath();
    const first = await open(path);
    await first.log('first', (exp) => exp.logArtifact('f', 1, json));
    await first.save();
    const before = readFileSync(path, 'utf8');
    const program = join(newFolder(), 'killed.ts');
    // It ends itself when the first files of its artifacts are written: before the records are.
    writeFileSync(
      program,
      `
      import fs from 'node:fs';
      import { openProject } from '${source}/project.ts';
      const write = fs.writeFile;
      let writes = 0;
      fs.writeFile = (...args) => {
        if (++writes === 3) process.kill(process.pid, 'SIGKILL');
        else write(...args);
      };
      const project = await openProject(process.argv[2], { mode: 'a' });
      for (let i = 0; i < 8; i++) await project.log('killed ' + i, (exp) => exp.logArtifact('f', i, { handler: 'json' }));
      await project.save();
      `,
    );
    const { signal } = await runProgram(program, { args: [path], limitMs });
    expect(signal).toBe('SIGKILL');
    expect(readFileSync(path, 'utf8')).toBe(before);
    const lock = join(path, '../.project.json.lock/writer');
    expect(readdirSync(lock)).toHaveLength(1);
    const next = await open(path);
    await next.log('next', () => undefined);
    await next.save({ waitMs: 1000 });
    expect([...(await open(path, { mode: 'r' }))].map(({ name }) => name)).toEqual(['first', 'next']);
    expect(existsSync(join(lock, '..'))).toBe(false);
  });
});

describe('a program that waits for no lock', { timeout: limitMs }, () => {
  test.each([
    ['once', 1, 'undefined', ['first', 'other', 'mine'], ['mine-', 'project.json']],
    [
      'again and again',
      1000,
      'HEDDLE_SAVE_FAILED',
      ['first', ...Array<string>(5).fill('other')],
      ['project.json'],
    ],
  ])(
    'and writes the file %s while artifacts are written loses nothing',
    async (_, times, code, names, files) => {
      const path = newPath();
      const first = await open(path);
      await first.log('first', () => undefined);
      await first.save();
      const program = join(newFolder(), 'overtaken.ts');
      // Each time an artifact is written, the other program has added a record just before.
      writeFileSync(
        program,
        `
      import fs from 'node:fs';
      import { openProject } from '${source}/project.ts';
      const path = process.argv[2];
      const write = fs.writeFile;
      let writes = 0;
      fs.writeFile = (...args) => {
        if (String(args[0]).endsWith('.json') && writes++ < ${times}) {
          const records = JSON.parse(fs.readFileSync(path, 'utf8'));
          fs.writeFileSync(path, JSON.stringify([...records, { ...records[0], slug: 'other-' + writes, name: 'other' }]));
        }
        write(...args);
      };
      const project = await openProject(path, { mode: 'a' });
      await project.log('mine', (exp) => exp.logArtifact('f', 1, { handler: 'json' }));
      const error = await project.save().catch((error) => error);
      console.log(error?.code);
      `,
      );
      const { stdout, stderr } = await runProgram(program, { args: [path], limitMs });
      expect([stdout, stderr]).toEqual([`${code}\n`, '']);
      const again = await open(path, { mode: 'r' });
      expect([...again].map(({ name }) => name)).toEqual(names);
      expect(readdirSync(join(path, '..')).map((name) => name.replace(/\d{14}$/, ''))).toEqual(files);
      expect(
        await Promise.all(again.filter(({ name }) => name === 'mine').map((exp) => exp.load('f'))),
      ).toEqual(names.includes('mine') ? [1] : []);
    },
  );
});

describe('save()', () => {
  test.each([
    [{ conflicts: 'mine' }, /'conflicts' must be 'fail', 'ours' or 'theirs': received 'mine'/],
    [{ waitMs: 'x' }, /'waitMs' must be a number of milliseconds, at least 0: received 'x'/],
    [{ waitMs: -1 }, /'waitMs' must be a number of milliseconds, at least 0: received -1/],
    [{ waitMs: Number.NaN }, /'waitMs' must be a number of milliseconds, at least 0: received NaN/],
  ])('refuses %j, and saves nothing', async (options, message) => {
    const path = newPath();
    const project = await open(path);
    await project.log('a', () => undefined);
    const repository = await openRepository(join(path, '../repository.json'));
    await repository.logArtifact('f', 1, json);
    for (const each of [project, repository]) {
      const error = await each.save(options as object).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(RangeError);
      expect((error as Error).message).toMatch(message);
    }
    expect(readdirSync(join(path, '..'))).toEqual([]);
  });
});

describe('a lock that somebody holds', () => {
  test('is waited for, and told with its folder if that takes too long', async () => {
    const path = newPath();
    const project = await open(path);
    await project.log('a', () => undefined);
    const lock = join(path, '../.project.json.lock');
    mkdirSync(join(lock, 'writer'), { recursive: true });
    const holder = join(
      lock,
      `writer/${Date.parse('2999-01-01')},${process.pid},${encodeURIComponent(hostname())},other`,
    );
    writeFileSync(holder, '');
    await expect(project.save({ waitMs: 30 })).rejects.toMatchObject({
      code: 'HEDDLE_SAVE_FAILED',
      message: expect.stringContaining('.project.json.lock'),
    });
    expect(existsSync(path)).toBe(false);
    const saving = project.save({ waitMs: 10_000 });
    rmSync(holder);
    await saving;
    expect(existsSync(path)).toBe(true);
    expect(existsSync(lock)).toBe(false);
  });
});
