/**
 * How far a run is: in all, and for each task.
 */

import type { ComponentChild } from 'preact';
import { clockText, durationText, rateText } from '../../src/observe/amount.ts';
import type { TaskSnapshot } from '../../src/observe/task-progress.ts';
import type { RunState } from '../../src/observe/watched-state.ts';
import { watched } from '../data/watched.ts';
import type { WatchedRun } from '../data/watched-run.ts';
import { colourOfTask } from '../look.ts';
import { ActivityCharts } from '../parts/activity-charts.tsx';
import { CountBar } from '../parts/count-bar.tsx';
import { linkTo } from '../route.ts';
import { clockOf, numberText } from '../words.ts';

export function OverviewPage({ run }: { readonly run: WatchedRun }): ComponentChild {
  const state = run.state.value;
  const { all, tasks, is, failure, dropped } = state;
  return (
    <>
      <dl class="cards">
        <Card name="state" value={is} kind={is === 'failure' ? 'failed' : is === 'success' ? 'good' : ''} />
        <Card name="calls done" value={`${numberText(all.settled)} / ${numberText(all.total)}`} />
        <Card
          name="running"
          value={`${numberText(all.running)}${state.slots === undefined ? '' : ` of ${state.slots}`}`}
        />
        <Card name="waiting" value={numberText(all.waiting)} />
        <Card name={is === 'running' ? 'elapsed' : 'took'} value={timeText(state)} />
        {is === 'running' && (
          <Card name="left, about" value={all.timeLeftMs === undefined ? '–' : clockText(all.timeLeftMs)} />
        )}
        <Card name={is === 'running' ? 'lately' : 'on the whole'} value={speedText(state)} />
        {all.retrieved + all.attached > 0 && (
          <Card name="found in a cache" value={numberText(all.retrieved + all.attached)} />
        )}
        <Card name="failed" value={numberText(all.failed)} kind={all.failed > 0 ? 'failed' : ''} />
      </dl>
      <p class="faint">
        Executor {state.executor}, since {clockOf(state.startedAtMs)}.
        {watched.command.value !== undefined && (
          <>
            {' '}
            <code>{watched.command.value}</code>
          </>
        )}
      </p>
      {failure !== undefined && <p class="notice">{failure.summary}</p>}
      {dropped > 0 && (
        <p class="notice">
          {numberText(dropped)} calls are counted here, but are on no other page: there are more than the
          dashboard keeps (its option mostCalls).
        </p>
      )}
      <ActivityCharts key={run.run} run={run} />
      <h2>Tasks</h2>
      <table>
        <thead>
          <tr>
            <th>task</th>
            <th>progress</th>
            <th class="number">done</th>
            <th class="number">of</th>
            <th class="number">running</th>
            <th class="number">waiting</th>
            <th class="number">found</th>
            <th class="number">failed</th>
            <th class="number">skipped</th>
            <th class="number">speed</th>
            <th class="number">left</th>
          </tr>
        </thead>
        <tbody>
          {tasks.map((task, place) => (
            <TaskRow key={task.task} task={task} colour={colourOfTask(place)} state={state} />
          ))}
        </tbody>
      </table>
      {tasks.length === 0 && <p class="faint">No calls yet.</p>}
    </>
  );
}

function TaskRow({
  task,
  colour,
  state,
}: {
  readonly task: TaskSnapshot;
  readonly colour: string;
  readonly state: RunState;
}): ComponentChild {
  const isRunning = state.is === 'running';
  const seconds = ((state.settledAtMs ?? state.startedAtMs) - state.startedAtMs) / 1000;
  // What was skipped took no time.
  const speed = isRunning ? task.perSecond : seconds > 0 ? (task.settled - task.skipped) / seconds : 0;
  return (
    <tr>
      <td>
        <span class="swatch" style={{ backgroundColor: colour }} />
        <a href={linkTo('calls', { filter: `task:"${task.task}"` })}>{task.task}</a>
      </td>
      <td>
        <CountBar counts={task} total={task.total} colour={colour} />
      </td>
      <td class="number">{numberText(task.settled)}</td>
      <td class="number">{numberText(task.total)}</td>
      <td class="number">{some(task.running)}</td>
      <td class="number">{some(task.waiting)}</td>
      <td class="number">{some(task.retrieved + task.attached)}</td>
      <td class={`number ${task.failed > 0 ? 'failed' : ''}`}>{some(task.failed)}</td>
      <td class="number">{some(task.skipped)}</td>
      <td class="number">{rateText(speed)}</td>
      <td class="number">{isRunning && task.timeLeftMs !== undefined ? clockText(task.timeLeftMs) : ''}</td>
    </tr>
  );
}

function Card({
  name,
  value,
  kind = '',
}: {
  readonly name: string;
  readonly value: string;
  readonly kind?: string;
}): ComponentChild {
  return (
    <div class="card">
      <dt>{name}</dt>
      <dd class={kind}>{value}</dd>
    </div>
  );
}

function timeText({ startedAtMs, settledAtMs }: RunState): string {
  return settledAtMs === undefined
    ? clockText(watched.nowMs() - startedAtMs)
    : durationText(settledAtMs - startedAtMs);
}

function speedText({ is, all, startedAtMs, settledAtMs }: RunState): string {
  if (is === 'running') return rateText(all.perSecond) || '–';
  return (
    rateText(
      (1000 * (all.settled - all.skipped)) / Math.max(1e-3, (settledAtMs ?? startedAtMs) - startedAtMs),
    ) || '–'
  );
}

function some(count: number): string {
  return count === 0 ? '' : numberText(count);
}
