/**
 * Repositories: versions and which is found, expiry, what differs between versions, and what is saved.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type OpenRepositoryOptions,
  openRepository,
  type Repository,
} from '../../../src/artifacts/track/repository.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { filesIn, folders } from '../../fixtures/folders.ts';

const newFolder = folders('repository');
const dayMs = 24 * 3600 * 1000;
const json = { handler: 'json' } as const;

/** A repository, with the clock by which its time goes on. */
async function newRepository(
  options: OpenRepositoryOptions = {},
): Promise<{ repository: Repository; clock: FakeClock; folder: string }> {
  const clock = new FakeClock(Date.parse('2026-04-01T00:00:00Z'));
  const folder = newFolder();
  return {
    repository: await openRepository(join(folder, 'repository.json'), { clock, ...options }),
    clock,
    folder,
  };
}

/** Versions 0, 1 and 2 of `features`, of the 1st, 11th and 21st of April. */
async function threeVersions(): Promise<{ repository: Repository; clock: FakeClock; folder: string }> {
  const made = await newRepository();
  for (const value of [['a'], ['a', 'b'], ['a', 'b', 'c']]) {
    await made.repository.logArtifact('features', value, json);
    made.clock.pass(10 * dayMs);
  }
  await made.repository.save();
  return made;
}

const reopen = (repository: Repository, options: OpenRepositoryOptions = {}): Promise<Repository> =>
  openRepository(repository.path, { mode: 'r', ...options });

describe('logArtifact()', () => {
  test('gives each the next version of its name, and a file of its own, also within one second', async () => {
    const { repository, folder } = await newRepository();
    expect(await repository.logArtifact('a b', 1, json)).toMatchObject({
      version: 0,
      fname: 'a-b-20260401000000.json',
    });
    expect(await repository.logArtifact('a b', 2, json)).toMatchObject({
      version: 1,
      fname: 'a-b-20260401000000-2.json',
    });
    expect(await repository.logArtifact('c', 3, { ...json, fname: 'x/model.json' })).toMatchObject({
      version: 0,
    });
    expect(await repository.logArtifact('c', 4, { ...json, fname: 'x/model.json' })).toMatchObject({
      version: 1,
      fname: 'x/model-2.json',
    });
    await repository.save();
    expect(
      filesIn(folder)
        .map((path) => path.slice(folder.length + 1))
        .sort(),
    ).toEqual([
      'a b/a-b-20260401000000-2.json',
      'a b/a-b-20260401000000.json',
      'c/x/model-2.json',
      'c/x/model.json',
      'repository.json',
    ]);
    const again = await reopen(repository);
    expect(await Promise.all([0, 1].map((version) => again.load('a b', { version })))).toEqual([1, 2]);
    expect(await Promise.all([0, 1].map((version) => again.load('c', { version })))).toEqual([3, 4]);
  });

  test('writes the file of records that Python writes', async () => {
    const { repository } = await newRepository();
    await repository.logArtifact('ä', 1, { ...json, expiry: '2026-05-01T00:00:00' });
    await repository.save();
    expect(readFileSync(repository.path, 'utf8')).toBe(
      `[
    {
        "created_at": "2026-04-01T00:00:00",
        "expiry": "2026-05-01T00:00:00",
        "fname": "a-20260401000000.json",
        "handler": "json",
        "name": "\\u00e4",
        "version": 0
    }
]`,
    );
  });

  test('onlyIfChanged logs nothing if the latest has the same bytes, saved or not', async () => {
    const { repository, clock } = await newRepository();
    const log = (value: unknown) => repository.logArtifact('f', value, { ...json, onlyIfChanged: true });
    expect((await log([1])).version).toBe(0);
    expect((await log([1])).version).toBe(0);
    await repository.save();
    clock.pass(1000);
    expect((await log([1])).version).toBe(0);
    expect((await log([2])).version).toBe(1);
    expect((await log([1])).version).toBe(2);
    expect(repository.size).toBe(3);
  });

  test('onlyIfChanged compares in the order in which it was called, and save() waits for it', async () => {
    const { repository } = await newRepository();
    for (const value of [1, 1, 2, 2, 1])
      void repository.logArtifact('f', value, { ...json, onlyIfChanged: true });
    await repository.save();
    const again = await reopen(repository);
    expect(await Promise.all(again.versions('f').map(({ version }) => again.load('f', { version })))).toEqual(
      [1, 2, 1],
    );
  });

  test.each(['../x', '.', '', '/abs', 'a/../..', 'a\0'])(
    'refuses a name that is no folder in that of the repository: %j',
    async (name) => {
      const { repository } = await newRepository();
      await expect(repository.logArtifact(name, 1, json)).rejects.toThrow(
        /Cannot log (the artifact '.*' as its name must be a path that stays|an artifact as it needs a name)/s,
      );
      await expect(repository.logArtifact('a', 1, { ...json, fname: name })).rejects.toMatchObject({
        code: 'HEDDLE_ARTIFACT_NOT_LOGGED',
      });
    },
  );

  test('refuses to log what may only be read', async () => {
    const { repository } = await threeVersions();
    const again = await reopen(repository);
    const refused = { code: 'HEDDLE_READ_ONLY' };
    await expect(again.logArtifact('a', 1, json)).rejects.toMatchObject(refused);
    await expect(again.setExpiry('features')).rejects.toMatchObject(refused);
    await expect(again.save()).rejects.toMatchObject(refused);
  });
});

