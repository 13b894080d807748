/**
 * Values that a handler cannot hold: they are refused where they are logged, and what else there is can be saved.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ArtifactHandler } from '../../../src/artifacts/handlers/handler.ts';
import { openProject } from '../../../src/artifacts/track/project.ts';
import { openRepository } from '../../../src/artifacts/track/repository.ts';
import { folders } from '../../fixtures/folders.ts';

const newFolder = folders('encoding');
const json = { handler: 'json' } as const;
const csv = { handler: 'csv' } as const;

const custom = (encode: () => unknown): ArtifactHandler => ({
  alias: 'mine',
  suffix: 'mine',
  binary: true,
  encode: encode as ArtifactHandler['encode'],
  decode: (bytes) => bytes,
});

describe('a value that csv cannot hold', () => {
  test('is refused by Repository.logArtifact, and nothing of it stays', async () => {
    const folder = newFolder();
    const repository = await openRepository(join(folder, 'repository.json'));
    await expect(repository.logArtifact('bad', {}, csv)).rejects.toMatchObject({
      code: 'HEDDLE_ARTIFACT_NOT_LOGGED',
      message: expect.stringContaining("'bad' as csv cannot hold it"),
    });
    expect(repository.has('bad')).toBe(false);
    await repository.logArtifact('good', [{ a: 1 }], csv);
    await repository.save();
    expect(readdirSync(folder).sort()).toEqual(['good', 'repository.json']);
  });

  test('is refused by Repository.logArtifact after those that were logged before have got their versions', async () => {
    const repository = await openRepository(join(newFolder(), 'repository.json'));
    const logged = await Promise.allSettled([
      repository.logArtifact('a', [{ a: 1 }], csv),
      repository.logArtifact('a', {}, csv),
      repository.logArtifact('a', [{ a: 2 }], csv),
    ]);
    expect(logged.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(repository.versions('a').map(({ version }) => version)).toEqual([0, 1]);
    expect(await repository.load('a')).toEqual([{ a: '2' }]);
  });

  test('makes Project.log reject, and the experiment is not added', async () => {
    const path = join(newFolder(), 'project.json');
    const project = await openProject(path, { mode: 'w' });
    await project.log('good', (exp) => exp.logMetric('m', 1));
    await expect(project.log('bad', (exp) => exp.logArtifact('table', {}, csv))).rejects.toMatchObject({
      code: 'HEDDLE_ARTIFACT_NOT_LOGGED',
      message: expect.stringContaining("'table' as csv cannot hold it"),
    });
    await expect(
      project.log('bad', (exp) => exp.logTest('t', (part) => part.logArtifact('table', {}, csv))),
    ).rejects.toMatchObject({ code: 'HEDDLE_ARTIFACT_NOT_LOGGED' });
    await project.save();
    expect((await openProject(path, { mode: 'r' })).experiments.map(({ name }) => name)).toEqual(['good']);
  });

  test('makes an asynchronous logTest reject, and the test is not added', async () => {
    const project = await openProject(join(newFolder(), 'project.json'), { mode: 'w' });
    const exp = await project.log('exp', () => undefined);
    await expect(exp.logTest('t', async (part) => part.logArtifact('table', {}, csv))).rejects.toMatchObject({
      code: 'HEDDLE_ARTIFACT_NOT_LOGGED',
    });
    expect(exp.tests).toEqual([]);
    await project.save();
  });

  test('of an experiment that is in the project is told by save with its names, and can be mended', async () => {
    const path = join(newFolder(), 'project.json');
    const project = await openProject(path, { mode: 'w' });
    const exp = await project.log('exp', () => undefined);
    exp.logArtifact('table', {}, csv);
    await expect(project.save()).rejects.toMatchObject({
      code: 'HEDDLE_SAVE_FAILED',
      message: expect.stringMatching(
        new RegExp(`experiment '${exp.slug}'.*'table' as csv cannot hold it[^]*overwrite: true`),
      ),
    });
    exp.logArtifact('table', [{ a: 1 }], { ...csv, overwrite: true });
    await project.save();
    const again = (await openProject(path, { mode: 'r' })).require('exp');
    expect(await again.load('table')).toEqual([{ a: '1' }]);
  });

  test('is not promoted', async () => {
    const folder = newFolder();
    const repository = await openRepository(join(folder, 'repository.json'));
    const project = await openProject(join(folder, 'project.json'), { mode: 'w' });
    const exp = await project.log('exp', () => undefined);
    exp.logArtifact('table', {}, csv);
    await expect(exp.promoteArtifact(repository, 'table')).rejects.toMatchObject({
      code: 'HEDDLE_ARTIFACT_NOT_LOGGED',
    });
    expect(repository.size).toBe(0);
  });
});

describe('a handler whose encode gives no Uint8Array', () => {
  const given: readonly (readonly [string, () => unknown])[] = [
    ['nothing', () => undefined],
    ['a promise of nothing', async () => undefined],
    ['a text', () => 'x'],
    ['a list', () => [1, 2]],
    ['an ArrayBuffer', () => new ArrayBuffer(2)],
  ];
  test.each(given)('but %s is refused when it is asked to log', async (_, encode) => {
    const folder = newFolder();
    const handlers = [custom(encode)];
    const refused = {
      code: 'HEDDLE_ARTIFACT_NOT_LOGGED',
      message: expect.stringContaining("'encode' of the handler mine must give a Uint8Array: received"),
    };
    const project = await openProject(join(folder, 'project.json'), { mode: 'w', handlers });
    await expect(
      project.log('e', (exp) => exp.logArtifact('a', 1, { handler: 'mine' })),
    ).rejects.toMatchObject(refused);
    const repository = await openRepository(join(folder, 'repository.json'), { handlers });
    await expect(repository.logArtifact('a', 1, { handler: 'mine' })).rejects.toMatchObject(refused);
    await repository.logArtifact('b', 1, json);
    await Promise.all([project.save(), repository.save()]);
    expect(readdirSync(folder).sort()).toEqual(['b', 'project.json', 'repository.json']);
  });
});
