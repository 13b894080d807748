/**
 * Puts what overlaps into lanes: each takes the lowest that is free.
 */

/** Lanes by what holds them. */
export class Lanes<Holder> {
  readonly #taken = new Map<Holder, number>();
  readonly #free: number[] = [];
  #count = 0;

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  take(holder: Holder): number {
    const known = this.#taken.get(holder);
    if (known !== undefined) return known;
    // Few are free at a time.
    const lane = this.#free.length === 0 ? this.#count++ : Math.min(...this.#free);
    const at = this.#free.indexOf(lane);
    if (at >= 0) this.#free.splice(at, 1);
    this.#taken.set(holder, lane);
    return lane;
  }

  release(holder: Holder): number | undefined {
    const lane = this.#taken.get(holder);
    if (lane === undefined) return undefined;
    this.#taken.delete(holder);
    this.#free.push(lane);
    return lane;
  }
}
