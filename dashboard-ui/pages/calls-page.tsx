/**
 * A table of calls: filtered, sorted, and however long it is, with only those rows in the page that are seen. What is asked for
 * is in the address.
 */

import type { ComponentChild } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { CallColumns } from '../../src/observe/calls/call-columns.ts';
import { durationOf, readFilter } from '../../src/observe/calls/call-filter.ts';
import { callState } from '../../src/observe/calls/call-state.ts';
import { watched } from '../data/watched.ts';
import type { WatchedRun } from '../data/watched-run.ts';
import { coloursOf } from '../look.ts';
import { StateMark } from '../parts/state-mark.tsx';
import { useCalm } from '../parts/use-calm.ts';
import { goTo, linkTo, route, setParams } from '../route.ts';
import { msText, numberText } from '../words.ts';

const rowHeight = 26;
/** Browsers have a highest element: of longer tables, scrolling leaps over rows. */
const mostHeight = 8_000_000;
/** Sorting a million calls ten times a second is too much. */
const calmMs = 1000;

const sorts = {
  call: 'call',
  task: 'task',
  state: 'state',
  start: 'started',
  took: 'took',
  attempts: 'attempts',
} as const;
type Sort = keyof typeof sorts;

export function CallsPage({ run }: { readonly run: WatchedRun }): ComponentChild {
  const { columns } = run;
  const { params } = route.value;
  const filter = params.get('filter') ?? '';
  const sort = (Object.keys(sorts).find((name) => name === params.get('sort')) ?? 'call') as Sort;
  const isDescending = params.get('order') === 'down';
  const frames = useCalm(run.frames.value, columns.count > 50_000 ? calmMs : 0);
  const rows = useMemo(
    () => chosen(columns, filter, sort, isDescending),
    [columns, filter, sort, isDescending, frames],
  );
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [selected, setSelected] = useState(-1);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (box.current === null) return;
    const observer = new ResizeObserver(() => setHeight(box.current?.clientHeight ?? 600));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  const seen = Math.ceil(height / rowHeight) + 1;
  const whole = Math.min(rows.length * rowHeight, mostHeight);
  const most = Math.max(1, whole - height);
  const first = Math.max(
    0,
    Math.min(
      rows.length - seen + 2,
      whole < mostHeight ? Math.floor(top / rowHeight) : Math.floor((top / most) * (rows.length - seen + 2)),
    ),
  );
  const colours = coloursOf(columns);
  const nowMs = watched.nowMs() - run.state.value.startedAtMs;

  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: seen - 2, PageUp: 2 - seen }[event.key];
    if (event.key === 'Enter' && selected >= 0) goTo(linkTo('call', { call: rows[selected] }));
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(rows.length - 1, selected + step));
    setSelected(next);
    if (next < first || next >= first + seen - 3) {
      const wanted = Math.max(0, next - Math.floor(seen / 2));
      if (box.current !== null)
        box.current.scrollTop =
          whole < mostHeight ? wanted * rowHeight : (wanted / (rows.length - seen + 2)) * most;
    }
  };
  return (
    <>
      <div class="tools">
        <input
          type="search"
          aria-label="Filter"
          placeholder="failed  task:NAME  ms>500  any word"
          value={filter}
          onInput={(event) => setParams({ filter: event.currentTarget.value })}
        />
        <span role="status">{numberText(rows.length)} calls</span>
        <span class="faint">
          <code>task:fit</code> <code>state:failed,running</code> <code>ms&gt;500</code>{' '}
          <code>attempts&gt;1</code> <code>#12</code> <code>-word</code>
        </span>
      </div>
      <div
        class="rows"
        ref={box}
        role="table"
        aria-label="Calls"
        aria-rowcount={rows.length + 1}
        tabIndex={0}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        onKeyDown={onKey}
      >
        <div class="row head" role="row" aria-rowindex={1}>
          {Object.entries(sorts).map(([name, title]) => (
            <span
              key={name}
              role="columnheader"
              aria-sort={sort === name ? (isDescending ? 'descending' : 'ascending') : 'none'}
            >
              <button
                type="button"
                onClick={() => setParams({ sort: name, order: sort === name && !isDescending ? 'down' : '' })}
              >
                {title}
                {sort === name ? (isDescending ? ' ▼' : ' ▲') : ''}
              </button>
            </span>
          ))}
          <span role="columnheader" class="faint">
            what
          </span>
        </div>
        <div style={{ height: `${whole}px`, position: 'relative' }} role="rowgroup">
          <div
            style={{
              position: 'absolute',
              top: `${whole < mostHeight ? first * rowHeight : top}px`,
              left: 0,
              right: 0,
            }}
          >
            {Array.from(rows.subarray(first, first + seen), (row, at) => {
              const { text, shown, note } = columns.wordsOf(row);
              const state = columns.state[row] as number;
              const start = columns.startMs[row] as number;
              return (
                <div
                  class="row"
                  role="row"
                  key={row}
                  aria-rowindex={first + at + 2}
                  style={first + at === selected ? { background: 'var(--bar)' } : {}}
                >
                  <span role="cell">
                    <a href={linkTo('call', { call: row })}>#{row}</a>
                  </span>
                  <span role="cell">
                    <span
                      class="swatch"
                      style={{ backgroundColor: colours[columns.task[row] as number] ?? '' }}
                    />
                    {columns.taskName(row)}
                  </span>
                  <span role="cell">
                    <StateMark state={state} />
                  </span>
                  <span role="cell">{msText(start)}</span>
                  <span role="cell">
                    {msText(durationOf(columns, row, state === callState.running ? nowMs : Number.NaN))}
                  </span>
                  <span role="cell">{columns.attempts[row]}</span>
                  <span role="cell" class="mono">
                    {text ?? shown ?? ''} {note ?? ''}
                  </span>
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </>
  );
}

/** The rows that are meant, in their order. What never happened comes last. */
function chosen(columns: CallColumns, filter: string, sort: Sort, isDescending: boolean): Uint32Array {
  const isMeant = readFilter(filter);
  const rows = new Uint32Array(columns.count);
  let found = 0;
  for (let row = 0; row < columns.count; row++) if (isMeant(columns, row)) rows[found++] = row;
  const kept = rows.subarray(0, found);
  if (sort !== 'call') {
    const places = new Map(
      columns.tasks
        .map(({ name }, index) => [name, index] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, index], place) => [index, place]),
    );
    const keys = new Float64Array(columns.count);
    for (const row of kept) {
      const key =
        sort === 'start'
          ? (columns.startMs[row] as number)
          : sort === 'took'
            ? durationOf(columns, row, Number.NaN)
            : sort === 'attempts'
              ? (columns.attempts[row] as number)
              : sort === 'state'
                ? (columns.state[row] as number)
                : (places.get(columns.task[row] as number) ?? 0);
      keys[row] = Number.isNaN(key)
        ? isDescending
          ? Number.NEGATIVE_INFINITY
          : Number.POSITIVE_INFINITY
        : key;
    }
    kept.sort((a, b) => compare(keys[a] as number, keys[b] as number) || a - b);
  }
  return isDescending ? kept.reverse() : kept;
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
