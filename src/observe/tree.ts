/**
 * The calls of a run that have a display text, as one line each: `│ Compiling mandel.cc ... (✔)`.
 *
 * Lines appear in the order in which calls start, and are marked in place when they settle. Those that
 * will not change any more are handed over once, by `take()`, and forgotten: whoever prints them lets
 * them scroll away, and what is kept is bounded by the calls that run.
 */

import type { CallProgressed, CallRetrying, CallSettled, CallStarted } from '../events/event.ts';
import { clockText } from './amount.ts';
import type { Glyphs } from './glyphs.ts';
import { flexible, type Line, type Span, span } from './line.ts';
import { oneLine } from './one-line.ts';
import { type CallEvent, subjectName, subjectText } from './subject.ts';

/** A call that takes longer than this is shown with the time it has taken (arbitrary). */
const SLOW_CALL_MS = 3_000;
const SPINNER_STEP_MS = 100;

/** Keeps the lines of one run. The lines have no frame yet. */
export class CallLines {
  readonly #glyphs: Glyphs;
  /** In order of start. Invariant: every call in here has not been handed over. */
  readonly #lines = new Map<number, CallEvent>();
  readonly #startedAtMs = new Map<number, number>();
  /** What calls that run have told last. */
  readonly #progress = new Map<number, CallProgressed>();

  constructor(glyphs: Glyphs) {
    this.#glyphs = glyphs;
  }

  /** How many lines are kept. */
  get size(): number {
    return this.#lines.size;
  }

  /** Tells whether a call has a line that has not been handed over. */
  has(call: number): boolean {
    return this.#lines.has(call);
  }

  /** Notes how far a call is that has a line. */
  progressed(event: CallProgressed): void {
    if (this.#lines.has(event.call)) this.#progress.set(event.call, event);
  }

  /** Takes in an event of a call. O(1). */
  add(event: CallEvent): void {
    this.#progress.delete(event.call);
    // A map keeps the place of a key that is set again: lines never jump.
    this.#lines.set(event.call, event);
    if (event.kind === 'call-started') this.#startedAtMs.set(event.call, event.atMs);
    else this.#startedAtMs.delete(event.call);
  }

  /**
   * Hands over lines that will not change any more.
   *
   * **Order**: that of starting, as long as at most `room` lines stay; beyond that, settled lines
   * go before older ones that still run.
   *
   * @param room - how many lines may stay; 0 hands over every settled line at once
   */
  take(room: number): Line[] {
    const taken: Line[] = [];
    for (const event of this.#lines.values()) {
      if (event.kind !== 'call-settled') break;
      taken.push(this.#hand(event));
    }
    if (this.#lines.size <= room) return taken;
    for (const event of this.#lines.values()) {
      if (event.kind === 'call-settled') taken.push(this.#hand(event));
      if (this.#lines.size <= room) break;
    }
    return taken;
  }

  /** Gives the lines that may still change, at most `room` of them. */
  live(room: number, atMs: number): Line[] {
    if (room <= 0) return [];
    const shown = this.#lines.size <= room ? room : room - 1;
    const lines: Line[] = [];
    for (const event of this.#lines.values()) {
      if (lines.length === shown) break;
      lines.push(
        event.kind === 'call-settled' ? settledLine(event, this.#glyphs) : this.#running(event, atMs),
      );
    }
    const hidden = this.#lines.size - lines.length;
    if (hidden > 0) lines.push([span(`${this.#glyphs.ellipsis} ${hidden} more running`, 'dim')]);
    return lines;
  }

  #hand(event: CallSettled): Line {
    this.#lines.delete(event.call);
    return settledLine(event, this.#glyphs);
  }

  #running(event: CallStarted | CallRetrying, atMs: number): Line {
    const line: Span[] = [flexible(subjectText(event)), span(' ')];
    if (event.kind === 'call-retrying') {
      const text = `(attempt ${event.attempt} failed: ${oneLine(event.failure.summary)})`;
      return [...line, flexible(text, 'warn')];
    }
    const { spinner } = this.#glyphs;
    line.push(span(spinner[Math.floor(atMs / SPINNER_STEP_MS) % spinner.length] ?? '', 'accent'));
    line.push(...progressSpans(this.#progress.get(event.call)));
    if (event.attempt > 1) line.push(span(` attempt ${event.attempt}`, 'warn'));
    const ranMs = atMs - (this.#startedAtMs.get(event.call) ?? atMs);
    if (ranMs >= SLOW_CALL_MS) line.push(span(` ${clockText(ranMs)}`, 'dim'));
    return line;
  }
}

/** How far a call is: ` 45 % fitting`, or ` 12 fitting` if there is no end to it. */
function progressSpans(progress: CallProgressed | undefined): Span[] {
  if (progress === undefined) return [];
  const { done, total, note } = progress;
  const amount = total === undefined || !(total > 0) ? String(done) : `${Math.floor((100 * done) / total)} %`;
  const spans = [span(` ${amount}`, 'accent')];
  return note === undefined ? spans : [...spans, span(' '), flexible(oneLine(note), 'dim')];
}

/** Gives the line of a call that has settled. */
export function settledLine(event: CallSettled, glyphs: Glyphs): Line {
  const mark = settledMark(event, glyphs);
  const text = flexible(subjectText(event));
  return mark === undefined ? [text] : [text, span(' '), mark];
}

/** Gives what tells of one failure: `(✘) divide: RangeError: division by zero`. */
export function failureSpans(event: CallSettled, glyphs: Glyphs): Span[] {
  const summary = oneLine(event.failure?.summary ?? 'failed');
  return [
    span(`(${glyphs.failure}) `, 'bad'),
    flexible(subjectName(event)),
    span(': '),
    flexible(summary, 'bad'),
  ];
}

function settledMark(event: CallSettled, glyphs: Glyphs): Span | undefined {
  if (event.is === 'skipped') return span('(skipped)', 'dim');
  if (event.is === 'success' && event.how !== 'computed') return span(`(${event.how})`, 'accent');
  if (!event.confirm) return undefined;
  return event.is === 'success' ? span(`(${glyphs.success})`, 'good') : span(`(${glyphs.failure})`, 'bad');
}
