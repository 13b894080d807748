/**
 * The task of the workers: something to compute.
 */

import { tasks } from 'heddle';

/** A power of two, and the sum of its digits. */
export interface Summed {
  readonly n: number;
  readonly sum: number;
}

export const { sumOfDigits } = tasks(import.meta, {
  sumOfDigits: (n: number): Summed => ({
    n,
    sum: Array.from(String(2n ** BigInt(n)), Number).reduce((sum, digit) => sum + digit, 0),
  }),
});
