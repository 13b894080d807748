/** The lint rule that makes a condition on a delayed value visible. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const fixture = join(root, 'test/fixtures/invalid/conditions.ts');

interface Report {
  readonly diagnostics: readonly {
    readonly code: string;
    readonly labels: readonly { readonly span: { readonly line: number } }[];
  }[];
}

/** Lints with the project's own rules, which otherwise leave out what is wrong on purpose. */
function lint(file: string): Report {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-lint-'));
  try {
    const rules = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as Record<string, unknown>;
    const config = join(folder, 'rules.json');
    writeFileSync(config, JSON.stringify({ ...rules, ignorePatterns: [] }));
    const { stdout, stderr } = spawnSync(
      join(root, 'node_modules/.bin/oxlint'),
      ['--type-aware', '--format=json', '-c', config, file],
      { cwd: root, encoding: 'utf8', timeout: 30_000 },
    );
    expect(stderr).toBe('');
    return JSON.parse(stdout) as Report;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('oxlint reports every condition on a delayed value, and no other', { timeout: 40_000 }, () => {
  const expected = readFileSync(fixture, 'utf8')
    .split('\n')
    .flatMap((line, index) => (line.endsWith('// reported') ? [index + 1] : []));
  const reported = lint(fixture)
    .diagnostics.filter(({ code }) => code.includes('strict-boolean-expressions'))
    .map(({ labels }) => labels[0]?.span.line);
  expect(reported.sort((a, b) => Number(a) - Number(b))).toEqual(expected);
  expect(expected.length).toBeGreaterThan(5);
});