describe('load()', () => {
  test('gives the latest, one by its number, one by its time, and the latest as of a time', async () => {
    const { repository } = await threeVersions();
    const again = await reopen(repository);
    expect(await again.load('features')).toEqual(['a', 'b', 'c']);
    expect(await again.load('features', { version: 0 })).toEqual(['a']);
    expect(await again.load('features', { exact: '2026-04-11T00:00:00' })).toEqual(['a', 'b']);
    expect(await again.load('features', { exact: new Date('2026-04-11T00:00:00Z') })).toEqual(['a', 'b']);
    expect(await again.load('features', { asOf: '2026-04-12T00:00:00' })).toEqual(['a', 'b']);
    expect(await again.load('features', { asOf: '2026-04-11T00:00:00' })).toEqual(['a', 'b']);
    expect(await again.load('features', { asOf: '2026-04-10T23:59:59' })).toEqual(['a']);
    expect(await again.getMetadata('features', { asOf: '2026-04-12T00:00:00' })).toEqual({
      name: 'features',
      fname: 'features-20260411000000.json',
      handler: 'json',
      version: 1,
      createdAt: new Date('2026-04-11T00:00:00Z'),
      expiry: undefined,
    });
  });

  test('tells what there is if there is no such version', async () => {
    const { repository } = await threeVersions();
    const missing = {
      code: 'HEDDLE_VERSION_NOT_FOUND',
      message: expect.stringContaining('0 of 2026-04-01T00:00:00, 1 of'),
    };
    await expect(repository.load('features', { version: 3 })).rejects.toMatchObject(missing);
    await expect(repository.load('features', { exact: '2026-04-12T00:00:00' })).rejects.toMatchObject(
      missing,
    );
    await expect(repository.load('features', { asOf: '2026-03-12T00:00:00' })).rejects.toMatchObject(missing);
    await expect(repository.load('none')).rejects.toMatchObject({
      code: 'HEDDLE_ARTIFACT_NOT_LOADED',
      message: expect.stringContaining("'features'"),
    });
  });

  test.each([
    { exact: 'yesterday' },
    { asOf: '12.04.2026' },
    { exact: new Date(Number.NaN) },
    { version: -1 },
    { version: 0.5 },
  ])('refuses what is no version: %j', async (query) => {
    const { repository } = await threeVersions();
    await expect(repository.load('features', query)).rejects.toMatchObject({
      code: 'HEDDLE_INVALID_VERSION',
    });
  });

  test('refuses what is misspelt', async () => {
    const { repository } = await threeVersions();
    const misspelt: object = { asof: '2026-04-12T00:00:00' };
    await expect(repository.load('features', misspelt)).rejects.toThrow(/'asOf' was probably meant/);
    await expect(repository.getMetadata('features', misspelt)).rejects.toThrow(TypeError);
    await expect(repository.loadBytes('features', misspelt)).rejects.toThrow(TypeError);
    await expect(repository.diff('features', misspelt)).rejects.toThrow(TypeError);
    await expect(repository.setExpiry('features', misspelt)).rejects.toThrow(TypeError);
    await expect(
      repository.logArtifact('features', 1, { ...json, onlyifchanged: true } as typeof json),
    ).rejects.toThrow(TypeError);
  });

  test('refuses two ways at once', async () => {
    const { repository } = await threeVersions();
    await expect(repository.load('features', { version: 0, asOf: '2026-04-12T00:00:00' })).rejects.toThrow(
      TypeError,
    );
  });
});

