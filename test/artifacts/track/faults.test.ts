/**
 * What cannot be saved leaves the files as they were, wherever it fails: the disk, a folder, a handler.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openProject, type Project } from '../../../src/artifacts/track/project.ts';
import { openRepository } from '../../../src/artifacts/track/repository.ts';
import { WriteSet } from '../../../src/artifacts/track/write-set.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { filesIn, folders } from '../../fixtures/folders.ts';

const newFolder = folders('faults');
const limitMs = 30_000;
const json = { handler: 'json' } as const;
const source = pathToFileURL(join(import.meta.dirname, '../../../src/artifacts/track')).href;

/** The texts of all files in a folder. */
const contentOf = (folder: string): ReadonlyMap<string, string> =>
  new Map(filesIn(folder).map((path) => [path, readFileSync(path, 'utf8')]));

/** A project with a saved experiment, opened to be changed. */
async function saved(): Promise<{ project: Project; folder: string; clock: FakeClock }> {
  const folder = newFolder();
  const clock = new FakeClock(Date.parse('2026-03-01T12:00:00Z'));
  const first = await openProject(join(folder, 'project.json'), { clock });
  await first.log('first', (exp) => exp.logArtifact('f', 'old', { ...json, fname: 'f.json' }));
  await first.save();
  clock.pass(60_000);
  return { project: await openProject(first.path, { mode: 'w+', clock }), folder, clock };
}

describe('a project that cannot be saved', () => {
  test('as one of its folders cannot be made is as it was, and can be saved later', async () => {
    const { project, folder } = await saved();
    for (const name of ['a', 'b', 'c']) await project.log(name, (exp) => exp.logArtifact('f', name, json));
    project.require('first').logArtifact('f', 'new', { ...json, fname: 'f.json', overwrite: true });
    // A file where a folder is to be.
    const inTheWay = join(folder, 'c-20260301120100');
    writeFileSync(inTheWay, '');
    const before = contentOf(folder);
    await expect(project.save()).rejects.toMatchObject({
      code: 'HEDDLE_SAVE_FAILED',
      cause: { code: expect.stringMatching(/^E/) },
    });
    expect(contentOf(folder)).toEqual(before);
    rmSync(inTheWay);
    await project.save();
    const again = await openProject(project.path, { mode: 'r' });
    expect(await Promise.all([...again].map((exp) => exp.load('f')))).toEqual(['new', 'a', 'b', 'c']);
  });

  test('as its file cannot be replaced is as it was, with the artifacts that were overwritten', async () => {
    const { project, folder } = await saved();
    const exp = project.require('first');
    exp.logArtifact('f', 'new', { ...json, fname: 'f.json', overwrite: true });
    exp.logArtifact('g', 1, json);
    // A folder cannot be replaced by a file. Put there after it was read, as another program may do.
    const path = project.path;
    const writes = contentOf(folder);
    const text = readFileSync(path, 'utf8');
    const writing = new WriteSet(folder);
    rmSync(path);
    mkdirSync(join(path, 'x'), { recursive: true });
    const file = join(folder, exp.slug, 'f.json');
    await writing.write([{ path: file, content: new TextEncoder().encode('"new"'), replace: true }]);
    expect(readFileSync(file, 'utf8')).toBe('"new"');
    await expect(writing.finish(path, text)).rejects.toMatchObject({ code: expect.stringMatching(/^E/) });
    writing.undo();
    rmSync(path, { recursive: true });
    writeFileSync(path, text);
    expect(contentOf(folder)).toEqual(writes);
  });

  test('as a file of the repository is too long for the disk is as it was', {
    timeout: limitMs,
  }, async () => {
    const { project, folder } = await saved();
    const before = contentOf(folder);
    const program = join(newFolder(), 'full.ts');
    writeFileSync(
      program,
      `
      import { openProject } from '${source}/project.ts';
      process.on('SIGXFSZ', () => {});
      const project = await openProject(${JSON.stringify(project.path)}, { mode: 'a' });
      for (let i = 0; i < 3; i++) await project.log('small ' + i, (exp) => exp.logArtifact('f', i, { handler: 'json' }));
      await project.log('large', (exp) => exp.logArtifact('f', 'x'.repeat(300_000), { handler: 'json' }));
      const error = await project.save().catch((error) => error);
      console.log(error.code, error.cause?.code);
      `,
    );
    // No file may be longer than 64 KiB: as a disk that is full, but for one program.
    const stdout = await new Promise<string>((resolve, reject) => {
      const child = spawn('sh', ['-c', 'ulimit -f 128; exec "$@"', 'sh', process.execPath, program], {
        timeout: limitMs - 5000,
        env: { ...process.env, NODE_OPTIONS: '', NODE_DISABLE_COMPILE_CACHE: '1' },
      });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (written: string) => (text += written));
      child.stderr.setEncoding('utf8').on('data', (written: string) => (text += written));
      child.on('error', reject);
      child.on('close', () => resolve(text));
    });
    expect(stdout).toBe('HEDDLE_SAVE_FAILED EFBIG\n');
    expect(contentOf(folder)).toEqual(before);
  });

  test('as its folder may not be written to says so', async () => {
    const folder = newFolder();
    // Whoever may write anywhere may not write there either.
    const isRoot = process.getuid?.() === 0;
    if (!isRoot) chmodSync(folder, 0o500);
    const path = isRoot ? '/proc/nowhere/project.json' : join(folder, 'project.json');
    const project = await openProject(path);
    await project.log('a', () => undefined);
    await expect(project.save()).rejects.toMatchObject({
      code: 'HEDDLE_SAVE_FAILED',
      message: expect.stringContaining(path),
      cause: { code: expect.stringMatching(/^(EACCES|ENOENT|EPERM)$/) },
    });
    expect(project.size).toBe(1);
  });

  test('as what follows it is spoilt meanwhile says which file', async () => {
    const { project } = await saved();
    writeFileSync(project.path, '[{"name": ');
    project.require('first').logMetric('m', 1);
    await expect(project.save()).rejects.toMatchObject({
      code: 'HEDDLE_SAVE_FAILED',
      cause: { code: 'HEDDLE_FILE_UNREADABLE' },
    });
    expect(readFileSync(project.path, 'utf8')).toBe('[{"name": ');
  });
});

