/**
 * Quoted graphs of a run: while a call has a graph quoted, values of calls in that graph are not dropped,
 * so that what is unquoted later is not run twice.
 *
 * Holds are counted like references: a held call holds what it needs and what it has quoted, once,
 * however often it is held itself. So all holds of a run together cost one visit an edge.
 */

import { type Call, Quoted, type Quotes } from '../task/call.ts';

export class Holds {
  /** How often each list of quotes is held. */
  readonly #lists = new Map<Quotes, number>();
  /** By how many lists and held calls each call is held. */
  readonly #counts = new Map<Call, number>();

  isHeld(call: Call): boolean {
    return this.#counts.size > 0 && this.#counts.has(call);
  }

  hold(quotes: Quotes): void {
    const count = this.#lists.get(quotes) ?? 0;
    this.#lists.set(quotes, count + 1);
    if (count > 0) return;
    const places = graphsIn(quotes);
    for (let call = places.pop(); call !== undefined; call = places.pop()) {
      const holders = this.#counts.get(call) ?? 0;
      this.#counts.set(call, holders + 1);
      if (holders === 0) addHeldBy(call, places);
    }
  }

  /** Gives up one hold of a list. @returns the calls that nobody holds any more */
  release(quotes: Quotes): readonly Call[] {
    const count = this.#lists.get(quotes) ?? 0;
    if (count > 1) {
      this.#lists.set(quotes, count - 1);
      return [];
    }
    this.#lists.delete(quotes);
    const released: Call[] = [];
    const places = graphsIn(quotes);
    for (let call = places.pop(); call !== undefined; call = places.pop()) {
      const holders = (this.#counts.get(call) as number) - 1;
      if (holders > 0) {
        this.#counts.set(call, holders);
        continue;
      }
      this.#counts.delete(call);
      released.push(call);
      addHeldBy(call, places);
    }
    return released;
  }
}

/** Adds the calls that a held call holds. One by one: there may be more than a function takes arguments. */
function addHeldBy({ needs, quotes }: Call, places: Call[]): void {
  for (const need of needs) places.push(need);
  if (quotes !== undefined) for (const call of graphsIn(quotes)) places.push(call);
}

function graphsIn(quotes: Quotes): Call[] {
  return quotes.flatMap((item) => (item instanceof Quoted ? [item.call] : []));
}
