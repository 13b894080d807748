/** What tasks print in workers of both kinds: whole, in order, before the outcome, and attributed. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  type Executor,
  type Output,
  type OutputLine,
  openPool,
  openProcesses,
  openThreads,
  type ProcessesOptions,
} from '../../src/index.ts';
import { ProgramFolder } from '../fixtures/run-program.ts';
import { printTasks } from '../fixtures/tasks/print-tasks.ts';
import { hasPseudoTerminals, playInTerminal } from '../fixtures/terminal/pseudo-terminal.ts';
import { screenOf } from '../fixtures/terminal/screen.ts';
import { workerCommand } from '../fixtures/worker-command.ts';

/** Starting Node.js several times on a busy machine takes seconds. */
const limitMs = 30_000;

const { print, printBoth, printSlowly, printAndExit, printAndSpin } = printTasks;

/** Processes by a command have no pipes for what they print. */
const kinds = {
  threads: openThreads,
  processes: openProcesses,
  commands: (options: ProcessesOptions) => openProcesses({ ...options, command: workerCommand }),
} as const;
const kindNames = ['threads', 'processes', 'commands'] as const;
type Kind = (typeof kindNames)[number];

/** An executor whose lines are kept, for as long as the test lasts. */
function listened(kind: Kind, workers = 1): { executor: Executor; lines: OutputLine[]; texts(): string[] } {
  const lines: OutputLine[] = [];
  const executor = kinds[kind]({ workers, output: (line) => lines.push(line) });
  onTestFinished(() => executor.dispose());
  return { executor, lines, texts: () => lines.map(({ text }) => text) };
}

const root = join(import.meta.dirname, '../..');
const urlOf = (path: string): string => JSON.stringify(pathToFileURL(join(root, path)).href);

/** A program that has a pool with one worker, and the tasks. */
function program(kind: Kind, body: string, output: Output = 'lines'): ProgramFolder {
  const open = kind === 'threads' ? 'openThreads' : 'openProcesses';
  const command = kind === 'commands' ? `, command: ${JSON.stringify(workerCommand)}` : '';
  return new ProgramFolder({
    'main.ts': `
      import { ${open} } from ${urlOf('src/index.ts')};
      import { printTasks } from ${urlOf('test/fixtures/tasks/print-tasks.ts')};
      const pool = ${open}({ workers: 1, output: '${output as string}'${command} });
      ${body}
    `,
  });
}

