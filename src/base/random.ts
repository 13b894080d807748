/**
 * Chance, as something that is passed in, like time.
 */

/** Gives random numbers. */
export interface Chance {
  /** A number from 0 to 1. */
  next(): number;
}

/** The chance of this machine. */
export const systemChance: Chance = Object.freeze({ next: () => Math.random() });

/** A random whole number below 2^48, to tell things apart that are made in different places. */
export function randomSerial(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high % 2 ** 16) * 2 ** 32 + low;
}