describe('a repository that cannot be saved', () => {
  test('is as it was, and keeps what was logged to be saved later', async () => {
    const folder = newFolder();
    const repository = await openRepository(join(folder, 'repository.json'));
    await repository.logArtifact('a', 1, json);
    await repository.save();
    await repository.logArtifact('a', 2, json);
    await repository.logArtifact('b', 3, json);
    writeFileSync(join(folder, 'b'), '');
    const before = contentOf(folder);
    await expect(repository.save()).rejects.toMatchObject({ code: 'HEDDLE_SAVE_FAILED' });
    expect(contentOf(folder)).toEqual(before);
    rmSync(join(folder, 'b'));
    await repository.save();
    const again = await openRepository(repository.path, { mode: 'r' });
    expect([await again.load('a'), await again.load('b')]).toEqual([2, 3]);
  });
});

describe('WriteSet', () => {
  test('removes what it wrote, also folders, and leaves what was there', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'there'), 'old');
    const writing = new WriteSet(folder);
    const content = new TextEncoder().encode('new');
    await expect(
      writing.write([
        { path: join(folder, 'a/b/c'), content, replace: false },
        { path: join(folder, 'a/copy'), content: { copyOf: join(folder, 'there') }, replace: false },
        { path: join(folder, 'there'), content, replace: false },
        { path: join(folder, 'd'), content: { copyOf: join(folder, 'none') }, replace: false },
      ]),
    ).rejects.toThrow(/EEXIST|ENOENT/);
    writing.undo();
    expect(contentOf(folder)).toEqual(new Map([[join(folder, 'there'), 'old']]));
  });
});
