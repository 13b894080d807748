/**
 * Measuring several cases against each other in one process.
 *
 * The cases take turns: what else the machine does while we measure then falls on all of them alike, and their
 * ratios stand even where the figures drift. Young garbage is collected before each case, so that none pays for
 * another's. A whole collection is not forced: it makes V8 forget the types it has seen and with them the compiled
 * code (12 times the deoptimizations of a run without, and 5 times the cost a call), which no program does to itself.
 */

import { median } from './median.ts';

/** Does the work once, and gives what it cost, in whatever unit the caller wants. */
export type Case = () => number | Promise<number>;

/**
 * Runs the cases in turns, and gives the median of each.
 *
 * The first turns, with code that is not compiled yet, count like the others; the median is that of compiled code
 * from some five turns on. What a first run costs is measured by the section `cold`.
 *
 * @param turns - at least 1
 */
export async function inTurns<Name extends string>(
  cases: Readonly<Record<Name, Case>>,
  turns: number,
): Promise<Record<Name, number>> {
  const names = Object.keys(cases) as Name[];
  const costs = new Map(names.map((name) => [name, [] as number[]]));
  for (let turn = 0; turn < turns; turn++) {
    for (const name of names) {
      collectYoung();
      costs.get(name)?.push(await cases[name]());
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(costs.get(name) ?? [])])) as Record<
    Name,
    number
  >;
}

/** Collects what died young. Does nothing unless Node was started with `--expose-gc`. */
export function collectYoung(): void {
  globalThis.gc?.({ type: 'minor' });
}

/** How long some work takes, in milliseconds. */
export async function timeMs(work: () => unknown): Promise<number> {
  const startMs = performance.now();
  const result = work();
  // Awaiting what is no promise would add a turn of the microtask queue to plain work.
  if (result instanceof Promise) await result;
  return performance.now() - startMs;
}
