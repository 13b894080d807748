/**
 * The stages: a text is parsed, its curvature is found from three neighbours, and what was found is added up.
 */

import { delayedInit, skip, tasks } from 'heddle';

export const { parse, secondDifference, Accumulator } = tasks(import.meta, {
  /** Drops lines that are no numbers. */
  parse: (line: string) => {
    const number = Number.parseFloat(line);
    return Number.isNaN(number) ? skip : number;
  },
  secondDifference: ([a, b, c]: readonly [number, number, number]) => c - 2 * b + a,
  /** Gives the sum of all items so far. */
  Accumulator: delayedInit(
    class {
      #sum = 0;
      call(item: number): number {
        this.#sum += item;
        return this.#sum;
      }
    },
  ),
});
