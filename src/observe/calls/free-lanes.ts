/**
 * Puts what goes on at the same time into lanes: each takes the lowest that is free.
 *
 * **Cost**: O(log n) for n lanes that are free, however many calls run at once.
 */

/** Lanes, numbered from 0. */
export class FreeLanes {
  /** A binary heap, the lowest first. */
  readonly #free: number[] = [];
  #count = 0;

  /** How many lanes there have been. */
  get count(): number {
    return this.#count;
  }

  take(): number {
    const free = this.#free;
    const lowest = free[0];
    if (lowest === undefined) return this.#count++;
    const last = free.pop() as number;
    if (free.length > 0) this.#sink(last);
    return lowest;
  }

  /** @param lane - that was taken, and not given back since */
  give(lane: number): void {
    const free = this.#free;
    let at = free.length;
    free.push(lane);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if ((free[above] as number) <= lane) break;
      free[at] = free[above] as number;
      at = above;
    }
    free[at] = lane;
  }

  #sink(lane: number): void {
    const free = this.#free;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= free.length) break;
      if (below + 1 < free.length && (free[below + 1] as number) < (free[below] as number)) below++;
      if ((free[below] as number) >= lane) break;
      free[at] = free[below] as number;
      at = below;
    }
    free[at] = lane;
  }
}
