/**
 * The bars of a thread or process whose host shows them: tells the host what is new with them, as plain data.
 *
 * **Order**: bars are told in the order in which they began.
 * **When**: one message for all bars, ten times a second at most, however many there are; a timer sees to it that the
 * last news are told, and if the program leaves it no time, the bars' own turns do. That a bar has ended which the host
 * shows is told at once. A bar that begins and ends between two messages is told of only if its last line stays.
 * **Leaving**: what a call showed is told to have ended when the call is over, whether the call has ended it or not.
 */

import type { Clock } from '../base/clock.ts';
import type { Relay } from '../base/relay.ts';
import type { BarDisplay, ShownBar } from './bar-display.ts';
import type { BarForm, BarState } from './bar-state.ts';

/** What is new with one bar. It has ended if its state says so. */
export interface BarNews {
  /** Counted up for each thread or process. */
  readonly id: number;
  /** When it is told of for the first time. */
  readonly form: BarForm | undefined;
  readonly state: BarState;
}

/** Between two messages (arbitrary: as often as bars are drawn unless told otherwise). */
const PERIOD_MS = 100;

const displays = new WeakMap<Relay, BarDisplay>();

/** Finds the display of the bars that go this way, or makes it. */
export function sentBarsOver(relay: Relay, clock: Clock): BarDisplay {
  const found = displays.get(relay);
  if (found !== undefined) return found;
  const made = new SentBars(relay, clock);
  displays.set(relay, made);
  return made;
}

/** What the host has been told of a bar. */
interface Told {
  readonly id: number;
  /** As it was told last. */
  state: BarState | undefined;
  /** Ends the bar when that is over to which it belongs. */
  readonly whenOver: Disposable;
}

class SentBars implements BarDisplay {
  readonly #relay: Relay;
  readonly #clock: Clock;
  /** In order of beginning. */
  readonly #bars = new Map<ShownBar, Told>();
  /** Bars that have ended, and the host has not been told so. */
  #ended: BarNews[] = [];
  /** Tells of these when the call is over. */
  #whenOver: Disposable | undefined;
  /** Invariant: there while there is a bar, or one that has ended and is to be told of. */
  #timer: Disposable | undefined;
  #sentAtMs = Number.NEGATIVE_INFINITY;
  #lastId = 0;

  constructor(relay: Relay, clock: Clock) {
    this.#relay = relay;
    this.#clock = clock;
  }

  add(bar: ShownBar): void {
    this.#guarded(() => {
      this.#lastId += 1;
      const whenOver = this.#relay.whenOver(() => this.remove(bar));
      this.#bars.set(bar, { id: this.#lastId, state: undefined, whenOver });
      this.#timer ??= this.#clock.every(PERIOD_MS, () => this.#guarded(() => this.#tell()), { ref: false });
    });
    this.turn();
  }

  turn(): void {
    if (this.#clock.nowMs() - this.#sentAtMs >= PERIOD_MS) this.#guarded(() => this.#tell());
  }

  /** A loop may ask again and again, faster than the host reads. What is not told now, the timer tells. */
  refresh(): void {
    this.turn();
  }

  remove(bar: ShownBar): void {
    this.#guarded(() => {
      const told = this.#bars.get(bar);
      if (told === undefined) return;
      this.#bars.delete(bar);
      told.whenOver[Symbol.dispose]();
      const isNew = told.state === undefined;
      if (!isNew || bar.form.leave) {
        const state = { ...bar.state(), latelyPerSecond: undefined, hasEnded: true };
        this.#ended.push({ id: told.id, form: isNew ? bar.form : undefined, state });
      }
      if (!isNew) this.#send(this.#takeEnded());
      else if (this.#ended.length > 0) {
        this.#whenOver ??= this.#relay.whenOver(() => this.#guarded(() => this.#send(this.#takeEnded())));
        this.turn();
      }
      this.#rest();
    });
  }

  #tell(): void {
    const news = this.#takeEnded();
    for (const [bar, told] of this.#bars) {
      const state = bar.state();
      if (told.state !== undefined && isSame(told.state, state)) continue;
      news.push({ id: told.id, form: told.state === undefined ? bar.form : undefined, state });
      told.state = state;
    }
    if (news.length > 0) this.#sentAtMs = this.#clock.nowMs();
    this.#send(news);
    this.#rest();
  }

  #takeEnded(): BarNews[] {
    this.#whenOver?.[Symbol.dispose]();
    this.#whenOver = undefined;
    const ended = this.#ended;
    this.#ended = [];
    return ended;
  }

  #send(news: readonly BarNews[]): void {
    if (news.length > 0) this.#relay.send(news);
  }

  /** Holds nothing if there is nothing to tell. */
  #rest(): void {
    if (this.#bars.size > 0 || this.#ended.length > 0) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  /** Whatever goes wrong, such as what cannot be sent, ends the display of these bars, and never reaches the loop. */
  #guarded(action: () => void): void {
    try {
      action();
    } catch {
      for (const { whenOver } of this.#bars.values()) whenOver[Symbol.dispose]();
      this.#bars.clear();
      this.#takeEnded();
      this.#rest();
    }
  }
}

/** Whether there is nothing to be told. The host itself knows how time goes by. */
function isSame(a: BarState, b: BarState): boolean {
  return (
    b.drawn === undefined &&
    a.done === b.done &&
    a.total === b.total &&
    a.desc === b.desc &&
    a.postfix === b.postfix
  );
}
