/**
 * What the time of a run went to: from the call that ended last, back through whichever need ended last.
 *
 * Each call of the path began no sooner than the one before it had ended, so no other order of calls would have ended the
 * run sooner; what helps is to make calls of the path quicker, or to start them sooner.
 */

import type { CallColumns } from './call-columns.ts';

/** Rows, first to last. Heddle's own calls are among them. Empty if nothing has ended. */
export function criticalPath(columns: CallColumns): readonly number[] {
  let last = -1;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < columns.count; row++) {
    const endMs = columns.endMs[row] as number;
    if (endMs > lastMs) {
      lastMs = endMs;
      last = row;
    }
  }
  const path: number[] = [];
  // A damaged log could hold a circle.
  const seen = new Set<number>();
  while (last >= 0 && !seen.has(last)) {
    seen.add(last);
    path.push(last);
    let next = -1;
    let nextMs = Number.NEGATIVE_INFINITY;
    for (const need of columns.needsOf(last)) {
      const endMs = columns.endMs[need] as number;
      if (endMs > nextMs) {
        nextMs = endMs;
        next = need;
      }
    }
    last = next;
  }
  return path.reverse();
}
