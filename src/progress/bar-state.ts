/**
 * A bar as plain data: what it is like from its beginning, and what is so with it now. All that others need who draw
 * it, in this thread or in another one.
 */

import type { Line } from '../observe/line.ts';
import type { BarOptions } from './options.ts';
import type { ProgressSnapshot, ProgressStatistics } from './snapshot.ts';

/** What does not change. */
export type BarForm = Pick<
  BarOptions,
  'unit' | 'unitScale' | 'unitDivisor' | 'initial' | 'minIntervalMs' | 'leave' | 'disable' | 'width'
>;

/** What does. */
export interface BarState {
  readonly desc: string;
  /** On one line, formatted. */
  readonly postfix: string;
  readonly done: number;
  readonly total: number | undefined;
  /** Items a second lately; `undefined` before the first, and once the bar has ended. */
  readonly latelyPerSecond: number | undefined;
  readonly elapsedMs: number;
  readonly hasEnded: boolean;
  /** The line, if the bar has a way of its own to draw it. */
  readonly drawn?: Line | undefined;
}

/** How far a bar is, as programs are told. */
export function statisticsOf(
  { initial }: Pick<BarForm, 'initial'>,
  { done, total, latelyPerSecond, elapsedMs }: Omit<BarState, 'desc' | 'postfix'>,
): ProgressStatistics {
  const mean = elapsedMs > 0 ? ((done - initial) / elapsedMs) * 1000 : 0;
  const rate = latelyPerSecond ?? (mean > 0 ? mean : undefined);
  return {
    done,
    total,
    rate,
    elapsedMs,
    leftMs: leftMsOf(total === undefined ? undefined : total - done, rate),
  };
}

function leftMsOf(rest: number | undefined, rate: number | undefined): number | undefined {
  if (rest === undefined) return undefined;
  if (rest <= 0) return 0;
  return rate !== undefined && rate > 0 ? (rest / rate) * 1000 : undefined;
}

/** What a line is drawn from. */
export function snapshotOf(form: BarForm, state: BarState, columns: number): ProgressSnapshot {
  const { unit, unitScale, unitDivisor, width } = form;
  const { desc, postfix, hasEnded } = state;
  return {
    ...statisticsOf(form, state),
    desc,
    postfix,
    unit,
    unitScale,
    unitDivisor,
    columns: Math.min(columns, width),
    hasEnded,
  };
}

export function shareOf({ done, total }: Pick<BarState, 'done' | 'total'>): number | undefined {
  return total === undefined || total === 0 ? undefined : done / total;
}
