/**
 * Operators as tasks, since JavaScript lets no object say what `+` means for it.
 */

import { siteAbove } from '../base/site.ts';
import { buildCall } from './build-call.ts';
import { coreOfBuiltin } from './builtin.ts';
import type { TaskCore } from './task-core.ts';
import type { Delayed, DelayedMark, Input } from './types.ts';

type Numeric = number | bigint;
type Ordered = number | bigint | string | Date;
/** `5` is a number here, so that `add(x, 5)` gives a number and not a 5. */
type Widened<T> = T extends number ? number : T extends bigint ? bigint : T extends string ? string : T;
type Operand<T> = T | DelayedMark<T>;

type Binary<Value, Result> = (a: Operand<Value>, b: Operand<Value>) => Delayed<Result>;

const cores = {
  // biome-ignore format: a table reads best with a row each.
  add: core('add', (a: number, b: number) => a + b),
  sub: core('sub', (a: number, b: number) => a - b),
  mul: core('mul', (a: number, b: number) => a * b),
  div: core('div', (a: number, b: number) => a / b),
  mod: core('mod', (a: number, b: number) => a % b),
  pow: core('pow', (a: number, b: number) => a ** b),
  neg: core('neg', (a: number) => -a),
  eq: core('eq', (a: unknown, b: unknown) => a === b),
  ne: core('ne', (a: unknown, b: unknown) => a !== b),
  lt: core('lt', (a: number, b: number) => a < b),
  le: core('le', (a: number, b: number) => a <= b),
  gt: core('gt', (a: number, b: number) => a > b),
  ge: core('ge', (a: number, b: number) => a >= b),
  not: core('not', (a: unknown) => !a),
  and: core('and', (a: unknown, b: unknown) => a && b),
  or: core('or', (a: unknown, b: unknown) => a || b),
  at: coreOfBuiltin('at', elementAt, { reads: true }),
};

function core(name: string, fn: (...args: never[]) => unknown): TaskCore {
  return coreOfBuiltin(name, fn);
}

function elementAt(list: { at(index: number): unknown }, index: number): unknown {
  return list.at(index);
}

function op(core: TaskCore): (...args: unknown[]) => never {
  const face = (...args: unknown[]): never => buildCall(core, args, siteAbove(face)) as never;
  return face;
}

/** The operators of `ops`. */
export interface Ops {
  /** `a + b`, of two numbers, two bigints, or two strings. */
  add<T extends Numeric | string>(a: Operand<T>, b: Operand<Widened<T>>): Delayed<Widened<T>>;
  /** `a - b` */
  sub<T extends Numeric>(a: Operand<T>, b: Operand<Widened<T>>): Delayed<Widened<T>>;
  /** `a * b` */
  mul<T extends Numeric>(a: Operand<T>, b: Operand<Widened<T>>): Delayed<Widened<T>>;
  /** `a / b` */
  div<T extends Numeric>(a: Operand<T>, b: Operand<Widened<T>>): Delayed<Widened<T>>;
  /** `a % b` */
  mod<T extends Numeric>(a: Operand<T>, b: Operand<Widened<T>>): Delayed<Widened<T>>;
  /** `a ** b` */
  pow<T extends Numeric>(a: Operand<T>, b: Operand<Widened<T>>): Delayed<Widened<T>>;
  /** `-a` */
  neg<T extends Numeric>(a: Operand<T>): Delayed<Widened<T>>;
  /** `a === b` */
  readonly eq: Binary<unknown, boolean>;
  /** `a !== b` */
  readonly ne: Binary<unknown, boolean>;
  /** `a < b` */
  lt<T extends Ordered>(a: Operand<T>, b: Operand<Widened<T>>): Delayed<boolean>;
  /** `a <= b` */
  le<T extends Ordered>(a: Operand<T>, b: Operand<Widened<T>>): Delayed<boolean>;
  /** `a > b` */
  gt<T extends Ordered>(a: Operand<T>, b: Operand<Widened<T>>): Delayed<boolean>;
  /** `a >= b` */
  ge<T extends Ordered>(a: Operand<T>, b: Operand<Widened<T>>): Delayed<boolean>;
  /** `!a` */
  not(a: unknown): Delayed<boolean>;
  /** `a && b`; both are computed. To compute only what is needed, use `conditional`. */
  and<A, B>(a: Operand<A>, b: Operand<B>): Delayed<A | B>;
  /** `a || b`; both are computed. To compute only what is needed, use `conditional`. */
  or<A, B>(a: Operand<A>, b: Operand<B>): Delayed<A | B>;
  /** `list.at(index)`: an element of a list, from the end if `index` is negative; `undefined` if there is none. */
  at<T>(list: Input<readonly T[]>, index: Operand<number>): Delayed<T | undefined>;
}

/**
 * The operators, as tasks of heddle's own: they run in the host, whatever the executor.
 *
 * @example
 * ```ts
 * import { delay, ops, run } from 'heddle';
 * const x = delay(20);
 * assert.equal(await run(ops.add(ops.mul(x, 2), 2)), 42);
 * assert.equal(await run(ops.lt(x, 3)), false);
 * ```
 */
export const ops: Ops = Object.freeze(
  Object.fromEntries(Object.entries(cores).map(([name, core]) => [name, op(core)])),
) as unknown as Ops; // Each face takes and gives what its line in `Ops` says; the table above is the proof.
