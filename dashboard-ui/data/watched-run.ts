/**
 * A run as the page knows it: its sums as they were told last, its calls as columns, and when something changed.
 */

import { type Signal, signal } from '@preact/signals';
import { CallColumns } from '../../src/observe/calls/call-columns.ts';
import { applyFrame } from '../../src/observe/calls/call-frame.ts';
import { LaneSlices } from '../../src/observe/calls/lane-slices.ts';
import type { RunState } from '../../src/observe/watched-state.ts';

/** A run. */
export class WatchedRun {
  readonly run: number;
  readonly state: Signal<RunState>;
  readonly columns: CallColumns = new CallColumns();
  readonly slices: LaneSlices = new LaneSlices(this.columns);
  /** Counts the frames: who reads it is told when calls have changed. */
  readonly frames: Signal<number> = signal(0);
  /** The revision to ask for next. */
  since = 0;

  constructor(state: RunState) {
    this.run = state.run;
    this.state = signal(state);
  }

  /** Takes in a frame. */
  apply(bytes: Uint8Array<ArrayBuffer>): void {
    this.since = applyFrame(this.columns, bytes);
    this.slices.update();
    this.frames.value++;
  }
}
