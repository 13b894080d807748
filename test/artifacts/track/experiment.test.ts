/**
 * Experiments and their tests: artifacts and their files, what is overwritten, where files may be, and promotion.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ArtifactHandler } from '../../../src/artifacts/handlers/handler.ts';
import type { Experiment } from '../../../src/artifacts/track/experiment.ts';
import { type OpenProjectOptions, openProject, type Project } from '../../../src/artifacts/track/project.ts';
import { openRepository } from '../../../src/artifacts/track/repository.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { filesIn, folders } from '../../fixtures/folders.ts';

const newFolder = folders('experiment');

/** A project, with the clock by which its time goes on. */
async function newProject(
  options: OpenProjectOptions = {},
): Promise<{ project: Project; clock: FakeClock; folder: string }> {
  const clock = new FakeClock(Date.parse('2026-03-01T12:00:00Z'));
  const folder = newFolder();
  const project = await openProject(join(folder, 'project.json'), { author: 'ada', clock, ...options });
  return { project, clock, folder };
}

const again = async (project: Project, slug: string, options: OpenProjectOptions = {}): Promise<Experiment> =>
  (await openProject(project.path, { mode: 'r', ...options })).require(slug);

const json = { handler: 'json' } as const;

describe('logArtifact()', () => {
  test('names the file after artifact and time, in the folder of the experiment', async () => {
    const { project, folder } = await newProject();
    const exp = await project.log('e', (experiment) => experiment.logArtifact('My Features', [1], json));
    await project.save();
    expect(exp.artifacts).toEqual([
      {
        name: 'My Features',
        fname: 'my-features-20260301120000.json',
        handler: 'json',
        version: 0,
        createdAt: new Date('2026-03-01T12:00:00Z'),
        expiry: undefined,
      },
    ]);
    expect(readFileSync(join(folder, exp.slug, 'my-features-20260301120000.json'), 'utf8')).toBe('[1]');
  });

  test('is loaded from memory before it is saved, as it will be after', async () => {
    const { project } = await newProject();
    const exp = await project.log('e', (experiment) =>
      experiment.logArtifact('a', { x: undefined, y: 1 }, json),
    );
    const before = await exp.load('a');
    await project.save();
    expect([before, await exp.load('a')]).toEqual([{ y: 1 }, { y: 1 }]);
  });

  test('refuses a name that is there, and an unknown handler, and logs neither', async () => {
    const { project } = await newProject();
    await project.log('e', (exp) => {
      exp.logArtifact('a', 1, json);
      expect(() => exp.logArtifact('a', 2, json)).toThrow(
        expect.objectContaining({
          code: 'HEDDLE_ARTIFACT_NOT_LOGGED',
          message: expect.stringContaining('overwrite: true'),
        }),
      );
      expect(() => exp.logArtifact('b', 2, { handler: 'pickle' })).toThrow(
        expect.objectContaining({ code: 'HEDDLE_UNKNOWN_HANDLER' }),
      );
      expect(() => exp.logArtifact('c', () => 1, json)).toThrow(
        expect.objectContaining({ code: 'HEDDLE_ARTIFACT_NOT_LOGGED', cause: expect.any(TypeError) }),
      );
      expect(exp.artifacts.map(({ name }) => name)).toEqual(['a']);
    });
  });

  test('gives files of one second and one slug names of their own', async () => {
    const { project } = await newProject();
    const exp = await project.log('e', (experiment) => {
      experiment.logArtifact('a b', 1, json);
      experiment.logArtifact('a-b', 2, json);
      experiment.logArtifact('c', 3, { ...json, fname: 'sub/c.json' });
      experiment.logArtifact('d', 4, { ...json, fname: 'sub/C.json' });
    });
    expect(exp.artifacts.map(({ fname }) => fname)).toEqual([
      'a-b-20260301120000.json',
      'a-b-20260301120000-2.json',
      'sub/c.json',
      'sub/C-2.json',
    ]);
    await project.save();
    const loaded = await again(project, 'e');
    expect(await Promise.all(['a b', 'a-b', 'c', 'd'].map((name) => loaded.load(name)))).toEqual([
      1, 2, 3, 4,
    ]);
  });

  test('does not write over a file that nobody names', async () => {
    const { project, folder } = await newProject();
    const exp = await project.log('e', (experiment) => experiment.logArtifact('a', 1, json));
    mkdirSync(join(folder, exp.slug));
    const other = join(folder, exp.slug, 'a-20260301120000.json');
    writeFileSync(other, 'mine');
    await project.save();
    expect(readFileSync(other, 'utf8')).toBe('mine');
    expect(exp.artifacts[0]?.fname).toBe('a-20260301120000-2.json');
    expect(await (await again(project, 'e')).load('a')).toBe(1);
  });

  test.each(['../x.json', 'a/../../x.json', '/tmp/x.json', '', '.', 'a/', '..', 'a\0b'])(
    'refuses a file name that would leave its folder: %j',
    async (fname) => {
      const { project } = await newProject();
      await project.log('e', (exp) => {
        expect(() => exp.logArtifact('a', 1, { ...json, fname })).toThrow(
          expect.objectContaining({ code: 'HEDDLE_ARTIFACT_NOT_LOGGED' }),
        );
      });
    },
  );

  test('with a handler that takes a promise is waited for', async () => {
    const slow: ArtifactHandler<string> = {
      alias: 'slow',
      suffix: 'txt',
      binary: false,
      encode: async (value) => {
        if (value === 'bad') throw new TypeError('bad value');
        return new TextEncoder().encode(value);
      },
      decode: async (bytes) => new TextDecoder().decode(bytes),
    };
    const { project } = await newProject({ handlers: [slow as ArtifactHandler] });
    await project.log('e', (exp) => exp.logArtifact('a', 'text', { handler: 'slow' }));
    await project.save();
    expect(await (await again(project, 'e', { handlers: [slow as ArtifactHandler] })).load('a')).toBe('text');
    const bad = await project.log('bad', () => undefined);
    bad.logArtifact('a', 'bad', { handler: 'slow' });
    await expect(bad.load('a')).rejects.toMatchObject({ code: 'HEDDLE_ARTIFACT_NOT_LOGGED' });
    const text = readFileSync(project.path, 'utf8');
    await expect(project.save()).rejects.toMatchObject({ code: 'HEDDLE_SAVE_FAILED' });
    expect(readFileSync(project.path, 'utf8')).toBe(text);
  });
});

