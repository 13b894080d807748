/**
 * What the tasks do: next to nothing, so that what is measured is the way to a worker and back.
 *
 * Plain functions: each pool makes tasks of them in its own way.
 */

const never = new Int32Array(new SharedArrayBuffer(4));

/** Adds two numbers that come in an object, as most inputs do. */
export function add({ a, b }: { readonly a: number; readonly b: number }): number {
  return a + b;
}

export function increment(x: number): number {
  return x + 1;
}

/** How many characters, bytes or records a payload is of: looks at no part of it. */
export function sizeOf(payload: string | Uint8Array | readonly object[]): number {
  return payload.length;
}

/** Holds the worker without using a core, so that two of them on two cores leave the host its own. */
export function pause(ms: number): number {
  Atomics.wait(never, 0, 0, ms);
  return ms;
}

/** By name. */
export const bodies = { add, increment, sizeOf, pause } as const;
