/** Tables keep within their width, and hold nothing that commands a terminal. */

import { describe, expect, test } from 'vitest';
import { cut, printable, type Table, tableLines, wrapped } from '../../examples/audit/table.ts';

interface Row {
  readonly name: string;
  readonly count: string;
}

const table: Table<Row> = {
  name: { title: 'Name', text: ({ name }) => name },
  keeps: 'end',
  columns: [
    { title: 'count', text: ({ count }) => count },
    { title: 'wide', text: () => '1234567890', fromWidth: 60 },
  ],
};
const rows = [
  { name: 'short', count: '1' },
  { name: 'a/very/long/path/to/some/file.txt', count: '12,345' },
];

describe('tableLines()', () => {
  test('cuts names and leaves out columns where there is little room', () => {
    expect(tableLines(table, rows, 30)).toEqual([
      'Name                     count',
      'short                        1',
      '…path/to/some/file.txt  12,345',
    ]);
  });

  test('is as wide as it needs to be where there is room', () => {
    expect(tableLines(table, rows, 60).map((line) => line.length)).toEqual([53, 53, 53]);
  });
});

test('cut() tells that something is missing', () => {
  expect([cut('abcdef', 6, 'start'), cut('abcdef', 4, 'start'), cut('abcdef', 4, 'end')]).toEqual([
    'abcdef',
    'abc…',
    '…def',
  ]);
});

test('printable() replaces what would command a terminal', () => {
  expect(printable('a\u001b[31mb\nc\u202ed')).toBe('a?[31mb?c?d');
});

test('wrapped() breaks between words only', () => {
  expect(wrapped('one two three incomprehensibilities', 9)).toEqual([
    'one two',
    'three',
    'incomprehensibilities',
  ]);
});