describe('overwriting an artifact', () => {
  test('puts the new one in its place, and takes the old file away when it is saved', async () => {
    const { project, clock, folder } = await newProject();
    const exp = await project.log('e', (experiment) => experiment.logArtifact('a', 'old', json));
    await project.save();
    clock.pass(1000);
    exp.logArtifact('a', 'new', { ...json, overwrite: true });
    expect(readdirSync(join(folder, exp.slug))).toEqual(['a-20260301120000.json']);
    await project.save();
    expect(readdirSync(join(folder, exp.slug))).toEqual(['a-20260301120001.json']);
    expect(await (await again(project, 'e')).load('a')).toBe('new');
  });

  test('within one second never writes over the file of the old one', async () => {
    const { project, folder } = await newProject();
    const exp = await project.log('e', (experiment) => experiment.logArtifact('a', 'old', json));
    await project.save();
    exp.logArtifact('a', 'new', { ...json, overwrite: true });
    expect(exp.artifacts[0]?.fname).toBe('a-20260301120000-2.json');
    await project.save();
    expect(readdirSync(join(folder, exp.slug))).toEqual(['a-20260301120000-2.json']);
  });

  test('of a file that was named replaces it', async () => {
    const { project, folder } = await newProject();
    const exp = await project.log('e', (experiment) =>
      experiment.logArtifact('a', 'old', { ...json, fname: 'a.json' }),
    );
    await project.save();
    exp.logArtifact('a', 'new', { ...json, fname: 'a.json', overwrite: true });
    await project.save();
    expect(readFileSync(join(folder, exp.slug, 'a.json'), 'utf8')).toBe('"new"');
    expect(readdirSync(join(folder, exp.slug))).toEqual(['a.json']);
  });

  test('before it was saved takes its file name', async () => {
    const { project, folder } = await newProject();
    const exp = await project.log('e', (experiment) => {
      experiment.logArtifact('a', 'old', json);
      experiment.logArtifact('a', 'new', { ...json, overwrite: true });
    });
    await project.save();
    expect(readdirSync(join(folder, exp.slug))).toEqual(['a-20260301120000.json']);
    expect(await exp.load('a')).toBe('new');
  });

  test('leaves a file that another project of the folder names', async () => {
    const { project, clock, folder } = await newProject();
    const exp = await project.log('e', (experiment) => experiment.logArtifact('a', 'old', json));
    await project.save();
    writeFileSync(join(folder, 'copy.json'), readFileSync(project.path));
    clock.pass(1000);
    exp.logArtifact('a', 'new', { ...json, overwrite: true });
    await project.save();
    const copy = await openProject(join(folder, 'copy.json'), { mode: 'r' });
    expect(await copy.require('e').load('a')).toBe('old');
  });
});

