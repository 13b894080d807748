/**
 * Runs the examples as their readers do, each as a program of its own, and compares what they print with the answers
 * that the tutorials of the Noodles library give for the same programs.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from '../tools/build.ts';

/** Arbitrary: an example takes seconds, also on a busy machine. */
const LIMIT_MS = 60_000;

const folder = join(import.meta.dirname, '..', 'examples');

/** What a program came to. */
interface Ended {
  readonly code: number | string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an example. One that takes too long is ended, and has no exit code. */
function start(example: string, ...args: string[]): Promise<Ended> {
  const env = { ...process.env, NO_COLOR: '1' };
  return new Promise((settle) => {
    execFile(
      process.execPath,
      [join(folder, example, 'main.ts'), ...args],
      { env, timeout: LIMIT_MS - 5_000, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        settle({ code: error === null ? 0 : (error.code ?? undefined), stdout, stderr });
      },
    );
  });
}

const answers: readonly (readonly [example: string, fact: string, prints: readonly (string | RegExp)[]])[] = [
  ['diamond', 'gives 42', [/^The answer is 42\.\n$/]],
  ['accumulate', 'gives 42, again', [/^The answer is 42, again\.\n$/]],
  ['first-steps', 'draws the graph and gives 16', ['flowchart', 'add<br/>(1, 1)', /\n16\n$/]],
  ['call-by-value', 'gives 18, and 20 by reference', [/^18\nby reference: 20\n$/]],
  [
    'poetry',
    'translates into four languages',
    [
      'Auf Deutsch:\n' +
        '  Wenn Musik sein der Essen von Minne, spielen an,\n' +
        '  Geben ich Übermaß von es; das übersättigend,\n' +
        '  Der Appetit dürfen erkranken, und so sterben.\n',
      'Yn it Frysk:\n' +
        '  At muzyk wêze de fiedsel fan leafde, boartsje oan,\n' +
        '  Jaan <me> by fersin fan it; dat <surfeiting>,\n' +
        '  De <appetite> maaie <sicken>, en dus deagean.\n',
      'På Dansk:\n' +
        '  Hvis musik være de mad af kærlighed, spil på,\n' +
        '  Give mig udskejelser af det; som <surfeiting>,\n' +
        '  De appetit må <sicken>, og så dø.\n',
      'Shakespeare en Esperanto:\n' +
        '  Se muziko esti la manĝaĵo de ami, ludi sur,\n' +
        '  Doni mi eksceso de ĝi; ke <surfeiting>,\n' +
        '  La apetito povi naŭzi, kaj tiel morti.\n',
      'Love is leafde.',
    ],
  ],
  [
    'word-size',
    'measures each word once',
    [
      'Oote oote oote, Boe: 4 4 4, 3 (3 words measured)\n',
      'Oe oe oote oote oote: 2 2 4 4 4\n',
      'Kneu kneu kneu kneu ote kneu eur: 4 4 4 4 3 4 3\n',
      '{ Kneu: 4, kneu: 4, ote: 3, eur: 3 }\n',
    ],
  ],
  [
    'repetition',
    'tells what is computed, attached and retrieved',
    [
      /attached -> 4\n[^]*success: 4 computed, 1 attached\n4 4 4, 3\n/,
      /success: 3 computed, 3 retrieved\n2 2 4 4 4\n/,
      /retrieved -> '4 4 4 4 3 4 3'\nsuccess: 1 retrieved\n4 4 4 4 3 4 3\n\nAnother/,
      '{ Kneu: 4, kneu: 4, ote: 3, eur: 3 }\n',
      /A lie[^\n]*\n[^\n]*\n[^\n]*retrieved -> '4 4 4 4 3 4 3'\n/,
    ],
  ],
  [
    'concurrent-caching',
    'remembers in threads, in processes and in front of pools',
    [
      /^1a\. .*\nResults: \[ 1, 3, 5, 7 \]\nIn the cache: true$/m,
      /^1b\. .*\nResults: \[ 1, 3, 5, 7 \]\nIn the cache: true\nIn a graph: 3$/m,
      /^1c\. .*\nResults: \[ 0, 1, 8, 27, 64 \]\nIn the cache: true$/m,
      /^1d\. .*\nResults: \[ 0, 1, 8, 27, 64 \]\nIn the cache: true$/m,
      /^2\. .*\n.*\nResult: 16\n.*\n.*\nResult: 16\nCalls in the pool: 1$/m,
      /^Second pass: \[ 0, 3, 6, 9 \]\nCalls in the pool: 0\nThreads in the pool: 0$/m,
      /^3b\. .*\nResults: \[ 0, 1, 8, 27, 64 \]\nIn the cache: true$/m,
      'In a queue, by priority: [ 9, 6, 3 ]\n',
      /Of which were retrieved: 1\n$/,
    ],
  ],
  ['word-ranks', 'ranks the words of documents', [/^\d+ words, \d+ different ones$/m, /^ +\d+ the$/m]],
  [
    'second-difference',
    'sends lines through a pipeline',
    [/^Accumulator +own-worker, at most 1$/m, 'The last differences are 199997 and 99997.\n'],
  ],
  ['quick-brown-fox', 'turns the words round', [/^eht kciuq nworb xof spmuj revo eht yzal god\n$/]],
  [
    'errors',
    'reports every cause and the way from it',
    [
      'sqrt(1 / 2) = 0.7071067811865476\nsqrt(1 / 1) = 1\n',
      /^sqrt\(1 \/ 0\) = Fail: squareRoot \(tasks\.ts:\d+\)\n\* failed arguments:\n {4}squareRoot `0` Fail: reciprocal \(tasks\.ts:\d+\)\n {4}\* RangeError: division by zero$/m,
      /^sqrt\(1 \/ -1\) = Fail: squareRoot \(tasks\.ts:\d+\)\n\* RangeError: math domain error$/m,
      /= Fail: add \(tasks\.ts:\d+\)\n\* failed arguments:\n {4}add `0` Fail: reciprocal .*\n {4}\* .*\n {4}add `1` Fail: squareRoot .*\n {4}\* .*$/m,
    ],
  ],
  [
    'stat',
    'tells of all files, and that one is missing',
    [
      /^stat \/dev\/null {10}-> crw-rw-rw- +0 \/dev\/null$/m,
      /^stat does-not-exist {5}-> failed: stat: .*does-not-exist.*: No such file or directory$/m,
      /^stat \/home {14}-> d/m,
    ],
  ],
  [
    'primes',
    'finds all factors, and the first one',
    [
      '2 is prime\n3 is prime\n4 equals 2*2\n5 is prime\n6 equals 2*3, 3*2\n7 is prime\n8 equals 2*4, 4*2\n9 equals 3*3\n',
      '2 is a prime number\n3 is a prime number\n4 equals 2 * 2\n5 is a prime number\n' +
        '6 equals 2 * 3\n7 is a prime number\n8 equals 2 * 4\n9 equals 3 * 3\n',
      'The first to divide 77 is 7\n',
    ],
  ],
  [
    'factorial',
    'gives the digits of 10000! twice',
    [
      '10000! = 2846259680917054518906413212119868890148051401702799230794179 … 0000000 (35660 digits)\n',
      'by tail calls: the same\n',
      /^peak memory of all this: \d+ MiB$/m,
    ],
  ],
  [
    'sum-of-primes',
    'gives the sums of one thread on all cores',
    [
      '37550402023 41276629127 45125753695 49161463647 53433406131 57759511224 62287995772 66955471633 71881256647 ' +
        '76875349479 82074443256 87423357964 92878592188 98576757977 104450958704 110431974857 116581137847 ' +
        '122913801665 129451433482 136136977177\n',
      /^one thread: \d+\.\d\d s$/m,
    ],
  ],
  [
    'streams',
    'shows what passes its workers',
    [/^start 0\nstart 1\n/, 'The digits of all powers of two below 2^500 sum up to 169968.\n'],
  ],
  [
    'soba',
    'runs all commands, none of which meets one that it excludes',
    [
      'water: the water boils\ndip: the dip simmers\nspices: the spices are ground\nonions: the onions are cut\n' +
        'dough: the dough is rolled\nfish: the fish is sliced\n',
    ],
  ],
  [
    'model-report',
    'takes features by their name, in all three forms',
    [
      /^1\. .*\nModel My model name uses the following features: a, b, c$/m,
      /^2\. .*\nModel My model name uses the following features: a, b, c$/m,
      'Allocator: 12 available threads\n5 are started, 3 have threads, 2 wait\n',
      /^Model E uses the following features: a, b, c$/m,
      /^Model features uses the following features: a, b, c\n$/m,
    ],
  ],
  [
    'train-track-serve',
    'serves the best of twelve classifiers',
    [
      /^best: rate 3, penalty 0, which knows 96\.0 % of flowers it has not seen$/m,
      "promoted as version 0 of 'model'\n",
      '5.1,3.5,1.4,0.2: setosa\n5,2,3.5,1: versicolor\n6.9,3.2,5.7,2.3: virginica\n',
      '147 of all 150 flowers are known\n',
    ],
  ],
  ['zip', 'packs megabytes', [/^\d+ files, \d+\.\d MB, packed to \d+\.\d MB\nby \d+ threads: /]],
];

// Examples import the built package.
beforeAll(() => {
  const { built, output } = build();
  if (!built) throw new Error(output);
}, LIMIT_MS);

describe('examples/', () => {
  test.for(answers)('%s %s', { timeout: LIMIT_MS }, async ([example, , prints]) => {
    const { code, stdout, stderr } = await start(example);
    const missing = prints.filter((text) =>
      typeof text === 'string' ? !stdout.includes(text) : !text.test(stdout),
    );
    expect({ code, missing, told: code === 0 ? '' : stderr }).toEqual({ code: 0, missing: [], told: '' });
  });

  test('are all in the index, and each has a README that says how to run it', () => {
    const index = readFileSync(join(folder, 'README.md'), 'utf8');
    const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
    expect(names.filter((name) => !index.includes(`[${name}](${name})`))).toEqual([]);
    for (const [name] of answers) {
      expect(readFileSync(join(folder, name, 'README.md'), 'utf8')).toContain(`examples/${name}/main.ts`);
    }
  });
});

describe('what examples take from the command line', () => {
  let scratch = '';
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'heddle-examples-'));
  });
  afterAll(() => rmSync(scratch, { recursive: true }));

  test.for([
    ['graph.svg', '<svg'],
    ['graph.mmd', 'flowchart'],
    ['graph.dot', 'digraph'],
  ] as const)('accumulate --draw %s writes %s', { timeout: LIMIT_MS }, async ([name, opening]) => {
    const file = join(scratch, name);
    const { code, stdout } = await start('accumulate', '--draw', file);
    expect(code).toBe(0);
    expect(stdout).toContain('The answer is 42, again.');
    const picture = readFileSync(file, 'utf8');
    expect(picture).toContain(opening);
    expect(picture).toContain('accumulate');
  });

  test('soba runs the other commands when one fails, and exits with 1', { timeout: LIMIT_MS }, async () => {
    const file = join(scratch, 'commands.json');
    const commands = [
      { task: 'bad', command: 'echo no >&2; exit 3', exclude: ['good'] },
      { task: 'good', command: 'echo yes', exclusive: 'key' },
    ];
    writeFileSync(file, JSON.stringify(commands));
    const { code, stdout } = await start('soba', '-j', '2', file);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^bad: Fail: shell/m);
    expect(stdout).toMatch(/^good: yes$/m);
  });

  test('soba runs commands that exclude nothing at once', { timeout: LIMIT_MS }, async () => {
    const file = join(scratch, 'together.json');
    // Each waits at the pipe for the other: they end only if they run together.
    const commands = [
      { task: 'reader', command: 'mkfifo pipe 2>/dev/null; cat pipe' },
      { task: 'writer', command: 'mkfifo pipe 2>/dev/null; echo met > pipe' },
    ];
    writeFileSync(file, JSON.stringify(commands));
    const { code, stdout } = await start('soba', '-j', '2', file);
    expect([code, stdout]).toEqual([0, 'reader: met\nwriter: \n']);
  });

  test('zip gives the same whole archive by threads and by processes', { timeout: LIMIT_MS }, async () => {
    const packed = join(folder, 'audit');
    for (const kind of ['threads', 'processes']) {
      const archive = join(scratch, `${kind}.zip`);
      const { code, stdout } = await start('zip', '--kind', kind, '--workers', '2', packed, archive);
      expect([code, stdout]).toEqual([0, expect.stringContaining(`by 2 ${kind}`)]);
    }
    const bytes = readFileSync(join(scratch, 'processes.zip'));
    expect(bytes.equals(readFileSync(join(scratch, 'threads.zip')))).toBe(true);
    const names = readdirSync(packed).toSorted();
    expect([...unzipped(bytes)]).toEqual(
      names.map((name) => [name, readFileSync(join(packed, name), 'utf8')]),
    );
  });

  test.each([
    ['--knd', 'x', "Unknown option '--knd'"],
    ['--kind', 'foo', "'--kind' must be threads or processes: received 'foo'"],
    ['--workers', '0', "'--workers' must be a positive integer: received '0'"],
    ['--workers', '1', "there is no folder 'nowhere at all'", 'nowhere at all'],
  ])(
    'zip refuses %s %s with its usage, and exits with 2',
    { timeout: LIMIT_MS },
    async (flag, value, reason, ...rest) => {
      const { code, stdout, stderr } = await start('zip', flag, value, ...rest);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(reason);
      expect(stderr).toMatch(/\nusage: main\.ts .*\n$/);
    },
  );

  test('zip leaves out what it cannot read, and exits with 1', { timeout: LIMIT_MS }, async () => {
    const packed = mkdtempSync(join(scratch, 'packed-'));
    writeFileSync(join(packed, 'a.txt'), 'first');
    symlinkSync('nowhere', join(packed, 'b.txt'));
    writeFileSync(join(packed, 'c.txt'), 'last');
    const archive = join(scratch, 'left-out.zip');
    const { code, stdout } = await start('zip', packed, archive);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^left out: Cannot read .*b\.txt: ENOENT$/m)]);
    expect([...unzipped(readFileSync(archive))]).toEqual([
      ['a.txt', 'first'],
      ['c.txt', 'last'],
    ]);
  });
});

/** Reads an archive by its table of contents: names, and texts. */
function* unzipped(bytes: Buffer): Generator<[name: string, text: string]> {
  const end = bytes.length - 22;
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const content = bytes.readUInt32LE(at + 42) + 30 + nameLength;
    yield [name, inflateRawSync(bytes.subarray(content, content + bytes.readUInt32LE(at + 20))).toString()];
    at += 46 + nameLength;
  }
}
