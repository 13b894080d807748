/**
 * The progress of a run by task, for runs with many calls: a row for each task, and one for all.
 *
 * Rows keep their order, which is that of first appearance. On a narrow terminal, columns leave from the
 * right (time left, rate), then the bar.
 */

import { clockText, rateText } from './amount.ts';
import { bar } from './bar.ts';
import { cut, type MeasureText } from './fit.ts';
import type { Glyphs } from './glyphs.ts';
import { type Line, type Span, span, type Tone } from './line.ts';
import { oneLine } from './one-line.ts';
import type { RunSnapshot } from './snapshot.ts';
import type { TaskSnapshot } from './task-progress.ts';

/** What rows are drawn with. */
export interface RowLook {
  readonly glyphs: Glyphs;
  /** How wide a row may be, in columns. */
  readonly columns: number;
  readonly measure: MeasureText;
}

const LONGEST_NAME = 28;
const LONGEST_BAR = 32;
const SHORTEST_BAR = 6;
/** Room that rate and time left have even when they are short or unknown, so that bars keep their width. */
const USUAL_RATE = '8888/s'.length;
const USUAL_TIME = '59:59 left'.length;

/**
 * Gives the rows of a run, at most `room` of them, without a frame.
 *
 * When there are more tasks than room, those with calls left go before those that are through, and the last
 * row but the total tells how many are not shown. The row for all appears when there are at least two tasks.
 *
 * @param room - rows, at least 1
 */
export function progressRows(run: RunSnapshot, look: RowLook, room: number): Line[] {
  const { tasks, all } = run;
  const withTotal = tasks.length > 1 && room > 1;
  const shown = pick(tasks, withTotal ? room - 1 : room);
  const rows = withTotal ? [...shown, all] : shown;
  const cells = rows.map((task) => cellsOf(task, task === all ? 'all' : oneLine(task.task), run, look));
  const widths = columnWidths(cells);
  const drawn = cells.map((row) => draw(row, widths, look));
  const hidden = tasks.length - shown.length;
  if (hidden > 0) {
    const more: Line = [
      span(`${look.glyphs.ellipsis} ${hidden} more ${hidden === 1 ? 'task' : 'tasks'}`, 'dim'),
    ];
    drawn.splice(shown.length, 0, more);
  }
  return drawn;
}

/** Picks the tasks to show, and keeps their order. One row is left for "… 7 more tasks" when not all fit. */
function pick(tasks: readonly TaskSnapshot[], room: number): readonly TaskSnapshot[] {
  if (tasks.length <= room) return tasks;
  const free = Math.max(0, room - 1);
  const first = tasks.filter((task) => task.settled < task.total).slice(0, free);
  const rest = tasks.filter((task) => task.settled >= task.total).slice(0, free - first.length);
  const chosen = new Set([...first, ...rest]);
  return tasks.filter((task) => chosen.has(task));
}

/** The texts of one row, not yet aligned. */
interface Cells {
  readonly name: string;
  readonly nameWidth: number;
  readonly share: number;
  readonly tone: Tone;
  readonly count: string;
  readonly extras: readonly Span[];
  readonly rate: string;
  readonly time: string;
}

function cellsOf(task: TaskSnapshot, name: string, run: RunSnapshot, look: RowLook): Cells {
  const { measure, glyphs } = look;
  const shortName = cut(
    name,
    Math.min(LONGEST_NAME, Math.max(4, Math.floor(look.columns / 3))),
    measure,
    glyphs.ellipsis,
  );
  const { settled, total } = task;
  const isOver = run.settledAtMs !== undefined;
  return {
    name: shortName,
    nameWidth: measure(shortName),
    share: total === 0 ? 0 : settled / total,
    tone: task.failed > 0 ? 'bad' : settled >= total ? 'good' : 'accent',
    count: `${String(settled).padStart(String(total).length)}/${total}`,
    extras: extrasOf(task),
    rate: isOver || settled >= total ? '' : rateText(task.perSecond),
    time:
      isOver || task.timeLeftMs === undefined
        ? ''
        : `${clockText(Math.ceil(task.timeLeftMs / 1000) * 1000)} left`,
  };
}

function extrasOf(task: TaskSnapshot): Span[] {
  const extras: Span[] = [];
  const add = (count: number, word: string, tone: Tone): void => {
    if (count > 0) extras.push(span(`${word} ${count}`, tone));
  };
  add(task.retrieved, 'retrieved', 'accent');
  add(task.attached, 'attached', 'accent');
  add(task.failed, 'failed', 'bad');
  add(task.skipped, 'skipped', 'dim');
  return extras;
}

/** How wide each column is, over all rows. */
interface ColumnWidths {
  readonly name: number;
  readonly count: number;
  readonly extras: number;
  readonly rate: number;
  readonly time: number;
}

function columnWidths(rows: readonly Cells[]): ColumnWidths {
  const widest = (width: (row: Cells) => number): number => Math.max(0, ...rows.map(width));
  return {
    name: widest((row) => row.nameWidth),
    count: widest((row) => row.count.length),
    extras: widest((row) => textWidth(row.extras)),
    rate: Math.max(
      USUAL_RATE,
      widest((row) => row.rate.length),
    ),
    time: Math.max(
      USUAL_TIME,
      widest((row) => row.time.length),
    ),
  };
}

const GAP = '  ';

function draw(row: Cells, widths: ColumnWidths, look: RowLook): Line {
  const fixed = widths.name + GAP.length + widths.count;
  let left = look.columns - fixed;
  // The bar comes first, then the words, then rate and time: each only if it fits whole.
  const barWidth = Math.min(
    LONGEST_BAR,
    left - GAP.length - (widths.extras > 0 ? widths.extras + GAP.length : 0),
  );
  const withBar = barWidth >= SHORTEST_BAR;
  const line: Span[] = [span(row.name + ' '.repeat(widths.name - row.nameWidth) + GAP)];
  let cells = withBar ? barWidth : 0;
  if (withBar) left -= GAP.length;
  const reserve = (width: number): boolean => {
    if (width === 0) return false;
    const needed = width + GAP.length;
    if (left - (withBar ? SHORTEST_BAR : 0) < needed) return false;
    left -= needed;
    return true;
  };
  const withExtras = reserve(widths.extras);
  const withRate = reserve(widths.rate);
  const withTime = reserve(widths.time);
  cells = Math.min(cells, left);
  if (withBar) line.push(...bar(row.share, cells, row.tone, look.glyphs.bar), span(GAP));
  line.push(span(row.count.padStart(widths.count), row.tone === 'accent' ? 'plain' : row.tone));
  const later: Span[] = [];
  if (withExtras) later.push(span(GAP), ...joined(row.extras), pad(widths.extras - textWidth(row.extras)));
  if (withRate) later.push(span(GAP + row.rate.padStart(widths.rate), 'dim'));
  if (withTime) later.push(span(GAP + row.time.padStart(widths.time), 'dim'));
  line.push(...later);
  return trimmed(line);
}

function joined(extras: readonly Span[]): Span[] {
  return extras.flatMap((extra, index) => (index === 0 ? [extra] : [span(GAP), extra]));
}

function textWidth(extras: readonly Span[]): number {
  return extras.reduce((width, { text }) => width + text.length, GAP.length * Math.max(0, extras.length - 1));
}

function pad(width: number): Span {
  return span(' '.repeat(width));
}

/** Leaves out the pieces at the end that hold nothing but spaces. */
function trimmed(line: readonly Span[]): Line {
  const last = line.findLastIndex(({ text }) => text.trim() !== '');
  return line.slice(0, last + 1);
}
