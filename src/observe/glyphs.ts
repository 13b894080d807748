/**
 * The characters that displays draw with: one set for terminals that show Unicode, one for the rest.
 *
 * Which set a terminal can show is found out by the terminal's owner.
 */

/** A set of characters to draw with. All of a kind are one column wide, save the marks. */
export interface Glyphs {
  readonly isAscii: boolean;
  readonly opening: string;
  readonly side: string;
  readonly closing: string;
  readonly success: string;
  readonly failure: string;
  readonly ellipsis: string;
  readonly times: string;
  readonly dot: string;
  /** Shown one after the other while a call runs. */
  readonly spinner: readonly string[];
  readonly bar: BarGlyphs;
}

/** What a bar is made of. */
export interface BarGlyphs {
  readonly full: string;
  readonly rest: string;
  /** The cell where the full part ends: in its first half, or in its second. */
  readonly half: string;
  readonly halfRest: string;
}

/** For terminals that show Unicode. */
export const unicodeGlyphs: Glyphs = {
  isAscii: false,
  opening: '╭─',
  side: '│ ',
  closing: '╰─',
  success: '✔',
  failure: '✘',
  ellipsis: '…',
  times: '×',
  dot: '·',
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
  bar: { full: '━', rest: '─', half: '╸', halfRest: '╺' },
};

/** For everything else. */
export const asciiGlyphs: Glyphs = {
  isAscii: true,
  opening: '+-',
  side: '| ',
  closing: '+-',
  success: 'ok',
  failure: 'failed',
  ellipsis: '...',
  times: 'x',
  dot: '-',
  spinner: ['|', '/', '-', '\\'],
  bar: { full: '#', rest: '.', half: '#', halfRest: '.' },
};
