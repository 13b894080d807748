/**
 * What a benchmark gives: figures, each with its target and what it stands beside.
 *
 * Pure data, so that it passes between processes as JSON. Leaves measuring to `sections/` and showing to
 * `figure-table.ts`.
 */

/** One measured number. */
export interface Figure {
  /** Unique in its section. The same name from several processes is the same figure. */
  readonly name: string;
  readonly value: number;
  readonly unit:
    | 'µs a call'
    | 'µs a step'
    | 'ns an item'
    | 'µs'
    | 'ms'
    | 's'
    | 'KiB'
    | 'MiB'
    | 'times'
    | 'thousand a second';
  /** The target: the most that the value may be. Missing it fails nothing. `undefined` if it is there to compare with. */
  readonly atMost?: number;
  /** The target where more is better: the least that the value may be. */
  readonly atLeast?: number;
  /** What the same work costs elsewhere, in words, with where that was measured. */
  readonly beside?: string;
}

/** A figure over several processes. */
export interface FigureSummary extends Figure {
  readonly section: string;
  /** The smallest and the largest value of a process; `value` is the median. */
  readonly range: readonly [number, number];
  /** How many processes gave it. */
  readonly processes: number;
  /** Whether the target is met; `undefined` without a target. */
  readonly met?: boolean;
}

/** How a section is measured. */
export interface Settings {
  /** Fewer turns and smaller graphs: to see that the benchmark runs, not to quote. */
  readonly quick: boolean;
  /** Counts the processes that measure a section, from 0. What is dear is done in the first alone. */
  readonly process: number;
}

/** Measures one section of the benchmark in this process. */
export type Section = (settings: Settings) => Promise<readonly Figure[]>;
