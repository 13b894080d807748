/**
 * The attempts of a call that failed.
 */

import type { ComponentChild } from 'preact';
import type { CallColumns } from '../../src/observe/calls/call-columns.ts';
import { msText } from '../words.ts';

export function Attempts({
  columns,
  row,
}: {
  readonly columns: CallColumns;
  readonly row: number;
}): ComponentChild {
  const failures = columns.failuresOf(row);
  if (failures.length === 0)
    return <p class="faint">What was thrown is not told: too many calls have failed before.</p>;
  return (
    <>
      {failures.map(({ attempt, reason, summary, startMs, endMs }, at) => (
        <pre key={at}>
          {failures.length > 1 || attempt > 1 ? `attempt ${attempt}: ` : ''}
          <b class="failed">{reason}</b> {summary}
          {startMs !== undefined && endMs !== undefined && (
            <span class="faint">{`\n${msText(endMs - startMs)}, from ${msText(startMs)} on`}</span>
          )}
        </pre>
      ))}
    </>
  );
}