describe('loading', () => {
  test('says which artifacts there are if there is none of the name', async () => {
    const { project } = await newProject();
    const exp = await project.log('e', (experiment) => experiment.logArtifact('a', 1, json));
    await expect(exp.load('b')).rejects.toMatchObject({
      code: 'HEDDLE_ARTIFACT_NOT_LOADED',
      message:
        "Cannot load an artifact as experiment 'e-20260301120000' has none of this name: received 'b'\n  it has 'a'",
    });
    expect([exp.has('a'), exp.has('b'), await exp.versionOf('b')]).toEqual([true, false, undefined]);
  });

  test('says so if the file is gone or is something else', async () => {
    const { project, folder } = await newProject();
    const exp = await project.log('e', (experiment) => experiment.logArtifact('a', 1, json));
    await project.save();
    const file = join(folder, exp.slug, exp.artifacts[0]?.fname ?? '');
    writeFileSync(file, '{');
    await expect(exp.load('a')).rejects.toMatchObject({
      code: 'HEDDLE_ARTIFACT_NOT_LOADED',
      message: expect.stringContaining('as json'),
    });
    rmSync(file);
    await expect(exp.load('a')).rejects.toMatchObject({
      code: 'HEDDLE_ARTIFACT_NOT_LOADED',
      cause: { code: 'ENOENT' },
    });
  });

  test('compares what the handler needs with what was noted', async () => {
    const of = (version: string): ArtifactHandler => ({
      alias: 'model',
      suffix: 'txt',
      binary: false,
      encode: (value) => new TextEncoder().encode(String(value)),
      decode: (bytes) => new TextDecoder().decode(bytes),
      environment: () => ({ library_version: version }),
    });
    const { project } = await newProject({ handlers: [of('1')] });
    await project.log('e', (exp) => exp.logArtifact('a', 'weights', { handler: 'model' }));
    await project.save();
    const exp = await again(project, 'e', { handlers: [of('2')] });
    await expect(exp.load('a')).rejects.toMatchObject({
      code: 'HEDDLE_ARTIFACT_NOT_LOADED',
      message: expect.stringMatching(/library_version "1": received library_version "2"\n.*validate: false/),
    });
    expect(await exp.load('a', { validate: false })).toBe('weights');
    expect(await (await again(project, 'e', { handlers: [of('1')] })).load('a')).toBe('weights');
  });

  test.each([
    ['the name of the file', { fname: '../../secret.json' }, 'e-20260301120000'],
    ['an absolute name of the file', { fname: '/etc/hostname' }, 'e-20260301120000'],
    ['the slug', { fname: 'secret.json' }, '../'],
  ])('stays in the folder whatever the file says: %s', async (_, artifact, slug) => {
    const outer = newFolder();
    writeFileSync(join(outer, 'secret.json'), '"secret"');
    mkdirSync(join(outer, 'inner'));
    const path = join(outer, 'inner/project.json');
    writeFileSync(
      path,
      JSON.stringify([
        {
          name: 'e',
          slug,
          short_slug: 'e',
          created_at: '2026-01-01T00:00:00',
          artifacts: [{ name: 'a', handler: 'json', created_at: '2026-01-01T00:00:00', ...artifact }],
        },
      ]),
    );
    const exp = (await openProject(path, { mode: 'r' })).require('e');
    const refused = {
      code: 'HEDDLE_ARTIFACT_NOT_LOADED',
      message: expect.stringContaining('leaves the folder'),
    };
    await expect(exp.load('a')).rejects.toMatchObject(refused);
    await expect(exp.loadBytes('a')).rejects.toMatchObject(refused);
    await expect(exp.versionOf('a')).rejects.toMatchObject(refused);
  });

  test('does not follow a link out of the folder', async () => {
    const { project, folder } = await newProject();
    const exp = await project.log('e', (experiment) => experiment.logArtifact('a', 1, json));
    await project.save();
    const outside = newFolder();
    writeFileSync(join(outside, 'secret.json'), '"secret"');
    const file = join(folder, exp.slug, exp.artifacts[0]?.fname ?? '');
    rmSync(file);
    symlinkSync(join(outside, 'secret.json'), file);
    await expect(exp.load('a')).rejects.toMatchObject({
      message: expect.stringContaining('leaves the folder'),
    });
    rmSync(dirname(file), { recursive: true });
    symlinkSync(outside, dirname(file), 'dir');
    writeFileSync(join(outside, exp.artifacts[0]?.fname ?? ''), '1');
    await expect(exp.load('a')).rejects.toMatchObject({
      message: expect.stringContaining('leaves the folder'),
    });
  });

  test('follows a link that stays in the folder', async () => {
    const { project, folder } = await newProject();
    const exp = await project.log('e', (experiment) => experiment.logArtifact('a', 1, json));
    await project.save();
    const file = join(folder, exp.slug, exp.artifacts[0]?.fname ?? '');
    rmSync(file);
    writeFileSync(join(folder, 'kept.json'), '2');
    symlinkSync(join(folder, 'kept.json'), file);
    expect(await exp.load('a')).toBe(2);
  });
});

