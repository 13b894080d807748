/**
 * What is so with a bar now, as data: for programs that ask, and for those who draw it.
 */

/** How far something is. */
export interface ProgressStatistics {
  /** Items done, `initial` included. */
  readonly done: number;
  /** Items there are, if known. */
  readonly total: number | undefined;
  /** Items a second: lately, and on the whole once it has ended. `undefined` before the first. */
  readonly rate: number | undefined;
  readonly elapsedMs: number;
  /** How long the rest takes at this rate; `undefined` as long as nobody can say. */
  readonly leftMs: number | undefined;
}

/** What a bar is drawn from. */
export interface ProgressSnapshot extends ProgressStatistics {
  readonly desc: string;
  /** On one line, formatted: `loss=0.1, step=3`. */
  readonly postfix: string;
  readonly unit: string;
  /** Whether numbers have SI prefixes. */
  readonly unitScale: boolean;
  readonly unitDivisor: number;
  /** How wide the line may be; infinite where nobody knows, such as in a log. */
  readonly columns: number;
  /** Whether this is the last line of the bar. */
  readonly hasEnded: boolean;
}
