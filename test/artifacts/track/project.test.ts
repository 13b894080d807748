/**
 * Projects: their modes, what is logged to them, what becomes of it when they are saved, and what they refuse.
 */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type OpenProjectOptions, openProject, type Project } from '../../../src/artifacts/track/project.ts';
import { ProjectRegistry } from '../../../src/artifacts/track/registry.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { filesIn, folders } from '../../fixtures/folders.ts';

const newFolder = folders('project');
const clockOf = (time: string): FakeClock => new FakeClock(Date.parse(time));

/** A project in a folder of its own, at a time that stands still. */
async function newProject(options: OpenProjectOptions = {}): Promise<Project> {
  const clock = clockOf('2026-03-01T12:00:00Z');
  return openProject(join(newFolder(), 'project.json'), { author: 'ada', clock, ...options });
}

const reopen = (project: Project, options: OpenProjectOptions = {}): Promise<Project> =>
  openProject(project.path, { clock: clockOf('2026-03-02T12:00:00Z'), ...options });

const jsonOf = (project: Project): unknown => JSON.parse(readFileSync(project.path, 'utf8'));

describe('openProject()', () => {
  test('with a file that is not there is empty, and makes nothing', async () => {
    for (const mode of ['a', 'w', 'w+'] as const) {
      const project = await newProject({ mode });
      expect([...project]).toEqual([]);
      expect(existsSync(project.path)).toBe(false);
    }
  });

  test('to read a file that is not there says so, and how to allow it', async () => {
    const path = join(newFolder(), 'project.json');
    await expect(openProject(path, { mode: 'r' })).rejects.toMatchObject({
      code: 'HEDDLE_FILE_UNREADABLE',
      path,
      message: expect.stringMatching(
        /^Cannot open a project as there is no such file: received '.*'\n.*allowMissing: true/,
      ),
    });
    expect((await openProject(path, { mode: 'r', allowMissing: true })).size).toBe(0);
  });

  test('takes the URL of a file', async () => {
    const path = join(newFolder(), 'project.json');
    expect((await openProject(pathToFileURL(path))).path).toBe(path);
    await expect(openProject('s3://bucket/project.json')).rejects.toThrow(/must be the path of a file/);
  });

  test('refuses modes and options that there are not', async () => {
    await expect(newProject({ mode: 'rw' as 'r' })).rejects.toThrow(RangeError);
    await expect(newProject({ modes: 'r' } as OpenProjectOptions)).rejects.toThrow(
      /'mode' was probably meant/,
    );
  });

  test.each([
    ['no JSON', '[\n    {"name": 1,\n    }\n]', /project\.json.* 3.*/s],
    ['cut off', '[\n    {"name": "a"', /project\.json/],
    ['no list', '{}', /must be a list of records: received an object/],
    [
      'a list of other things',
      '[{"name": "a", "slug": "a", "created_at": "2026-01-01T00:00:00"}, 3]',
      /record 2 of .*project\.json.* must be an object: received a number/,
    ],
    [
      'without a slug',
      '[{"name": "a", "created_at": "2026-01-01T00:00:00"}]',
      /record 1 of .*project\.json.*'slug' must be a text/,
    ],
    [
      'with a time that is none',
      '[{"name": "a", "slug": "a", "created_at": "yesterday"}]',
      /created_at of record 1 of .*project\.json/,
    ],
    [
      'with characters of another encoding',
      Buffer.from([0x5b, 0xff, 0x5d]),
      /project\.json.* no text of UTF-8/,
    ],
  ])('a file that is %s is refused with its name and place', async (_, text, message) => {
    const path = join(newFolder(), 'project.json');
    writeFileSync(path, text);
    for (const mode of ['r', 'a', 'w+'] as const)
      await expect(openProject(path, { mode })).rejects.toMatchObject({
        name: 'UnreadableFileError',
        path,
        message: expect.stringMatching(message),
      });
    // What is begun anew may be anything.
    const project = await openProject(path, { mode: 'w' });
    await project.save();
    expect(jsonOf(project)).toEqual([]);
  });

  test('tells of a folder in place of the file', async () => {
    await expect(openProject(newFolder(), { mode: 'a' })).rejects.toMatchObject({
      name: 'UnreadableFileError',
    });
  });

  test('reads files of older versions, which leave out much', async () => {
    const path = join(newFolder(), 'project.json');
    const old = {
      name: 'Old one',
      slug: 'old-one-20230101000000',
      created_at: '2023-01-01T00:00:00',
      last_updated: '2023-01-01T00:00:00',
      author: 'ada',
      metrics: { auc: 0.5 },
      parameters: {},
      short_slug: 'old-one',
      tests: [{ name: 't', metrics: {} }],
      artifacts: [
        {
          name: 'f',
          fname: 'f.json',
          handler: 'json',
          created_at: '2023-01-01T00:00:00',
          python_version: '3.9',
        },
      ],
    };
    writeFileSync(path, JSON.stringify([old]));
    const exp = (await openProject(path, { mode: 'r' })).require('old-one');
    expect(exp).toMatchObject({ lastUpdatedBy: 'ada', tags: [], metrics: { auc: 0.5 }, dependencyNames: [] });
    expect(exp.tests[0]?.artifacts).toEqual([]);
    expect(exp.artifacts[0]).toMatchObject({ version: 0, expiry: undefined, python_version: '3.9' });
  });
});

