/** What the command tells of projects and repositories, those of heddle and those that lazyscribe wrote. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { openProject, openRepository } from '../../src/artifacts.ts';
import { folders } from '../fixtures/folders.ts';
import { heddleIn, type Said } from '../fixtures/heddle-said.ts';

const limitMs = 20_000;
const newFolder = folders('cli-track');
/** Written by lazyscribe. */
const fixtures = fileURLToPath(new URL('../fixtures/lazyscribe', import.meta.url));

const track = (folder: string, ...args: string[]): Said => heddleIn(folder, 'track', ...args);

function rowsOf({ stdout }: Said): string[][] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
}

/** A project of three experiments, and a repository of two artifacts. */
async function filled(): Promise<string> {
  const folder = newFolder();
  const project = await openProject(join(folder, 'project.json'), { mode: 'w', author: 'ada' });
  for (const [rate, auc] of [
    [0.1, 0.8],
    [0.2, 0.93],
    [0.3, 0.9],
  ] as const) {
    await project.log(`Rate ${rate}`, async (experiment) => {
      experiment.logParameter('rate', rate);
      experiment.logParameter('epochs', 10);
      experiment.logMetric('auc', auc);
      if (rate === 0.2) experiment.tag('best');
      experiment.logArtifact('notes', `rate ${rate}\n`, { handler: 'text' });
      await experiment.logTest('Young', (of) => of.logMetric('auc', auc / 2), { description: 'under 30' });
    });
  }
  await project.save();
  const repository = await openRepository(join(folder, 'repository.json'));
  for (const names of [['a'], ['a', 'b'], ['a']])
    await repository.logArtifact('features', names, { handler: 'json', options: { indent: 1 } });
  await repository.setExpiry('features', { version: 2, expiry: '2020-01-01T00:00:00' });
  await repository.logArtifact('raw', Uint8Array.of(1, 2, 3), { handler: 'bytes' });
  await repository.save();
  return folder;
}

