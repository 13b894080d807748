/** The audit as its users start it, on folders of which everything is known. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type Cache, openCache } from 'heddle';
import { describe, expect, test } from 'vitest';
import { type AuditInput, audit } from '../examples/audit/audit.ts';
import { findPackages } from '../examples/audit/find-packages.ts';
import { PART_BYTES } from '../examples/audit/measure-file.ts';
import { bsd3, mit } from './audit/licences.ts';
import { MadeFolder, program } from './audit/made-folder.ts';
import { hasPseudoTerminals } from './fixtures/terminal/pseudo-terminal.ts';
import { screenOf } from './fixtures/terminal/screen.ts';

const script = 'export const x = 1;\nexport const y = 2;\n';
const binary = Uint8Array.from({ length: 5000 }, (_, index) => (index * index) % 256);
/** Somewhat more than one part, in lines of which the last has no newline. */
const long = Buffer.from(
  Array.from({ length: 600_000 }, (_, index) => ((index * 7919) % 9_999_991) + 1e6).join('\n'),
);
/** Several starts of a program each, on machines that are busy with other tests. */
const limit = { timeout: 150_000 };

/** Three packages, one of them in another one, and, if wanted, with a file of two parts. */
function madeFolder({ withLong = false } = {}): MadeFolder {
  const folder = new MadeFolder();
  folder.describe('a', { name: 'a', version: '1.2.3', license: 'MIT' });
  folder.write('a/LICENSE', mit);
  folder.write('a/index.js', script);
  folder.write('a/empty.js', '');
  folder.describe('node_modules/@s/b', { name: '@s/b', license: { type: 'BSD-3-Clause' } });
  folder.write('node_modules/@s/b/README.md', bsd3);
  folder.write('node_modules/@s/b/copy.js', script);
  folder.write('node_modules/@s/b/data.bin', binary);
  if (withLong) folder.write('node_modules/@s/b/long.txt', long);
  folder.describe('node_modules/@s/b/node_modules/c', { name: 'c' });
  folder.write('node_modules/@s/b/node_modules/c/again.js', script);
  return folder;
}

function gzipBytes(content: Uint8Array | string): number {
  return gzipSync(content, { level: 9 }).length;
}

