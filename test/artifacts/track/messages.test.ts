/**
 * What is said to those who call with what is none of what is asked for: the thing, the reason, and the mend.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openProject } from '../../../src/artifacts/track/project.ts';
import { openRepository } from '../../../src/artifacts/track/repository.ts';
import { folders } from '../../fixtures/folders.ts';

const newFolder = folders('messages');
/** What a program without types may give. */
const no = <T>(value?: unknown): T => value as T;

describe('a project', () => {
  test('tells what it needs', async () => {
    const project = await openProject(join(newFolder(), 'project.json'), { mode: 'w' });
    const exp = await project.log('e', (of) => of.logArtifact('a', 1, { handler: 'json' }));
    expect(() => project.filter(no())).toThrow(
      /^Cannot filter the experiments as it needs a function that tells which: received undefined\n {2}such as/,
    );
    expect(() => project.merge(no({}))).toThrow(/^Cannot merge projects as one is none: received \{\}\n/);
    await expect(exp.promoteArtifact(no(), 'a')).rejects.toThrow(
      /^Cannot promote an artifact as it needs a repository: received undefined\n/,
    );
    await expect(project.log(no(), () => undefined)).rejects.toThrow(
      /^Cannot log an experiment as it needs a name/,
    );
    for (const waitMs of [null, 'x', -1, Number.NaN])
      await expect(project.save({ waitMs: no(waitMs) })).rejects.toThrow(
        /'waitMs' must be a number of milliseconds, at least 0: received /,
      );
    await project.save();
  });

  test('tells of a record without a member that it received nothing', async () => {
    const path = join(newFolder(), 'project.json');
    writeFileSync(path, JSON.stringify([{ slug: 's', created_at: '2026-01-01T00:00:00' }]));
    await expect(openProject(path)).rejects.toThrow(/'name' must be a text: received nothing/);
  });
});

describe('a repository', () => {
  test('tells what filter() needs', async () => {
    const repository = await openRepository(join(newFolder(), 'repository.json'));
    await repository.logArtifact('a', 1, { handler: 'json' });
    expect(() => repository.filter(no())).toThrow(
      /^Cannot filter the versions as the options must be an object/,
    );
    expect(() => repository.filter(no({}))).toThrow(
      /^Cannot filter the versions as it needs a time or a list: received \{\}\n {2}such as/,
    );
    expect(() => repository.filter(no({ asof: '2026-01-01' }))).toThrow(/'asOf' was probably meant/);
    expect(() => repository.filter(no(['a']))).toThrow(/the list must have pairs: received 'a'\n/);
    expect(repository.filter([['a', 0]]).size).toBe(1);
  });
});
