/**
 * A turn of the event loop: what is due now has had its say, and no time has to pass.
 */

/** Settles when events, answers and timers that are due have been told. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
