/**
 * Merging projects: what is kept of each slug, and artifacts that follow; for random projects against a plain rule.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type OpenProjectOptions, openProject, type Project } from '../../../src/artifacts/track/project.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { folders } from '../../fixtures/folders.ts';
import { copyLazyscribe } from '../../fixtures/lazyscribe-files.ts';

const newFolder = folders('merge');
const limitMs = 60_000;
const json = { handler: 'json' } as const;
const startMs = Date.parse('2026-03-01T12:00:00Z');

const open = (path: string, atSecond = 0, options: OpenProjectOptions = {}): Promise<Project> =>
  openProject(path, { clock: new FakeClock(startMs + 1000 * atSecond), author: 'ada', ...options });

describe('merge()', () => {
  test('takes the artifacts of other folders along, those of tests too, when it is saved', async () => {
    const [one, two] = [await open(join(newFolder(), 'p.json')), await open(join(newFolder(), 'p.json'), 1)];
    await one.log('one', (exp) => exp.logArtifact('f', 1, json));
    await two.log('two', (exp) => {
      exp.logArtifact('f', 2, { ...json, fname: 'sub/f.json' });
      void exp.logTest('a test', (each) => each.logArtifact('g', 3, json));
    });
    await one.save();
    await two.save();
    const merged = one.merge(await open(two.path, 0, { mode: 'r' }));
    expect(await merged.require('two').load('f')).toBe(2);
    await merged.save();
    const again = await open(one.path, 0, { mode: 'r' });
    expect([...again].map(({ name }) => name)).toEqual(['one', 'two']);
    expect([await again.require('one').load('f'), await again.require('two').load('f')]).toEqual([1, 2]);
    expect(await again.require('two').tests[0]?.load('g')).toBe(3);
    // The others are as they were.
    expect(await (await open(two.path, 0, { mode: 'r' })).require('two').load('f')).toBe(2);
  });

  test('takes along what is not saved yet, which stays to be saved in its own project', async () => {
    const [one, two] = [await open(join(newFolder(), 'p.json')), await open(join(newFolder(), 'p.json'))];
    await two.log('two', (exp) => exp.logArtifact('f', 2, json));
    const merged = one.merge(two);
    await merged.save();
    await two.save();
    for (const path of [one.path, two.path])
      expect(await (await open(path, 0, { mode: 'r' })).require('two').load('f')).toBe(2);
  });

  test('keeps one of each slug: that which was changed last, with its artifacts', async () => {
    const one = await open(join(newFolder(), 'p.json'));
    await one.log('a', (exp) => {
      exp.logMetric('m', 1);
      exp.logArtifact('f', 'old', json);
    });
    await one.save();
    const copy = await open(join(newFolder(), 'p.json'));
    copy.append(one.require('a'));
    await copy.save();
    const edited = await open(copy.path, 10, { mode: 'w+', author: 'grace' });
    edited.require('a').logMetric('m', 2);
    edited.require('a').logArtifact('f', 'new', { ...json, overwrite: true });
    await edited.save();
    for (const merged of [one.merge(edited), edited.merge(one)]) {
      expect([...merged].map(({ metrics }) => metrics)).toEqual([{ m: 2 }]);
      expect(await merged.require('a').load('f')).toBe('new');
    }
    await one.merge(edited).save();
    const again = await open(one.path, 0, { mode: 'r' });
    expect([again.size, again.require('a').lastUpdatedBy, await again.require('a').load('f')]).toEqual([
      1,
      'grace',
      'new',
    ]);
  });

  test('keeps both of two experiments of one second that are not one', async () => {
    const [one, two] = [await open(join(newFolder(), 'p.json')), await open(join(newFolder(), 'p.json'))];
    for (const [at, project] of [one, two].entries()) {
      await project.log('exp', (exp) => {
        exp.logMetric('i', at);
        exp.logArtifact('f', at, json);
      });
      await project.save();
    }
    const merged = one.merge(await open(two.path));
    expect([...merged].map(({ slug }) => slug)).toEqual(['exp-20260301120000', 'exp-20260301120000-2']);
    await merged.save();
    const again = await open(one.path, 0, { mode: 'r' });
    expect([...again].map(({ metrics }) => metrics['i'])).toEqual([0, 1]);
    expect(await Promise.all([...again].map((exp) => exp.load('f')))).toEqual([0, 1]);
  });

  test('keeps both of two that differ in the bytes of an artifact alone, and neither of them twice', async () => {
    const parts = await Promise.all(['one', 'two', 'one'].map(() => open(join(newFolder(), 'p.json'))));
    for (const [at, project] of parts.entries()) {
      // The first and the last are the same to the last byte.
      await project.log('fold', (exp) => exp.logArtifact('w', at % 2, json));
      await project.save();
    }
    const into = join(newFolder(), 'p.json');
    for (let times = 0; times < 3; times++) {
      const merged = (await open(into)).merge(
        ...(await Promise.all(parts.map(({ path }) => open(path, 0, { mode: 'r' })))),
      );
      await merged.save();
      const again = await open(into, 0, { mode: 'r' });
      expect([...again].map(({ slug }) => slug)).toEqual(['fold-20260301120000', 'fold-20260301120000-2']);
      expect(await Promise.all([...again].map((exp) => exp.load('w')))).toEqual([0, 1]);
    }
  });

  test('keeps both that differ so if another writer has saved the one meanwhile', async () => {
    const parts = await Promise.all(['one', 'two'].map(() => open(join(newFolder(), 'p.json'))));
    for (const [at, project] of parts.entries()) {
      await project.log('fold', (exp) => exp.logArtifact('w', at, json));
      await project.save();
    }
    const path = join(newFolder(), 'p.json');
    const merged = await Promise.all(
      parts.map(async (part) => (await open(path)).merge(await open(part.path))),
    );
    for (const project of merged) await project.save();
    const again = await open(path, 0, { mode: 'r' });
    expect(await Promise.all([...again].map((exp) => exp.load('w')))).toEqual([0, 1]);
  });

  test('with one that was kept under another slug before adds nothing', async () => {
    const [one, two] = [await open(join(newFolder(), 'p.json')), await open(join(newFolder(), 'p.json'))];
    for (const [at, project] of [one, two].entries()) {
      await project.log('exp', (exp) => exp.logMetric('i', at));
      await project.save();
    }
    const sizes: number[] = [];
    for (let times = 0; times < 3; times++) {
      const merged = (await open(one.path, times, { mode: 'w+', author: 'grace' })).merge(
        await open(two.path),
      );
      await merged.save();
      sizes.push((await open(one.path)).size, merged.merge(two).size);
    }
    expect(sizes).toEqual([2, 2, 2, 2, 2, 2]);
  });

  test('of the file in which lazyscribe gave three one slug keeps three', async () => {
    const folder = copyLazyscribe(newFolder());
    const into = await open(join(newFolder(), 'p.json'));
    const merged = into.merge(await open(join(folder, 'same-second/project.json'), 0, { mode: 'r' }));
    await merged.save();
    const again = await open(into.path, 0, { mode: 'r' });
    expect([...again].map(({ metrics }) => metrics['i'])).toEqual([0, 1, 2]);
    expect(new Set([...again].map(({ slug }) => slug)).size).toBe(3);
    expect(await Promise.all([...again].map((exp) => exp.load('a')))).toEqual([2, 2, 2]);
  });

  test('of two files in one folder gives the second of one slug a folder of its own', async () => {
    const folder = newFolder();
    const [one, two] = [await open(join(folder, 'one.json')), await open(join(folder, 'two.json'))];
    for (const [at, project] of [one, two].entries()) {
      await project.log('exp', (exp) => {
        exp.logMetric('i', at);
        exp.logArtifact('f', at, json);
      });
      await project.save();
    }
    // The two have one folder, in which the second has a name of its own for the file.
    expect(await (await open(two.path, 0, { mode: 'r' })).require('exp').load('f')).toBe(1);
    for (const path of ['three.json', 'four.json'].map((name) => join(folder, name))) {
      const merged = (await open(path)).merge(await open(one.path), await open(two.path));
      await merged.save();
      const again = await open(path, 0, { mode: 'r' });
      expect(await Promise.all([...again].map((exp) => exp.load('f')))).toEqual([0, 1]);
      expect([...again].map(({ slug }) => slug)).toEqual(['exp-20260301120000', 'exp-20260301120000-2']);
    }
  });

  test('with itself and with what it has already changes nothing', async () => {
    const path = join(copyLazyscribe(newFolder()), 'project/project.json');
    const text = readFileSync(path, 'utf8');
    const project = await open(path);
    const merged = project.merge(project, await open(path, 0, { mode: 'r' }));
    await merged.save();
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('refuses to save what may only be read', async () => {
    const path = join(copyLazyscribe(newFolder()), 'merge/a.json');
    const merged = (await open(path, 0, { mode: 'r' })).merge(await open(join(path, '../b.json')));
    expect(merged.size).toBe(3);
    await expect(merged.save()).rejects.toMatchObject({ code: 'HEDDLE_READ_ONLY' });
  });

  test('of random projects is what a plain rule says', { timeout: limitMs }, async () => {
    // What is in each project: which experiment, made in which second, changed last in which, and what it says.
    const experiment = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      made: fc.nat(3),
      changed: fc.nat(3),
    });
    const plans = fc.array(fc.array(experiment, { maxLength: 5 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const folder = newFolder();
        const projects: Project[] = [];
        for (const [at, items] of plan.entries()) {
          const records = [...new Map(items.map((item) => [`${item.name}${item.made}`, item])).values()];
          const project = await open(join(folder, `${at}.json`), 0, { mode: 'w' });
          for (const { name, made, changed } of records) {
            const clock = new FakeClock(startMs + 60_000 * made);
            const one = await openProject(join(folder, 'one.json'), { mode: 'w', clock, author: 'ada' });
            const exp = await one.log(name, () => undefined);
            clock.pass(1000 * changed);
            // Equal for equal times: so the same slug changed in the same second is the same experiment.
            exp.logMetric('changed', changed);
            await one.save();
            project.append(exp);
          }
          await project.save();
          projects.push(await open(project.path, 0, { mode: 'r' }));
        }
        const [first, ...others] = projects as [Project];
        const merged = first.merge(...others);
        const newest = new Map<string, { slug: string; createdMs: number; changed: unknown }>();
        for (const project of projects) {
          for (const { slug, createdAt, metrics } of project) {
            const changed = metrics['changed'];
            const before = newest.get(slug);
            if (before === undefined || Number(before.changed) < Number(changed))
              newest.set(slug, { slug, createdMs: createdAt.getTime(), changed });
          }
        }
        const got = [...merged].map(({ slug, createdAt, metrics }) => ({
          slug,
          createdMs: createdAt.getTime(),
          changed: metrics['changed'],
        }));
        expect(got.map(({ createdMs }) => createdMs)).toEqual(
          got.map(({ createdMs }) => createdMs).sort((a, b) => a - b),
        );
        expect(new Map(got.map((each) => [each.slug, each]))).toEqual(newest);
        expect(got).toHaveLength(newest.size);
      }),
      { numRuns: 40 },
    );
  });
});
