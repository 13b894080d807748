/**
 * A value that may be there at once: what is done often should not cost a turn of the event loop when it need not wait.
 */

import { isPromiseLike } from './promise-like.ts';

/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on with a value: at once if it is there. What `use` throws is thrown, or rejects. */
export function whenThere<T, Result>(
  value: MaybePromise<T>,
  use: (value: T) => MaybePromise<Result>,
): MaybePromise<Result> {
  return isPromiseLike(value) ? (value as Promise<T>).then(use) : use(value as T);
}
