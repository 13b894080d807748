/**
 * A bar: it counts, measures, and tells its display when it has got on.
 *
 * **Cost**: an item is two additions and a comparison. The clock is looked at once in so many items, as in tqdm: often
 * enough to draw in time, seldom enough to cost nothing. The number is bounded by {@link MOST_STEPS}, since a loop that
 * turns slow after fast items shows nothing until the next look, and nobody else can look while it blocks the thread.
 */

import { ClosedError } from '../base/errors.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { type Line, span } from '../observe/line.ts';
import { oneLine } from '../observe/one-line.ts';
import type { BarDisplay, ShownBar } from './bar-display.ts';
import { type BarLook, barLine } from './bar-line.ts';
import { type BarForm, type BarState, shareOf, snapshotOf, statisticsOf } from './bar-state.ts';
import { type BarOptions, check, knownTotal } from './options.ts';
import { type Postfix, postfixText } from './postfix.ts';
import { SmoothedRate } from './smoothed-rate.ts';
import type { ProgressSnapshot, ProgressStatistics } from './snapshot.ts';
import { writeAbove } from './write-above.ts';

/** The most items between two looks at the clock: at 50 ns a look, 2 ns an item. */
const MOST_STEPS = 32;
/** Looks closer together than this become fewer, looks further apart than that become as many as there are items (arbitrary). */
const CLOSE_MS = 1;
const FAR_MS = 4;
/** Of a bar that nobody sees. */
const NEVER = 2 ** 30;
/** For a bar that is drawn where nobody knows how wide its line may be: those of a usual terminal, less the last. */
const UNKNOWN_COLUMNS = 79;

/** A bar that is fed by hand: from events, workers, several loops. Ends when it is disposed of. */
export interface ProgressBar extends Disposable {
  /** Stands before the bar. May be set at any time; shown with the next frame. */
  desc: string;
  /** Stands at the end. May be set at any time, or changed in place; shown with the next frame. */
  postfix: Postfix | undefined;
  /**
   * Counts items.
   *
   * @param count - may be negative, to go back; defaults to 1
   * @throws {RangeError} If `count` is not a finite number.
   */
  add(count?: number): void;
  /**
   * Draws at once, with another total if one is given.
   *
   * @throws {RangeError} If `total` is not at least 0.
   */
  update(total?: number): void;
  /** Writes a text above the bars, and a line break if it does not end in one. */
  write(text: string): void;
  stats(): ProgressStatistics;
}

export class Bar implements ProgressBar, ShownBar {
  desc: string;
  postfix: Postfix | undefined;
  readonly form: BarForm;
  readonly #options: BarOptions;
  readonly #display: BarDisplay | undefined;
  readonly #rate: SmoothedRate;
  readonly #startedAtMs: number;
  #total: number | undefined;
  #done: number;
  #endedAtMs: number | undefined;
  /** What the rate has been told. */
  #measuredDone: number;
  #measuredAtMs: number;
  /** How many times items are counted until the next look at the clock, and how many there were between the last two. */
  #stepsLeft = 1;
  #steps = 1;
  #lookedAtMs: number;

  /** @param display - `undefined`: nobody sees it; it counts all the same */
  constructor(options: BarOptions, display: BarDisplay | undefined) {
    this.desc = options.desc;
    this.postfix = options.postfix;
    const { unit, unitScale, unitDivisor, initial, minIntervalMs, leave, disable, width } = options;
    this.form = { unit, unitScale, unitDivisor, initial, minIntervalMs, leave, disable, width };
    this.#options = options;
    this.#display = display;
    this.#rate = new SmoothedRate(options.smoothing);
    this.#total = options.total;
    this.#done = options.initial;
    this.#measuredDone = options.initial;
    this.#startedAtMs = options.clock.nowMs();
    this.#measuredAtMs = this.#startedAtMs;
    this.#lookedAtMs = this.#startedAtMs;
    display?.add(this);
  }

