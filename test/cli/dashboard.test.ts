/** The commands that show logs of events: in a browser, and as a file. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { unpackReport } from '../../src/observe/calls/report-pack.ts';
import type { WatchedState } from '../../src/observe/watched-state.ts';
import { openEventLog } from '../../src/traces.ts';
import { build } from '../../tools/build.ts';
import { folders } from '../fixtures/folders.ts';
import { tellRun } from '../fixtures/synthetic-run.ts';
import { heddleCommand } from '../fixtures/worker-command.ts';

const limitMs = 20_000;
const [node, ...before] = heddleCommand;
const newFolder = folders('cli-dashboard');
const env = { ...process.env, NODE_OPTIONS: '' };

// The page is built.
beforeAll(() => {
  const { built, output } = build();
  if (!built) throw new Error(output);
}, 120_000);

async function folderOfLog(): Promise<string> {
  const folder = newFolder();
  await using log = openEventLog(join(folder, 'run.jsonl.gz'));
  tellRun(log, 500);
  return folder;
}

function heddle(cwd: string, ...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const options = { cwd, env, encoding: 'utf8', timeout: limitMs } as const;
  const { status, stdout, stderr } = spawnSync(node, [...before, ...args], options);
  return { code: status, stdout, stderr };
}

describe('heddle report', { timeout: limitMs }, () => {
  test('makes one file with all that a log says', async () => {
    const folder = await folderOfLog();
    const ended = heddle(folder, 'report', 'run.jsonl.gz', 'out/run.html', '--title', 'A <run>');
    expect(ended).toEqual({ code: 0, stdout: 'out/run.html: 1007 events\n', stderr: '' });
    const html = readFileSync(join(folder, 'out/run.html'), 'utf8');
    expect(html).toContain('<title>A &lt;run&gt;</title>');
    expect(html).not.toMatch(/(?:src|href)="(?!data:)/);
    const data = /id="report">([\w+/=]+)</.exec(html)?.[1] ?? '';
    const zipped = Buffer.from(data, 'base64');
    const { state, frames } = unpackReport(new Uint8Array(gunzipSync(zipped)));
    expect(state.runs).toMatchObject([{ is: 'success', all: { computed: 499, failed: 1 } }]);
    expect([...frames.keys()]).toEqual([1]);
  });

  test('tells of a file that is no log, and of a place that cannot be written to', async () => {
    const folder = await folderOfLog();
    writeFileSync(join(folder, 'other.jsonl'), '{}\n');
    expect(heddle(folder, 'report', 'other.jsonl')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Cannot read events as the file is no log of them/),
    });
    expect(heddle(folder, 'report', 'run.jsonl.gz', '/proc/none/run.html')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Cannot write a report: received '\/proc\/none\/run\.html'/),
    });
  });
});

describe('heddle dashboard', { timeout: limitMs }, () => {
  test('shows a log until it is interrupted', async () => {
    const folder = await folderOfLog();
    const child = spawn(node, [...before, 'dashboard', 'run.jsonl.gz'], {
      cwd: folder,
      env,
      timeout: limitMs,
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    while (!stdout.includes('\n')) await once(child.stdout, 'data');
    const url = new URL(stdout.trim());
    const headers = { authorization: `Bearer ${url.searchParams.get('token')}` };
    const answer = await fetch(`${url.origin}/api/state`, { headers });
    const { runs } = (await answer.json()) as WatchedState;
    expect(runs).toMatchObject([{ is: 'success', calls: 500 }]);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('understands a port alone', () => {
    expect(heddle('.', 'dashboard', 'x.jsonl', '--port', '70000')).toMatchObject({ code: 2 });
  });
});

describe('heddle run --dashboard', { timeout: limitMs }, () => {
  test('shows a run as long as it goes on', async () => {
    const folder = newFolder();
    const library = new URL('../../src/index.ts', import.meta.url).href;
    writeFileSync(
      join(folder, 'report.mjs'),
      `import { task } from '${library}';
       export const one = task(() => 1, { name: 'one' });`,
    );
    const { code, stdout, stderr } = heddle(folder, 'run', './report.mjs#one', '--ui', 'none', '--dashboard');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1\n' });
    expect(stderr).toMatch(/^heddle dashboard: http:\/\/127\.0\.0\.1:\d+\/\?token=/);
  });
});
