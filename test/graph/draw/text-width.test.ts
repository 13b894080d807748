import { expect, test } from 'vitest';
import { cellsOf, cutToCells, fixedWidth, proportionalWidth } from '../../../src/graph/draw/text-width.ts';

test.each([
  ['', 0],
  ['abc', 3],
  ['é', 1],
  ['e\u0301', 1],
  ['日本語', 6],
  ['한', 2],
  ['ｆ', 2],
  ['👍', 2],
  ['𠮷', 2],
  ['—…', 2],
])('cellsOf(%j) is %d', (text, cells) => {
  expect(cellsOf(text)).toBe(cells);
});

test.each([
  ['abc', 3, 'abc'],
  ['abcd', 3, 'ab…'],
  ['日本', 4, '日本'],
  ['日本', 3, '日…'],
  ['👍👍', 3, '👍…'],
  ['abc', 1, '…'],
])('cutToCells(%j, %d) is %j', (text, cells, cut) => {
  expect(cutToCells(text, cells)).toBe(cut);
});

test('fixedWidth() and proportionalWidth() grow with the text and the size', () => {
  expect(fixedWidth('日', 10)).toBe(2 * fixedWidth('a', 10));
  expect(proportionalWidth('WW', 20)).toBe(4 * proportionalWidth('W', 10));
  expect(proportionalWidth('ii', 10)).toBeLessThan(proportionalWidth('mm', 10));
});
