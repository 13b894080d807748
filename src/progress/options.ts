/**
 * What can be asked of a bar, and the check of it.
 */

import { type Clock, systemClock } from '../base/clock.ts';
import { inspectShort } from '../base/inspect-short.ts';
import type { Line } from '../observe/line.ts';
import type { TextStream } from '../terminal/stream-writer.ts';
import type { Postfix } from './postfix.ts';
import type { ProgressSnapshot } from './snapshot.ts';

/** Options of {@link progress} and {@link openProgress}. */
export interface ProgressOptions {
  /**
   * How many items there are, at least 0. Infinity, and more items than this, make it unknown.
   *
   * @defaultValue the input's `length` or `size`, if it has one
   */
  readonly total?: number | undefined;
  /** Stands before the bar. @defaultValue none */
  readonly desc?: string | undefined;
  /** What one item is called. @defaultValue `'it'` */
  readonly unit?: string | undefined;
  /** Whether to write numbers with three digits and an SI prefix: `1.20k`, `3.40M`. @defaultValue `false` */
  readonly unitScale?: boolean | undefined;
  /** Between one prefix and the next; 1024 for bytes. @defaultValue 1000 */
  readonly unitDivisor?: number | undefined;
  /** Where counting begins, for work that goes on from before. @defaultValue 0 */
  readonly initial?: number | undefined;
  /** Stands at the end: a text, or names with values. @defaultValue none */
  readonly postfix?: Postfix | undefined;
  /**
   * Weight of the newest measurement in the rate, 0 to 1: 0 shows the mean of the whole time.
   *
   * @defaultValue 0.3
   */
  readonly smoothing?: number | undefined;
  /** Between two frames, at least 0. @defaultValue 100 */
  readonly minIntervalMs?: number | undefined;
  /** Whether the last line stays when the bar has ended. @defaultValue `true` */
  readonly leave?: boolean | undefined;
  /**
   * `true`: show nothing. `false`: where there is no terminal, write a plain line every 10 s or 10 %, at most one a
   * second, and one at the end.
   *
   * @defaultValue show on a terminal, and nothing elsewhere
   */
  readonly disable?: boolean | undefined;
  /**
   * In a worker, any other than `process.stderr` is written to by the worker itself.
   *
   * @defaultValue `process.stderr`, in a worker that of the program which has the worker
   */
  readonly stream?: TextStream | undefined;
  /** @defaultValue the clock of this machine */
  readonly clock?: Clock | undefined;
  /**
   * Draws the line instead: gives a text, or pieces of text with tones. If it throws, the usual line is drawn, with the
   * error in the place of the postfix. In a worker it runs there, where nobody knows how wide the terminal is: it is told
   * 79 columns, or `width`.
   *
   * @defaultValue the line of tqdm
   */
  readonly render?: ((snapshot: ProgressSnapshot) => string | Line) | undefined;
  /** The most columns of the line. @defaultValue those of the terminal */
  readonly width?: number | undefined;
}

/** The same, checked and complete. */
export type BarOptions = Pick<ProgressOptions, Optional> & {
  readonly [Name in Exclude<keyof ProgressOptions, Optional>]-?: Exclude<ProgressOptions[Name], undefined>;
};

type Optional = 'total' | 'postfix' | 'disable' | 'render';

/**
 * Checks options, and fills in what is left out.
 *
 * @throws {RangeError} If a number is out of its range.
 */
export function barOptions(options: ProgressOptions): BarOptions {
  const { total, unitDivisor = 1000, initial = 0, smoothing = 0.3, minIntervalMs = 100 } = options;
  const { width = Number.POSITIVE_INFINITY } = options;
  if (total !== undefined) check('total', total, total >= 0, 'at least 0');
  check('unitDivisor', unitDivisor, unitDivisor > 1 && unitDivisor < Number.POSITIVE_INFINITY, 'above 1');
  check('initial', initial, Number.isFinite(initial), 'that is finite');
  check('smoothing', smoothing, smoothing >= 0 && smoothing <= 1, 'from 0 to 1');
  check('minIntervalMs', minIntervalMs, minIntervalMs >= 0, 'at least 0');
  check('width', width, width >= 1, 'at least 1');
  return {
    ...options,
    total: knownTotal(total),
    desc: options.desc ?? '',
    unit: options.unit ?? 'it',
    unitScale: options.unitScale ?? false,
    leave: options.leave ?? true,
    stream: options.stream ?? process.stderr,
    clock: options.clock ?? systemClock,
    unitDivisor,
    initial,
    smoothing,
    minIntervalMs,
    width,
  };
}

/** An infinite total is none. */
export function knownTotal(total: number | undefined): number | undefined {
  return total === Number.POSITIVE_INFINITY ? undefined : total;
}

/** Refuses a number, or what is none, that is out of its range. */
export function check(name: string, value: unknown, isInRange: boolean, range: string): void {
  if (typeof value === 'number' && isInRange) return;
  const reason = `'${name}' must be a number ${range}`;
  throw new RangeError(`Cannot show progress as ${reason}: received ${inspectShort(value)}`);
}
