/**
 * Where bars are shown: the seam between a bar, which counts, and a terminal, a log, or another thread.
 */

import type { Line } from '../observe/line.ts';
import type { BarLook } from './bar-line.ts';
import type { BarForm, BarState } from './bar-state.ts';

/** A bar, as those see it who show it. */
export interface ShownBar {
  readonly form: BarForm;
  /** The part that is done, 0 to 1; `undefined` if nobody knows. */
  readonly share: number | undefined;
  /** Gives its line as of now, and brings its rate up to date. Never throws. */
  line(columns: number, look: BarLook): Line;
  /** The same as data, for those who draw it elsewhere. */
  state(): BarState;
}

/** Shows bars. Whatever goes wrong inside never reaches a loop. */
export interface BarDisplay {
  /** A bar has begun. */
  add(bar: ShownBar): void;
  /** A bar has got on, and its program leaves the timers no time: draw if it is due. */
  turn(bar: ShownBar): void;
  /** Draw now. */
  refresh(): void;
  /** A bar has ended. */
  remove(bar: ShownBar): void;
}
