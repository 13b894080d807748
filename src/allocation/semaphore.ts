/**
 * A weighted semaphore: so much of something for all, of which each takes as much as it needs, first come first served.
 *
 * - **Bound:** what is granted is never more than the total, but for what was granted before the total became smaller, and
 *   what was taken without asking.
 * - **Order:** whoever waits goes before all who come later, also before those who want less: the heavy do not starve.
 * - **Leaving:** whoever leaves the line lets those behind go on at once.
 * - **Cost:** taking what is free is two comparisons; a place in the line costs the same however long it is.
 *
 * Leaves to others what is counted, and who may take it.
 */

/** A place in the line. Each of its functions is called at most once, and neither after it has left. */
export interface Place {
  readonly amount: number;
  /** It has what it waited for, and has to give it back. Called in the midst of another one's doing: to be short. */
  granted(): void;
  /** There will never be as much: the total has become smaller. */
  refused(total: number): void;
}

export class Semaphore {
  #total: number;
  #taken = 0;
  readonly #line = new Set<Place>();
  #whenIdle: (() => void) | undefined;

  /** @param total - an integer, at least 1 */
  constructor(total: number) {
    this.#total = total;
  }

  get total(): number {
    return this.#total;
  }

  /** What is taken; more than the total, while what was taken before it became smaller was not given back. */
  get taken(): number {
    return this.#taken;
  }

  /** What nobody has; never less than 0. */
  get free(): number {
    return Math.max(0, this.#total - this.#taken);
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.size;
  }

  /** Who goes next. */
  get next(): Place | undefined {
    if (this.#line.size === 0) return undefined;
    for (const place of this.#line) return place;
    return undefined;
  }

  /** Whether so much could be taken now without going before anybody. */
  isFree(amount: number): boolean {
    return this.#line.size === 0 && this.#taken + amount <= this.#total;
  }

  /** Takes what is free if nobody waits. @returns whether it was taken */
  tryTake(amount: number): boolean {
    if (!this.isFree(amount)) return false;
    this.#taken += amount;
    return true;
  }

  /** Takes without asking, for what goes on anyway. */
  take(amount: number): void {
    this.#taken += amount;
  }

  /** Joins the line. If it is its turn at once, it is granted before this returns. */
  join(place: Place): void {
    if (place.amount > this.#total) {
      place.refused(this.#total);
      return;
    }
    this.#line.add(place);
    this.#grant();
  }

  /** Leaves the line. @returns whether it was there */
  leave(place: Place): boolean {
    if (!this.#line.delete(place)) return false;
    this.#grant();
    this.#tellIdle();
    return true;
  }

  giveBack(amount: number): void {
    this.#taken -= amount;
    this.#grant();
    this.#tellIdle();
  }

  /** Changes how much there is. Those who wait for more than that are refused. */
  resize(total: number): void {
    this.#total = total;
    for (const place of this.#line) {
      if (place.amount <= total || !this.#line.delete(place)) continue;
      place.refused(total);
    }
    this.#grant();
    this.#tellIdle();
  }

  /** Tells once when nothing is taken and nobody waits: now, or then. */
  whenIdle(tell: () => void): void {
    this.#whenIdle = tell;
    this.#tellIdle();
  }

  #grant(): void {
    for (const place of this.#line) {
      if (this.#taken + place.amount > this.#total) return;
      this.#line.delete(place);
      this.#taken += place.amount;
      place.granted();
    }
  }

  #tellIdle(): void {
    if (this.#whenIdle === undefined || this.#taken > 0 || this.#line.size > 0) return;
    const tell = this.#whenIdle;
    this.#whenIdle = undefined;
    tell();
  }
}
