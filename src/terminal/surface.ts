/**
 * What a run is drawn on: finished lines above, live lines below.
 */

import type { Line } from '../observe/line.ts';

/**
 * Gives a measure of a terminal, or the usual one where it is not known: some say 0.
 *
 * @param size - in characters
 */
export function knownSize(size: number | undefined, usual: number): number {
  return size === undefined || size <= 0 ? usual : size;
}

/** A place for lines. Owned by a display, from its first run to its last. */
export interface Surface extends Disposable {
  /** How wide a line may be, in columns. Longer lines are cut. */
  readonly columns: number;
  /** How many live lines are shown at most; 0 if lines cannot be drawn again. */
  readonly rows: number;
  /** Adds finished lines for good, and shows the live ones in place of those before. */
  draw(finished: readonly Line[], live: readonly Line[]): void;
  /** Adds the last finished lines, takes the live ones away, and gives back what it holds. Idempotent. */
  end(finished: readonly Line[]): void;
}
