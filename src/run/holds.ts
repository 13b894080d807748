/**
 * Quoted graphs of a run: while a call has a graph quoted, values of calls in that graph are not dropped,
 * so that what is unquoted later is not run twice.
 */

import { type Call, Quoted, type Quotes } from '../task/call.ts';

export class Holds {
  /** How often each list of quotes is held, and the calls in its graphs. A list is looked into once. */
  readonly #lists = new Map<Quotes, { count: number; readonly calls: readonly Call[] }>();
  /** By how many lists each call is held. */
  readonly #counts = new Map<Call, number>();

  isHeld(call: Call): boolean {
    return this.#counts.size > 0 && this.#counts.has(call);
  }

  hold(quotes: Quotes): void {
    const known = this.#lists.get(quotes);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const calls = callsIn(quotes);
    this.#lists.set(quotes, { count: 1, calls });
    for (const call of calls) this.#counts.set(call, (this.#counts.get(call) ?? 0) + 1);
  }

  /** Gives up one hold of a list. @returns the calls that nobody holds any more */
  release(quotes: Quotes): readonly Call[] {
    const list = this.#lists.get(quotes);
    if (list === undefined || --list.count > 0) return [];
    this.#lists.delete(quotes);
    return list.calls.filter((call) => {
      const count = (this.#counts.get(call) as number) - 1;
      if (count > 0) this.#counts.set(call, count);
      else this.#counts.delete(call);
      return count === 0;
    });
  }
}

/** All calls below quotes, also below quotes in them. */
function callsIn(quotes: Quotes): Call[] {
  const places = graphsIn(quotes);
  const seen = new Set<Call>();
  for (let call = places.pop(); call !== undefined; call = places.pop()) {
    if (seen.has(call)) continue;
    seen.add(call);
    for (const need of call.needs) places.push(need);
    if (call.quotes !== undefined) places.push(...graphsIn(call.quotes));
  }
  return [...seen];
}

function graphsIn(quotes: Quotes): Call[] {
  return quotes.flatMap((item) => (item instanceof Quoted ? [item.call] : []));
}
