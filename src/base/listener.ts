/**
 * Calling functions that users gave to be told something.
 */

/**
 * Calls a listener. What it throws is an uncaught exception of the program, as with an `EventTarget`: it must not be
 * taken for a failure of what it was told of.
 */
export function tellListener(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
