/**
 * What a run came to, in one sentence: `5000 calls in 3.2 s (12 retrieved, 1 failed)`.
 */

import { countText, durationText } from './amount.ts';
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
