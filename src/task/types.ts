/**
 * The types that make a call of a task read like a call of its function.
 *
 * `Delayed<T>` mirrors `T`: its members are delayed members, its methods take delayed arguments.
 * `Input<T>` is what may stand for a `T` in a call. `Value<T>` is what comes out in the end.
 */

import type { HeddleTypeError } from '../base/type-error.ts';

declare const valueOf: unique symbol;

/**
 * The mark of a delayed value, without its members.
 *
 * The call signature exists for one reason: it makes the compiler object to `if (delayed)`, which is
 * always true, with "This condition will always return true since this function is always defined".
 */
export interface DelayedMark<out T> {
  /** @internal */
  readonly [valueOf]: T;
  /** @internal */
  (
    advice: HeddleTypeError<'A delayed value is always truthy and can not be called here: branch with conditional()'>,
  ): never;
}

type AnyFunction = (...args: never[]) => unknown;
type IsAny<T> = 0 extends 1 & T ? true : false;

/** Names that a delayed value reserves: `then`, or it would look like a promise; `toJSON`, which throws advice. */
type Reserved = 'then' | 'toJSON';

/**
 * A typed handle on a call in a graph: the value that the call will give in a run.
 *
 * Members, elements and methods of `T` are there, delayed too: reading `stat('x').size` makes a call.
 * It has no members of its own; functions such as `run`, `hint` and `drawGraph` work on it. It can not
 * be awaited, iterated, coerced or assigned to: each of these throws and says what to write instead.
 */
export type Delayed<T> = DelayedMark<T> & DelayedParts<NoInfer<T>>;

/** What a delayed value can do beside being one: have members, or be called. Nothing, for types without any. */
export type DelayedParts<T> =
  IsAny<T> extends true
    ? unknown
    : [T] extends [never]
      ? unknown
      : [unknown] extends [T]
        ? unknown
        : [T] extends [AnyFunction]
          ? DelayedFunction<T>
          : [Boxed<T>] extends [object]
            ? DelayedMembers<Boxed<T>>
            : unknown;

export type DelayedFunction<F> = F extends (...args: infer Args) => infer Result
  ? (...args: Inputs<Args>) => Delayed<Value<Result>>
  : never;

export type DelayedMembers<T> = {
  readonly [Key in keyof T as Key extends Reserved | symbol ? never : Key]-?: Delayed<Value<T[Key]>>;
};

// oxlint-disable typescript/no-wrapper-object-types -- the interfaces with the members are what is meant here.
/** The interface with the members of a primitive; mapping over the primitive itself would give it back. */
type Boxed<T> = [T] extends [string]
  ? String
  : [T] extends [number]
    ? Number
    : [T] extends [bigint]
      ? BigInt
      : [T] extends [boolean]
        ? Boolean
        : T;

// oxlint-enable typescript/no-wrapper-object-types

type Primitive = string | number | bigint | boolean | symbol | null | undefined;

/** Classes whose members are not data: they are taken as a whole, delayed or not. */
type Opaque =
  | AnyFunction
  | DelayedMark<unknown>
  | Date
  | RegExp
  | Error
  | ArrayBuffer
  | SharedArrayBuffer
  | ArrayBufferView
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | Promise<unknown>;

/** What may stand for a `T` in a call: a `T`, a delayed one, or data of which parts are delayed, at any depth. */
export type Input<T> =
  IsAny<T> extends true
    ? T
    :
        | T
        | DelayedMark<T>
        | (T extends Primitive | Opaque
            ? never
            : T extends readonly (infer Item)[]
              ? number extends T['length']
                ? InputList<Item>
                : { [Key in keyof T]: Input<T[Key]> }
              : T extends object
                ? { [Key in keyof T]: Input<T[Key]> }
                : never);

/** An interface, since its members are resolved later: so types that hold lists of themselves have an end. */
export interface InputList<Item> extends ReadonlyArray<Input<Item>> {}

/** The arguments of a call: each may be delayed, wholly or in part. Optional and rest parameters stay so. */
export type Inputs<Args extends readonly unknown[]> = { [Key in keyof Args]: Input<Args[Key]> };

/**
 * What a run gives for a result of type `T`: promises are awaited, delayed values computed, also inside
 * arrays and plain objects (looked for five levels deep; at run time, at any depth).
 */
export type Value<T> = ValueAt<T, [0, 0, 0, 0, 0]>;

type ValueAt<T, Depth extends readonly unknown[]> =
  IsAny<T> extends true
    ? T
    : T extends DelayedMark<infer Inner>
      ? ValueAt<Inner, Depth>
      : T extends PromiseLike<infer Inner>
        ? ValueAt<Inner, Depth>
        : HoldsDelayed<T, Depth> extends true
          ? { [Key in keyof T]: ValueAt<T[Key], Depth extends readonly [unknown, ...infer Rest] ? Rest : []> }
          : T;

/** Whether data of type `T` has a delayed part. Data that has none keeps its own, named type. */
type HoldsDelayed<T, Depth extends readonly unknown[]> = Depth extends readonly [unknown, ...infer Rest]
  ? IsAny<T> extends true
    ? false
    : T extends DelayedMark<unknown>
      ? true
      : T extends Primitive | Opaque
        ? false
        : T extends readonly (infer Item)[]
          ? true extends HoldsDelayed<Item, Rest>
            ? true
            : false
          : T extends object
            ? true extends { [Key in keyof T]-?: HoldsDelayed<T[Key], Rest> }[keyof T]
              ? true
              : false
            : false
  : false;
