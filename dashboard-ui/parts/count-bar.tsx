/**
 * How many calls are in which state, as a bar. What it shows also stands beside it in numbers.
 */

import type { ComponentChild } from 'preact';
import type { CallCounts } from '../../src/observe/task-progress.ts';

export function CountBar({
  counts,
  total,
  colour,
}: {
  readonly counts: CallCounts;
  readonly total: number;
  readonly colour: string;
}): ComponentChild {
  const part = (count: number, kind: string, filled: boolean): ComponentChild =>
    count > 0 && (
      <span
        class={kind}
        style={{
          width: `${(100 * count) / Math.max(1, total)}%`,
          ...(filled ? { backgroundColor: colour } : {}),
        }}
      />
    );
  const { computed, retrieved, attached, running, failed, skipped } = counts;
  return (
    <div class="bar" aria-hidden="true">
      {part(computed, '', true)}
      {part(retrieved + attached, 'is-found', true)}
      {part(failed, 'is-failed', false)}
      {part(running, 'is-running', true)}
      {part(skipped, 'is-skipped', false)}
    </div>
  );
}
