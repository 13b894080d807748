/**
 * Shows the bars of workers among those of this process, as if they were its own: on its stderr, with its clock,
 * beside its own bars and in the order in which they came.
 *
 * How long a bar has taken, and how fast it is, the worker has measured; time goes on here while nothing is told. With
 * a worker, its bars end as they were last.
 */

import { type Clock, systemClock } from '../base/clock.ts';
import { type RelayReceiver, setReceivers } from '../base/relay.ts';
import type { Line } from '../observe/line.ts';
import type { TextStream } from '../terminal/stream-writer.ts';
import type { BarDisplay, ShownBar } from './bar-display.ts';
import { type BarLook, barLine } from './bar-line.ts';
import { type BarForm, type BarState, shareOf, snapshotOf } from './bar-state.ts';
import { checkNews } from './check-news.ts';
import { displayFor } from './open-bar.ts';
import type { BarNews } from './sent-bars.ts';

/** Shows, from now on, what workers tell of their bars. May be asked for again and again. */
export function showBarsOfWorkers(): void {
  setReceivers(openReceivedBars);
}

function openReceivedBars(): RelayReceiver {
  return new ReceivedBars(process.stderr, systemClock);
}

interface Shown {
  readonly bar: ReceivedBar;
  /** `undefined`: there is nothing to show it on. */
  readonly display: BarDisplay | undefined;
}

/** The bars of one worker. */
export class ReceivedBars implements RelayReceiver {
  readonly #stream: TextStream;
  readonly #clock: Clock;
  readonly #shown = new Map<number, Shown>();

  constructor(stream: TextStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
  }

  take(data: unknown): void {
    for (const news of data as Iterable<unknown>) this.#take(checkNews(news));
  }

  end(): void {
    for (const { bar, display } of this.#shown.values()) {
      bar.end();
      display?.remove(bar);
    }
    this.#shown.clear();
  }

  #take({ id, form, state }: BarNews): void {
    const shown = form === undefined ? this.#shown.get(id) : this.#open(id, form, state);
    if (shown === undefined) return;
    const { bar, display } = shown;
    bar.set(state);
    if (state.hasEnded) {
      this.#shown.delete(id);
      display?.remove(bar);
    } else display?.turn(bar);
  }

  #open(id: number, form: BarForm, state: BarState): Shown {
    const display = displayFor({ stream: this.#stream, disable: form.disable, clock: this.#clock });
    const shown = { bar: new ReceivedBar(form, state, this.#clock), display };
    this.#shown.set(id, shown);
    display?.add(shown.bar);
    return shown;
  }
}

class ReceivedBar implements ShownBar {
  readonly form: BarForm;
  readonly #clock: Clock;
  #told: BarState;
  #toldAtMs: number;

  constructor(form: BarForm, state: BarState, clock: Clock) {
    this.form = form;
    this.#clock = clock;
    this.#told = state;
    this.#toldAtMs = clock.nowMs();
  }

  get share(): number | undefined {
    return shareOf(this.#told);
  }

  set(state: BarState): void {
    this.#told = state;
    this.#toldAtMs = this.#clock.nowMs();
  }

  /** Nobody counts any more. */
  end(): void {
    this.#told = { ...this.state(), latelyPerSecond: undefined, hasEnded: true };
  }

  state(): BarState {
    const told = this.#told;
    if (told.hasEnded) return told;
    return { ...told, elapsedMs: told.elapsedMs + this.#clock.nowMs() - this.#toldAtMs };
  }

  line(columns: number, look: BarLook): Line {
    const state = this.state();
    return state.drawn ?? barLine(snapshotOf(this.form, state, columns), look);
  }
}
