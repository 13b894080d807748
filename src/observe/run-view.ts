/**
 * How one run is shown: as a tree of its calls while they are few, as progress by task when they are many.
 *
 * It gives two kinds of lines: those that will not change any more (`take()`, each once) and those that may
 * (`live()`, drawn again and again). It decides nothing about streams, colours or widths of characters.
 */

import type { CallSettled, Event } from '../events/event.ts';
import { clockText, rateText } from './amount.ts';
import { closingLine, innerLine, openingLine } from './frame.ts';
import { flexible, type Line, span } from './line.ts';
import { progressRows, type RowLook } from './progress.ts';
import type { RunSnapshot } from './snapshot.ts';
import { slowestText, summaryText } from './summary.ts';
import { CallLines, failureSpans } from './tree.ts';

/** `'auto'` shows a tree as long as the run has calls with a display text, and not more than 200 in all. */
export type ViewMode = 'auto' | 'tree' | 'grouped';

/** A run with more calls than this is shown by task, unless asked otherwise (arbitrary: some screens full). */
const MOST_CALLS_IN_TREE = 200;
/** Failures told one by one; the others are only counted (arbitrary). */
const MOST_FAILURES_TOLD = 10;
/** How many tasks have a row of their own at most (arbitrary: half of a small terminal). */
const MOST_ROWS = 12;

/** Shows one run. */
export class RunView {
  readonly #run: RunSnapshot;
  readonly #title: string;
  readonly #mode: ViewMode;
  readonly #lines: CallLines;
  readonly #look: (columns: number) => RowLook;
  #failuresToTell: CallSettled[] = [];
  /** Failures whose line has a mark but not yet a reason. */
  #failuresShown: CallSettled[] = [];
  #failuresTold = 0;
  #isOpened = false;
  #isClosed = false;

  /**
   * @param run - kept up to date by someone else
   * @param look - what rows are drawn with; its `columns` are replaced
   */
  constructor(run: RunSnapshot, title: string | undefined, mode: ViewMode, look: RowLook) {
    this.#run = run;
    this.#title = title ?? defaultTitle(run, look);
    this.#mode = mode;
    this.#lines = new CallLines(look.glyphs);
    this.#look = (columns) => ({ ...look, columns });
  }

  /** Whether the last line has been handed over. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Takes in an event of this run, after the snapshot did. O(1). */
  add(event: Event): void {
    if (event.kind === 'call-progressed') this.#lines.progressed(event);
    if (event.kind !== 'call-started' && event.kind !== 'call-settled' && event.kind !== 'call-retrying')
      return;
    // A line that is on the screen is kept up to date even if the run has grown too large for a tree.
    const isShown =
      event.text !== undefined && !event.builtin && (this.#isTree || this.#lines.has(event.call));
    if (isShown) this.#lines.add(event);
    if (event.kind !== 'call-settled' || event.failure === undefined) return;
    if (event.is === 'failure' || (event.is === 'failure-value' && !event.builtin))
      this.#fail(event, isShown);
  }

  /**
   * Hands over the lines that will not change any more.
   *
   * @param room - how many lines may stay in `live()`; 0 hands over every settled call at once
   * @param columns - the width of the terminal
   */
  take(room: number, columns: number): Line[] {
    const taken: Line[] = [];
    const { glyphs } = this.#look(columns);
    if (!this.#isOpened) {
      this.#isOpened = true;
      taken.push(openingLine(this.#title, glyphs));
    }
    const isOver = this.#run.settledAtMs !== undefined;
    for (const line of this.#lines.take(isOver ? 0 : room - 1)) taken.push(innerLine(line, glyphs));
    for (const event of this.#failuresToTell) taken.push(innerLine(failureSpans(event, glyphs), glyphs));
    this.#failuresToTell = [];
    if (isOver && !this.#isClosed) {
      this.#isClosed = true;
      taken.push(...this.#close(columns));
    }
    return taken;
  }

  /** Gives the lines that may still change, at most `room` of them. */
  live(room: number, atMs: number, columns: number): Line[] {
    if (this.#isClosed || room <= 0) return [];
    const look = this.#look(columns - 2);
    const lines = this.#isTree ? this.#liveTree(room, atMs) : this.#liveRows(room, look);
    return lines.map((line) => innerLine(line, look.glyphs));
  }

  get #isTree(): boolean {
    if (this.#mode !== 'auto') return this.#mode === 'tree';
    return this.#run.shownCalls > 0 && this.#run.all.total <= MOST_CALLS_IN_TREE;
  }

  #fail(event: CallSettled, isShown: boolean): void {
    if (isShown && event.confirm) {
      if (this.#failuresShown.length < MOST_FAILURES_TOLD) this.#failuresShown.push(event);
      return;
    }
    this.#failuresTold += 1;
    if (this.#failuresTold <= MOST_FAILURES_TOLD) this.#failuresToTell.push(event);
  }

  #liveTree(room: number, atMs: number): Line[] {
    const { all, shownCalls, startedAtMs } = this.#run;
    // Calls without a line of their own are told in a row below.
    const withStatus = room > 1 && (all.total > shownCalls || this.#lines.size === 0);
    const lines = this.#lines.live(withStatus ? room - 1 : room, atMs);
    if (withStatus) lines.push([span(statusText(this.#run, atMs - startedAtMs), 'dim')]);
    return lines;
  }

  #liveRows(room: number, look: RowLook): Line[] {
    if (this.#run.tasks.length === 0) return [];
    return progressRows(this.#run, look, Math.min(room, MOST_ROWS));
  }

  #close(columns: number): Line[] {
    const look = this.#look(columns - 2);
    const { glyphs } = look;
    const lines: Line[] = [];
    const isTree = this.#isTree;
    if (!isTree) lines.push(...this.#liveRows(MOST_ROWS, look).map((row) => innerLine(row, glyphs)));
    lines.push(closingLine(this.#run, glyphs));
    if (this.#failuresShown.length > 1)
      lines.push(...this.#failuresShown.map((event) => failureSpans(event, glyphs)));
    if (!isTree) {
      lines.push([span(`  ${summaryText(this.#run)}`, 'dim')]);
      const slowest = slowestText(this.#run);
      if (slowest !== '') lines.push([span('  most time: ', 'dim'), flexible(slowest, 'dim')]);
    }
    return lines;
  }
}

function statusText(run: RunSnapshot, elapsedMs: number): string {
  const { all } = run;
  const parts = [`${all.settled}/${all.total}`];
  if (all.running > 0) parts.push(`${all.running} running`);
  const rate = elapsedMs >= 1000 ? rateText(all.perSecond) : '';
  if (rate !== '') parts.push(rate);
  parts.push(clockText(elapsedMs));
  return parts.join('  ');
}

function defaultTitle({ executor, slots }: RunSnapshot, { glyphs }: RowLook): string {
  return slots > 1 && Number.isFinite(slots) ? `${executor} ${glyphs.times} ${slots}` : executor;
}
