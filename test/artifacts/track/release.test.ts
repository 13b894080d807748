/**
 * Releases of repositories: made, found, written and read, of packages, and as repositories of their own.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { minimalRepository } from '../../../src/artifacts/track/minimal-repository.ts';
import { releaseFromPackage } from '../../../src/artifacts/track/package-releases.ts';
import {
  createRelease,
  findRelease,
  openReleases,
  parseReleases,
  printReleases,
  type Release,
  saveRelease,
} from '../../../src/artifacts/track/release.ts';
import { openRepository, type Repository } from '../../../src/artifacts/track/repository.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { filesIn, folders } from '../../fixtures/folders.ts';
import { copyLazyscribe } from '../../fixtures/lazyscribe-files.ts';

const newFolder = folders('release');
const clockOf = (time: string): FakeClock => new FakeClock(Date.parse(time));

async function newRepository(): Promise<{ repository: Repository; folder: string }> {
  const folder = newFolder();
  const clock = clockOf('2025-01-20T13:23:30Z');
  const repository = await openRepository(join(folder, 'repository.json'), { clock });
  await repository.logArtifact('my-features', [0], { handler: 'json' });
  await repository.logArtifact('my-data', [{ a: 1 }], { handler: 'json' });
  clock.pass(1000);
  await repository.logArtifact('my-data', [{ a: 2 }], { handler: 'json' });
  await repository.save();
  return { repository, folder };
}

const releases: readonly Release[] = [
  { tag: 'v0.2.0', artifacts: [], createdAt: new Date('2025-02-01T00:00:00Z') },
  { tag: 'v0.1.0', artifacts: [], createdAt: new Date('2025-01-01T00:00:00Z') },
  { tag: 'v0.2.1', artifacts: [], createdAt: new Date('2025-03-01T00:00:00Z') },
];

describe('createRelease()', () => {
  test('takes the latest version of each name, in the order of the names', async () => {
    const { repository } = await newRepository();
    expect(await createRelease(repository, 'v0.1.0', { clock: clockOf('2025-06-01T00:00:00Z') })).toEqual({
      tag: 'v0.1.0',
      artifacts: [
        ['my-data', 1],
        ['my-features', 0],
      ],
      createdAt: new Date('2025-06-01T00:00:00Z'),
    });
  });

  test('refuses what is not saved, and no tag', async () => {
    const { repository } = await newRepository();
    await expect(createRelease(repository, '')).rejects.toThrow(TypeError);
    await repository.setExpiry('my-data', { version: 0 });
    await expect(createRelease(repository, 'v1')).rejects.toMatchObject({ code: 'HEDDLE_UNSAVED' });
  });
});

describe('findRelease()', () => {
  test.each([
    [undefined, 'v0.2.1'],
    ['v0.2.0', 'v0.2.0'],
    [{ tag: 'v0.1.0' }, 'v0.1.0'],
    [{ exact: '2025-01-01T00:00:00' }, 'v0.1.0'],
    [{ exact: new Date('2025-02-01T00:00:00Z') }, 'v0.2.0'],
    [{ asOf: '2025-02-15T00:00:00' }, 'v0.2.0'],
    [{ asOf: '2025-06-01T00:00:00' }, 'v0.2.1'],
  ])('by %j gives %s', (query, tag) => {
    expect(findRelease(releases, query).tag).toBe(tag);
  });

  test.each([['v1'], [{ exact: '2025-06-01T00:00:00' }], [{ asOf: '2024-12-15T00:00:00' }]])(
    'by %j gives none',
    (query) => {
      expect(() => findRelease(releases, query)).toThrow(
        expect.objectContaining({
          code: 'HEDDLE_VERSION_NOT_FOUND',
          message: expect.stringContaining('v0.1.0'),
        }),
      );
    },
  );

  test('of none at all gives none, and refuses two ways and what is no time', () => {
    expect(() => findRelease([])).toThrow(expect.objectContaining({ code: 'HEDDLE_VERSION_NOT_FOUND' }));
    expect(() => findRelease(releases, { tag: 'v0.1.0', asOf: '2025-01-01' })).toThrow(TypeError);
    expect(() => findRelease(releases, { asOf: 'v0.1.0' })).toThrow(
      expect.objectContaining({ code: 'HEDDLE_INVALID_VERSION' }),
    );
  });
});

describe('files of releases', () => {
  test('are as Python writes them', () => {
    const one = {
      tag: 'v0.1.0',
      artifacts: [['a', 1]] as const,
      createdAt: new Date('2025-01-01T00:00:00Z'),
    };
    const text = '[{"tag": "v0.1.0", "artifacts": [["a", 1]], "created_at": "2025-01-01T00:00:00"}]';
    expect(printReleases([one])).toBe(text);
    expect(parseReleases(text)).toEqual([one]);
    expect(parseReleases(printReleases(releases, 4))).toEqual(releases);
  });

  test('that are none are refused with their place', async () => {
    const path = join(newFolder(), 'releases.json');
    for (const text of [
      '{}',
      '[1]',
      '[{"tag": 1}]',
      '[{"tag": "a", "artifacts": [["a"]], "created_at": "2025-01-01T00:00:00"}]',
      '[',
    ]) {
      writeFileSync(path, text);
      await expect(openReleases(path)).rejects.toMatchObject({
        code: 'HEDDLE_FILE_UNREADABLE',
        path,
        message: expect.stringContaining('releases.json'),
      });
    }
    expect(await openReleases(join(newFolder(), 'none.json'))).toEqual([]);
  });

  test('keep the release of a tag that is there', async () => {
    const path = join(newFolder(), 'releases.json');
    const [first] = releases as [Release];
    expect(await saveRelease(path, first)).toBe(first);
    const text = readFileSync(path, 'utf8');
    expect(await saveRelease(path, { ...first, artifacts: [['x', 1]] })).toEqual(first);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('keep releases of two that are saved at once', async () => {
    const path = join(newFolder(), 'releases.json');
    await Promise.all(releases.map((release) => saveRelease(path, release)));
    expect((await openReleases(path)).map(({ tag }) => tag).sort()).toEqual(['v0.1.0', 'v0.2.0', 'v0.2.1']);
  });
});

describe('releaseFromPackage()', () => {
  const packageFile = (folder: string, text: unknown): string => {
    const path = join(folder, 'package.json');
    writeFileSync(path, typeof text === 'string' ? text : JSON.stringify(text));
    return path;
  };

  test('makes a release of each repository under the version, once', async () => {
    const { repository, folder } = await newRepository();
    const path = packageFile(folder, { version: '1.0.0', heddle: { repositories: ['repository.json'] } });
    const clock = clockOf('2025-06-01T00:00:00Z');
    const [made] = await releaseFromPackage(path, { clock });
    expect(made).toMatchObject({
      repository: repository.path,
      path: join(folder, 'releases.json'),
      isNew: true,
      release: { tag: 'v1.0.0' },
    });
    expect(readFileSync(join(folder, 'releases.json'), 'utf8')).toBe(
      `[
    {
        "tag": "v1.0.0",
        "artifacts": [
            [
                "my-data",
                1
            ],
            [
                "my-features",
                0
            ]
        ],
        "created_at": "2025-06-01T00:00:00"
    }
]`,
    );
    expect(await releaseFromPackage(path, { clock: clockOf('2025-07-01T00:00:00Z') })).toEqual([
      { ...made, isNew: false },
    ]);
  });

  test('fills version and day into its own form of tags', async () => {
    const { folder } = await newRepository();
    const path = packageFile(folder, {
      version: '1.0.0',
      heddle: { repositories: ['repository.json'], release: 'v{year}.{month}.{day}-{version}' },
    });
    const [made] = await releaseFromPackage(path, { clock: clockOf('2025-06-01T00:00:00Z') });
    expect(made?.release.tag).toBe('v2025.6.1-1.0.0');
  });

  test.each([
    ['no JSON', '{'],
    ['no version', { heddle: { repositories: [] } }],
    ['no repositories', { version: '1.0.0' }],
    ['a repository that is not there', { version: '1.0.0', heddle: { repositories: ['no.json'] } }],
  ])('tells of %s', async (_, text) => {
    await expect(releaseFromPackage(packageFile(newFolder(), text))).rejects.toMatchObject({
      code: 'HEDDLE_FILE_UNREADABLE',
    });
  });

  test('tells that there is no package', async () => {
    await expect(releaseFromPackage(join(newFolder(), 'package.json'))).rejects.toMatchObject({
      code: 'HEDDLE_FILE_UNREADABLE',
    });
  });
});

describe('minimalRepository()', () => {
  test('copies the versions of a release with their files, and nothing else', async () => {
    const { repository } = await newRepository();
    const release = await createRelease(repository, 'v1');
    const folder = newFolder();
    const minimal = await minimalRepository(repository, release, join(folder, 'repository.json'));
    expect([...minimal].map(({ name, version }) => [name, version])).toEqual(release.artifacts);
    const again = await openRepository(minimal.path, { mode: 'r' });
    expect(await again.load('my-data')).toEqual([{ a: 2 }]);
    expect(filesIn(folder)).toHaveLength(3);
  });

  test('of the repository of lazyscribe writes the same file', async () => {
    const folder = copyLazyscribe(newFolder());
    const path = join(folder, 'repository-minimal/repository.json');
    const repository = await openRepository(path, { mode: 'r' });
    const names = repository.names.map(
      (name) => [name, repository.versions(name)[0]?.version ?? -1] as const,
    );
    const minimal = await minimalRepository(repository, names, join(newFolder(), 'repository.json'));
    expect(readFileSync(minimal.path, 'utf8')).toBe(readFileSync(path, 'utf8'));
    expect(await minimal.loadBytes('model')).toEqual(await repository.loadBytes('model'));
  });
});
