/**
 * A worker for piscina that does nothing.
 */

export function noop(x: number): number {
  return x;
}
