/** The command heddle: what it says, with which code it exits, and what it costs. */

import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { hasPseudoTerminals, playInTerminal } from '../fixtures/terminal/pseudo-terminal.ts';
import { heddleCommand } from '../fixtures/worker-command.ts';

const limitMs = 20_000;
const [node, ...before] = heddleCommand;

function heddle(...args: string[]): {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const options = {
    encoding: 'utf8',
    timeout: limitMs,
    input: '',
    env: { ...process.env, NODE_OPTIONS: '' },
  } as const;
  const { status, stdout, stderr } = spawnSync(node, [...before, ...args], options);
  return { code: status, stdout, stderr };
}

describe('heddle', { timeout: limitMs }, () => {
  test.each(['--version', '-V'])('tells its version: %s', (flag) => {
    expect(heddle(flag)).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  test.each([['--help'], ['-h'], ['help']])('tells what there is: %s', (flag) => {
    const { code, stdout, stderr } = heddle(flag);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: heddle /);
    for (const file of ['worker']) expect(stdout).toContain(`\n  ${file} `);
  });

  test.each<[string, string[], RegExp]>([
    ['an unknown flag', ['--hlep'], /unknown option '--hlep'/],
    ['an unknown command', ['wroker'], /unknown command 'wroker'/],
    ['an unknown flag of a command', ['worker', '--stdin'], /unknown option '--stdin'/],
    ['more than a command takes', ['worker', '--stdio', 'more'], /too many arguments/],
    ['nothing', [], /^Usage: heddle/],
  ])('tells its usage, with code 2, for %s', (_, args, reason) => {
    const { code, stdout, stderr } = heddle(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(/Usage: heddle /);
  });

  test('ends without a word when nobody reads what it writes', async () => {
    const child = spawn(node, [...before, '--help'], { stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs });
    // Before it has begun.
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const code = await new Promise((resolve) => {
      child.once('close', resolve);
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('loads nothing of the library before a command needs it', () => {
    const source = readFileSync(join(import.meta.dirname, '../../src/cli/main.ts'), 'utf8');
    const imported = [...source.matchAll(/^import .*?from '(.*?)';$/gm)].map(([, from]) => from);
    expect(
      imported.filter((from) => !/^(?:node:fs|commander|\.\/commands\/[\w-]+\.ts)$/.test(from ?? '')),
    ).toEqual([]);
  });
});

describe('heddle worker', { timeout: limitMs }, () => {
  test('says how it is reached, with code 2', () => {
    const { code, stdout, stderr } = heddle('worker');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^Cannot start a worker as it is not said how it is reached\n {2}heddle worker --stdio\n/,
    );
  });

  test.each<[string, string[], RegExp]>([
    [
      'two ways to be reached',
      ['--stdio', '--connect', 'host:1'],
      /said twice how it is reached: received '--stdio' and '--connect'/,
    ],
    [
      'a queue besides',
      ['--stdio', '--queue', 'q'],
      /said twice how it is reached: received '--stdio' and '--queue'/,
    ],
    [
      'threads and processes for a queue',
      ['--queue', 'q', '--threads', '1', '--processes', '1'],
      /calls run in threads or in processes: received both/,
    ],
    [
      'a count that is no number',
      ['--queue', 'q', '--take-over-ms', '2s'],
      /'--take-over-ms' must be a number: received '2s'/,
    ],
    ['no secret', ['--connect', 'host:1'], /has no secret: received no '--secret-file'/],
    [
      'a batch that is no number',
      ['--connect', 'host:1', '--secret-file', 'x', '--batch', 'a'],
      /'--batch' must be a number: received 'a'/,
    ],
    [
      'a time that is no number',
      ['--connect', 'host:1', '--secret-file', 'x', '--grace', '1s'],
      /'--grace' must be a number: received '1s'/,
    ],
  ])('refuses %s, with code 2', (_, args, why) => {
    const { code, stdout, stderr } = heddle('worker', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(why);
  });

  test.each<[string, string[], RegExp]>([
    [
      'nobody says where Redis is',
      ['--queue', 'q'],
      /no 'connection', and no HEDDLE_CONNECTION in the environment/,
    ],
    [
      'no Redis is there',
      ['--queue', 'q', '--connection', 'redis://:hidden@127.0.0.1:1'],
      /^Cannot serve the queue 'q' as Redis at 127\.0\.0\.1:1 does not let it: received connect ECONNREFUSED(?!.*hidden)/s,
    ],
  ])('serves no queue if %s, with code 1', (_, args, why) => {
    const { code, stdout, stderr } = heddle('worker', ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(why);
  });

  test.skipIf(!hasPseudoTerminals)('is none in a terminal, and says what it is for', async () => {
    const program = pathToFileURL(before[0] as string);
    const { code, output } = await playInTerminal('worker --stdio', { program });
    expect(code).toBe(2);
    expect(output).toMatch(/^Cannot start a worker as stdin is a terminal/);
    expect(output).toContain("openProcesses({ command: ['ssh', 'host', 'heddle', 'worker', '--stdio'] })");
  });
});