describe('expiry', () => {
  test('holds after the file was opened again, for the latest and as of a time', async () => {
    const { repository, clock } = await threeVersions();
    await repository.setExpiry('features', { version: 2, expiry: '2026-04-25T00:00:00' });
    await repository.save();
    const again = await reopen(repository, { clock });
    expect((await again.getMetadata('features', { version: 2 })).expiry).toEqual(
      new Date('2026-04-25T00:00:00Z'),
    );
    expect((await again.getMetadata('features')).version).toBe(1);
    expect((await again.getMetadata('features', { asOf: '2026-04-24T23:59:59' })).version).toBe(2);
    expect((await again.getMetadata('features', { asOf: '2026-04-25T00:00:00' })).version).toBe(1);
    expect((await again.getMetadata('features', { exact: '2026-04-21T00:00:00' })).version).toBe(2);
  });

  test('is now if none is given, and of all versions leaves none', async () => {
    const { repository, clock } = await threeVersions();
    for (const version of [0, 1, 2]) await repository.setExpiry('features', { version });
    await expect(repository.load('features')).rejects.toMatchObject({
      code: 'HEDDLE_VERSION_NOT_FOUND',
      message: expect.stringContaining('all have expired'),
    });
    expect(repository.versions('features').map(({ expiry }) => expiry)).toEqual(
      Array(3).fill(new Date(clock.epochMs())),
    );
    expect(await repository.load('features', { version: 0 })).toEqual(['a']);
  });

  test('changes no other record of the file', async () => {
    const { repository } = await threeVersions();
    const before = readFileSync(repository.path, 'utf8');
    await repository.setExpiry('features', { version: 1, expiry: new Date('2027-01-01T00:00:00Z') });
    await repository.save();
    const after = readFileSync(repository.path, 'utf8');
    expect(after.replace('"2027-01-01T00:00:00"', 'null')).toBe(before);
  });
});

describe('diff()', () => {
  test('tells what differs between versions, and of one from the latest', async () => {
    const { repository } = await newRepository();
    await repository.logArtifact('notes', 'one\ntwo\nthree\n', { handler: 'text' });
    await repository.logArtifact('notes', 'one\n2\nthree\nfour\n', { handler: 'text' });
    const expected = [
      '--- notes 0',
      '+++ notes 1',
      '@@ -1,3 +1,4 @@',
      ' one',
      '-two',
      '+2',
      ' three',
      '+four',
    ].join('\n');
    expect(await repository.diff('notes', { version: 0 })).toBe(expected);
    await repository.save();
    expect(await (await reopen(repository)).diff('notes', { version: 0 }, { version: 1 })).toBe(expected);
    expect(await repository.diff('notes', { version: 1 })).toBe('');
  });

  test('refuses what is no text', async () => {
    const { repository } = await newRepository();
    await repository.logArtifact('b', Uint8Array.of(1), { handler: 'bytes' });
    await expect(repository.diff('b', { version: 0 })).rejects.toMatchObject({
      code: 'HEDDLE_ARTIFACT_NOT_LOADED',
    });
  });
});

describe('filter()', () => {
  test('gives a view of the versions as of a time, without names that had none', async () => {
    const { repository, clock } = await threeVersions();
    await repository.logArtifact('later', 1, json);
    await repository.save();
    const view = (await reopen(repository, { clock })).filter({ asOf: '2026-04-12T00:00:00' });
    expect([...view].map(({ name, version }) => [name, version])).toEqual([['features', 1]]);
    expect(await view.load('features')).toEqual(['a', 'b']);
    await expect(view.logArtifact('x', 1, json)).rejects.toMatchObject({ code: 'HEDDLE_READ_ONLY' });
    expect(repository.size).toBe(4);
  });

  test('gives exactly the versions of a list', async () => {
    const { repository } = await threeVersions();
    expect(
      repository
        .filter([['features', 0]])
        .versions()
        .map(({ version }) => version),
    ).toEqual([0]);
    expect(
      repository
        .filter([['features', '2026-04-11T00:00:00']])
        .versions()
        .map(({ version }) => version),
    ).toEqual([1]);
    expect(() => repository.filter([['features', 7]])).toThrow(
      expect.objectContaining({ code: 'HEDDLE_VERSION_NOT_FOUND' }),
    );
  });
});

