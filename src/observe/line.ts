/**
 * One line of a display, as data: pieces of text, each with a tone.
 *
 * Renderers in this folder give lines; whoever owns a stream turns tones into colours and cuts
 * lines to the terminal. A line holds no escape codes and no line breaks.
 */

/** What a piece of text means to the eye. */
export type Tone = 'plain' | 'good' | 'bad' | 'warn' | 'dim' | 'bold' | 'accent';

/** A piece of a line. */
export interface Span {
  readonly text: string;
  readonly tone: Tone;
  /** Whether this piece gives way first when the line is too wide, so that marks after it stay readable. */
  readonly shrinks: boolean;
}

/** A line: its pieces from left to right. */
export type Line = readonly Span[];

/**
 * Makes a piece of text.
 *
 * @param tone - defaults to `'plain'`
 * @example
 * ```ts no-run
 * const line = [span('│ ', 'dim'), flexible('Compiling mandel.cc ... '), span('(✔)', 'good')];
 * ```
 */
export function span(text: string, tone: Tone = 'plain'): Span {
  return { text, tone, shrinks: false };
}

/** Makes a piece of text that is the first to be shortened where room is scarce. */
export function flexible(text: string, tone: Tone = 'plain'): Span {
  return { text, tone, shrinks: true };
}

/** Gives the text of a line without its tones: what a log or a golden test shows. */
export function plainText(line: Line): string {
  return line.map(({ text }) => text).join('');
}
