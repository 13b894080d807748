/**
 * One live region for all that is drawn on a terminal: displays of runs and progress bars, each with a share of it.
 *
 * **Order**: the shares stand below each other, in the order in which they were opened. Where there are more lines
 * than room, none gets less than an equal part. Finished lines of all go above, in the order in which they come.
 * **Leaving**: with the last share, the region gives the terminal back.
 */

import type { Line } from '../observe/line.ts';
import { LiveRegion, type RegionLook } from './live-region.ts';
import { StreamMark } from './stream-mark.ts';
import type { TextStream } from './stream-writer.ts';
import type { Surface } from './surface.ts';
import { isWatched } from './write-watch.ts';

const regions = new StreamMark<SharedRegion>();

/**
 * Opens a share of the terminal's region, and the region if there is none.
 *
 * @param look - of the region, if this is its first share
 * @returns `undefined` if another copy of heddle has a region there, or another stream's region watches this one
 */
export function openShare(stream: TextStream, look: RegionLook): Surface | undefined {
  const found = regions.find(stream);
  if (found !== undefined) return found.join();
  return isWatched(stream) ? undefined : new SharedRegion(stream, look).join();
}

class SharedRegion {
  readonly #streams: readonly TextStream[];
  readonly #region: LiveRegion;
  /** In order of opening. Invariant: the region is there exactly while this is not empty, save before the first. */
  readonly #shares = new Set<Share>();

  constructor(stream: TextStream, look: RegionLook) {
    const standard: readonly TextStream[] = [process.stdout, process.stderr];
    this.#region = new LiveRegion(stream, standard, look);
    // The two standard streams are taken for one terminal, any other stream for one of its own.
    const sameTerminal = standard.includes(stream) ? standard.filter(({ isTTY }) => isTTY === true) : [];
    this.#streams = [...new Set([stream, ...sameTerminal])];
    for (const each of this.#streams) regions.put(each, this);
  }

  get columns(): number {
    return this.#region.columns;
  }

  join(): Surface {
    const share = new Share(this);
    this.#shares.add(share);
    return share;
  }

  /** How many lines a share may have: what the others leave, but at least an equal part. */
  rowsOf(share: Share): number {
    let others = 0;
    for (const other of this.#shares) if (other !== share) others += other.lines.length;
    const { rows } = this.#region;
    return Math.max(1, Math.floor(rows / this.#shares.size), rows - others);
  }

  draw(finished: readonly Line[]): void {
    const live = [...this.#shares].flatMap((share) => share.lines.slice(0, this.rowsOf(share)));
    this.#region.draw(finished, live.slice(0, this.#region.rows));
  }

  leave(share: Share, finished: readonly Line[]): void {
    if (!this.#shares.delete(share)) return;
    if (this.#shares.size > 0) {
      this.draw(finished);
      return;
    }
    for (const stream of this.#streams) regions.remove(stream, this);
    this.#region.end(finished);
  }
}

class Share implements Surface {
  lines: readonly Line[] = [];
  readonly #shared: SharedRegion;
  #hasEnded = false;

  constructor(shared: SharedRegion) {
    this.#shared = shared;
  }

  get columns(): number {
    return this.#shared.columns;
  }

  get rows(): number {
    return this.#shared.rowsOf(this);
  }

  draw(finished: readonly Line[], live: readonly Line[]): void {
    if (this.#hasEnded) return;
    this.lines = live;
    this.#shared.draw(finished);
  }

  end(finished: readonly Line[]): void {
    this.#hasEnded = true;
    this.#shared.leave(this, finished);
  }

  [Symbol.dispose](): void {
    this.end([]);
  }
}
