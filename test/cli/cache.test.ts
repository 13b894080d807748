/** What the command tells of a cache, and does with it. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { openCache, run } from '../../src/index.ts';
import { folders } from '../fixtures/folders.ts';
import { heddleIn } from '../fixtures/heddle-said.ts';
import { add, fails, mean, square } from '../fixtures/tasks/kept-tasks.ts';

const limitMs = 20_000;
const newFolder = folders('cli-cache');
const tasksFile = fileURLToPath(new URL('../fixtures/tasks/kept-tasks.ts', import.meta.url));

/** A cache with some calls in it. */
async function filled(): Promise<string> {
  const folder = newFolder();
  await using cache = await openCache(join(folder, '.heddle'));
  await run([square(3), add(square(2), 1), mean([10, 20, 30])], { cache });
  await run([square(3)], { cache });
  await run(fails('because'), { cache }).catch(() => undefined);
  return folder;
}

describe('heddle cache', { timeout: limitMs * 2 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await filled();
  });

  test('ls lists calls, the newest first, and shows values if asked', () => {
    const { code, stdout } = heddleIn(folder, 'cache', 'ls');
    expect(code).toBe(0);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^call +when \(UTC\) +took +state +what$/);
    expect(rows.length).toBe(4);
    const values = heddleIn(folder, 'cache', 'ls', '--values', '--task', 'add').stdout;
    expect(values).toMatch(/success {2}add\(a: 4, b: 1\) = 5\n$/);
  });

  test('ls finds by argument, state and time, and counts what it leaves out', () => {
    const found = heddleIn(folder, 'cache', 'ls', '--arg', 'x=3', '--json');
    expect(
      found.stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { task: string }).task),
    ).toEqual(['square']);
    expect(heddleIn(folder, 'cache', 'ls', '--state', 'failure').stdout).toContain('failure  fails(');
    const few = heddleIn(folder, 'cache', 'ls', '--limit', '1', '--within', '1h');
    expect(few.stdout.trimEnd().split('\n').length).toBe(2);
    expect(few.stderr).toContain('and 3 more');
  });

  test('show tells all of a call', () => {
    const [row = ''] = heddleIn(folder, 'cache', 'ls', '--task', 'mean').stdout.split('\n').slice(1);
    const { stdout } = heddleIn(folder, 'cache', 'show', row.slice(0, 8));
    expect(stdout).toMatch(
      /^call {6}[0-9a-f]{64}\ntask {6}mean, heddle\/test\/fixtures\/tasks\/kept-tasks\.ts#mean\n/,
    );
    expect(stdout).toMatch(/= \[ 10, 20, 30 \]\nresult = 20\n/);
    const record = JSON.parse(heddleIn(folder, 'cache', 'show', row.slice(0, 8), '--json').stdout) as {
      task: string;
    };
    expect(record.task).toBe('mean');
  });

  test('runs tells what each run computed and retrieved', () => {
    const lines = heddleIn(folder, 'cache', 'runs', '--json').stdout.trimEnd().split('\n');
    const runs = lines.map((line) => JSON.parse(line) as { is: string; counts: Record<string, number> });
    expect(
      runs.map(({ is, counts }) => [is, counts['computed'], counts['retrieved'], counts['failed']]),
    ).toEqual([
      ['failure', 0, 0, 1],
      ['success', 0, 1, 0],
      ['success', 4, 0, 0],
    ]);
    expect(heddleIn(folder, 'cache', 'runs').stdout).toMatch(/^run +when \(UTC\)/);
  });

  test('stats counts what is kept', () => {
    expect(heddleIn(folder, 'cache', 'stats').stdout).toMatch(
      /^4 calls, 1 that failed, 0 that have not ended, /,
    );
    const counts = JSON.parse(heddleIn(folder, 'cache', 'stats', '--json').stdout) as { records: unknown };
    expect(counts.records).toMatchObject({ success: 4, failure: 1 });
  });

  test('export writes provenance', () => {
    const prov = JSON.parse(heddleIn(folder, 'cache', 'export', '--call', firstOf(folder, 'add')).stdout) as {
      activity: object;
    };
    expect(Object.keys(prov.activity).length).toBe(2);
    const crate = join(folder, 'crate');
    expect(heddleIn(folder, 'cache', 'export', '-f', 'ro-crate', '--to', crate).code).toBe(0);
    expect(existsSync(join(crate, 'ro-crate-metadata.json'))).toBe(true);
    const file = join(folder, 'lineage.json');
    heddleIn(folder, 'cache', 'export', '-f', 'json', '--call', firstOf(folder, 'add'), '--to', file);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      calls: [{ task: 'add' }, { task: 'square' }],
    });
    expect(heddleIn(folder, 'cache', 'export', '-f', 'ro-crate').code).toBe(2);
  });

  test('explain says why a call would be computed', () => {
    const module = `${tasksFile}#square`;
    expect(heddleIn(folder, 'explain', module, '3').stdout).toMatch(/^it is remembered/);
    expect(heddleIn(folder, 'explain', module, '5').stdout).toContain("argument 'x' is 5, and was");
    const [one, other] = [firstOf(folder, 'add'), firstOf(folder, 'mean')];
    expect(heddleIn(folder, 'explain', one, other).stdout).toContain('they are of different tasks');
    expect(heddleIn(folder, 'explain', one)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('two are needed') as string,
    });
  });

  test('rm and gc forget what is meant, and nothing else', async () => {
    const own = await filled();
    expect(heddleIn(own, 'cache', 'rm').code).toBe(2);
    expect(heddleIn(own, 'cache', 'rm', firstOf(own, 'mean')).stdout).toBe('forgot 1 call\n');
    expect(heddleIn(own, 'cache', 'rm', '--task', 'square').stdout).toBe('forgot 2 calls\n');
    expect(heddleIn(own, 'cache', 'ls').stdout.trimEnd().split('\n').length).toBe(2);
    expect(heddleIn(own, 'cache', 'gc', '--grace', '0s', '--dry-run').stdout).toMatch(
      /^would take away \d+ values/,
    );
    expect(heddleIn(own, 'cache', 'gc', '--grace', 'soon')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('must be a duration') as string,
    });
  });

  test('verify tells what is damaged, with code 1, and mends it', async () => {
    const own = newFolder();
    const long = 'x'.repeat(100_000);
    {
      await using cache = await openCache(join(own, '.heddle'));
      await run(add(long as never, 1 as never), { cache });
    }
    expect(heddleIn(own, 'cache', 'verify').code).toBe(0);
    const files = readdirSync(join(own, '.heddle'), { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile() && /^[0-9a-f]{60,}$/.test(entry.name),
    );
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) writeFileSync(join(file.parentPath, file.name), 'damaged');
    const found = heddleIn(own, 'cache', 'verify');
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(/(?:damaged|missing) value [0-9a-f]{64}\n/);
    expect(heddleIn(own, 'cache', 'verify', '--repair').code).toBe(0);
  });

  test('verify tells that the database is damaged, with code 1, which it cannot mend', async () => {
    const own = await filled();
    const database = join(own, '.heddle', 'cache.db');
    const bytes = readFileSync(database);
    writeFileSync(database, bytes.fill(0xa5, bytes.length >> 1));
    for (const args of [[], ['--repair']]) {
      const { code, stdout, stderr } = heddleIn(own, 'cache', 'verify', ...args);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringContaining(`Move '${database}' away`) as string,
      });
      expect(stdout).toContain('damaged database: ');
    }
  });

  test('ls says that no call fits', () => {
    const { code, stderr } = heddleIn(folder, 'cache', 'ls', '--task', 'nope');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'no call fits; see heddle cache stats, and --state any\n',
    });
  });

  test.for([
    [[`${tasksFile}#nope`, '1'], /exports no task of that name: .*\n {2}it exports .*'square'/],
    [[tasksFile, '1'], /neither a task nor a digest is given: .*\n {2}a task is named as \.\/tasks\.ts#fit/],
    [[`${tasksFile}#square`, '[1'], /begins as JSON and is none: received '\[1'/],
  ] as const)('explain refuses %j, and says how it is meant', ([args, message]) => {
    const { code, stderr } = heddleIn(folder, 'explain', ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });

  test('opens none where there is none, and makes none', () => {
    const empty = newFolder();
    const { code, stderr } = heddleIn(empty, 'cache', 'ls');
    expect(code).toBe(1);
    expect(stderr).toContain('Cannot open a cache as there is none in the folder');
    expect(existsSync(join(empty, '.heddle'))).toBe(false);
  });
});

function firstOf(folder: string, task: string): string {
  const [, row = ''] = heddleIn(folder, 'cache', 'ls', '--task', task).stdout.split('\n');
  return row.slice(0, 8);
}
