/**
 * Comparing types. A type test is compiled, never run.
 */

type IsAny<T> = 0 extends 1 & T ? true : false;

/** `true` if each of the types fits where the other is asked for, and neither is `any` unless both are. */
export type Same<A, B> =
  IsAny<A> extends IsAny<B>
    ? IsAny<B> extends IsAny<A>
      ? [A] extends [B]
        ? [B] extends [A]
          ? true
          : false
        : false
      : false
    : false;

/** Is refused by the compiler unless its type argument is `true`. */
export declare function holds<_Fact extends true>(): void;

/** What a run of a delayed value gives. */
export type Ran<T> = Awaited<ReturnType<typeof import('../../src/index.ts').run<T>>>;
