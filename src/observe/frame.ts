/**
 * The frame around what is shown of a run: `╭─(title)`, `│ …`, `╰─(success)`.
 *
 * Both displays of a run, the tree and the progress by task, stand in it.
 */

import type { Glyphs } from './glyphs.ts';
import { flexible, type Line, type Span, span, type Tone } from './line.ts';
import { oneLine } from './one-line.ts';
import type { RunSnapshot } from './snapshot.ts';

/** Gives the first line: `╭─(Building target hello)`. */
export function openingLine(title: string, glyphs: Glyphs): Line {
  return [span(`${glyphs.opening}(`, 'dim'), flexible(oneLine(title), 'bold'), span(')', 'dim')];
}

/** Gives a line between the first and the last: `│ …`. */
export function innerLine(content: readonly Span[], glyphs: Glyphs): Line {
  return [span(glyphs.side, 'dim'), ...content];
}

/** Gives the last line of a run that has ended: `╰─(success)`, `╰─(2 failed)`, `╰─(failed: TypeError: …)`. */
export function closingLine(run: RunSnapshot, glyphs: Glyphs): Line {
  const { text, tone } = ending(run);
  return [span(`${glyphs.closing}(`, 'dim'), flexible(text, tone), span(')', 'dim')];
}

function ending(run: RunSnapshot): { readonly text: string; readonly tone: Tone } {
  if (run.is === 'cancelled') return { text: 'cancelled', tone: 'warn' };
  const { failed } = run.all;
  if (failed > 1) return { text: `${failed} failed`, tone: 'bad' };
  if (failed === 0 && run.is === 'success') return { text: 'success', tone: 'good' };
  const failure = run.failures[0]?.failure ?? run.failure;
  return { text: failure === undefined ? 'failed' : `failed: ${oneLine(failure.summary)}`, tone: 'bad' };
}
