/** Flags are split into words as a shell does it: the shell itself is asked. */

import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { splitWords } from '../../examples/boil/flags.ts';

/** What `sh` makes of it, one word after the other. */
function wordsOfShell(text: string): string[] {
  const output = execFileSync('sh', ['-c', `for word in ${text}; do printf '%s\\0' "$word"; done`], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  return output.split('\0').slice(0, -1);
}

describe('splitWords()', () => {
  test.each([
    '-g -O2   -Wall',
    `-DNAME='"a b"' -I "my headers" -I my\\ other`,
    `-DX="a\\"b" -DY='a\\b' -DZ="a\\b\\$c"`,
    `'' "" a''b "a"'b'c`,
    'a\\\nb "c\\\nd" \\\n e',
    '\ttab \t blank ',
    `-Wl,-rpath,'$ORIGIN/../lib'`,
    '',
  ])('splits %j as a shell does', (text) => {
    expect(splitWords(text)).toEqual(wordsOfShell(text));
  });

  test('takes line ends for blanks, as values of several lines have them', () => {
    expect(splitWords('-O2\n-Wall\r\n  -g\n')).toEqual(['-O2', '-Wall', '-g']);
  });

  test('leaves variables and wildcards as they are', () => {
    expect(splitWords('$HOME *.c `pwd`')).toEqual(['$HOME', '*.c', '`pwd`']);
  });

  test.each(["'open", '"open', 'end\\', '"a\\"'])('refuses %s', (text) => {
    expect(() => splitWords(text)).toThrow(`has no partner: received ${text}`);
  });
});
