/**
 * All of one call: what it is, when it ran, what it needs, who needs it, and why it has not ended.
 */

import type { ComponentChild } from 'preact';
import { durationOf } from '../../src/observe/calls/call-filter.ts';
import { dependentsOf } from '../../src/observe/calls/call-groups.ts';
import { callState } from '../../src/observe/calls/call-state.ts';
import { whyWaiting } from '../../src/observe/calls/why-waiting.ts';
import { watched } from '../data/watched.ts';
import type { WatchedRun } from '../data/watched-run.ts';
import { coloursOf } from '../look.ts';
import { Attempts } from '../parts/attempts.tsx';
import { StateMark } from '../parts/state-mark.tsx';
import { linkTo } from '../route.ts';
import { msText, numberText } from '../words.ts';

/** Arbitrary: more than anybody reads. */
const mostListed = 50;

export function CallPage({ run, call }: { readonly run: WatchedRun; readonly call: number }): ComponentChild {
  void run.frames.value;
  const { columns, state: told } = run;
  const state = columns.state[call] ?? callState.absent;
  if (call >= columns.count || state === callState.absent)
    return <p class="faint">{run.since === 0 ? 'Loading…' : `There is no call #${call} in this run.`}</p>;
  const { startedAtMs, slots, all } = told.value;
  const nowMs = watched.nowMs() - startedAtMs;
  const { text, shown, value, note, done, total } = columns.wordsOf(call);
  const why = whyWaiting(columns, call, {
    nowMs,
    slots: slots ?? Number.POSITIVE_INFINITY,
    running: all.running,
  });
  const added = columns.addedMs[call] as number;
  const start = columns.startMs[call] as number;
  const end = columns.endMs[call] as number;
  const ran = durationOf(columns, call, state === callState.running ? nowMs : Number.NaN);
  const lane = columns.lane[call] as number;
  const needs = [...columns.needsOf(call)];
  const dependents = [...dependentsOf(columns)(call)];
  const at = (ms: number): string => `${msText(ms)} after the start`;
  return (
    <>
      <h2>
        <span
          class="swatch"
          style={{ backgroundColor: coloursOf(columns)[columns.task[call] as number] ?? '' }}
        />
        {columns.taskName(call)} #{call}
      </h2>
      <p class="tools">
        <a href={linkTo('graph', { focus: call })}>In the graph</a>
        {lane >= 0 && !Number.isNaN(start) && (
          <a href={linkTo('timeline', { from: Math.max(0, start - ran * 2), to: start + ran * 3 + 0.01 })}>
            In the timeline
          </a>
        )}
        <a href={linkTo('calls', { filter: `task:"${columns.taskName(call)}"` })}>All calls of the task</a>
      </p>
      {why !== undefined && <p class="notice">{why}.</p>}
      <dl class="facts">
        <dt>state</dt>
        <dd>
          <StateMark state={state} />
        </dd>
        {text !== undefined && <Fact name="display" value={text} />}
        {shown !== undefined && (
          <>
            <dt>call</dt>
            <dd>
              <code>{shown}</code>
            </dd>
          </>
        )}
        {value !== undefined && (
          <>
            <dt>value</dt>
            <dd>
              <code>{value}</code>
            </dd>
          </>
        )}
        {done !== undefined && (
          <Fact name="progress" value={`${done}${total === undefined ? '' : ` of ${total}`} ${note ?? ''}`} />
        )}
        <Fact name="attempts" value={String(columns.attempts[call])} />
        <Fact name="added" value={at(added)} />
        {!Number.isNaN(start) && (
          <Fact
            name="started"
            value={`${at(start)}${(columns.attempts[call] as number) > 1 ? ', for the last time' : `, having waited ${msText(start - added)}`}`}
          />
        )}
        {!Number.isNaN(end) && <Fact name="ended" value={at(end)} />}
        {!Number.isNaN(ran) && <Fact name="ran" value={msText(ran)} />}
        {lane >= 0 && <Fact name="lane" value={String(lane + 1)} />}
      </dl>
      {shown === undefined && state !== callState.waiting && (
        <p class="faint">Arguments and values are shown with the option details of openDashboard.</p>
      )}
      {columns.failuresOf(call).length > 0 && (
        <>
          <h3>Failures</h3>
          <Attempts columns={columns} row={call} />
        </>
      )}
      <Others run={run} title="Needs" rows={needs} />
      <Others run={run} title="Is needed by" rows={dependents} />
    </>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }): ComponentChild {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Others({
  run: { columns },
  title,
  rows,
}: {
  readonly run: WatchedRun;
  readonly title: string;
  readonly rows: readonly number[];
}): ComponentChild {
  if (rows.length === 0) return undefined;
  return (
    <>
      <h3>
        {title} {numberText(rows.length)}
      </h3>
      <table>
        <thead class="unseen">
          <tr>
            <th>call</th>
            <th>state</th>
            <th>took</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, mostListed).map((row) => (
            <tr key={row}>
              <td>
                <a href={linkTo('call', { call: row })}>
                  {columns.taskName(row)} #{row}
                </a>
              </td>
              <td>
                <StateMark state={columns.state[row] ?? callState.absent} />
              </td>
              <td class="number">{msText(durationOf(columns, row, Number.NaN))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > mostListed && <p class="faint">and {numberText(rows.length - mostListed)} more</p>}
    </>
  );
}
