/** What is noted of calls. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  environment,
  git,
  type Json,
  type MetadataHook,
  machine,
  openCache,
  project,
  run,
  runtime,
  tags,
  withMetadata,
  withTags,
} from '../../../src/index.ts';
import { FakeClock } from '../../../src/testing.ts';
import { folders } from '../../fixtures/folders.ts';
import { fails, square } from '../../fixtures/tasks/kept-tasks.ts';

const newFolder = folders('notes');
const call = { digest: '', task: 'square', run: undefined, kind: 'call' } as const;

async function noted(metadata: readonly MetadataHook[]): Promise<Readonly<Record<string, Json>>> {
  await using cache = await openCache(':memory:', { metadata });
  await run(square(3), { cache });
  return (await cache.query().only()).metadata;
}

describe('runtime()', () => {
  test('notes when, how long, and under which Node.js', async () => {
    const clock = new FakeClock();
    const hook = runtime({ clock });
    const before = hook.before?.(call);
    clock.pass(1500);
    expect(hook.after?.(before)).toEqual({
      started: '2020-01-01T00:00:00.000Z',
      settled: '2020-01-01T00:00:01.500Z',
      wallMs: 1500,
      cpuMs: expect.any(Number),
      node: process.version,
    });
  });

  test('is noted of failures too', async () => {
    await using cache = await openCache(':memory:', { metadata: [runtime()] });
    await expect(run(fails('no'), { cache })).rejects.toThrow('no');
    expect(await cache.query({ state: 'failure', metadata: { runtime: {} } }).count()).toBe(1);
  });
});

describe('environment()', () => {
  test('notes only what is named', async () => {
    process.env['HEDDLE_TEST_SECRET'] = 'hush';
    process.env['HEDDLE_TEST_MODEL'] = 'small';
    expect(await noted([environment(['HEDDLE_TEST_MODEL', 'HEDDLE_TEST_NONE'])])).toEqual({
      environment: { HEDDLE_TEST_MODEL: 'small' },
    });
    expect(JSON.stringify(await noted([environment()]))).not.toContain('hush');
    expect(() => environment([''])).toThrow(TypeError);
  });
});

describe('git()', () => {
  const inFolder = (folder: string, ...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();

  test('notes commit, branch, and whether something is changed; asks once a second', () => {
    const folder = newFolder();
    const clock = new FakeClock();
    const hook = git({ folder, clock });
    inFolder(folder, 'init', '--initial-branch=trunk');
    expect(hook.before?.(call)).toBeUndefined();
    writeFileSync(`${folder}/a.txt`, 'one');
    inFolder(folder, 'add', 'a.txt');
    inFolder(folder, 'commit', '-m', 'one');
    const commit = inFolder(folder, 'rev-parse', 'HEAD');
    expect(hook.before?.(call)).toBeUndefined();
    clock.pass(1001);
    expect(hook.before?.(call)).toEqual({ commit, branch: 'trunk', dirty: false });
    writeFileSync(`${folder}/a.txt`, 'two');
    writeFileSync(`${folder}/unknown.txt`, 'two');
    expect(hook.before?.(call)).toMatchObject({ dirty: false });
    clock.pass(1001);
    expect(hook.before?.(call)).toEqual({ commit, branch: 'trunk', dirty: true });
    inFolder(folder, 'checkout', '--', 'a.txt');
    inFolder(folder, 'checkout', '--detach');
    clock.pass(1001);
    expect(hook.before?.(call)).toEqual({ commit, dirty: false });
  });

  test('notes nothing outside of a repository, or without git', () => {
    expect(git({ folder: newFolder() }).before?.(call)).toBeUndefined();
    const { PATH } = process.env;
    process.env['PATH'] = newFolder();
    try {
      expect(git({ folder: newFolder() }).before?.(call)).toBeUndefined();
    } finally {
      process.env['PATH'] = PATH;
    }
  });
});

describe('machine()', () => {
  test('notes facts of this machine', async () => {
    const { machine: facts } = await noted([machine()]);
    expect(facts).toMatchObject({ platform: process.platform, arch: process.arch });
  });
});

describe('tags() and project()', () => {
  test('of the cache and around a run are joined, the inner ones counting', async () => {
    await using cache = await openCache(':memory:', { metadata: [tags({ a: 1, b: 1, c: 1 })] });
    await withTags({ b: 2, c: 2 }, async () => {
      await Promise.resolve();
      await withMetadata([tags({ c: 3 }), project('p')], () => run(square(3), { cache }));
    });
    await run(square(4), { cache });
    expect((await cache.query({ args: { x: 3 } }).only()).metadata).toEqual({
      tags: { a: 1, b: 2, c: 3 },
      project: 'p',
    });
    expect((await cache.query({ args: { x: 4 } }).only()).metadata).toEqual({
      tags: { a: 1, b: 1, c: 1 },
    });
  });

  test('refuse what is no JSON', () => {
    expect(() => tags({ when: new Date() } as never)).toThrow("'note.when' must be JSON");
    expect(() => tags({ x: Number.NaN })).toThrow(TypeError);
    expect(() => tags([] as never)).toThrow(TypeError);
    expect(() => project('')).toThrow(TypeError);
    expect(() => withMetadata([{} as never], () => 1)).toThrow('a hook must have a name');
  });
});

describe('a hook of the user', () => {
  test('is told of the call, and gets back what it gave before', async () => {
    const hook: MetadataHook = {
      name: 'own',
      before: ({ task, kind }) => `${kind} of ${task}`,
      after: (before) => ({ was: String(before), gone: undefined as never }),
    };
    expect(await noted([hook])).toEqual({ own: { was: 'call of square' } });
  });

  test('that throws, or gives no JSON, is told as trouble, and changes nothing', async () => {
    const told: string[] = [];
    const metadata: readonly MetadataHook[] = [
      {
        name: 'throws',
        before: () => {
          throw new Error('no');
        },
      },
      { name: 'function', after: () => (() => 1) as never },
      { name: 'bigint', before: () => [1n] },
    ];
    await using cache = await openCache(':memory:', {
      metadata,
      onTrouble: ({ message }) => void told.push(message),
    });
    expect(await run(square(3), { cache })).toBe(9);
    expect((await cache.query().only()).metadata).toEqual({});
    expect(told).toHaveLength(3);
    expect(told[0]).toBe("Cannot note 'throws' of a call: no");
    expect(told[1]).toContain('must be JSON');
  });
});