describe('heddle track', { timeout: limitMs * 2 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await filled();
  });

  test('ls lists experiments, the newest first, and finds by tag', () => {
    const [head, ...rows] = rowsOf(track(folder, 'ls'));
    expect(head).toEqual(['experiment', 'created (UTC)', 'author', 'artifacts', 'tags', 'metrics']);
    expect(rows.map(([slug]) => slug?.replace(/-\d{14}$/, ''))).toEqual(['rate-0-3', 'rate-0-2', 'rate-0-1']);
    const tagged = rowsOf(track(folder, 'ls', 'project.json', '--tag', 'best')).slice(1);
    expect(tagged.map((row) => row.slice(2))).toEqual([['ada', '1', 'best', 'auc=0.93']]);
    const few = track(folder, 'ls', '.', '--limit', '1', '--json');
    expect(few.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect((JSON.parse(few.stdout) as { metrics: unknown }).metrics).toEqual({ auc: 0.9 });
    expect(track(folder, 'ls', '--limit', '1').stderr).toBe('and 2 more; see --limit\n');
  });

  test('ls lists artifacts as they are loaded, and every version if asked', () => {
    const [head, ...rows] = rowsOf(track(folder, 'ls', 'repository.json'));
    expect(head).toEqual(['artifact', 'version', 'logged (UTC)', 'handler', 'expires (UTC)', 'file']);
    expect(rows.map(([name, version]) => [name, version])).toEqual([
      ['features', '1'],
      ['raw', '0'],
    ]);
    const all = track(folder, 'ls', 'repository.json', '--all', '--json').stdout.trimEnd().split('\n');
    expect(all.map((line) => (JSON.parse(line) as { version: number }).version)).toEqual([0, 1, 2, 0]);
  });

  test('show tells all of an experiment, and of its artifacts', () => {
    const { stdout } = track(folder, 'show', '.', 'rate-0-2');
    expect(stdout).toMatch(/^experiment {4}rate-0-2-\d{14}\nname {10}Rate 0\.2\ncreated /);
    expect(stdout).toMatch(/\nparameter {5}rate = 0\.2\n/);
    expect(stdout).toMatch(/\ntest {10}Young: under 30\n {2}metric {8}auc = 0\.465\n/);
    expect(stdout).toMatch(/\nartifact {2}handler {2}logged \(UTC\) +file\nnotes {5}text /);
    expect(track(folder, 'show', '.', 'rate-0-2', 'notes').stdout).toMatch(
      /handler {3}text\n.*\n\nrate 0\.2\n$/,
    );
    expect(track(folder, 'show', '.', 'rate-0-2', 'notes', '--bytes').stdout).toBe('rate 0.2\n');
    const json = JSON.parse(track(folder, 'show', '.', 'rate-0-2', '--json').stdout) as Record<
      string,
      unknown
    >;
    expect(json['tags']).toEqual(['best']);
  });

  test('show tells of a version: the latest, a number, a time, as of a time', () => {
    const versionOf = (...which: string[]): unknown =>
      (
        JSON.parse(track(folder, 'show', 'repository.json', 'features', ...which, '--json').stdout) as {
          version: number;
        }
      ).version;
    expect(versionOf()).toBe(1);
    expect(versionOf('2')).toBe(2);
    expect(versionOf('@9999-01-01')).toBe(1);
    const { stderr, code } = track(folder, 'show', 'repository.json', 'features', '2020-01-01T00:00:00');
    expect(stderr).toContain("Cannot find a version of 'features' as none was logged at this time");
    expect(code).toBe(1);
    const raw = track(folder, 'show', 'repository.json', 'raw', '--bytes').stdout;
    expect(raw).toBe('\x01\x02\x03');
  });

  test('diff compares experiments', () => {
    const { stdout } = track(folder, 'diff', '.', 'rate-0-1', 'rate-0-2');
    expect(stdout.split('\n').slice(2)).toEqual([
      '- tags = []',
      '+ tags = ["best"]',
      '- parameter rate = 0.1',
      '+ parameter rate = 0.2',
      '- metric auc = 0.8',
      '+ metric auc = 0.93',
      '- test Young: metric auc = 0.4',
      '+ test Young: metric auc = 0.465',
      expect.stringMatching(/^- artifact notes = "text sha256:[0-9a-f]{64}"$/),
      expect.stringMatching(/^\+ artifact notes = "text sha256:[0-9a-f]{64}"$/),
      '',
    ]);
    expect(track(folder, 'diff', '.', 'rate-0-1', 'rate-0-1').stdout).toBe('');
    const json = JSON.parse(track(folder, 'diff', '.', 'rate-0-1', 'rate-0-3', '--json').stdout) as {
      differences: unknown[];
    };
    expect(json.differences).toContainEqual({ what: 'parameter rate', from: 0.1, to: 0.3 });
  });

  test('diff compares the descriptions and the artifacts of tests, and dependencies', async () => {
    const other = newFolder();
    const project = await openProject(join(other, 'project.json'), { mode: 'w' });
    const upstream = await project.log('Upstream', () => undefined);
    for (const value of ['x', 'y']) {
      await project.log(value, async (experiment) => {
        experiment.logArtifact('same', 1, { handler: 'json' });
        await experiment.logTest('T', (of) => of.logArtifact('part', value, { handler: 'text' }), {
          description: `of ${value}`,
        });
        if (value === 'y') experiment.dependOn(upstream);
      });
    }
    await project.save();
    const { differences } = JSON.parse(track(other, 'diff', '.', 'x', 'y', '--json').stdout) as {
      differences: { what: string; from?: unknown; to?: unknown }[];
    };
    expect(differences).toEqual([
      { what: 'dependencies', from: [], to: [expect.stringContaining('|upstream-')] },
      { what: 'test T: description', from: 'of x', to: 'of y' },
      {
        what: 'test T: artifact part',
        from: expect.stringMatching(/^text sha256:/),
        to: expect.stringMatching(/^text sha256:/),
      },
    ]);
  }, 30_000);

  test('diff compares versions, line by line', () => {
    const expected =
      '--- features 0\n+++ features 1\n@@ -1,3 +1,4 @@\n [\n- "a"\n+ "a",\n+ "b"\n ]\n\\ No newline at end of file';
    expect(track(folder, 'diff', 'repository.json', 'features').stdout).toBe(`${expected}\n`);
    expect(track(folder, 'diff', 'repository.json', 'features', '0', '2').stdout).toBe('');
    expect(JSON.parse(track(folder, 'diff', 'repository.json', 'features', '0', '--json').stdout)).toEqual({
      name: 'features',
      from: 0,
      to: 1,
      diff: expected,
    });
    const { stderr, code } = track(folder, 'diff', 'repository.json', 'raw');
    expect(stderr).toBe("Cannot compare versions of 'raw' as there is none before: received version 0\n");
    expect(code).toBe(1);
  });

  test('compare puts experiments side by side, the best first', () => {
    const [head, ...rows] = rowsOf(track(folder, 'compare', '.', '--by', 'auc'));
    expect(head).toEqual(['experiment', 'auc', 'rate']);
    expect(rows.map((row) => row.slice(1))).toEqual([
      ['0.93', '0.2'],
      ['0.9', '0.3'],
      ['0.8', '0.1'],
    ]);
    const lowest = rowsOf(track(folder, 'compare', '.', '--by', 'auc', '--ascending', '--all'));
    expect(lowest[0]).toEqual(['experiment', 'auc', 'epochs', 'rate']);
    expect(lowest[1]?.[1]).toBe('0.8');
    const two = track(folder, 'compare', '.', 'rate-0-3', 'rate-0-1', '--json').stdout.trimEnd().split('\n');
    expect(two.map((line) => (JSON.parse(line) as { metrics: { auc: number } }).metrics.auc)).toEqual([
      0.9, 0.8,
    ]);
    expect(track(folder, 'compare', '.', '--by', 'f1').stderr).toBe(
      "Cannot rank experiments as none has this metric: received 'f1'\n  there are auc\n",
    );
  });

  test('compare tells which versions have the same bytes', () => {
    const rows = rowsOf(track(folder, 'compare', 'repository.json', 'features')).slice(1);
    expect(rows.map((row) => row.at(-1)?.replace(/^[0-9a-f]{12}$/, 'digest'))).toEqual([
      'digest',
      'digest',
      'as version 0',
    ]);
    expect(track(folder, 'compare', 'repository.json', 'nope').code).toBe(1);
  });

  test('reads what lazyscribe wrote, with integers beyond 2^53 and NaN', () => {
    const json = track(
      fixtures,
      'show',
      'project/project.json',
      'base-performance-20260110093000',
      '--json',
    ).stdout;
    expect(json).toContain('"count": 100000000000000000,');
    expect(rowsOf(track(fixtures, 'ls', 'nonfinite/project.json'))[1]?.at(-1)).toBe(
      'inf=Infinity nan=NaN ninf=-Infinity',
    );
    const rows = rowsOf(track(fixtures, 'ls', 'repository-minimal/repository.json')).slice(1);
    expect(rows.map(([name]) => name)).toEqual(['config', 'features', 'model']);
    expect(track(fixtures, 'show', 'repository-minimal', 'model').stdout).toContain('python_version: "3.11"');
  });

  test('tells what it cannot open', () => {
    const { stderr, code } = track(folder, 'ls', 'other.json');
    expect(stderr).toMatch(
      /^Cannot open a project or a repository as there is none: received '.*other\.json'\n/,
    );
    expect(code).toBe(1);
    writeFileSync(join(folder, 'broken.json'), '[{"slug": ');
    expect(track(folder, 'ls', 'broken.json').stderr).toMatch(/broken\.json.*line 1, column 11/s);
    expect(track(newFolder(), 'ls').stderr).toContain('has no project.json and no repository.json');
    expect(track(folder, 'show', '.').code).toBe(2);
  });

  test('obeys no escape sequence of a file', () => {
    const evil = readFileSync(join(folder, 'project.json'), 'utf8').replaceAll(
      '"Rate 0.1"',
      '"Rate \\u001b[2J"',
    );
    writeFileSync(join(folder, 'evil.json'), evil);
    expect(track(folder, 'show', 'evil.json', 'rate-0-1').stdout).not.toContain('\x1b');
    expect(track(folder, 'ls', 'evil.json').stdout).not.toContain('\x1b');
  });
});
