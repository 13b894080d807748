/**
 * What failed, with its attempts, and how to run it again.
 */

import type { ComponentChild } from 'preact';
import { isFailed } from '../../src/observe/calls/call-state.ts';
import { watched } from '../data/watched.ts';
import type { WatchedRun } from '../data/watched-run.ts';
import { Attempts } from '../parts/attempts.tsx';
import { linkTo } from '../route.ts';
import { numberText } from '../words.ts';

/** Arbitrary: more than anybody reads; the others are in the table of calls. */
const mostShown = 200;

export function FailuresPage({ run }: { readonly run: WatchedRun }): ComponentChild {
  // Reads the signal, so that it is drawn again.
  void run.frames.value;
  const { columns } = run;
  const rows: number[] = [];
  for (let row = 0; row < columns.count; row++) if (isFailed(columns.state[row] as number)) rows.push(row);
  const { skipped } = run.state.value.all;
  return (
    <>
      <h2>{rows.length === 0 ? 'No call has failed' : `Failed: ${numberText(rows.length)}`}</h2>
      {skipped > 0 && (
        <p class="faint">
          {numberText(skipped)} calls were skipped, as they need what failed or the run was stopped.{' '}
          <a href={linkTo('calls', { filter: 'skipped' })}>Show them</a>
        </p>
      )}
      {rows.length > 0 && <Rerun />}
      {rows.slice(0, mostShown).map((row) => (
        <section key={row} class="failure">
          <h3>
            <a href={linkTo('call', { call: row })}>
              {columns.taskName(row)} #{row}
            </a>
          </h3>
          {columns.wordsOf(row).shown !== undefined && <code>{columns.wordsOf(row).shown}</code>}
          <Attempts columns={columns} row={row} />
        </section>
      ))}
      {rows.length > mostShown && (
        <p>
          <a href={linkTo('calls', { filter: 'state:failed,failure-value' })}>
            All {numberText(rows.length)} of them
          </a>
        </p>
      )}
    </>
  );
}

/** With a cache, what has succeeded is not computed again. */
function Rerun(): ComponentChild {
  const command = watched.command.value;
  if (command === undefined) return undefined;
  return (
    <>
      <p>
        To run it again – with a cache, what has succeeded is found there:{' '}
        <button type="button" onClick={() => void navigator.clipboard?.writeText(command)}>
          Copy
        </button>
      </p>
      <pre>{command}</pre>
    </>
  );
}
