/**
 * The time inside a worker, which starts sooner for not loading `performance`.
 */

/** Milliseconds from a fixed point. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
