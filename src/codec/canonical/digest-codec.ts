/**
 * How values that are not plain data say what stands for them in a digest.
 */

/**
 * The name of the method by which instances of a class say what stands for them; the same as
 * `Symbol.for('heddle.digest')`, which a library can use without depending on heddle.
 *
 * - **Its own:** the method counts for the class that defines it. A subclass that only inherits it is refused, since the
 *   method does not know what the subclass adds.
 * - **Everything:** two instances whose kind and parts are equal are the same to every cache. So the parts must hold all
 *   that a method of the class can tell apart, private fields too.
 *
 * @example
 * ```ts
 * import { type DigestStandIn, digestOf, digestSymbol } from 'heddle';
 * class Temperature {
 *   #kelvin: number;
 *   constructor(kelvin: number) { this.#kelvin = kelvin; }
 *   [digestSymbol](): DigestStandIn { return { kind: 'weather/Temperature', parts: this.#kelvin }; }
 * }
 * assert.equal(digestOf(new Temperature(273)), digestOf(new Temperature(273)));
 * assert.notEqual(digestOf(new Temperature(273)), digestOf(new Temperature(274)));
 * ```
 */
export const digestSymbol: unique symbol = Symbol.for('heddle.digest');

/** What stands for an instance of a class in a digest. */
export interface DigestStandIn {
  /** Names the class for good, apart from all others: `'package/Class'`. Names of classes would not do: two modules may use the same, and bundlers change them. */
  readonly kind: string;
  /** All that tells instances apart: plain data, or again what has a digest. */
  readonly parts: unknown;
}

/** Says what stands for the values of one kind, for classes that cannot be given a method. */
export interface DigestCodec {
  /** As in `DigestStandIn`. Names that begin with `heddle/` are heddle's own. */
  readonly kind: string;
  /**
   * Whether a value is of this kind. Asked of functions and instances of classes that have no method of their own. An
   * instance of a subclass may hold more than `parts` knows of: better ask for the very class.
   */
  matches(value: object): boolean;
  /** All that tells values of this kind apart. What it throws is the `cause` of a `NotDigestibleError`. */
  parts(value: never): unknown;
}
