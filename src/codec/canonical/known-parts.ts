/**
 * What of a value is encoded already and may be written again as it is, wherever the object stands again.
 *
 * Without cycles that is always so. In a cycle an encoding tells how far out the encloser is that it comes back to, so it
 * depends on which objects of the cycle enclose the place. Objects of which each leads to every other form a _knot_ (a strongly
 * connected component, found as in Tarjan's algorithm). The encoding of an object that refers to nothing around it holds good
 * wherever no object of its knot encloses the place: then none of the objects that enclose it can be reached from it.
 */

interface Known {
  /** The encoding, or the digest in its place; a byte a character. */
  readonly bytes: string;
  /** 0 if nothing in it comes back to an encloser. */
  readonly knot: number;
}

/** Of an object in a cycle of which an encloser is still being encoded. */
const untold = 0;

export class KnownParts {
  readonly #known = new Map<object, Known>();
  /** The objects that were encoded and hold references to enclosers, with their knots, counted from 1. */
  readonly #knots = new Map<object, number>();
  /** Those whose knot is not told yet, in the order in which they were encoded. */
  readonly #loose: object[] = [];
  /** How many objects of a knot enclose the place. */
  readonly #enclosing = new Map<number, number>();
  #lastKnot = 0;

  /** What can be written for an object here. */
  find(value: object): string | undefined {
    if (this.#known.size === 0) return undefined;
    const known = this.#known.get(value);
    return known === undefined || this.#enclosing.has(known.knot) ? undefined : known.bytes;
  }

  /** Keeps the encoding of an object in which nothing comes back to an encloser. */
  keep(value: object, bytes: string): void {
    this.#known.set(value, { bytes, knot: 0 });
  }

  /** How many objects have no knot yet: to be given to `close` when the object that is begun now ends. */
  get looseCount(): number {
    return this.#loose.length;
  }

  /** Whether an object was encoded before and has to be encoded again; it encloses what comes, until `leave`. */
  enter(value: object): boolean {
    if (this.#knots.size === 0) return false;
    const knot = this.#knots.get(value);
    if (knot === undefined) return false;
    if (knot !== untold) this.#enclosing.set(knot, (this.#enclosing.get(knot) ?? 0) + 1);
    return true;
  }

  /** Ends an object of which `enter` said that it was encoded before. */
  leave(value: object): void {
    const knot = this.#knots.get(value) as number;
    const count = this.#enclosing.get(knot);
    if (count === 1) this.#enclosing.delete(knot);
    else if (count !== undefined) this.#enclosing.set(knot, count - 1);
  }

  /** Ends an object in which something refers to what is around it. */
  closeOpen(value: object): void {
    if (this.#knots.has(value)) return;
    this.#knots.set(value, untold);
    this.#loose.push(value);
  }

  /** Ends an object in which something comes back to it or to what is in it, but to nothing around it; keeps its encoding. */
  closeKnot(value: object, looseBefore: number, bytes: string): void {
    this.closeOpen(value);
    const told = this.#knots.get(value) as number;
    const knot = told === untold ? ++this.#lastKnot : told;
    for (const object of this.#loose.splice(looseBefore)) this.#knots.set(object, knot);
    this.#known.set(value, { bytes, knot });
  }

  clear(): void {
    if (this.#known.size > 0) this.#known.clear();
    if (this.#knots.size > 0) this.#knots.clear();
    if (this.#enclosing.size > 0) this.#enclosing.clear();
    this.#loose.length = 0;
    this.#lastKnot = 0;
  }
}