describe('saving', () => {
  test('does not write through a folder that is a link to elsewhere', async () => {
    const { project, folder } = await newProject();
    const exp = await project.log('e', (experiment) => experiment.logArtifact('a', 1, json));
    const outside = newFolder();
    symlinkSync(outside, join(folder, exp.slug), 'dir');
    await expect(project.save()).rejects.toMatchObject({ code: 'HEDDLE_SAVE_FAILED' });
    expect([readdirSync(outside), existsSync(project.path)]).toEqual([[], false]);
  });

  test('does not write through a link in place of a file', async () => {
    const { project, folder } = await newProject();
    const exp = await project.log('e', (experiment) => experiment.logArtifact('a', 1, json));
    const outside = join(newFolder(), 'target.json');
    mkdirSync(join(folder, exp.slug));
    symlinkSync(outside, join(folder, exp.slug, 'a-20260301120000.json'));
    await expect(project.save()).rejects.toMatchObject({ code: 'HEDDLE_SAVE_FAILED' });
    expect(existsSync(outside)).toBe(false);
  });
});

describe('versionOf()', () => {
  test('is another text for other bytes, and the same for the same, saved or not', async () => {
    const { project } = await newProject();
    const exp = await project.log('e', (experiment) =>
      experiment.logArtifact('a', 1, { ...json, fname: 'a.json' }),
    );
    const before = await exp.versionOf('a');
    expect(before).toMatch(/^e-20260301120000\/a json sha256:[0-9a-f]{64}$/);
    await project.save();
    expect(await exp.versionOf('a')).toBe(before);
    exp.logArtifact('a', 2, { ...json, fname: 'a.json', overwrite: true });
    const unsaved = await exp.versionOf('a');
    await project.save();
    expect(unsaved).not.toBe(before);
    expect(await exp.versionOf('a')).toBe(unsaved);
    expect(await (await again(project, 'e')).versionOf('a')).toBe(unsaved);
  });
});