describe('save()', () => {
  test('in mode w begins anew, without writing over the files of what was there', async () => {
    const { repository, folder } = await threeVersions();
    const clock = new FakeClock(Date.parse('2026-04-01T00:00:00Z'));
    const anew = await openRepository(repository.path, { mode: 'w', clock });
    expect(anew.size).toBe(0);
    await anew.logArtifact('features', 'new', json);
    await anew.save();
    expect(await (await reopen(anew)).load('features')).toBe('new');
    expect(readFileSync(join(folder, 'features/features-20260401000000.json'), 'utf8')).toBe('["a"]');
  });

  test('does not write through a link to elsewhere', async () => {
    const { repository, folder } = await newRepository();
    const outside = newFolder();
    symlinkSync(outside, join(folder, 'f'), 'dir');
    await repository.logArtifact('f', 1, json);
    await expect(repository.save()).rejects.toMatchObject({
      code: 'HEDDLE_SAVE_FAILED',
      message: expect.stringContaining('leaves the folder'),
    });
    expect([readdirSync(outside), existsSync(repository.path)]).toEqual([[], false]);
  });

  test('never takes the place of its own file of records', async () => {
    const { repository, folder } = await newRepository();
    await repository.save();
    mkdirSync(join(folder, 'f'));
    writeFileSync(join(folder, 'f/x.json'), '0');
    await repository.logArtifact('f', 1, { ...json, fname: 'x.json' });
    await repository.save();
    expect(readFileSync(join(folder, 'f/x.json'), 'utf8')).toBe('0');
    expect(await (await reopen(repository)).load('f')).toBe(1);
  });
});

describe('a repository as a source', () => {
  test('has names, loads the latest, and says which version that is', async () => {
    const { repository } = await threeVersions();
    expect([repository.has('features'), repository.has('x')]).toEqual([true, false]);
    expect(await repository.versionOf('features')).toMatch(/^features@2 json sha256:[0-9a-f]{64}$/);
    expect(await repository.versionOf('x')).toBeUndefined();
  });

  test('stays in the folder whatever the file says', async () => {
    const outer = newFolder();
    writeFileSync(join(outer, 'secret.json'), '"secret"');
    mkdirSync(join(outer, 'inner'));
    const path = join(outer, 'inner/repository.json');
    const record = { created_at: '2026-01-01T00:00:00', expiry: null, handler: 'json', version: 0 };
    writeFileSync(
      path,
      JSON.stringify([
        { ...record, name: '..', fname: 'secret.json' },
        { ...record, name: 'a', fname: '../../secret.json' },
        { ...record, name: join(outer), fname: 'secret.json' },
      ]),
    );
    const repository = await openRepository(path, { mode: 'r' });
    for (const name of repository.names)
      await expect(repository.load(name)).rejects.toMatchObject({
        message: expect.stringContaining('leaves the folder'),
      });
  });
});

describe('openRepository()', () => {
  test('refuses modes that there are not, and records that are none', async () => {
    await expect(newRepository({ mode: 'a' as 'r' })).rejects.toThrow(/'r', 'w', 'w\+'/);
    const path = join(newFolder(), 'repository.json');
    writeFileSync(path, '[{"name": "a"}]');
    await expect(openRepository(path)).rejects.toMatchObject({
      code: 'HEDDLE_FILE_UNREADABLE',
      message: expect.stringContaining("artifact 'a' of record 1 of"),
    });
    await expect(openRepository(join(path, '../no.json'), { mode: 'r' })).rejects.toMatchObject({
      code: 'HEDDLE_FILE_UNREADABLE',
    });
  });

  test('ends by dispose()', async () => {
    const { repository } = await newRepository();
    await repository[Symbol.asyncDispose]();
    await repository.dispose();
    await expect(repository.save()).rejects.toMatchObject({ code: 'HEDDLE_CLOSED' });
  });
});
