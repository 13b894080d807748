/** The commands that run and draw what a module exports. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folders } from '../fixtures/folders.ts';
import { heddleIn } from '../fixtures/heddle-said.ts';
import { heddleCommand } from '../fixtures/worker-command.ts';

const limitMs = 20_000;
const [node, ...before] = heddleCommand;
const newFolder = folders('cli-run');
const library = new URL('../../src/index.ts', import.meta.url).href;

const module = `
import { openInline, tasks } from '${library}';
export const { add, square, fail, sleep, fraction } = tasks(import.meta, {
  square: (x) => x * x,
  add: (...xs) => xs.reduce((sum, x) => sum + x, 0),
  fail: (why) => { throw new Error(why); },
  sleep: () => { console.log('sleeping'); return new Promise((resolve) => setTimeout(resolve, 60_000)); },
  fraction: (x) => x / 2,
});
export const total = add(square(3), square(4));
export const sum = (n) => add(...Array.from({ length: n }, (_, at) => square(at)));
export const later = async (n) => n + 1;
export const executor = () => openInline();
export const word = 'word';
`;

function folderOfModule(): string {
  const folder = newFolder();
  writeFileSync(join(folder, 'report.mjs'), module);
  return folder;
}

describe('heddle run', { timeout: limitMs * 3 }, () => {
  const folder = folderOfModule();

  test.each<[string, string[], string]>([
    ['a delayed value', ['report.mjs#total', '--ui', 'none'], '25\n'],
    ['a task, with words and JSON', ['report.mjs#add', '--ui=none', '--', '1', '-3', '7'], '5\n'],
    ['a function that gives a graph', ['./report.mjs#sum', '100', '--ui=none'], '328350\n'],
    ['a function that gives a value later', ['report.mjs#later', '1'], '2\n'],
    ['a text', ['report.mjs#word'], 'word\n'],
    ['on threads', ['report.mjs#total', '--threads', '1', '--ui=none'], '25\n'],
    ['on processes', ['report.mjs#total', '-p', '1', '--ui=none'], '25\n'],
    ['on an executor', ['report.mjs#total', '-e', 'report.mjs#executor', '--ui=none'], '25\n'],
    ['as JSON', ['report.mjs#total', '--json', '--ui=none'], '{"heddle":1,"value":25}\n'],
  ])('writes the value of %s', (_, args, stdout) => {
    expect(heddleIn(folder, 'run', ...args)).toEqual({ code: 0, stdout, stderr: '' });
  });

  test('shows the run on stderr', () => {
    expect(heddleIn(folder, 'run', 'report.mjs#total').stderr).toMatch(
      /^\[run\] report\.mjs#total\n\[success\] 3 calls in/,
    );
    const lines = heddleIn(folder, 'run', 'report.mjs#total', '--ui', 'json').stderr.trimEnd().split('\n');
    const kinds = lines.map((line) => (JSON.parse(line) as { readonly kind: string }).kind);
    expect(kinds.at(0)).toBe('run-started');
    expect(kinds.at(-1)).toBe('run-settled');
    expect(heddleIn(folder, 'run', 'report.mjs#square', '4', '--ui', 'calls').stderr).toBe(
      'call 1: square(4)\nvalue 1 [square(4)]: done -> 16\nsuccess: 1 computed\n',
    );
  });

  test('remembers calls, if asked', () => {
    const own = folderOfModule();
    heddleIn(own, 'run', 'report.mjs#total', '--cache', '--all');
    expect(heddleIn(own, 'cache', 'ls').stdout.trimEnd().split('\n')).toHaveLength(4);
    const again = heddleIn(own, 'run', 'report.mjs#total', '--cache', '--all');
    expect(again).toMatchObject({ code: 0, stdout: '25\n' });
    expect(again.stderr).toMatch(/retrieved/);
    expect(heddleIn(own, 'run', 'report.mjs#total', '--cache', '--all', '--refresh').stderr).not.toMatch(
      /retrieved/,
    );
  });

  test.each<[string, number, string[], RegExp]>([
    [
      'a call that fails',
      1,
      ['report.mjs#fail', 'because', '--ui=none'],
      /^Task 'fail' failed: Error: because\n/,
    ],
    [
      'no such export',
      1,
      ['report.mjs#nothing'],
      /does not export it: received 'report\.mjs#nothing'\n {2}it exports 'add'/,
    ],
    ['no such module', 1, ['none.mjs#x'], /Cannot import a module as there is none/],
    ['no export named', 1, ['report.mjs'], /Cannot find an export as its module and name are needed/],
    [
      'arguments for a value',
      1,
      ['report.mjs#word', '3'],
      /Cannot give arguments to 'word' as it is no function/,
    ],
    ['no executor', 1, ['report.mjs#total', '-e', 'report.mjs#word'], /Cannot use an executor/],
    ['two places at once', 1, ['report.mjs#total', '-t', '1', '-p', '1'], /Cannot run/],
    ['a count that is none', 2, ['report.mjs#total', '--threads=0'], /It must be a positive integer/],
    ['a display that is none', 2, ['report.mjs#total', '--ui', 'film'], /It must be one of auto/],
    ['a mode that is none', 2, ['report.mjs#total', '--failure', 'panic'], /It must be one of stop-starting/],
  ])('tells of %s, with code %i', (_, code, args, reason) => {
    const said = heddleIn(folder, 'run', ...args);
    expect({ code: said.code, stdout: said.stdout }).toEqual({ code, stdout: '' });
    expect(said.stderr).toMatch(reason);
  });

  test.each([[[]], [['--threads', '1']], [['--processes', '1']]])(
    'ends with 130 on Ctrl-C: %j',
    async (where) => {
      const args = [...before, 'run', 'report.mjs#sleep', '--ui=none', ...where];
      const child = spawn(node, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      // Both what tasks print here, and what is passed on of what they print elsewhere.
      await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
      child.kill('SIGINT');
      const [code] = (await once(child, 'exit')) as [number | null];
      expect(code).toBe(130);
      expect(stderr).toMatch(/interrupted\n$/);
    },
  );
});

describe('heddle graph', { timeout: limitMs }, () => {
  const folder = folderOfModule();

  test.each([
    ['mermaid', /^flowchart TD\n[^]*square/],
    ['dot', /^digraph/],
    ['svg', /^<svg[^]*<\/svg>\n$/],
  ])('draws as %s', (format, picture) => {
    const { code, stdout, stderr } = heddleIn(folder, 'graph', 'report.mjs#total', '-f', format);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(picture);
  });

  test('runs nothing, and refuses other formats', () => {
    expect(heddleIn(folder, 'graph', 'report.mjs#fail', 'because').code).toBe(0);
    expect(heddleIn(folder, 'graph', 'report.mjs#total', '-f', 'png')).toMatchObject({ code: 2, stdout: '' });
  });
});
