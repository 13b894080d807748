/**
 * A type error that is a sentence: shown by the compiler where a type does not fit.
 */

declare const sentence: unique symbol;

/** No value has this type. Its text tells the reader of the error what to do instead. */
export interface HeddleTypeError<Sentence extends string> {
  readonly [sentence]: Sentence;
}
