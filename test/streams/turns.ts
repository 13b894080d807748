/** Looking at promises without waiting for them. */

/** Lets promises go on, a number of times. */
export async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await Promise.resolve();
}

/** Lets everything go on that is not waiting for the world. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** What has become of a promise. */
export async function stateOf(promise: Promise<unknown>): Promise<'waiting' | 'fulfilled' | 'rejected'> {
  let state: 'waiting' | 'fulfilled' | 'rejected' = 'waiting';
  promise.then(
    () => {
      state = 'fulfilled';
    },
    () => {
      state = 'rejected';
    },
  );
  await turn();
  return state;
}

/** A source that gives what it has, then waits for ever, and tells whether it was left. */
export function endless<T>(...items: readonly T[]): AsyncIterable<T> & { readonly left: number } {
  let left = 0;
  let at = 0;
  return {
    get left() {
      return left;
    },
    [Symbol.asyncIterator]: () => ({
      next: () =>
        at < items.length
          ? Promise.resolve({ done: false, value: items[at++] as T })
          : new Promise<never>(() => undefined),
      return: async () => {
        left++;
        return { done: true, value: undefined };
      },
    }),
  };
}
