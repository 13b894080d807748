/**
 * How much went on when: calls that ended, ran and waited, over parts of the time of a run.
 *
 * **Cost**: O(calls + parts).
 */

import type { CallColumns } from './call-columns.ts';
import { callState, isSettled } from './call-state.ts';

/** Parts of equal length, from the start of the run on. */
export interface Activity {
  /** How many calls ended in each part. */
  readonly ended: Float64Array;
  /** How many ran, on the mean over the part. */
  readonly running: Float64Array;
  /** How many had neither begun nor ended, on the mean. */
  readonly waiting: Float64Array;
}

/** Measures the time from 0 to `nowMs`. Heddle's own calls are left out. */
export function activityOf(columns: CallColumns, nowMs: number, parts: number): Activity {
  const partMs = nowMs / parts;
  const ended = new Float64Array(parts);
  const running = new Covered(parts, partMs);
  const waiting = new Covered(parts, partMs);
  for (let row = 0; row < columns.count; row++) {
    const state = columns.state[row] as number;
    if (state === callState.absent || columns.isBuiltin(row)) continue;
    const startMs = columns.startMs[row] as number;
    const endMs = columns.endMs[row] as number;
    const hasEnded = !Number.isNaN(endMs);
    if (hasEnded && isSettled(state)) {
      const part = Math.min(parts - 1, Math.max(0, Math.floor(endMs / partMs)));
      ended[part] = (ended[part] as number) + 1;
    }
    const beganMs = Number.isNaN(startMs) ? (hasEnded ? endMs : nowMs) : startMs;
    waiting.add(columns.addedMs[row] as number, beganMs);
    if (!Number.isNaN(startMs)) running.add(startMs, hasEnded ? endMs : nowMs);
  }
  return { ended, running: running.means(), waiting: waiting.means() };
}

/** Counts how many spans cover each part, on the mean. */
class Covered {
  readonly #parts: number;
  readonly #partMs: number;
  /** Of each part, what spans cover that do not cover all of it. */
  readonly #some: Float64Array;
  /** How many more spans cover all of a part than of the one before. */
  readonly #steps: Float64Array;

  constructor(parts: number, partMs: number) {
    this.#parts = parts;
    this.#partMs = partMs;
    this.#some = new Float64Array(parts);
    this.#steps = new Float64Array(parts + 1);
  }

  add(fromMs: number, toMs: number): void {
    const from = Math.max(0, fromMs / this.#partMs);
    const to = Math.min(this.#parts, toMs / this.#partMs);
    if (!(to > from)) return;
    const first = Math.floor(from);
    const last = Math.floor(to);
    if (first === last) {
      this.#cover(first, to - from);
      return;
    }
    this.#cover(first, first + 1 - from);
    this.#cover(last, to - last);
    this.#steps[first + 1] = (this.#steps[first + 1] as number) + 1;
    this.#steps[last] = (this.#steps[last] as number) - 1;
  }

  means(): Float64Array {
    let whole = 0;
    return this.#some.map((some, part) => some + (whole += this.#steps[part] as number));
  }

  #cover(part: number, share: number): void {
    if (part < this.#parts) this.#some[part] = (this.#some[part] as number) + share;
  }
}
