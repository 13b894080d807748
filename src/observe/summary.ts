/**
 * What a run came to, in one sentence: `5000 calls in 3.2 s (12 retrieved, 1 failed)`.
 */

import { countText, durationText } from './amount.ts';
import { oneLine } from './one-line.ts';
import type { RunSnapshot } from './snapshot.ts';

/**
 * Gives the sentence.
 *
 * Counts that are zero are left out, as are calls that never had an outcome.
 */
export function summaryText(run: RunSnapshot): string {
  const { all, startedAtMs } = run;
  const durationMs = (run.settledAtMs ?? startedAtMs) - startedAtMs;
  const parts: string[] = [];
  if (all.retrieved > 0) parts.push(`${all.retrieved} retrieved`);
  if (all.attached > 0) parts.push(`${all.attached} attached`);
  if (all.failed > 0) parts.push(`${all.failed} failed`);
  if (all.skipped > 0) parts.push(`${all.skipped} skipped`);
  const details = parts.length > 0 ? ` (${parts.join(', ')})` : '';
  return `${countText(all.settled, 'call')} in ${durationText(durationMs)}${details}`;
}

/** Tasks that took less than this together are not worth a line (arbitrary). */
const leastRanMs = 1000;
const mostTasks = 3;

/**
 * Gives where the time went: `fit 9.7 s in 12 calls, the longest 1.2 s; load 0.4 s`. Empty if it was little.
 *
 * Of calls side by side each counts.
 */
export function slowestText({ all, tasks }: RunSnapshot): string {
  if (all.ranMs < leastRanMs) return '';
  return tasks
    .filter(({ ranMs }) => ranMs >= all.ranMs / 100)
    .toSorted((a, b) => b.ranMs - a.ranMs)
    .slice(0, mostTasks)
    .map(({ task, ranMs, longestMs, computed, failed }) => {
      const calls = computed + failed;
      const several =
        calls > 1 ? ` in ${countText(calls, 'call')}, the longest ${durationText(longestMs)}` : '';
      return `${oneLine(task)} ${durationText(ranMs)}${several}`;
    })
    .join('; ');
}
