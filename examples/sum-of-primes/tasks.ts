/**
 * The task that has a lot to compute. It is not smart about it on purpose: there is a better way to sum primes.
 */

import { task, tasks } from 'heddle';

export const { sumOfPrimes } = tasks(import.meta, {
  /** The sum of all primes below `n`. */
  sumOfPrimes: task(
    (n: number): number => {
      let sum = n > 2 ? 2 : 0;
      for (let x = 3; x < n; x += 2) if (isPrime(x)) sum += x;
      return sum;
    },
    { display: 'Summing the primes below {n} ...', confirm: true },
  ),
});

/** Tells whether an odd number is prime, by trying all odd divisors. */
function isPrime(n: number): boolean {
  for (let x = 3; x * x <= n; x += 2) if (n % x === 0) return false;
  return true;
}
