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
  // Nobody gains by guessing it, and loading `crypto` takes three milliseconds. The time, too: programs replace `random`.
  const [, nanoseconds] = process.hrtime();
  return Math.floor(Math.random() * 2 ** 24) * 2 ** 24 + (nanoseconds % 2 ** 24);
}
