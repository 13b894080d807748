/**
 * Turns lines into text for a terminal: tones into colours, or into nothing.
 */

import type { Line, Tone } from '../observe/line.ts';
import type { Abilities } from './abilities.ts';

/** Gives the text of a line, cut by others before. */
export type Paint = (line: Line) => string;

const FORMATS = {
  plain: undefined,
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  dim: 'dim',
  bold: 'bold',
  accent: 'cyan',
} as const satisfies Record<Tone, string | undefined>;

const NOT_ASCII = /[^ -~]/gu;

/** Makes the painter for what a terminal can show. Where Unicode cannot be shown, other characters become `?`. */
export function painter({ colours, unicode }: Pick<Abilities, 'colours' | 'unicode'>): Paint {
  const { styleText } = process.getBuiltinModule('node:util');
  return (line) => {
    let painted = '';
    for (const { text, tone } of line) {
      const shown = unicode ? text : text.replace(NOT_ASCII, '?');
      const format = colours ? FORMATS[tone] : undefined;
      painted += format === undefined ? shown : styleText(format, shown, { validateStream: false });
    }
    return painted;
  };
}
