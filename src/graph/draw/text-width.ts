/**
 * How wide text comes out, estimated without a font.
 *
 * A drawing as text cannot ask the reader's machine, and system fonts differ by a tenth or two; so the
 * estimate leans to the wide side, and a box is sooner roomy than too small. Breaking lines is left to
 * nobody: text that is too long is cut.
 */

import { once } from '../../base/once.ts';

const wide = once(
  () =>
    new RegExp(
      String.raw`[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}`,
      'u',
    ),
);
const unseen = once(() => new RegExp(String.raw`[\p{Mn}\p{Me}\p{Cf}]`, 'u'));
const NARROW = /[ijltfrI.,:;'`|!()[\]{}/\\ ]/;
const BROAD = /[mwMW@%—…]/;

/**
 * Counts the cells that text takes in a fixed-width font: 2 for East Asian wide characters and emoji, 0 for
 * combining marks, 1 for others.
 *
 * @example
 * ```ts
 * assert.equal(cellsOf('ab'), 2);
 * assert.equal(cellsOf('日本'), 4);
 * ```
 * @internal
 */
export function cellsOf(text: string): number {
  let cells = 0;
  for (const character of text) cells += cellsOfCharacter(character);
  return cells;
}

/**
 * Estimates the width of text in a fixed-width font.
 *
 * @param fontSize – pixels
 * @returns pixels
 * @internal
 */
export function fixedWidth(text: string, fontSize: number): number {
  // 0.6 em is the advance of DejaVu Sans Mono, Menlo and Liberation Mono; Consolas has 0.55.
  return cellsOf(text) * 0.61 * fontSize;
}

/**
 * Estimates the width of text in a proportional font of medium weight.
 *
 * @param fontSize – pixels
 * @returns pixels
 * @internal
 */
export function proportionalWidth(text: string, fontSize: number): number {
  let ems = 0;
  for (const character of text) {
    const cells = cellsOfCharacter(character);
    // Averages over the groups in DejaVu Sans Bold, the widest of the common system fonts.
    if (cells !== 1) ems += cells * 0.55;
    else if (NARROW.test(character)) ems += 0.4;
    else if (BROAD.test(character)) ems += 1;
    else ems += character >= 'A' && character <= 'Z' ? 0.76 : 0.66;
  }
  return ems * fontSize;
}

/**
 * Cuts text to a number of cells, with `…` in the place of what was cut.
 *
 * @param cells – at least 1
 * @returns the text itself if it fits
 * @internal
 */
export function cutToCells(text: string, cells: number): string {
  // No character takes more cells than it has UTF-16 units, except wide ones of one unit, which take 2.
  if (text.length * 2 <= cells) return text;
  let taken = 0;
  let end = 0;
  let fitting = 0;
  for (const character of text) {
    taken += cellsOfCharacter(character);
    end += character.length;
    if (taken <= cells - 1) fitting = end;
    if (taken > cells) return `${text.slice(0, fitting)}…`;
  }
  return text;
}

function cellsOfCharacter(character: string): number {
  if (character < '\u0300') return 1;
  if (wide().test(character)) return 2;
  return unseen().test(character) ? 0 : 1;
}
