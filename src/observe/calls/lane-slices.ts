/**
 * The calls of each lane in the order of time, so that a part of any length is drawn at a cost of its pixels, not its calls.
 *
 * Calls of a lane do not overlap. What is narrower than a pixel is taken together, with the share of the pixel in which
 * something ran. Attempts that failed are calls of their own here.
 */

import type { CallColumns } from './call-columns.ts';
import { callState, isFailed } from './call-state.ts';

/** Is told of what to draw: from pixel to pixel, with a call of it, and how much of that is filled, up to 1. */
export type DrawSlice = (fromX: number, toX: number, row: number, filled: number) => void;

/** What part of time is drawn, and how wide. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
  /** Pixels. */
  readonly width: number;
  /** Until when calls that run are drawn. */
  readonly nowMs: number;
}

interface Lane {
  rows: Uint32Array<ArrayBuffer>;
  /** When each began. Sorted. */
  starts: Float64Array<ArrayBuffer>;
  /** How long all before ran together. */
  sums: Float64Array<ArrayBuffer>;
  length: number;
  /** How many have been summed up. */
  summed: number;
  /** Indices of those that failed. */
  failed: number[];
}

/** What is in the lanes of a run. */
export class LaneSlices {
  readonly #columns: CallColumns;
  /** What was found in a cache, or attached, as it ended: it takes no lane. */
  readonly found: Lane = emptyLane();
  readonly #lanes: Lane[] = [];
  #revision = 0;

  constructor(columns: CallColumns) {
    this.#columns = columns;
  }

  /** How many lanes there are. */
  get count(): number {
    return this.#lanes.length;
  }

  /** Takes in what has changed in the columns since the last time. */
  update(): void {
    const columns = this.#columns;
    const rows = columns.changedSince(this.#revision);
    this.#revision = columns.nextRevision();
    const changed = new Set<Lane>();
    const begun: Begun[] = [];
    for (const row of rows) this.#findBegun(row, begun);
    // Rows are sorted by number, which mostly is the order of time; sorting a million takes most of a second.
    if (begun.some((one, at) => at > 0 && byStart(begun[at - 1] as Begun, one) > 0)) begun.sort(byStart);
    for (const { lane, row, startMs } of begun) {
      append(lane, row, startMs);
      changed.add(lane);
    }
    for (const row of rows) {
      const lane = columns.lane[row] as number;
      if (lane >= 0) changed.add(this.#laneAt(lane));
    }
    for (const lane of changed) if (lane !== this.found) this.#sum(lane);
  }

  /** Draws a lane. O(pixels × log calls). */
  draw(lane: number, window: TimeWindow, draw: DrawSlice): void {
    const slices = this.#lanes[lane];
    if (slices !== undefined) this.#draw(slices, window, draw);
  }

  /** Draws what took no lane, each at the moment when it ended. */
  drawFound({ fromMs, toMs, width }: TimeWindow, draw: DrawSlice): void {
    const { starts, rows, length } = this.found;
    const perMs = width / (toMs - fromMs);
    let at = firstFrom(starts, length, fromMs, 0);
    while (at < length && (starts[at] as number) < toMs) {
      const x = Math.floor(((starts[at] as number) - fromMs) * perMs);
      const next = firstFrom(starts, length, fromMs + (x + 1) / perMs, at + 1);
      draw(x, x + 1, rows[at] as number, Math.min(1, 0.4 + (next - at) / 10));
      at = next;
    }
  }

  /** Draws where calls of a lane failed: one for each pixel. */
  drawFailed(lane: number, { fromMs, toMs, width }: TimeWindow, draw: DrawSlice): void {
    const slices = this.#lanes[lane];
    if (slices === undefined) return;
    const perMs = width / (toMs - fromMs);
    const { failed, starts, rows } = slices;
    const startOf = (at: number): number => starts[failed[at] as number] as number;
    let at = partition(failed.length, 0, (index) => startOf(index) < fromMs);
    while (at < failed.length && startOf(at) < toMs) {
      const x = Math.floor((startOf(at) - fromMs) * perMs);
      draw(x, x + 1, rows[failed[at] as number] as number, 1);
      at = partition(failed.length, at + 1, (index) => startOf(index) < fromMs + (x + 1) / perMs);
    }
  }

  /** The call of a lane at a moment, give or take some; `undefined` if there is none. */
  at(lane: number, ms: number, slackMs: number, nowMs: number): number | undefined {
    const slices = this.#lanes[lane];
    if (slices === undefined) return undefined;
    for (let at = firstFrom(slices.starts, slices.length, ms + slackMs, 0) - 1; at >= 0; at--) {
      const endMs = this.#endOf(slices, at, nowMs);
      // Of an attempt nothing is told of it has no length.
      if (endMs === slices.starts[at]) continue;
      return endMs + slackMs >= ms ? slices.rows[at] : undefined;
    }
    return undefined;
  }

  #draw(slices: Lane, { fromMs, toMs, width, nowMs }: TimeWindow, draw: DrawSlice): void {
    const { starts, rows, sums, length, summed } = slices;
    const perMs = width / (toMs - fromMs);
    // The one before may reach into the window.
    let at = Math.max(0, firstFrom(starts, length, fromMs, 0) - 1);
    while (at < length) {
      const startMs = starts[at] as number;
      if (startMs >= toMs) break;
      const fromX = (startMs - fromMs) * perMs;
      const toX = (this.#endOf(slices, at, nowMs) - fromMs) * perMs;
      if (toX - fromX >= 1 || at >= summed) {
        if (toX > fromX && toX > 0) draw(Math.max(0, fromX), Math.min(width, toX), rows[at] as number, 1);
        at++;
        continue;
      }
      const x = Math.floor(fromX);
      const beyondMs = fromMs + (x + 1) / perMs;
      let next = Math.min(summed, firstFrom(starts, length, beyondMs, at + 1));
      // The last one may be long, and is drawn by itself.
      if (next > at + 1 && this.#endOf(slices, next - 1, nowMs) > beyondMs) next--;
      const ranMs =
        (next < summed ? (sums[next] as number) : this.#sumUpTo(slices, next)) - (sums[at] as number);
      if (x >= 0 && ranMs > 0) draw(x, x + 1, rows[(at + next) >> 1] as number, Math.min(1, ranMs * perMs));
      at = next;
    }
  }

  #sumUpTo(slices: Lane, at: number): number {
    if (at === 0) return 0;
    const last = at - 1;
    return (slices.sums[last] as number) + this.#ranMs(slices, last);
  }

  /** How long a slice ran that has ended. */
  #ranMs(slices: Lane, at: number): number {
    const startMs = slices.starts[at] as number;
    return this.#endOf(slices, at, startMs) - startMs;
  }

  #endOf({ rows, starts }: Lane, at: number, nowMs: number): number {
    const row = rows[at] as number;
    const startMs = starts[at] as number;
    if (this.#columns.startMs[row] === startMs) {
      const endMs = this.#columns.endMs[row] as number;
      return Number.isNaN(endMs) ? nowMs : endMs;
    }
    // There was a later attempt.
    return this.#columns.failuresOf(row).find((failed) => failed.startMs === startMs)?.endMs ?? startMs;
  }

  /** Sums up what has ended, and notes what failed. */
  #sum(slices: Lane): void {
    while (slices.summed < slices.length) {
      const at = slices.summed;
      const row = slices.rows[at] as number;
      const isLast = this.#columns.startMs[row] === slices.starts[at];
      const state = this.#columns.state[row] as number;
      if (isLast && state <= callState.running) return;
      slices.sums[at] = this.#sumUpTo(slices, at);
      if (!isLast || state === callState.retrying || isFailed(state)) slices.failed.push(at);
      slices.summed++;
    }
  }