describe('logTest()', () => {
  test('adds a test with what it logged, in the order in which they end', async () => {
    const { project } = await newProject();
    await project.log('e', async (exp) => {
      await exp.logTest(
        'Young: under 30',
        async (young) => {
          young.logMetric('auc', 0.6);
          young.logParameter('filter', 'age < 30');
          young.logArtifact('confusion', [[1]], json);
          expect(await young.load('confusion')).toEqual([[1]]);
        },
        { description: 'The young' },
      );
      void exp.logTest('Old', (old) => old.logMetric('auc', 0.7));
    });
    await project.save();
    const { tests } = await again(project, 'e');
    expect(tests.map((each) => each.toJSON())).toMatchObject([
      {
        name: 'Young: under 30',
        description: 'The young',
        metrics: { auc: 0.6 },
        parameters: { filter: 'age < 30' },
        artifacts: [{ fname: 'confusion-20260301120000.json' }],
      },
      { name: 'Old', description: null, metrics: { auc: 0.7 }, artifacts: [] },
    ]);
    expect(await tests[0]?.load('confusion')).toEqual([[1]]);
    expect(
      filesIn(dirname(project.path)).some((path) =>
        path.endsWith('/e-20260301120000/young-under-30/confusion-20260301120000.json'),
      ),
    ).toBe(true);
  });

  test('adds nothing if the function fails, whether it waits or not', async () => {
    const { project } = await newProject();
    await project.log('e', async (exp) => {
      await expect(exp.logTest('t', () => Promise.reject(new Error('later')))).rejects.toThrow('later');
      await expect(
        exp.logTest('t', () => {
          throw new Error('at once');
        }),
      ).rejects.toThrow('at once');
      expect(exp.tests).toEqual([]);
    });
  });

  test('twice with one name keeps the files of both', async () => {
    const { project } = await newProject();
    await project.log('e', async (exp) => {
      await Promise.all(
        [1, 2].map((i) =>
          exp.logTest('t', async (each) => {
            await Promise.resolve();
            each.logArtifact('a', i, json);
          }),
        ),
      );
    });
    await project.save();
    const { tests } = await again(project, 'e');
    expect(await Promise.all(tests.map((each) => each.load('a')))).toEqual([1, 2]);
  });

  test('may be changed when the experiment may', async () => {
    const { project, clock } = await newProject();
    await project.log('e', (exp) => void exp.logTest('t', (each) => each.logMetric('m', 1)));
    await project.save();
    clock.pass(1000);
    const edited = await openProject(project.path, { mode: 'w+', author: 'grace', clock });
    edited.require('e').tests[0]?.logMetric('m', 2);
    await edited.save();
    const exp = await again(project, 'e');
    expect([exp.tests[0]?.metrics, exp.lastUpdatedBy, exp.lastUpdated]).toEqual([
      { m: 2 },
      'grace',
      new Date('2026-03-01T12:00:01Z'),
    ]);
    expect(() => exp.tests[0]?.logMetric('m', 3)).toThrow(
      expect.objectContaining({ code: 'HEDDLE_READ_ONLY' }),
    );
    expect(() => exp.tests[0]?.logArtifact('a', 3, json)).toThrow(
      expect.objectContaining({ code: 'HEDDLE_READ_ONLY' }),
    );
  });
});

