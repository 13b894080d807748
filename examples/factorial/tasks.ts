/**
 * Factorials by recursion, in two ways: with a product that waits for the next call, and with a tail call, which
 * replaces the call that makes it.
 */

import { type Delayed, tasks } from 'heddle';

export const { mul, factorial, factorialTail } = tasks(import.meta, {
  mul: (x: bigint, y: bigint) => x * y,

  /** x! = (x - 1)! · x: the product waits. */
  factorial: (x: bigint): bigint | Delayed<bigint> => (x === 0n ? 1n : mul(factorial(x - 1n), x)),

  /** f(x, a) = f(x - 1, a · x): nothing waits. */
  factorialTail: (x: bigint, product: bigint): bigint | Delayed<bigint> =>
    x === 0n ? product : factorialTail(x - 1n, product * x),
});
