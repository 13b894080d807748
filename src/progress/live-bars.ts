/**
 * The bars of one terminal, drawn together below what the program prints.
 *
 * **Order**: bars stand in the order in which they began, so an inner loop's bar is below the outer one's. The last line
 * of a bar that has ended goes above all bars for good. Bars that find no room are counted.
 * **One frame for all**, whichever bar is due: a hundred bars cost no more frames than one.
 * **When**: a timer draws as long as the program leaves it time to; from a program that does not, the bars' own turns do.
 * **Leaving**: with the last bar, nothing is held: no timer, no listener, no hidden cursor.
 */

import type { Clock } from '../base/clock.ts';
import { asciiGlyphs, unicodeGlyphs } from '../observe/glyphs.ts';
import { type Line, span } from '../observe/line.ts';
import type { Abilities } from '../terminal/abilities.ts';
import { displayWidth } from '../terminal/display-width.ts';
import { LineLog } from '../terminal/line-log.ts';
import type { RegionLook } from '../terminal/live-region.ts';
import { painter } from '../terminal/paint.ts';
import { openShare } from '../terminal/shared-region.ts';
import { StreamMark } from '../terminal/stream-mark.ts';
import type { TextStream } from '../terminal/stream-writer.ts';
import type { Surface } from '../terminal/surface.ts';
import type { BarDisplay, ShownBar } from './bar-display.ts';
import type { BarLook } from './bar-line.ts';

/** The timer is not faster than this, whatever a bar asks for: no eye is. */
const LEAST_PERIOD_MS = 20;

const displays = new StreamMark<LiveBars>();

/** Finds the display of the bars on a stream, or makes it. */
export function liveBarsOn(stream: TextStream, abilities: Abilities, clock: Clock): BarDisplay {
  return displays.find(stream) ?? new LiveBars(stream, abilities, clock);
}

class LiveBars implements BarDisplay {
  readonly #stream: TextStream;
  readonly #clock: Clock;
  readonly #look: BarLook & RegionLook;
  /** In order of beginning. Invariant: mark, surface and timer are held exactly while this is not empty. */
  readonly #bars = new Set<ShownBar>();
  #surface: Surface | undefined;
  #timer: Disposable | undefined;
  #periodMs = Number.POSITIVE_INFINITY;
  #drawnAtMs = Number.NEGATIVE_INFINITY;

  constructor(stream: TextStream, abilities: Abilities, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    const { isAscii, ellipsis } = abilities.unicode ? unicodeGlyphs : asciiGlyphs;
    this.#look = { paint: painter(abilities), measure: displayWidth(), ellipsis, isAscii };
  }

  add(bar: ShownBar): void {
    this.#guarded(() => {
      this.#bars.add(bar);
      if (this.#surface === undefined) {
        this.#surface = openShare(this.#stream, this.#look) ?? new LineLog(this.#stream, this.#look);
        displays.put(this.#stream, this);
      }
      this.#setTimer(bar);
    });
    this.turn(bar);
  }

  turn(bar: ShownBar): void {
    if (this.#clock.nowMs() - this.#drawnAtMs >= bar.form.minIntervalMs) this.refresh();
  }

  refresh(): void {
    this.#guarded(() => this.#draw([]));
  }

  remove(bar: ShownBar): void {
    this.#guarded(() => {
      if (!this.#bars.delete(bar)) return;
      const last =
        bar.form.leave && this.#surface !== undefined ? [bar.line(this.#surface.columns, this.#look)] : [];
      if (this.#bars.size === 0) this.#leave(last);
      // A bar that leaves nothing stays until the next frame: inner loops that follow each other do not flicker.
      else if (last.length > 0) this.#draw(last);
    });
  }

  /** @param finished - lines that go above the bars for good */
  #draw(finished: readonly Line[]): void {
    const surface = this.#surface;
    if (surface === undefined) return;
    this.#drawnAtMs = this.#clock.nowMs();
    const { columns, rows } = surface;
    const shown = [...this.#bars].slice(0, this.#bars.size > rows ? Math.max(0, rows - 1) : rows);
    const live = shown.map((bar) => bar.line(columns, this.#look));
    const hidden = this.#bars.size - shown.length;
    if (hidden > 0 && rows > 0) {
      const text = `${this.#look.ellipsis} ${hidden} more ${hidden === 1 ? 'bar' : 'bars'}`;
      live.push([span(text, 'dim')]);
    }
    surface.draw(finished, live);
  }

  /** The timer is as fast as the fastest bar asks for. */
  #setTimer({ form: { minIntervalMs } }: ShownBar): void {
    const periodMs = Math.max(LEAST_PERIOD_MS, minIntervalMs);
    if (periodMs >= this.#periodMs || periodMs === Number.POSITIVE_INFINITY) return;
    this.#timer?.[Symbol.dispose]();
    this.#periodMs = periodMs;
    this.#timer = this.#clock.every(periodMs, () => this.refresh(), { ref: false });
  }

  #leave(finished: readonly Line[]): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#periodMs = Number.POSITIVE_INFINITY;
    displays.remove(this.#stream, this);
    const surface = this.#surface;
    this.#surface = undefined;
    surface?.end(finished);
  }

  /** Whatever goes wrong ends the display, and never reaches the loop. */
  #guarded(action: () => void): void {
    try {
      action();
    } catch {
      this.#bars.clear();
      this.#leave([]);
    }
  }
}
