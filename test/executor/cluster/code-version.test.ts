/** Which code a task is, told by one machine and found by another; here, folders stand for machines. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CodeFinder, CodeTeller } from '../../../src/executor/cluster/code-version.ts';

describe('CodeFinder', () => {
  const at = { folder: '' };
  beforeEach(() => {
    at.folder = mkdtempSync(join(tmpdir(), 'heddle-code-'));
  });
  afterEach(() => rmSync(at.folder, { recursive: true, force: true }));

  /** A program whose tasks import a file. */
  const makeProgram = (
    name: string,
    { inner = 'export const x = 1;', packageName = 'program' } = {},
  ): string => {
    const folder = join(at.folder, name);
    mkdirSync(join(folder, 'src'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: packageName, type: 'module' }));
    writeFileSync(join(folder, 'src', 'tasks.ts'), "import './inner.ts';\n");
    writeFileSync(join(folder, 'src', 'inner.ts'), inner);
    return folder;
  };
  const urlIn = (folder: string): string => pathToFileURL(join(folder, 'src', 'tasks.ts')).href;

  test('find() gives the module itself where it is at the same path', async () => {
    const mine = makeProgram('mine');
    const code = new CodeTeller().codeOf(urlIn(mine));
    expect(code).toMatchObject({ package: 'program', path: 'src/tasks.ts' });
    expect(await new CodeFinder('/').find(code)).toBe(urlIn(mine));
  });

  test.each([
    ['its folder', ''],
    ['a folder in it', 'src'],
  ])('find() gives that of the program of the worker, started in %s', async (_, below) => {
    const [mine, theirs] = [makeProgram('mine'), makeProgram('theirs')];
    const code = new CodeTeller().codeOf(urlIn(mine));
    rmSync(mine, { recursive: true });
    const finder = new CodeFinder(join(theirs, below));
    expect(finder.known(code)).toBeUndefined();
    expect(await finder.find(code)).toBe(urlIn(theirs));
    expect(finder.known(code)).toBe(urlIn(theirs));
  });

  test('find() gives that of a package which the program of the worker has installed', async () => {
    const packageName = '@scope/tasks';
    const installIn = (program: string): string => {
      makeProgram(program);
      return makeProgram(join(program, 'node_modules', packageName), { packageName });
    };
    const [mine, theirs] = [installIn('mine'), installIn('theirs')];
    const code = new CodeTeller().codeOf(urlIn(mine));
    rmSync(join(at.folder, 'mine'), { recursive: true });
    expect(await new CodeFinder(join(at.folder, 'theirs')).find(code)).toBe(urlIn(theirs));
  });

  test('find() refuses another source of what the module imports, and names what differs', async () => {
    const [mine, theirs] = [makeProgram('mine'), makeProgram('theirs', { inner: 'export const x = 2;' })];
    const teller = new CodeTeller();
    const code = teller.codeOf(urlIn(mine));
    const sources = teller.sourcesOf(urlIn(mine));
    rmSync(mine, { recursive: true });
    const finder = new CodeFinder(theirs);
    await expect(finder.find(code, () => Promise.resolve(sources))).rejects.toMatchObject({
      code: 'HEDDLE_CODE_MISMATCH',
      message: expect.stringMatching(
        /^Cannot run tasks of the module 'program\/src\/tasks\.ts' as it is made of other source on the machine '.*' than in the program: received src\/inner\.ts changed\n {2}install the same version/,
      ) as string,
    });
    // It is the same the next time, and told with digests where nothing else is known.
    await expect(finder.find(code)).rejects.toThrow('src/inner.ts changed');
    await expect(new CodeFinder(theirs).find(code)).rejects.toThrow(
      /received digest [0-9a-f]{12}…, not [0-9a-f]{12}…/,
    );
  });

  test('find() refuses a module that is nowhere', async () => {
    const mine = makeProgram('mine');
    const code = new CodeTeller().codeOf(urlIn(mine));
    rmSync(mine, { recursive: true });
    await expect(new CodeFinder(at.folder).find(code)).rejects.toThrow(
      "Cannot find the module 'program/src/tasks.ts' of a task",
    );
  });

  test('find() gives a module without a package by its URL alone', async () => {
    const url = 'data:text/javascript,export{}';
    const code = new CodeTeller().codeOf(url);
    expect(await new CodeFinder('/').find(code)).toBe(url);
  });
});
