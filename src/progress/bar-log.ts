/**
 * A bar where there is no terminal, for those who ask for it: now and then a line, never an escape code.
 *
 * A line is written every 10 s or every 10 %, whichever is first, at most one a second, and one at the end.
 */

import type { Clock } from '../base/clock.ts';
import { plainText } from '../observe/line.ts';
import { StreamWriter, type TextStream } from '../terminal/stream-writer.ts';
import type { BarDisplay, ShownBar } from './bar-display.ts';
import type { BarLook } from './bar-line.ts';

/** Between two lines, unless the bar got on by a tenth meanwhile (arbitrary, as in the logs of runs). */
const QUIET_MS = 10_000;
/** Between two lines in any case (arbitrary: short loops only tell their end). */
const LEAST_QUIET_MS = 1_000;

/** A log has no columns: nothing is measured or cut. */
const LOOK: BarLook = { isAscii: true, measure: (text) => text.length, ellipsis: '...' };

/** Tells of one bar. */
export class BarLog implements BarDisplay {
  readonly #stream: TextStream;
  readonly #clock: Clock;
  /** The bar, from its beginning to its end, and what is held meanwhile. */
  #bar: ShownBar | undefined;
  #writer: StreamWriter | undefined;
  #timer: Disposable | undefined;
  /** When the bar was last told of, and how far it was. */
  #toldAtMs = 0;
  #toldTenths = 0;

  constructor(stream: TextStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
  }

  add(bar: ShownBar): void {
    this.#bar = bar;
    this.#writer = new StreamWriter(this.#stream);
    this.#toldAtMs = this.#clock.nowMs();
    this.#toldTenths = tenthsOf(bar);
    this.#timer = this.#clock.every(QUIET_MS, () => this.turn(bar), { ref: false });
  }

  turn(bar: ShownBar): void {
    const quietMs = this.#clock.nowMs() - this.#toldAtMs;
    if (quietMs < LEAST_QUIET_MS) return;
    if (quietMs >= QUIET_MS || tenthsOf(bar) > this.#toldTenths) this.refresh();
  }

  refresh(): void {
    const bar = this.#bar;
    if (bar === undefined) return;
    this.#toldAtMs = this.#clock.nowMs();
    this.#toldTenths = Math.max(this.#toldTenths, tenthsOf(bar));
    this.#writer?.write(textOf(bar));
  }

  remove(bar: ShownBar): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#bar = undefined;
    this.#writer?.end(bar.form.leave ? textOf(bar) : '');
    this.#writer = undefined;
  }
}

function tenthsOf({ share }: ShownBar): number {
  return share === undefined ? 0 : Math.floor(share * 10);
}

function textOf(bar: ShownBar): string {
  return `${plainText(bar.line(Number.POSITIVE_INFINITY, LOOK)).trimEnd()}\n`;
}