describe.each(kindNames)('what tasks print in %s', { timeout: limitMs }, (kind) => {
  test('is there before their outcomes, in order', async () => {
    const { executor, texts } = listened(kind);
    for (let i = 0; i < 200; i++) {
      await executor.submit(print, `${i} `, 'a\n', 'b\n');
      expect(texts().slice(-2)).toEqual([`${i} a`, 'b']);
    }
    await executor.submit(print, `${'x'.repeat(1_000_000)}\n`);
    expect(texts().at(-1)).toHaveLength(1_000_000);
    expect(texts()).toHaveLength(401);
  });

  test('keeps the order of each stream, also for many lines', async () => {
    const { executor, lines } = listened(kind);
    await executor.submit(printBoth, 20_000);
    for (const [stream, first] of [
      ['stdout', 0],
      ['stderr', 1],
    ] as const) {
      const texts = lines.filter((line) => line.stream === stream).map(({ text }) => text);
      expect(texts).toEqual(Array.from({ length: 10_000 }, (_, i) => `line ${2 * i + first}`));
    }
  });

  test('comes in whole lines, though two workers print long ones in pieces at once', async () => {
    const { executor, lines } = listened(kind, 2);
    const letters = ['a', 'b', 'c', 'd'];
    await Promise.all(letters.map((letter) => executor.submit(printSlowly, letter, 5000, 40)));
    expect(lines.map(({ text }) => text).toSorted()).toEqual(letters.map((letter) => letter.repeat(200_000)));
    expect(new Set(lines.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
  });

  test('may be objects, and Unicode that comes apart', async () => {
    const { executor, lines, texts } = listened(kind);
    await executor.submit(printTasks.logObjects);
    expect(texts()).toContain("one of { a: [ 1, Map(1) { 'k' => [Object] } ] }");
    expect(lines.find(({ stream }) => stream === 'stderr')?.text).toBe('logged undefined');
    await executor.submit(print, ...Array.from(Buffer.from('žluťoučký 🐎\n'), (byte) => Uint8Array.of(byte)));
    expect(texts().at(-1)).toBe('žluťoučký 🐎');
  });

  test('leaves a task its streams: callbacks, and a write() of its own', async () => {
    const { executor, texts } = listened(kind);
    expect(await executor.submit(printTasks.waitWritten, 'a\n')).toMatch(/^true (null|undefined)$/);
    await executor.submit(printTasks.printMarked, 'text');
    expect(texts()).toEqual(['a', '<text>', 'unmarked']);
  });

  test('is there when process.exit() in a task is known', async () => {
    const { executor, texts } = listened(kind);
    await expect(executor.submit(printAndExit, 'line', 20_000)).rejects.toMatchObject({ exitCode: 3 });
    expect(texts()).toEqual([...Array.from({ length: 20_000 }, (_, i) => `line ${i}`), 'half a line']);
  });

  test('is there when an error that nobody caught is known', async () => {
    const { executor, texts } = listened(kind);
    await expect(executor.submit(printTasks.printAndThrowUncaught, 'so far')).rejects.toThrow('nobody');
    expect(texts()).toEqual(['so far']);
  });

  test('is there when its worker was ended', async () => {
    const { executor, texts } = listened(kind);
    const spinning = executor.submit(printAndSpin, 'spinning').catch(String);
    await expect.poll(texts, { timeout: 10_000 }).toEqual(['spinning']);
    await executor.dispose();
    expect(await spinning).toMatch(/disposed of/);
    expect(texts()).toEqual(['spinning']);
  });

  test('goes with the number of its worker, which one that takes its place has, too', async () => {
    const { executor, lines } = listened(kind);
    await expect(executor.submit(printAndExit, 'line', 1)).rejects.toThrow('exited with code 3');
    await executor.submit(print, 'line\n');
    expect(lines.map(({ worker }) => worker)).toEqual([1, 1, 1]);
  });

  test('goes to its stream for a function that throws, and the call has its outcome', async () => {
    let tried = 0;
    const executor = kinds[kind]({
      workers: 1,
      output: () => {
        tried++;
        throw new Error('enough');
      },
    });
    onTestFinished(() => executor.dispose());
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await executor.submit(print, 'a\n', 'b\n');
    const written = write.mock.calls.map(([chunk]) => String(chunk));
    const warned = warn.mock.calls.length;
    for (const spy of [warn, write]) spy.mockRestore();
    expect(written).toEqual(['a\n', 'b\n']);
    expect([tried, warned]).toEqual([2, 1]);
  });

  test.each([
    ['is in the streams when the program exits at once', 'process.exit(0)'],
    ['is in the streams when the program just ends', ''],
  ])('%s', async (_, end) => {
    using folder = program(
      kind,
      `await pool.submit(printTasks.printBoth, 5000);
       await pool.submit(printTasks.print, 'no end');
       ${end}`,
    );
    const { stdout, stderr, code } = await folder.run('main.ts', { limitMs });
    const linesFrom = (first: number): string =>
      Array.from({ length: 2500 }, (_, i) => `line ${2 * i + first}\n`).join('');
    expect(code).toBe(0);
    expect(stdout).toBe(`${linesFrom(0)}no end\n`);
    expect(stderr).toBe(linesFrom(1));
  });

  test('is in the streams at the end of the program, though it was printed after the call', async () => {
    using folder = program(
      kind,
      `await pool.submit(printTasks.printLater, 'late');
       await pool.submit(printTasks.pause, 5);`,
    );
    expect(await folder.run('main.ts', { limitMs })).toMatchObject({ code: 0, stdout: 'late\n' });
  });

  test('is dropped when nobody reads it any more, and the program goes on', async () => {
    using folder = program(
      kind,
      `for (let i = 0; i < 3; i++) await pool.submit(printTasks.printBoth, 20_000);
       await pool.dispose();
       console.error('went on');`,
    );
    const { code, stderr } = await folder.run('main.ts', { whenWritten: (_, close) => close() });
    expect(code).toBe(0);
    expect(stderr.split('\n').slice(-3)).toEqual(['line 19999', 'went on', '']);
  });

  test("is labelled by output: 'labelled', and dropped by 'ignore'", async () => {
    const body = `
      await pool.submit(printTasks.print, 'one\\n\\ntw', 'o\\n');
      await pool.submit(printTasks.printError, 'three');
      await pool.dispose();
      console.log('end');
    `;
    using labelled = program(kind, body, 'labelled');
    const name = kind === 'threads' ? '[thread 1]' : '[process 1]';
    expect(await labelled.run('main.ts')).toMatchObject({
      stdout: `${name} one\n${name} \n${name} two\nend\n`,
      stderr: `${name} three\n`,
    });
    using ignored = program(kind, body, 'ignore');
    expect(await ignored.run('main.ts')).toMatchObject({ code: 0, stdout: 'end\n', stderr: '' });
  });

  test.skipIf(!hasPseudoTerminals)('stays whole above a bar, which stays whole below', async () => {
    const { output, code } = await playInTerminal(kind, {
      program: new URL('../fixtures/progress/play-printing.ts', import.meta.url),
    });
    const [last, ...printed] = screenOf(output).reverse();
    expect(code).toBe(0);
    expect(last).toMatch(/^calls: 100%\|█+\| 60\/60 /u);
    const expected = Array.from({ length: 60 }, (_, i) => [
      `call ${i} prints`,
      `call ${i} prints more`,
    ]).flat();
    expect(printed.toSorted()).toEqual(expected.toSorted());
    expect(output).toMatch(/calls: {2}[1-9]\d%\|/u);
  });
});

test('what a process of a worker process prints keeps its place', { timeout: limitMs }, async () => {
  const { executor, texts } = listened('processes');
  for (let i = 0; i < 3; i++) await executor.submit(printTasks.printByChild);
  expect(texts()).toEqual(Array.from({ length: 3 }, () => ['before', 'by the child', 'after']).flat());
});

test('openPool() gives lines to a function, too', { timeout: limitMs }, async () => {
  const lines: OutputLine[] = [];
  const pool = openPool(print, { workers: 1, output: (line) => lines.push(line) });
  onTestFinished(() => pool.dispose());
  await pool.submit('a\n', 'b\n');
  expect(lines).toEqual(['a', 'b'].map((text) => ({ text, stream: 'stdout', worker: 1 })));
});

test.each<[string, (output: Output) => unknown]>([
  ['openThreads', (output) => openThreads({ output })],
  ['openProcesses', (output) => openProcesses({ output })],
  ['openPool', (output) => openPool(print, { output })],
  ['openPool over processes', (output) => openPool(print, { output, kind: 'processes' })],
])('%s() refuses an output that there is not', (_, open) => {
  for (const wrong of ['lables', 1, null]) {
    expect(() => open(wrong as Output)).toThrow(
      /^Cannot open .* as 'output' must be 'lines', 'labelled', 'ignore' or a function: received /,
    );
    expect(() => open(wrong as Output)).toThrow(RangeError);
  }
});
