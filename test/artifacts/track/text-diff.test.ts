/** What differs between texts: a patch of it makes one of the other, and it is as short as can be. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unifiedDiff } from '../../../src/artifacts/track/text-diff.ts';

const names = { from: 'a', to: 'b' };

/** Applies a diff, and checks what it says of lines that stay. */
function patch(from: string, diff: string): string {
  if (diff === '') return from;
  const lines = from.split('\n').slice(0, -1);
  const result: string[] = [];
  let at = 0;
  for (const line of diff.split('\n').slice(2)) {
    const hunk = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@$/.exec(line);
    if (hunk !== null) {
      const start = hunk[2] === '0' ? Number(hunk[1]) : Number(hunk[1]) - 1;
      result.push(...lines.slice(at, start));
      at = start;
      if (result.length !== (hunk[4] === '0' ? Number(hunk[3]) : Number(hunk[3]) - 1))
        throw new Error(`a hunk begins elsewhere: ${line}`);
    } else if (line.startsWith('+')) result.push(line.slice(1));
    else {
      if (line.slice(1) !== lines[at]) throw new Error(`a line is another one: ${line}`);
      if (line.startsWith(' ')) result.push(line.slice(1));
      at++;
    }
  }
  return [...result, ...lines.slice(at)].map((line) => `${line}\n`).join('');
}

/** How many lines differ at least: all but those of the longest common part. */
function fewest(from: readonly string[], to: readonly string[]): number {
  const longest = Array.from({ length: from.length + 1 }, () => new Array<number>(to.length + 1).fill(0));
  for (let i = from.length - 1; i >= 0; i--)
    for (let j = to.length - 1; j >= 0; j--)
      (longest[i] as number[])[j] =
        from[i] === to[j]
          ? 1 + (longest[i + 1]?.[j + 1] ?? 0)
          : Math.max(longest[i + 1]?.[j] ?? 0, longest[i]?.[j + 1] ?? 0);
  return from.length + to.length - 2 * (longest[0]?.[0] ?? 0);
}

describe('unifiedDiff()', () => {
  test('is empty for equal texts', () => {
    expect(unifiedDiff('a\nb\n', 'a\nb\n', names)).toBe('');
    expect(unifiedDiff('', '', names)).toBe('');
  });

  test('is what diff -u writes', () => {
    const lines = Array.from({ length: 20 }, (_, i) => `line ${i + 1}`);
    const changed = lines.with(4, 'five').toSpliced(15, 1);
    expect(unifiedDiff(`${lines.join('\n')}\n`, `${changed.join('\n')}\n`, names)).toBe(
      [
        '--- a',
        '+++ b',
        '@@ -2,7 +2,7 @@',
        ' line 2',
        ' line 3',
        ' line 4',
        '-line 5',
        '+five',
        ' line 6',
        ' line 7',
        ' line 8',
        '@@ -13,7 +13,6 @@',
        ' line 13',
        ' line 14',
        ' line 15',
        '-line 16',
        ' line 17',
        ' line 18',
        ' line 19',
      ].join('\n'),
    );
    expect(unifiedDiff('', 'x\n', names)).toBe('--- a\n+++ b\n@@ -0,0 +1 @@\n+x');
    expect(unifiedDiff('x\r\n', '', names)).toBe('--- a\n+++ b\n@@ -1 +0,0 @@\n-x\r');
  });

  test('tells texts apart whose last line ends in one only, and whose lines end in other ways', () => {
    const none = '\\ No newline at end of file';
    expect(unifiedDiff('a\nb', 'a\nb\n', names).split('\n').slice(2)).toEqual([
      '@@ -1,2 +1,2 @@',
      ' a',
      '-b',
      none,
      '+b',
    ]);
    expect(unifiedDiff('a\nb', 'c\nb', names).split('\n').slice(2)).toEqual([
      '@@ -1,2 +1,2 @@',
      '-a',
      '+c',
      ' b',
      none,
    ]);
    expect(unifiedDiff('a\nb\n', 'a\r\nb\n', names).split('\n').slice(2)).toEqual([
      '@@ -1,2 +1,2 @@',
      '-a',
      '+a\r',
      ' b',
    ]);
    expect(unifiedDiff('a\rb\n', 'a\nb\n', names)).not.toBe('');
    expect(unifiedDiff('a', 'a', names)).toBe('');
  });

  test('makes one text of the other, by as few lines as can be', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 24 });
    fc.assert(
      fc.property(text, text, (from, to) => {
        const [old, latest] = [from, to].map((lines) => lines.map((line) => `${line}\n`).join('')) as [
          string,
          string,
        ];
        const diff = unifiedDiff(old, latest, names);
        expect(patch(old, diff)).toBe(latest);
        const changed = diff
          .split('\n')
          .slice(2)
          .filter((line) => /^[+-]/.test(line));
        expect(changed).toHaveLength(fewest(from, to));
      }),
      { numRuns: 1000 },
    );
  });

  test('of long texts that have nothing in common is all of both', { timeout: 20_000 }, () => {
    const [old, latest] = ['a', 'b'].map((letter) =>
      Array.from({ length: 20_000 }, (_, i) => `${letter}${i}\n`).join(''),
    ) as [string, string];
    expect(patch(old, unifiedDiff(old, latest, names))).toBe(latest);
  });
});