  /** Finds what of a row is not in its lane yet: attempts, or the moment when it was found. */
  #findBegun(row: number, begun: Begun[]): void {
    const columns = this.#columns;
    const state = columns.state[row] as number;
    const startMs = columns.startMs[row] as number;
    for (const failed of columns.failuresOf(row)) {
      if (failed.startMs === undefined || failed.lane === undefined || failed.lane < 0) continue;
      if (failed.startMs !== startMs) add(this.#laneAt(failed.lane), row, failed.startMs, begun);
    }
    const lane = columns.lane[row] as number;
    if (lane >= 0) {
      if (!Number.isNaN(startMs)) add(this.#laneAt(lane), row, startMs, begun);
    } else if ((state === callState.retrieved || state === callState.attached) && !columns.isBuiltin(row)) {
      add(this.found, row, columns.endMs[row] as number, begun);
    }
  }

  #laneAt(lane: number): Lane {
    while (this.#lanes.length <= lane) this.#lanes.push(emptyLane());
    return this.#lanes[lane] as Lane;
  }
}

interface Begun {
  readonly lane: Lane;
  readonly row: number;
  readonly startMs: number;
}

function byStart(a: Begun, b: Begun): number {
  return a.startMs - b.startMs || a.row - b.row;
}

function add(lane: Lane, row: number, startMs: number, begun: Begun[]): void {
  if (!isIn(lane, row, startMs)) begun.push({ lane, row, startMs });
}

function isIn({ starts, rows, length }: Lane, row: number, startMs: number): boolean {
  for (let at = firstFrom(starts, length, startMs, 0); at < length && starts[at] === startMs; at++)
    if (rows[at] === row) return true;
  return false;
}

function emptyLane(): Lane {
  return {
    rows: new Uint32Array(64),
    starts: new Float64Array(64),
    sums: new Float64Array(64),
    length: 0,
    summed: 0,
    failed: [],
  };
}

function append(lane: Lane, row: number, startMs: number): void {
  if (lane.length === lane.rows.length) {
    const rows = new Uint32Array(2 * lane.length);
    rows.set(lane.rows);
    lane.rows = rows;
    for (const name of ['starts', 'sums'] as const) {
      const longer = new Float64Array(2 * lane.length);
      longer.set(lane[name]);
      lane[name] = longer;
    }
  }
  let at = lane.length++;
  // Clocks may be set: then what comes later began sooner.
  while (at > lane.summed && (lane.starts[at - 1] as number) > startMs) {
    lane.starts[at] = lane.starts[at - 1] as number;
    lane.rows[at] = lane.rows[at - 1] as number;
    at--;
  }
  lane.rows[at] = row;
  lane.starts[at] = at === 0 ? startMs : Math.max(startMs, lane.starts[at - 1] as number);
}

/** The first index from `from` on whose start is not before a moment. */
function firstFrom(starts: Float64Array, length: number, ms: number, from: number): number {
  return partition(length, from, (at) => (starts[at] as number) < ms);
}

/** The first index for which `isBefore` does not hold, from `from` on: in steps that grow, then by halves. */
function partition(length: number, from: number, isBefore: (at: number) => boolean): number {
  let low = from;
  let step = 1;
  while (low + step < length && isBefore(low + step)) {
    low += step;
    step *= 2;
  }
  let high = Math.min(length, low + step);
  if (low < length && !isBefore(low)) return low;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