function brotliBytes(content: Uint8Array): number {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 7,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  return brotliCompressSync(content, { params }).length;
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

/** What has just been written is not trusted to be found again: see `isFresh` of the audit. */
async function untilTrusted(): Promise<void> {
  const writtenMs = performance.now();
  await expect.poll(() => performance.now() - writtenMs).toBeGreaterThan(100);
}

/** An audit in this process. */
function auditOf(folder: MadeFolder, cache: Cache): AuditInput {
  return {
    root: folder.path,
    found: findPackages(folder.path),
    cache,
    threads: 2,
    sinks: [],
    signal: new AbortController().signal,
    isTold: false,
  };
}

describe('the report', limit, () => {
  test('gives the sizes, lines, licences and duplicates of each package', async () => {
    using folder = madeFolder({ withLong: true });
    const { packages, totals, duplicates, licences, unreadable, figures } = await folder.report();
    const parts = [long.subarray(0, PART_BYTES), long.subarray(PART_BYTES)];
    expect(long.length).toBeLessThan(2 * PART_BYTES);
    const manifest = JSON.stringify({ name: '@s/b', license: { type: 'BSD-3-Clause' } });
    const whole = [Buffer.from(manifest), Buffer.from(bsd3), Buffer.from(script), binary];
    expect(packages.map(({ path }) => path)).toEqual([
      'node_modules/@s/b',
      'a',
      'node_modules/@s/b/node_modules/c',
    ]);
    expect(packages[0]).toEqual({
      name: '@s/b',
      licence: 'BSD-3-Clause',
      isPackage: true,
      path: 'node_modules/@s/b',
      files: 5,
      bytes: sum([...whole, long].map(({ length }) => length)),
      gzipBytes: sum([...whole, ...parts].map(gzipBytes)),
      brotliBytes: sum([...whole, ...parts].map(brotliBytes)),
      // One line of JSON and the last line of the text have no newline.
      lines: 1 + bsd3.split('\n').length - 1 + 2 + 600_000,
      texts: ['BSD-3-Clause'],
    });
    expect(packages[1]).toMatchObject({ name: 'a', version: '1.2.3', files: 4, texts: ['MIT'] });
    expect(totals.files).toBe(11);
    expect(totals.bytes).toBe(sum(packages.map(({ bytes }) => bytes)));
    expect(duplicates).toEqual([
      {
        digest: createHash('sha256').update(script).digest('hex'),
        bytes: script.length,
        files: 3,
        packages: 3,
        wastedBytes: 2 * script.length,
        path: 'a/index.js',
      },
    ]);
    expect(licences).toEqual([
      { licence: 'BSD-3-Clause', declared: 1, texts: 1 },
      { licence: 'MIT', declared: 1, texts: 1 },
      { declared: 1, texts: 0 },
    ]);
    expect(unreadable).toEqual([]);
    expect(figures).toMatchObject({ threads: 2, retrievedFiles: 0, retrievedMs: 0 });
    expect(figures.oneThreadMs).toBeGreaterThan(0);
  });

  test('is the same with one thread as with many', async () => {
    using folder = madeFolder({ withLong: true });
    const { figures: _, ...one } = await folder.report(['--threads', '1', '--fresh']);
    const { figures: __, ...many } = await folder.report(['--threads', '4', '--fresh']);
    expect(many).toEqual(one);
  });

  test('as text names the heaviest package, the duplicate, the licences, and how it went', async () => {
    using folder = madeFolder({ withLong: true });
    const { code, stdout, stderr } = await folder.audit();
    expect(code).toBe(0);
    expect(stderr).toMatch(/^\[run\] Auditing .*: 11 files of 3 packages, 4\.\d MB\n(.*\n)*\[success\] /);
    expect(stdout).toMatch(/^ {2}Heaviest packages +files +bytes +gzip +brotli +lines$/m);
    expect(stdout).toMatch(/^ {2}@s\/b +5 +4\.\d MB .* 600,\d{3}$/m);
    expect(stdout).toMatch(/^ {2}all 3 +11 /m);
    expect(stdout).toMatch(/^ {2}a\/index\.js +3 +3 +40 B +80 B$/m);
    expect(stdout).toMatch(/^ {2}none declared +1 +–$/m);
    expect(stdout).toMatch(
      /Took \d+\.\d+ s on 2 threads; one thread takes \d+\.\d+ s\.\s+Retrieved 0 of 11 files; made \d+ calls\./,
    );
  });

  test('of an empty folder says that there are no files', async () => {
    using folder = new MadeFolder();
    const { code, stdout } = await folder.audit();
    expect(code).toBe(0);
    expect(stdout).toContain('No files');
  });

  test('leaves links alone', async () => {
    using folder = new MadeFolder();
    folder.write('a/file', 'content');
    symlinkSync('..', join(folder.path, 'a/loop'));
    linkSync(join(folder.path, 'a/file'), join(folder.path, 'a/second'));
    const { totals, symbolicLinks, hardLinks } = await folder.report();
    expect({ files: totals.files, symbolicLinks, hardLinks }).toEqual({
      files: 1,
      symbolicLinks: 1,
      hardLinks: 1,
    });
  });
});

describe('a second run', limit, () => {
  test('retrieves unchanged files and measures the others, with the same report', async () => {
    using folder = madeFolder();
    await untilTrusted();
    const { figures: cold, ...first } = await folder.report();
    const { figures: warm, ...second } = await folder.report();
    expect([cold.retrievedFiles, warm.retrievedFiles]).toEqual([0, 10]);
    expect(warm.calls).toBe(0);
    expect(second).toEqual(first);
    // The same length, so that only the times tell.
    folder.write('a/index.js', script.replace('1', '3'));
    await untilTrusted();
    const { figures: changed, ...third } = await folder.report();
    // Files are measured in batches: those of the package, their summary, and the joining of all.
    expect([changed.retrievedFiles, changed.calls]).toEqual([6, 3]);
    expect(third.duplicates[0]?.files).toBe(2);
    expect((await folder.report()).figures.retrievedFiles).toBe(10);
    expect((await folder.report(['--fresh'])).figures.retrievedFiles).toBe(0);
  });

  test('finds what was measured of the folder where it was before', async () => {
    using folder = madeFolder();
    await untilTrusted();
    await folder.report();
    using elsewhere = new MadeFolder();
    renameSync(folder.path, join(elsewhere.path, 'moved'));
    const { figures } = await folder.report(['--dir', join(elsewhere.path, 'moved')]);
    expect(figures.retrievedFiles).toBe(10);
  });

  test('measures again a file that had been written just before, as it may have changed since without a trace', async () => {
    using folder = madeFolder();
    await untilTrusted();
    await using cache = await openCache(folder.store);
    const found = findPackages(folder.path);
    const packages = found.packages.map((one) => ({
      ...one,
      files: one.files.map((file) => ({ ...file, isFresh: file.path === 'a/index.js' })),
    }));
    const fresh = { ...auditOf(folder, cache), found: { ...found, packages } };
    expect((await audit(fresh)).figures.retrievedFiles).toBe(0);
    expect((await audit(fresh)).figures.retrievedFiles).toBe(6);
  });

  test('measures everything again when the cache is damaged, says so, and leaves it as it is', async () => {
    using folder = madeFolder();
    await untilTrusted();
    await folder.report();
    const file = join(folder.store, 'cache.db');
    writeFileSync(file, '{"format":');
    const { code, stderr, stdout } = await folder.audit(['--json']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/Cannot open the cache at '.*cache\.db' as .*\n.*\nMeasuring everything again\n/);
    expect(JSON.parse(stdout).figures.retrievedFiles).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('{"format":');
    rmSync(file);
    await folder.report();
    expect((await folder.report()).figures.retrievedFiles).toBe(10);
  });

  test('measures everything, and says so, where nothing can be kept', async () => {
    using folder = madeFolder();
    rmSync(folder.store, { recursive: true });
    writeFileSync(folder.store, 'a file in the way');
    const { code, stderr, stdout } = await folder.audit(['--json', '--ui', 'quiet']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Cannot open the cache at .*\n.*\nMeasuring everything again\n$/);
    expect(JSON.parse(stdout).totals.files).toBe(10);
  });

  test('may run at the same time as another one', async () => {
    using folder = madeFolder();
    await untilTrusted();
    const [one, other] = await Promise.all([folder.report(), folder.report()]);
    expect(one.packages).toEqual(other.packages);
    expect((await folder.report()).figures.retrievedFiles).toBe(10);
    expect(readdirSync(folder.store)).toEqual(['cache.db']);
  });

  test.each<[string, NodeJS.Signals, number | null, string]>([
    ['was killed', 'SIGKILL', null, '[progress]'],
    ['was interrupted by Ctrl-C', 'SIGINT', 130, 'What was measured until now is kept for the next time'],
  ])('retrieves what was measured until the first %s', async (_, signal, expected, told) => {
    using folder = new MadeFolder();
    folder.write('a/small.txt', 'small');
    for (let index = 0; index < 24; index++) {
      folder.write(`b/${index}.txt`, Buffer.concat([long.subarray(0, PART_BYTES / 3), Buffer.from([index])]));
    }
    await untilTrusted();
    let done: number | undefined;
    const end = (child: ChildProcess, stderr: string): void => {
      const progress = /\[progress\] (\d+)\//.exec(stderr);
      if (progress === null || done !== undefined) return;
      done = Number(progress[1]);
      child.kill(signal);
    };
    const { code, stdout, stderr } = await folder.audit(['--ui', 'plain', '--threads', '1'], end);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toContain(told);
    // Those done are one for each file, and one that summed up `a`. The last one may not have been kept yet.
    const { retrievedFiles } = (await folder.report()).figures;
    expect(retrievedFiles).toBeGreaterThanOrEqual((done ?? Number.NaN) - 2);
    expect(retrievedFiles).toBeGreaterThan(0);
    expect((await folder.report()).figures.retrievedFiles).toBe(25);
  });
});

describe('what cannot be read', limit, () => {
  test('is reported, and does not spoil the rest: a file that vanished or changed since it was found', async () => {
    using folder = madeFolder({ withLong: true });
    await untilTrusted();
    const found = findPackages(folder.path);
    folder.write('a/index.js', 'shorter');
    folder.write('node_modules/@s/b/long.txt', long.subarray(1));
    const ghost = { path: 'a/ghost', bytes: 1, stamp: '', isFresh: false };
    const [first, ...others] = found.packages;
    if (first === undefined) throw new Error('Nothing was found');
    await using cache = await openCache(folder.store, {
      onTrouble: ({ message }) => expect.unreachable(message),
    });
    const changed = {
      ...auditOf(folder, cache),
      found: { ...found, packages: [{ ...first, files: [...first.files, ghost] }, ...others] },
    };
    const report = await audit(changed);
    expect(report.unreadable).toEqual([
      { path: 'a/index.js', why: 'changed since it was found' },
      { path: 'a/ghost', why: 'ENOENT: no such file or directory' },
      { path: 'node_modules/@s/b/long.txt', why: 'changed since it was found' },
    ]);
    expect(report.totals.files).toBe(9);
    // What could not be read is not remembered: it may be there again.
    const again = await audit(changed);
    expect(again.unreadable).toEqual(report.unreadable);
    expect(again.figures.retrievedFiles).toBe(6);
  });

  test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'is told at the end, and the exit code is 0: files and folders without permission',
    async () => {
      using folder = madeFolder();
      chmodSync(join(folder.path, 'a/index.js'), 0o000);
      chmodSync(join(folder.path, 'node_modules/@s/b/node_modules/c'), 0o000);
      const { code, stdout } = await folder.audit();
      chmodSync(join(folder.path, 'node_modules/@s/b/node_modules/c'), 0o700);
      expect(code).toBe(0);
      expect(stdout).toContain('2 paths could not be read');
      expect(stdout).toMatch(/a\/index\.js {2}EACCES: permission denied/);
    },
  );
});