  get share(): number | undefined {
    return shareOf({ done: this.#done, total: this.#total });
  }

  add(count = 1): void {
    if (count !== 1) check('count', count, Number.isFinite(count), 'that is finite');
    if (this.#endedAtMs !== undefined) return;
    this.#done += count;
    this.#stepsLeft -= 1;
    if (this.#stepsLeft <= 0) this.#look();
  }

  update(total?: number): void {
    if (this.#endedAtMs !== undefined) throw new ClosedError('Cannot update the bar as it was disposed of');
    if (total !== undefined) {
      check('total', total, total >= 0, 'at least 0');
      this.#total = knownTotal(total);
    }
    this.#display?.refresh();
  }

  write(text: string): void {
    writeAbove(this.#options.stream, text);
  }

  stats(): ProgressStatistics {
    return statisticsOf(this.form, this.#now());
  }

  line(columns: number, look: BarLook): Line {
    this.#measure();
    const snapshot = snapshotOf(this.form, this.#text(), columns);
    const drawn = this.#draw(snapshot);
    if (typeof drawn === 'string') return barLine({ ...snapshot, postfix: drawn }, look);
    return drawn ?? barLine(snapshot, look);
  }

  state(): BarState {
    this.#measure();
    const state = this.#text();
    const drawn = this.#draw(snapshotOf(this.form, state, UNKNOWN_COLUMNS));
    return typeof drawn === 'string' ? { ...state, postfix: drawn } : { ...state, drawn };
  }

  [Symbol.dispose](): void {
    if (this.#endedAtMs !== undefined) return;
    this.#endedAtMs = this.#options.clock.nowMs();
    this.#display?.remove(this);
  }

  /** Draws the line in the way that the program has asked for, if it has. @returns a text: what went wrong */
  #draw(snapshot: ProgressSnapshot): Line | string | undefined {
    const { render } = this.#options;
    if (render === undefined) return undefined;
    try {
      const drawn = render(snapshot);
      if (typeof drawn === 'string') return [span(oneLine(drawn))];
      return drawn.map(({ text, tone, shrinks }) => ({ text: oneLine(text), tone, shrinks }));
    } catch (error) {
      return `render: ${oneLine(inspectShort(error))}`;
    }
  }

  #now(): Omit<BarState, 'desc' | 'postfix'> {
    const hasEnded = this.#endedAtMs !== undefined;
    return {
      done: this.#done,
      total: this.#total,
      latelyPerSecond: hasEnded ? undefined : this.#rate.perSecond,
      elapsedMs: (this.#endedAtMs ?? this.#options.clock.nowMs()) - this.#startedAtMs,
      hasEnded,
    };
  }

  #text(): BarState {
    return { ...this.#now(), desc: this.desc, postfix: postfixText(this.postfix) };
  }

  #look(): void {
    if (this.#display === undefined) {
      this.#stepsLeft = NEVER;
      return;
    }
    const atMs = this.#options.clock.nowMs();
    const passedMs = atMs - this.#lookedAtMs;
    this.#lookedAtMs = atMs;
    if (passedMs > FAR_MS || this.form.minIntervalMs === 0) this.#steps = 1;
    else if (passedMs < CLOSE_MS) this.#steps = Math.min(this.#steps * 2, MOST_STEPS);
    this.#stepsLeft = this.#steps;
    this.#display.turn(this);
  }

  /** Only from one item to another: frames in between say nothing about how long an item takes. */
  #measure(): void {
    const count = this.#done - this.#measuredDone;
    if (count === 0) return;
    const atMs = this.#endedAtMs ?? this.#options.clock.nowMs();
    if (atMs <= this.#measuredAtMs) return;
    this.#rate.measure(count, atMs - this.#measuredAtMs);
    this.#measuredDone = this.#done;
    this.#measuredAtMs = atMs;
  }
}