describe('log()', () => {
  test('adds an experiment with what the function logged, when that has ended', async () => {
    const project = await newProject();
    let sizeWithin = -1;
    const logged = await project.log('Base performance', async (exp) => {
      exp.logMetric('auc', 0.93);
      exp.logParameter('lr', 0.1);
      exp.tag('best', 'v1');
      await Promise.resolve();
      sizeWithin = project.size;
    });
    expect(sizeWithin).toBe(0);
    expect(project.get('base-performance')).toBe(logged);
    await project.save();
    expect(jsonOf(project)).toEqual([
      {
        artifacts: [],
        author: 'ada',
        created_at: '2026-03-01T12:00:00',
        dependencies: [],
        last_updated: '2026-03-01T12:00:00',
        last_updated_by: 'ada',
        metrics: { auc: 0.93 },
        name: 'Base performance',
        parameters: { lr: 0.1 },
        short_slug: 'base-performance',
        slug: 'base-performance-20260301120000',
        tags: ['best', 'v1'],
        tests: [],
      },
    ]);
  });

  test('logs nothing if the function fails', async () => {
    const project = await newProject();
    await expect(project.log('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(project.size).toBe(0);
    expect((await project.log('a', () => undefined)).slug).toBe('a-20260301120000');
  });

  test('gives experiments of one second slugs, folders and files of their own', async () => {
    const project = await newProject();
    await Promise.all(
      [1, 2, 3].map((i) => project.log('exp', (exp) => exp.logArtifact('a', i, { handler: 'json' }))),
    );
    await project.save();
    expect([...project].map(({ slug }) => slug)).toEqual([
      'exp-20260301120000',
      'exp-20260301120000-2',
      'exp-20260301120000-3',
    ]);
    const again = await reopen(project, { mode: 'r' });
    expect(await Promise.all([...again].map((exp) => exp.load('a')))).toEqual([1, 2, 3]);
    expect(again.get('exp')?.slug).toBe('exp-20260301120000-3');
  });

  test('needs a name and a function', async () => {
    const none = undefined as never;
    await expect((await newProject()).log('a', none)).rejects.toThrow(
      /^Cannot log the experiment 'a' as it needs a function/,
    );
    await (await newProject()).log('a', (exp) => {
      expect(() => exp.logTest('t', none)).toThrow(/^Cannot log the test 't' as it needs a function/);
    });
    await expect((await newProject()).log('', () => undefined)).rejects.toThrow(TypeError);
  });
});

describe('modes', () => {
  const saved = async (): Promise<Project> => {
    const project = await newProject();
    await project.log('First', (exp) => exp.logMetric('m', 1));
    await project.save();
    return project;
  };

  test('r refuses to log, to append and to save', async () => {
    const project = await reopen(await saved(), { mode: 'r' });
    const refused = { code: 'HEDDLE_READ_ONLY' };
    await expect(project.log('a', () => undefined)).rejects.toMatchObject(refused);
    await expect(project.save()).rejects.toMatchObject(refused);
    expect(() => project.append(project.require('first'))).toThrow(expect.objectContaining(refused));
  });

  test.each(['r', 'a'] as const)('%s keeps what is there as it is', async (mode) => {
    const exp = (await reopen(await saved(), { mode })).require('first');
    const changes = [
      () => exp.logMetric('m', 2),
      () => exp.logParameter('p', 2),
      () => exp.tag('t'),
      () => exp.setTags([]),
      () => exp.logArtifact('x', 1, { handler: 'json' }),
      () => exp.dependOn(exp),
    ];
    for (const change of changes)
      expect(change).toThrow(expect.objectContaining({ code: 'HEDDLE_READ_ONLY' }));
    expect(() => exp.logTest('t', () => undefined)).toThrow(
      expect.objectContaining({ code: 'HEDDLE_READ_ONLY' }),
    );
    expect(() => {
      (exp.metrics as Record<string, unknown>)['m'] = 2;
    }).toThrow(TypeError);
    expect(exp.metrics).toEqual({ m: 1 });
  });

  test('a adds to what is there', async () => {
    const project = await reopen(await saved());
    await project.log('Second', () => undefined);
    await project.save();
    expect([...(await reopen(project))].map(({ name }) => name)).toEqual(['First', 'Second']);
  });

  test('w begins anew', async () => {
    const project = await reopen(await saved(), { mode: 'w' });
    await project.log('Other', () => undefined);
    await project.save();
    expect([...(await reopen(project))].map(({ name }) => name)).toEqual(['Other']);
  });

  test('w+ changes what is there, and notes by whom', async () => {
    const project = await reopen(await saved(), { mode: 'w+', author: 'grace' });
    project.require('first').logMetric('m', 2);
    await project.save();
    const exp = (await reopen(project)).require('first');
    expect(exp).toMatchObject({
      author: 'ada',
      lastUpdatedBy: 'grace',
      metrics: { m: 2 },
      lastUpdated: new Date('2026-03-02T12:00:00Z'),
    });
  });

  test('a new experiment can be changed after it was saved, until the project is opened again', async () => {
    const project = await newProject();
    const exp = await project.log('a', () => undefined);
    await project.save();
    exp.logMetric('later', 1);
    exp.logArtifact('x', 1, { handler: 'json' });
    await project.save();
    const again = (await reopen(project)).require('a');
    expect([again.metrics, await again.load('x')]).toEqual([{ later: 1 }, 1]);
  });
});

describe('what is logged', () => {
  test.each([
    ['NaN', Number.NaN],
    ['an infinity', Number.POSITIVE_INFINITY],
    ['a function', () => 1],
    ['undefined', undefined],
    ['an object of a class', new Map()],
    ['NaN far within', { a: [1, { b: Number.NaN }] }],
  ])('is refused at once if it is %s', async (_, value) => {
    const project = await newProject();
    await project.log('a', (exp) => {
      expect(() => exp.logMetric('m', value as number)).toThrow(TypeError);
      expect(() => exp.logParameter('p', value)).toThrow(TypeError);
      expect(exp).toMatchObject({ metrics: {}, parameters: {} });
    });
  });

  test('is copied', async () => {
    const project = await newProject();
    const layers = [64, 32];
    const features = ['a'];
    const exp = await project.log('a', (experiment) => {
      experiment.logParameter('layers', layers);
      experiment.logArtifact('features', features, { handler: 'json' });
    });
    layers.push(16);
    features.push('b');
    expect(exp.parameters).toEqual({ layers: [64, 32] });
    expect(await exp.load('features')).toEqual(['a']);
  });

  test('may have any names', async () => {
    const project = await newProject();
    await project.log('a', (exp) => {
      for (const name of ['__proto__', 'constructor', 'toString']) exp.logMetric(name, 1);
    });
    await project.save();
    const { metrics } = (await reopen(project)).require('a');
    expect(Object.keys(metrics).sort()).toEqual(['__proto__', 'constructor', 'toString']);
  });

  test('keeps integers beyond 2^53', async () => {
    const project = await newProject();
    await project.log('a', (exp) => exp.logMetric('n', 12_345_678_901_234_567_890n));
    await project.save();
    expect(readFileSync(project.path, 'utf8')).toContain('"n": 12345678901234567890\n');
    expect((await reopen(project)).require('a').metrics).toEqual({ n: 12_345_678_901_234_567_890n });
  });
});

describe('save()', () => {
  test('makes the folders that are missing, and leaves nothing but what it is for', async () => {
    const folder = newFolder();
    const project = await openProject(join(folder, 'a/b/project.json'), {
      clock: clockOf('2026-03-01T12:00:00Z'),
    });
    await project.log('x', (exp) => exp.logArtifact('f', 1, { handler: 'json' }));
    await project.save();
    expect(
      filesIn(folder)
        .map((path) => path.slice(folder.length + 1))
        .sort(),
    ).toEqual(['a/b/project.json', 'a/b/x-20260301120000/f-20260301120000.json']);
  });

  test('is all that a link to the file needs: it stays one', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data/real.json'), '[]');
    symlinkSync(join(folder, 'data/real.json'), join(folder, 'project.json'));
    const project = await openProject(join(folder, 'project.json'));
    await project.log('x', () => undefined);
    await project.save();
    expect(JSON.parse(readFileSync(join(folder, 'data/real.json'), 'utf8'))).toHaveLength(1);
  });

  test('twice at once writes once after the other', async () => {
    const project = await newProject();
    await project.log('a', (exp) => exp.logArtifact('f', 1, { handler: 'json' }));
    await Promise.all([project.save(), project.save()]);
    expect([...(await reopen(project))]).toHaveLength(1);
  });

  test('of an untouched project writes nothing', async () => {
    const project = await newProject();
    await project.log('a', () => undefined);
    await project.save();
    const text = readFileSync(project.path, 'utf8');
    writeFileSync(project.path, text);
    const again = await reopen(project);
    await again.save();
    expect(readFileSync(project.path, 'utf8')).toBe(text);
  });

  test('writes a file on one line as Python would', async () => {
    const path = join(newFolder(), 'project.json');
    writeFileSync(
      path,
      '[{"slug":"é-20260101000000","name":"é","created_at":"2026-01-01T00:00:00","metrics":{"b":1.0,"a":1e-07}}]',
    );
    const project = await openProject(path, { mode: 'a' });
    await project.save();
    expect(readFileSync(path, 'utf8')).toBe(
      '[\n    {\n        "created_at": "2026-01-01T00:00:00",\n        "metrics": {\n            "a": 1e-07,\n            "b": 1.0\n        },\n' +
        '        "name": "\\u00e9",\n        "slug": "\\u00e9-20260101000000"\n    }\n]',
    );
  });
});

describe('finding', () => {
  test('get(), has() and require() go by slug and short slug', async () => {
    const project = await newProject();
    const exp = await project.log('My one', () => undefined);
    expect([project.get('my-one'), project.get(exp.slug), project.get('no')]).toEqual([exp, exp, undefined]);
    expect([project.has('my-one'), project.has('My one')]).toEqual([true, false]);
    expect(() => project.require('no')).toThrow(
      expect.objectContaining({
        code: 'HEDDLE_EXPERIMENT_NOT_FOUND',
        message: expect.stringContaining("'my-one'"),
      }),
    );
  });

  test('filter() gives those that are wanted, as they are asked for', async () => {
    const project = await newProject();
    for (const m of [1, 2, 3, 4]) await project.log(`e${m}`, (exp) => exp.logMetric('m', m));
    const looked: string[] = [];
    const [first] = project.filter((exp) => {
      looked.push(exp.name);
      return (exp.metrics['m'] as number) > 1;
    });
    expect([first?.name, looked]).toEqual(['e2', ['e1', 'e2']]);
  });
});

describe('values that would damage the file', () => {
  test('are refused with what is wrong and the mend, and nothing of them stays', async () => {
    const project = await newProject();
    const exp = await project.log('e', () => undefined);
    const before = JSON.stringify(exp);
    const no = <T>(value: unknown): T => value as T;
    const cases: readonly (readonly [() => unknown, RegExp])[] = [
      [() => exp.setTags(no('abc')), /^Cannot tag .* must be a list: received 'abc'\n {2}such as/],
      [() => exp.setTags([no(5)]), /^Cannot tag .* must be a text: received 5\n/],
      [() => exp.tag('a', no(5)), /^Cannot tag .* must be a text: received 5\n/],
      [() => exp.dependOn(no('abc')), /^Cannot depend on an experiment as it is none: received 'abc'\n/],
      [
        () => exp.dependOn(no(undefined)),
        /^Cannot depend on an experiment as it is none: received undefined\n/,
      ],
      [
        () => exp.logTest('t', () => undefined, { description: no({}) }),
        /^Cannot log the test 't' as its description must be a text: received \{\}\n/,
      ],
    ];
    for (const [action, message] of cases) {
      expect(action).toThrow(TypeError);
      expect(action).toThrow(message);
    }
    expect(JSON.stringify(exp)).toBe(before);
    for (const author of [5, null])
      await expect(newProject({ author: no(author) })).rejects.toThrow(
        /^Cannot open a project as its author must be a text: received (5|null)\n/,
      );
  });
});

describe('append()', () => {
  test('takes an experiment of another project, whose artifacts are copied when it is saved', async () => {
    const from = await newProject();
    await from.log('a', (exp) => exp.logArtifact('f', [1], { handler: 'json' }));
    await from.save();
    const to = await newProject();
    to.append((await reopen(from, { mode: 'r' })).require('a'));
    expect(await to.require('a').load('f')).toEqual([1]);
    await to.save();
    const again = await reopen(to, { mode: 'r' });
    expect(await again.require('a').load('f')).toEqual([1]);
    expect(again.toJSON()).toEqual(from.toJSON());
  });

  test('of one with a slug that is there gives it another', async () => {
    const from = await newProject();
    const other = await from.log('a', (exp) => exp.logArtifact('f', 1, { handler: 'json' }));
    const to = await newProject();
    await to.log('a', (exp) => exp.logArtifact('f', 2, { handler: 'json' }));
    to.append(other);
    await to.save();
    const again = await reopen(to, { mode: 'r' });
    expect(await Promise.all([...again].map((exp) => exp.load('f')))).toEqual([2, 1]);
    expect(other.slug).toBe('a-20260301120000');
  });

  test('refuses what is no experiment', async () => {
    const project = await newProject();
    expect(() => project.append({} as never)).toThrow(TypeError);
  });
});

describe('dependencies', () => {
  test('are named by path, or by the name of the registry, and found again', async () => {
    const upstream = await newProject();
    await upstream.log('Set features', (exp) => exp.logArtifact('features', ['a'], { handler: 'json' }));
    await upstream.save();
    const registry = new ProjectRegistry();
    for (const name of [upstream.path, 'shared']) {
      if (name === 'shared') registry.add(name, upstream);
      const from = await openProject(upstream.path, { mode: 'r', registry });
      const project = await newProject({ registry });
      await project.log('Model', (exp) => {
        exp.dependOn(from.require('set-features'));
        exp.dependOn(from.require('set-features'));
      });
      await project.save();
      const exp = (await reopen(project, { registry })).require('model');
      expect(exp.dependencyNames).toEqual([`${name}|set-features-20260301120000`]);
      expect(await exp.dependencies['set-features']?.load('features')).toEqual(['a']);
    }
  });

  test('of two projects on each other are both found', async () => {
    const folder = newFolder();
    const clock = clockOf('2026-03-01T12:00:00Z');
    const one = await openProject(join(folder, 'one.json'), { clock });
    const two = await openProject(join(folder, 'two.json'), { clock });
    const a = await one.log('a', () => undefined);
    const b = await two.log('b', (exp) => exp.dependOn(a));
    a.dependOn(b);
    await one.save();
    await two.save();
    const again = (await openProject(join(folder, 'one.json'), { mode: 'r' })).require('a');
    expect(again.dependencies['b']?.dependencies['a']?.slug).toBe(a.slug);
  });

  test('refuse a name in the registry that files could not tell from a slug', () => {
    expect(() => new ProjectRegistry().add('a|b', undefined as never)).toThrow(TypeError);
  });
});

describe('dispose()', () => {
  test('ends its use, without saving, and may be called again', async () => {
    const project = await newProject();
    await project.log('a', () => undefined);
    await project.dispose();
    await project[Symbol.asyncDispose]();
    await expect(project.save()).rejects.toMatchObject({ code: 'HEDDLE_CLOSED' });
    expect(existsSync(project.path)).toBe(false);
  });
});
