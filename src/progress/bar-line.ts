/**
 * A bar as one line, in the shape that people know from tqdm:
 *
 * ```text
 * desc:  76%|███████▌  | 7568/10000 [00:33<00:10, 229.00it/s, loss=0.1]
 * desc: 7568it [00:33, 229.00it/s]
 * ```
 *
 * **Narrow**: the bar shrinks first, then the description gives way, then the bar leaves, then the end of the line.
 */

import { cut, type MeasureText } from '../observe/fit.ts';
import { flexible, type Line, type Span, span } from '../observe/line.ts';
import { oneLine } from '../observe/one-line.ts';
import { blockBar } from './block-bar.ts';
import { elapsedText, scaledText } from './quantity.ts';
import type { ProgressSnapshot } from './snapshot.ts';

/** What a bar is drawn with. */
export interface BarLook {
  readonly isAscii: boolean;
  readonly measure: MeasureText;
  readonly ellipsis: string;
}

/** A shorter bar tells nothing (arbitrary). */
const LEAST_CELLS = 4;
/** A description is shortened for a bar of this length, and not to less than this (arbitrary). */
const WORTHY_CELLS = 10;
const LEAST_DESCRIPTION = 8;

/** Gives the line of a bar. Without a known width there is no bar in it, which suits logs. */
export function barLine(snapshot: ProgressSnapshot, look: BarLook): Line {
  const { total, done, columns } = snapshot;
  const description = oneLine(snapshot.desc);
  const lead = description === '' ? '' : `${description.replace(/: ?$/u, '')}: `;
  // More than there should be: the total was wrong, so nobody knows how far it is.
  if (total === undefined || total <= 0 || done >= total + 0.5) {
    return [flexible(lead), span(`${countText(snapshot, done)}${snapshot.unit} [${timesText(snapshot)}]`)];
  }
  const share = Math.max(0, done / total);
  // Rounded as tqdm does, save that 100 is said of nothing unfinished.
  const percent = `${Math.min(Math.round(share * 100), done < total ? 99 : 100)}%`.padStart(4);
  const counts = `${countText(snapshot, done)}/${countText(snapshot, total)} [${timesText(snapshot, total)}]`;
  const room = columns - percent.length - look.measure(counts) - '|| '.length;
  const { text, cells } = divide(lead, Number.isFinite(room) ? room : 0, look);
  const start: Span = text === lead ? flexible(lead) : span(text);
  if (cells === 0) return [start, span(`${percent} ${counts}`)];
  const filled = blockBar(share, cells, look.isAscii);
  return [
    start,
    span(`${percent}|`),
    span(filled, done >= total ? 'good' : 'accent'),
    span(`${' '.repeat(cells - filled.length)}| ${counts}`),
  ];
}

/** Divides the room that is left between the description and the bar. */
function divide(
  lead: string,
  room: number,
  look: BarLook,
): { readonly text: string; readonly cells: number } {
  const width = look.measure(lead);
  const kept = room - WORTHY_CELLS - ': '.length;
  if (room - width >= WORTHY_CELLS || kept < LEAST_DESCRIPTION)
    return { text: lead, cells: usable(room - width) };
  const text = `${cut(lead.slice(0, -2), kept, look.measure, look.ellipsis)}: `;
  return { text, cells: usable(room - look.measure(text)) };
}

function usable(cells: number): number {
  return cells < LEAST_CELLS ? 0 : Math.floor(cells);
}

function countText({ unitScale, unitDivisor }: ProgressSnapshot, count: number): string {
  return unitScale ? scaledText(count, unitDivisor) : String(count);
}

/** What stands in brackets: times, rate, postfix. */
function timesText(snapshot: ProgressSnapshot, total?: number): string {
  const { elapsedMs, leftMs, postfix } = snapshot;
  const left = leftMs === undefined ? '?' : elapsedText(leftMs);
  const times = total === undefined ? elapsedText(elapsedMs) : `${elapsedText(elapsedMs)}<${left}`;
  return `${times}, ${rateText(snapshot)}${postfix === '' ? '' : `, ${postfix}`}`;
}

/** Slower than one a second, the time that one takes says more. */
function rateText({ rate, unit, unitScale, unitDivisor }: ProgressSnapshot): string {
  if (rate === undefined || !(rate > 0)) return `?${unit}/s`;
  const isSlow = rate < 1;
  const amount = isSlow ? 1 / rate : rate;
  const text = unitScale ? scaledText(amount, isSlow ? 1000 : unitDivisor) : amount.toFixed(2).padStart(5);
  return isSlow ? `${text}s/${unit}` : `${text}${unit}/s`;
}
