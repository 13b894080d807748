/**
 * Cuts lines to a number of columns.
 *
 * How wide a text is shown is the terminal's business, so the measure is passed in. What is cut
 * ends in an ellipsis; a character is never cut in two.
 */

import { once } from '../base/once.ts';
import type { Line, Span } from './line.ts';

/** Tells how many columns a text takes. */
export type MeasureText = (text: string) => number;

/** A piece that gives way keeps at least this many columns (arbitrary). */
const LEAST_COLUMNS = 6;

/** Its tables take six milliseconds to load. */
const graphemes = once(() => new Intl.Segmenter(undefined, { granularity: 'grapheme' }));

/**
 * Gives a line that takes at most `columns` columns.
 *
 * **Order of giving way**: first the pieces made by `flexible()`, from the left; then the end of the line.
 *
 * @param columns - at least 0
 * @param ellipsis - shown where text was cut, such as `…`
 */
export function fit(line: Line, columns: number, measure: MeasureText, ellipsis: string): Line {
  let excess = widthOf(line, measure) - columns;
  if (excess <= 0) return line;
  const shrunk = line.map((piece): Span => {
    if (!piece.shrinks || excess <= 0) return piece;
    const width = measure(piece.text);
    const kept = Math.max(width - excess, Math.min(width, LEAST_COLUMNS));
    const text = cut(piece.text, kept, measure, ellipsis);
    excess -= width - measure(text);
    return { ...piece, text };
  });
  if (excess <= 0) return shrunk;
  return cutEnd(shrunk, columns, measure, ellipsis);
}

/** Tells how many columns a line takes. */
export function widthOf(line: Line, measure: MeasureText): number {
  let width = 0;
  for (const { text } of line) width += measure(text);
  return width;
}

/** Gives the start of a text, at most `columns` wide, ending in the ellipsis if anything is missing. */
export function cut(text: string, columns: number, measure: MeasureText, ellipsis: string): string {
  if (measure(text) <= columns) return text;
  const room = columns - measure(ellipsis);
  if (room < 0) return '';
  let kept = '';
  let width = 0;
  for (const { segment } of graphemes().segment(text)) {
    width += measure(segment);
    if (width > room) break;
    kept += segment;
  }
  return kept.trimEnd() + ellipsis;
}

function cutEnd(line: Line, columns: number, measure: MeasureText, ellipsis: string): Line {
  const kept: Span[] = [];
  let room = columns;
  for (const piece of line) {
    const width = measure(piece.text);
    if (width > room) {
      kept.push({ ...piece, text: cut(piece.text, room, measure, ellipsis) });
      break;
    }
    kept.push(piece);
    room -= width;
  }
  return kept;
}