describe('promoteArtifact()', () => {
  test('copies one that is saved, and saves the repository', async () => {
    const { project, folder, clock } = await newProject();
    const logged = await project.log('e', (exp) => exp.logArtifact('features', [0, 1], json));
    await project.save();
    const repository = await openRepository(join(folder, 'repository.json'), { mode: 'w', clock });
    clock.pass(60_000);
    const promoted = await (await again(project, 'e')).promoteArtifact(repository, 'features');
    expect(promoted).toMatchObject({
      fname: 'features-20260301120000.json',
      version: 0,
      createdAt: logged.createdAt,
    });
    const saved = await openRepository(repository.path, { mode: 'r' });
    expect(await saved.load('features')).toEqual([0, 1]);
    expect(readFileSync(join(folder, 'features/features-20260301120000.json'), 'utf8')).toBe('[0, 1]');
  });

  test('of one that is not saved is saved with the repository', async () => {
    const { project, folder, clock } = await newProject();
    const repository = await openRepository(join(folder, 'repository.json'), { mode: 'w', clock });
    await project.log('e', async (exp) => {
      exp.logArtifact('features', [0], json);
      await exp.promoteArtifact(repository, 'features');
    });
    expect(existsSync(repository.path)).toBe(false);
    await project.save();
    expect(await repository.load('features')).toEqual([0]);
    await repository.save();
    expect(await (await openRepository(repository.path, { mode: 'r' })).load('features')).toEqual([0]);
  });

  test('gives it the next version, and refuses one that is not newer', async () => {
    const { project, folder, clock } = await newProject();
    const repository = await openRepository(join(folder, 'repository.json'), { clock });
    const old = await project.log('old', (exp) => exp.logArtifact('f', 0, json));
    await repository.logArtifact('f', 'same second', json);
    await expect(old.promoteArtifact(repository, 'f')).rejects.toMatchObject({
      code: 'HEDDLE_ARTIFACT_NOT_LOGGED',
    });
    clock.pass(1000);
    const newer = await project.log('new', (exp) => exp.logArtifact('f', 1, json));
    expect(await newer.promoteArtifact(repository, 'f')).toMatchObject({ version: 1 });
    await expect(newer.promoteArtifact(repository, 'none')).rejects.toMatchObject({
      code: 'HEDDLE_ARTIFACT_NOT_LOADED',
    });
  });

  test('keeps what an unknown handler noted, and its bytes', async () => {
    const { project, folder } = await newProject();
    const path = project.path;
    mkdirSync(join(folder, 'e-1'));
    writeFileSync(join(folder, 'e-1/m.pkl'), Buffer.from([128, 4, 46]));
    writeFileSync(
      path,
      JSON.stringify([
        {
          name: 'e',
          slug: 'e-1',
          short_slug: 'e',
          created_at: '2026-01-01T00:00:00',
          artifacts: [
            {
              name: 'm',
              fname: 'm.pkl',
              handler: 'pickle',
              python_version: '3.11',
              created_at: '2026-01-01T00:00:00',
              expiry: null,
              version: 0,
            },
          ],
        },
      ]),
    );
    const repository = await openRepository(join(folder, 'repository.json'));
    await (await again(project, 'e')).promoteArtifact(repository, 'm');
    expect(JSON.parse(readFileSync(repository.path, 'utf8'))).toEqual([
      {
        name: 'm',
        fname: 'm.pkl',
        handler: 'pickle',
        python_version: '3.11',
        created_at: '2026-01-01T00:00:00',
        expiry: null,
        version: 0,
      },
    ]);
    expect(readFileSync(join(folder, 'm/m.pkl'))).toEqual(Buffer.from([128, 4, 46]));
  });

  test('leaves the repository as it was if it cannot be saved', async () => {
    const { project, folder } = await newProject();
    const exp = await project.log('e', (experiment) => experiment.logArtifact('f', 0, json));
    await project.save();
    const repository = await openRepository(join(folder, 'repository.json'));
    // A file where the folder of the artifact is to be.
    writeFileSync(join(folder, 'f'), '');
    await expect(exp.promoteArtifact(repository, 'f')).rejects.toMatchObject({ code: 'HEDDLE_SAVE_FAILED' });
    expect([repository.size, existsSync(repository.path)]).toEqual([0, false]);
  });

  test('refuses a repository that may only be read', async () => {
    const { project, folder } = await newProject();
    const exp = await project.log('e', (experiment) => experiment.logArtifact('f', 0, json));
    const repository = await openRepository(join(folder, 'repository.json'), {
      mode: 'r',
      allowMissing: true,
    });
    await expect(exp.promoteArtifact(repository, 'f')).rejects.toMatchObject({ code: 'HEDDLE_READ_ONLY' });
  });
});
