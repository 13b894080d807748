/** `boil.ini`: what Python's `configparser` makes of such files, and what is told about those that are wrong. */

import { describe, expect, test } from 'vitest';
import { parseIni } from '../../examples/boil/ini.ts';

function valuesOf(text: string, section: string): Record<string, string> {
  return Object.fromEntries(parseIni(text, 'boil.ini').section(section));
}

describe('parseIni() reads', () => {
  test.each<[what: string, text: string, expected: Record<string, string>]>([
    [
      'both delimiters, and blanks around them',
      '[a]\nx = 1\ny:2\nz  =  a = b ',
      { x: '1', y: '2', z: 'a = b' },
    ],
    ['keys in any case', '[a]\nCFlags = -O2 -DX', { cflags: '-O2 -DX' }],
    [
      'comments on lines of their own only',
      '# one\n[a]\n; two\nx = 1 # not one\n  # three\n',
      { x: '1 # not one' },
    ],
    ['values over several lines', '[a]\nx = 1\n  2\n\n  3\ny = 4', { x: '1\n2\n\n3', y: '4' }],
    ['an empty value', '[a]\nx =\n', { x: '' }],
    ['Windows line ends and a byte order mark', '\uFEFF[a]\r\nx = 1\r\n', { x: '1' }],
    ['what DEFAULT has', '[DEFAULT]\nx = 1\ny = 2\n[a]\ny = 3', { x: '1', y: '3' }],
    ['${key} of the same section', '[a]\nx = ${Y}z\ny = 1', { x: '1z', y: '1' }],
    ['${section:key}, seen from that section', '[a]\nx = ${b:y}\n[b]\ny = ${z}!\nz = 2', { x: '2!' }],
    ['$$ as a dollar', '[a]\nx = $${y} $$5', { x: '${y} $5' }],
  ])('%s', (_what, text, expected) => {
    expect(valuesOf(text, 'a')).toEqual(expected);
  });

  test('sections in the order of the file, without DEFAULT', () => {
    expect(parseIni('[b]\n[DEFAULT]\n[a]', 'boil.ini').sections).toEqual(['b', 'a']);
  });

  test('a section whose neighbour refers to nothing', () => {
    expect(valuesOf('[a]\nx = 1\n[b]\ny = ${nothing}', 'a')).toEqual({ x: '1' });
  });
});

describe('parseIni() refuses', () => {
  test.each<[what: string, text: string, message: string]>([
    ['a line of neither kind', '[a]\nfoo', "line 2 is neither a section nor 'key = value': received 'foo'"],
    ['a value without a key', '[a]\n= 1', "line 2 is neither a section nor 'key = value': received '= 1'"],
    ['a key before any section', 'x = 1', "line 1 stands before any section: received 'x = 1'"],
    [
      'a section that is there twice',
      '[a]\n[a]',
      "line 2 begins a section for the second time: received '[a]'",
    ],
    [
      'a key that is there twice',
      '[a]\nx = 1\nX = 2',
      "line 3 sets a key for the second time: received 'X = 2'",
    ],
    ['a lone dollar', '[a]\nx = a$b', "'$' must be followed by '$' or '{…}' in 'a:x': received 'a$b'"],
    ['a circle', '[a]\nx = ${y}\ny = ${x}', 'leads back to itself: received a:x -> a:y -> a:x'],
    ['an unknown key', '[a]\nx = ${y}', "section 'a' has no 'y', which 'a:x' refers to"],
    ['an unknown section', '[a]\nx = ${b:y}', "'a:x' refers to a section that is not there: received 'b'"],
    ['two colons', '[a]\nx = ${a:b:c}', "a reference in 'a:x' has more than one ':'"],
  ])('%s', (_what, text, message) => {
    expect(() => valuesOf(text, 'a')).toThrow(message);
  });

  test('a key of generic that is referred to as if it were near, with the mend', () => {
    expect(() => valuesOf('[generic]\nobjdir = obj\n[a]\nx = ${objdir}', 'a')).toThrow(
      'write ${generic:objdir}',
    );
  });
});