describe('the command line', limit, () => {
  test.each([
    [
      ['--dir', '/no/such/folder'],
      "Cannot audit the folder as it does not exist: received '/no/such/folder'",
    ],
    [['--dir', program], `Cannot audit the folder as it is not a folder: received '${program}'`],
    [['--threads', '0'], "Cannot audit as '--threads' must be a number from 1 to 1000: received '0'"],
    [['--top', '2.5'], "Cannot audit as '--top' must be a number from 1 to 1000: received '2.5'"],
    [['--ui', 'fancy'], "'--ui' must be one of auto, tree, grouped, plain, quiet: received 'fancy'"],
    [['--no-such-flag'], "Unknown option '--no-such-flag'"],
    [['folder'], "Unexpected argument 'folder'"],
  ])('that makes no sense ends with exit code 2 and the usage: %j', async (args, message) => {
    using folder = new MadeFolder();
    const { code, stdout, stderr } = await folder.audit(args);
    expect(stderr).toContain(message);
    expect(stderr).toContain('Usage: npm run demo');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('with --help prints the usage on stdout', async () => {
    using folder = new MadeFolder();
    const { code, stdout, stderr } = await folder.audit(['--help']);
    expect(stdout).toMatch(/^Usage: npm run demo/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('ends quietly when nobody reads its output', async () => {
    using folder = madeFolder();
    const { code, stderr } = await folder.audit([], (child) => void child.stdout?.destroy());
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/EPIPE|Error/);
  });
});

describe.skipIf(!hasPseudoTerminals)('in a terminal', limit, () => {
  test.each([40, 80, 120])('of %i columns no line is broken', async (columns) => {
    using folder = madeFolder();
    folder.write(`node_modules/@s/b/${'long-name/'.repeat(12)}one.js`, script);
    const screen = await screenAfter(folder, columns);
    expect(screen[0]).toContain('╭─(Auditing');
    expect(screen.some((line) => line.includes('╰─(success)'))).toBe(true);
    expect(screen.some((line) => line.includes('Heaviest packages'))).toBe(true);
    expect(Math.max(...screen.map((line) => line.length))).toBeLessThanOrEqual(columns);
  });
});

/** What a terminal shows after an audit. */
async function screenAfter(folder: MadeFolder, columns: number): Promise<string[]> {
  const command = `stty cols ${columns} rows 40 -onlcr; exec '${process.execPath}' '${program}' --dir '${folder.path}'`;
  // Of util-linux: gives a program a terminal.
  const terminal = 'script';
  const child = spawn(terminal, ['-qfec', command, '/dev/null'], {
    env: {
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      TERM: 'xterm-256color',
      SHELL: '/bin/sh',
      HEDDLE_AUDIT_STORE: folder.store,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.on('error', reject).on('close', () => resolve());
  await promise;
  return screenOf(output);
}
