/**
 * Names that are longer than file systems take: cut where nobody looks for them, and refused where they are the path.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openProject } from '../../../src/artifacts/track/project.ts';
import { openRepository } from '../../../src/artifacts/track/repository.ts';
import { folders } from '../../fixtures/folders.ts';

const newFolder = folders('long-names');
const json = { handler: 'json' } as const;
const long = 'name '.repeat(100).trimEnd();

describe('a name that is too long for a file', () => {
  test('of an experiment and of its artifacts is kept, and that of the files is cut', async () => {
    const path = join(newFolder(), 'project.json');
    const project = await openProject(path, { mode: 'w' });
    await project.log(long, (exp) => {
      exp.logArtifact(long, 1, json);
      exp.logArtifact(`${long} two`, 2, json);
    });
    await project.save();
    const [exp] = (await openProject(path, { mode: 'r' })).experiments;
    expect(exp?.name).toBe(long);
    expect(exp?.slug).toMatch(/^name-name-.*-name-\d{14}$/);
    expect(exp?.artifacts.map(({ name }) => name)).toEqual([long, `${long} two`]);
    expect([await exp?.load(long), await exp?.load(`${long} two`)]).toEqual([1, 2]);
  });

  test('of a version, of a file and of a test is refused where it is logged', async () => {
    const folder = newFolder();
    const refused = (what: string): object => ({
      code: 'HEDDLE_ARTIFACT_NOT_LOGGED',
      message: expect.stringMatching(
        new RegExp(`a name may have 240 bytes, and that of ${what} has \\d+: received`),
      ),
    });
    const repository = await openRepository(join(folder, 'repository.json'));
    await expect(repository.logArtifact('ä'.repeat(121), 1, json)).rejects.toMatchObject(
      refused('its folder'),
    );
    await repository.logArtifact('ä'.repeat(120), 1, json);
    await repository.save();
    const project = await openProject(join(folder, 'project.json'), { mode: 'w' });
    const file = { ...json, fname: `${'x'.repeat(240)}.json` };
    await expect(project.log('e', (exp) => exp.logArtifact('a', 1, file))).rejects.toMatchObject(
      refused('its file'),
    );
    await expect(
      project.log('e', (exp) => exp.logTest(long, (part) => part.logArtifact('a', 1, json))),
    ).rejects.toMatchObject(refused('the folder of its test'));
    await project.save();
  });

  test('that a file of records has is told as such', async () => {
    const path = join(newFolder(), 'repository.json');
    const record = {
      created_at: '2026-04-01T00:00:00',
      expiry: null,
      fname: `${'x'.repeat(300)}.json`,
      handler: 'json',
      name: 'a',
      version: 0,
    };
    mkdirSync(join(path, '../a'));
    writeFileSync(path, JSON.stringify([record]));
    const repository = await openRepository(path, { mode: 'r' });
    await expect(repository.load('a')).rejects.toMatchObject({
      code: 'HEDDLE_ARTIFACT_NOT_LOADED',
      message: expect.stringContaining('ENAMETOOLONG'),
    });
  });
});
