/**
 * Values that are made when they are needed for the first time.
 *
 * For what takes long to make and is seldom needed: a program that only imports it does not wait for it. Such are regular
 * expressions with `\p{…}`, which V8 looks up in Unicode's tables. Where one is written between slashes, V8 reads it when it
 * reads the module, even inside a function; so it has to be a text.
 */

/** Gives a function that makes a value the first time it is asked, and gives the same one from then on. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
