/**
 * Values that are made when they are needed for the first time.
 *
 * For what takes long to make and is seldom needed: a program that only imports it does not wait for it. Such are regular
 * expressions with `\p{…}`, which are looked up in Unicode's tables when the module that they stand in is read.
 */

/** Gives a function that makes a value the first time it is asked, and gives the same one from then on. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
