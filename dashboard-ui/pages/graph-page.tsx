/**
 * Who needs whom: calls while they are few, else tasks, which can be opened; or what one call needs, and who needs it.
 */

import { effect } from '@preact/signals';
import type { ComponentChild } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { CallColumns } from '../../src/observe/calls/call-columns.ts';
import { durationOf } from '../../src/observe/calls/call-filter.ts';
import { type CallGraph, callGraph, type GraphNode, related } from '../../src/observe/calls/call-groups.ts';
import { criticalPath } from '../../src/observe/calls/critical-path.ts';
import { type Layout, layeredLayout } from '../../src/observe/calls/layered-layout.ts';
import { sizeCanvas } from '../canvas/canvas-size.ts';
import {
  boxOf,
  drawGraph,
  type GraphView,
  type GraphWindow,
  groupText,
  nodeAt,
  wholeWindow,
} from '../canvas/draw-graph.ts';
import { labelOf } from '../canvas/draw-timeline.ts';
import { drawnWhenDue } from '../canvas/drawn-when-due.ts';
import type { WatchedRun } from '../data/watched-run.ts';
import { canvasColours, coloursOf, themeChanges } from '../look.ts';
import { StateMark } from '../parts/state-mark.tsx';
import { useCalm } from '../parts/use-calm.ts';
import { goTo, linkTo, route, setParams } from '../route.ts';
import { msText, numberText } from '../words.ts';

/** Around a call, to either side (arbitrary: what can be looked through). */
const mostRelated = 150;
/** A graph of many calls is made anew no more often. */
const calmMs = 1000;
const mostInCalm = 20_000;
/** Of the panel that tells of the critical path: the graph is left of it. */
const panelWidth = 310;

export function GraphPage({ run }: { readonly run: WatchedRun }): ComponentChild {
  const { columns } = run;
  const { params } = route.value;
  const focus = numberIn(params, 'focus');
  const side = params.get('side') ?? 'both';
  const opened = params.get('open') ?? '';
  const find = params.get('find') ?? '';
  const isPath = params.get('path') === '1';
  const isByTask = params.get('by') === 'task';
  const frames = useCalm(run.frames.value, columns.count > mostInCalm ? calmMs : 100);
  const graph = useMemo(
    () =>
      callGraph(columns, {
        opened: new Set(opened.split(',').filter(Boolean).map(Number)),
        only: around(columns, focus, side),
        ...(isByTask ? { mostCalls: 0 } : {}),
      }),
    [columns, frames, opened, focus, side, isByTask],
  );
  const layout = useLayout(graph);
  const path = useMemo(() => (isPath ? criticalPath(columns) : undefined), [columns, frames, isPath]);
  const onPath = useMemo(
    () => (path === undefined ? undefined : pathIn(columns, graph, path)),
    [path, graph],
  );
  const found = useMemo(
    () => (find === '' ? undefined : matching(columns, graph, find)),
    [columns, graph, find],
  );
  const [selected, setSelected] = useState<string | undefined>(undefined);
  const at = graph.nodes.findIndex((node) => keyOf(node) === selected);
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const control = useRef<Control | undefined>(undefined);
  useEffect(() => {
    if (box.current === null || canvas.current === null) return;
    const made = new Control(box.current, canvas.current, (node) =>
      setSelected(node === undefined ? undefined : keyOf(node)),
    );
    control.current = made;
    return () => made.dispose();
  }, []);
  useEffect(() => {
    control.current?.show({
      columns,
      graph,
      layout,
      colours: coloursOf(columns),
      selected: at < 0 ? undefined : at,
      found,
      path: onPath,
    });
  });
  const node = graph.nodes[at];
  return (
    <>
      <div class="tools">
        <input
          type="search"
          aria-label="Find"
          placeholder="find a task, #12 or a word"
          value={find}
          onInput={(event) => setParams({ find: event.currentTarget.value })}
          onKeyDown={(event) => {
            const first = found?.values().next().value;
            if (event.key !== 'Enter' || first === undefined) return;
            setSelected(keyOf(graph.nodes[first] as GraphNode));
            control.current?.goTo(first);
          }}
        />
        {found !== undefined && <span role="status">{numberText(found.size)} found</span>}
        <button type="button" aria-pressed={isPath} onClick={() => setParams({ path: isPath ? '' : '1' })}>
          critical path
        </button>
        <button type="button" onClick={() => control.current?.showAll()}>
          all
        </button>
        {focus === undefined && (isByTask || !graph.isGrouped) && (
          <button
            type="button"
            aria-pressed={isByTask}
            onClick={() => setParams({ by: isByTask ? '' : 'task', open: '' })}
          >
            by task
          </button>
        )}
        {focus !== undefined && (
          <>
            <select
              aria-label="Around the call"
              value={side}
              onChange={(event) => setParams({ side: event.currentTarget.value })}
            >
              <option value="both">around #{focus}</option>
              <option value="needs">what #{focus} needs</option>
              <option value="dependents">who needs #{focus}</option>
            </select>
            <button type="button" onClick={() => setParams({ focus: '', side: '' })}>
              the whole graph
            </button>
          </>
        )}
        {opened !== '' && (
          <button type="button" onClick={() => setParams({ open: '' })}>
            close tasks
          </button>
        )}
        <span class="faint">
          {graph.isGrouped
            ? `${numberText(columns.count)} calls, by task`
            : `${numberText(graph.nodes.length)} calls`}
        </span>
      </div>
      <div class="stage" ref={box}>
        <canvas
          ref={canvas}
          tabIndex={0}
          role="img"
          aria-label={`Graph of ${graph.nodes.length} nodes. The same is told in a table below.`}
        />
        {node !== undefined && <Panel run={run} node={node} opened={opened} />}
        {path !== undefined && node === undefined && <PathPanel columns={columns} path={path} />}
      </div>
      <NodesTable columns={columns} graph={graph} />
    </>
  );
}

/** What is chosen, and what can be done with it. */
function Panel({
  run: { columns },
  node,
  opened,
}: {
  readonly run: WatchedRun;
  readonly node: GraphNode;
  readonly opened: string;
}): ComponentChild {
  const name = columns.tasks[node.task]?.name ?? '';
  const isOpen = opened.split(',').includes(String(node.task));
  return (
    <div class="panel" role="region" aria-label="Chosen">
      <b>
        {name}
        {node.row >= 0 && ` #${node.row}`}
      </b>
      {node.row < 0 ? (
        <>
          <p>{groupText(node)}</p>
          <p class="tools">
            <a href={linkTo('calls', { filter: `task:"${name}"` })}>Its calls</a>
            {!node.isRest && (
              <button
                type="button"
                onClick={() =>
                  setParams({ open: [...opened.split(',').filter(Boolean), node.task].join(',') })
                }
              >
                Open it
              </button>
            )}
          </p>
        </>
      ) : (
        <>
          <p>
            <StateMark state={columns.state[node.row] as number} />{' '}
            {msText(durationOf(columns, node.row, Number.NaN))}
          </p>
          <p class="mono">{labelOf(columns, node.row)}</p>
          <p class="tools">
            <a href={linkTo('call', { call: node.row })}>All of it</a>
            <button type="button" onClick={() => setParams({ focus: String(node.row), side: 'needs' })}>
              What it needs
            </button>
            <button type="button" onClick={() => setParams({ focus: String(node.row), side: 'dependents' })}>
              Who needs it
            </button>
          </p>
        </>
      )}
      {isOpen && (
        <button
          type="button"
          onClick={() =>
            setParams({
              open: opened
                .split(',')
                .filter((one) => one !== String(node.task))
                .join(','),
            })
          }
        >
          Close the task
        </button>
      )}
    </div>
  );
}

/** What the time went to, by task. */
function PathPanel({
  columns,
  path,
}: {
  readonly columns: CallColumns;
  readonly path: readonly number[];
}): ComponentChild {
  const byTask = new Map<string, number>();
  let sum = 0;
  for (const row of path) {
    const ms = durationOf(columns, row, Number.NaN);
    if (Number.isNaN(ms)) continue;
    const name = columns.taskName(row);
    byTask.set(name, (byTask.get(name) ?? 0) + ms);
    sum += ms;
  }
  const end = columns.endMs[path.at(-1) ?? 0] ?? 0;
  return (
    <div class="panel" role="region" aria-label="Critical path">
      <b>Critical path</b>
      <p>
        {numberText(path.length)} calls ran for {msText(sum)} of {msText(end)}
      </p>
      <table>
        <tbody>
          {[...byTask]
            .sort(([, a], [, b]) => b - a)
            .slice(0, 12)
            .map(([name, ms]) => (
              <tr key={name}>
                <td>{name}</td>
                <td class="number">{msText(ms)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

/** For those who do not see the canvas. */
function NodesTable({
  columns,
  graph,
}: {
  readonly columns: CallColumns;
  readonly graph: CallGraph;
}): ComponentChild {
  const name = (node: GraphNode | undefined): string =>
    node === undefined ? '' : `${columns.tasks[node.task]?.name}${node.row < 0 ? '' : ` #${node.row}`}`;
  const needs = new Map<number, string[]>();
  for (const { from, to } of graph.edges) {
    const list = needs.get(to) ?? [];
    list.push(name(graph.nodes[from]));
    needs.set(to, list);
  }
  return (
    <table class="unseen">
      <caption>The graph</caption>
      <thead>
        <tr>
          <th>what</th>
          <th>how far</th>
          <th>needs</th>
        </tr>
      </thead>
      <tbody>
        {graph.nodes.slice(0, 300).map((node, at) => (
          <tr key={at}>
            <td>{name(node)}</td>
            <td>{groupText(node)}</td>
            <td>{needs.get(at)?.slice(0, 20).join(', ')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The window on the graph, and who changes it. */
class Control {
  readonly #box: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #select: (node: GraphNode | undefined) => void;
  readonly #drawing = drawnWhenDue(() => this.#draw());
  readonly #ends: (() => void)[] = [];
  #shown: Omit<GraphView, 'window' | 'width' | 'height' | 'theme'> | undefined;
  #window: GraphWindow = { x: 0, y: 0, scale: 1 };
  #isWhole = true;
  #theme = canvasColours();
  #drag: { readonly x: number; readonly y: number } | undefined;
  #hasDragged = false;

  constructor(box: HTMLElement, canvas: HTMLCanvasElement, select: (node: GraphNode | undefined) => void) {
    this.#box = box;
    this.#canvas = canvas;
    this.#select = select;
    const observer = new ResizeObserver(this.#drawing.ask);
    observer.observe(box);
    this.#ends.push(
      () => observer.disconnect(),
      effect(() => {
        void themeChanges.value;
        this.#theme = canvasColours();
        this.#drawing.ask();
      }),
    );
    this.#on(canvas, 'wheel', this.#onWheel, { passive: false });
    this.#on(canvas, 'pointerdown', this.#onDown);
    this.#on(canvas, 'pointermove', this.#onMove);
    this.#on(canvas, 'pointerup', this.#onUp);
    this.#on(canvas, 'dblclick', this.#onTwice);
    this.#on(document.documentElement, 'keydown', this.#onKey);
  }

  show(shown: Omit<GraphView, 'window' | 'width' | 'height' | 'theme'>): void {
    const isOther = this.#shown?.layout !== shown.layout;
    this.#shown = shown;
    // Whoever has moved keeps his place, unless it is another graph.
    if (isOther && shown.graph.nodes.length !== 0 && !this.#hasMoved()) this.#isWhole = true;
    this.#drawing.ask();
  }

  dispose(): void {
    this.#drawing.stop();
    for (const end of this.#ends) end();
  }

  showAll(): void {
    this.#isWhole = true;
    this.#drawing.ask();
  }

  /** Moves a node into the middle. */
  goTo(at: number): void {
    if (this.#shown === undefined) return;
    const { x, y, width, height } = boxOf(this.#shown, at);
    const scale = Math.max(0.8, this.#window.scale);
    const { clientWidth, clientHeight } = this.#box;
    this.#see({
      scale,
      x: x + width / 2 - clientWidth / scale / 2,
      y: y + height / 2 - clientHeight / scale / 2,
    });
  }

  #hasMoved(): boolean {
    return !this.#isWhole;
  }

  #see(window: GraphWindow): void {
    this.#isWhole = false;
    this.#window = window;
    this.#drawing.ask();
  }

  #zoom(by: number, x = this.#box.clientWidth / 2, y = this.#box.clientHeight / 2): void {
    const { scale } = this.#window;
    const next = Math.max(0.01, Math.min(4, scale * by));
    this.#see({
      scale: next,
      x: this.#window.x + x / scale - x / next,
      y: this.#window.y + y / scale - y / next,
    });
  }

  #pan(x: number, y: number): void {
    const { scale } = this.#window;
    this.#see({ scale, x: this.#window.x + x / scale, y: this.#window.y + y / scale });
  }

  readonly #draw = (): boolean => {
    const { clientWidth: width, clientHeight: height } = this.#box;
    const shown = this.#shown;
    if (shown === undefined || width === 0) return false;
    const startMs = performance.now();
    if (this.#isWhole)
      this.#window = wholeWindow(shown, width - (shown.path === undefined ? 0 : panelWidth), height);
    const context = sizeCanvas(this.#canvas, width, height);
    if (context !== undefined)
      drawGraph(context, { ...shown, window: this.#window, width, height, theme: this.#theme });
    this.#canvas.dataset['drawMs'] = String(performance.now() - startMs);
    return false;
  };

  #nodeAt(event: MouseEvent): number | undefined {
    const { left, top } = this.#canvas.getBoundingClientRect();
    if (this.#shown === undefined) return undefined;
    return nodeAt({ ...this.#shown, window: this.#window }, event.clientX - left, event.clientY - top);
  }

  readonly #onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    const { left, top } = this.#canvas.getBoundingClientRect();
    this.#zoom(Math.exp(-event.deltaY * 0.0016), event.clientX - left, event.clientY - top);
  };

  readonly #onDown = (event: PointerEvent): void => {
    this.#drag = { x: event.clientX, y: event.clientY };
    this.#hasDragged = false;
    this.#canvas.setPointerCapture(event.pointerId);
  };

  readonly #onMove = (event: PointerEvent): void => {
    if (this.#drag === undefined) {
      this.#canvas.style.cursor = this.#nodeAt(event) === undefined ? 'grab' : 'pointer';
      return;
    }
    const [x, y] = [this.#drag.x - event.clientX, this.#drag.y - event.clientY];
    if (Math.hypot(x, y) < 3 && !this.#hasDragged) return;
    this.#hasDragged = true;
    this.#drag = { x: event.clientX, y: event.clientY };
    this.#pan(x, y);
  };

  readonly #onUp = (event: PointerEvent): void => {
    this.#drag = undefined;
    if (this.#hasDragged) return;
    const at = this.#nodeAt(event);
    this.#select(at === undefined ? undefined : this.#shown?.graph.nodes[at]);
  };

  readonly #onTwice = (event: MouseEvent): void => {
    const at = this.#nodeAt(event);
    const node = at === undefined ? undefined : this.#shown?.graph.nodes[at];
    if (node === undefined) return;
    if (node.row >= 0) goTo(linkTo('call', { call: node.row }));
    else if (!node.isRest) {
      const open = route.peek().params.get('open') ?? '';
      setParams({ open: [...open.split(',').filter(Boolean), node.task].join(',') });
    }
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target instanceof HTMLElement && /^(?:INPUT|SELECT|DIALOG|BUTTON|A)$/.test(target.tagName)) {
      if (event.key === 'Enter' || target.tagName === 'INPUT' || target.tagName === 'SELECT') return;
    }
    const key = event.key.toLowerCase();
    if (key === 'w') this.#zoom(1.3);
    else if (key === 's') this.#zoom(1 / 1.3);
    else if (key === 'a' || key === 'arrowleft') this.#pan(-80, 0);
    else if (key === 'd' || key === 'arrowright') this.#pan(80, 0);
    else if (key === 'arrowup') this.#pan(0, -80);
    else if (key === 'arrowdown') this.#pan(0, 80);
    else if (key === 'f') this.showAll();
    else if (key === 'c') setParams({ path: route.peek().params.get('path') === '1' ? '' : '1' });
    else if (key === 'escape') this.#select(undefined);
    else if (key === 'enter') this.#enter();
    else return;
    event.preventDefault();
  };

  #enter(): void {
    const { selected, graph } = this.#shown ?? {};
    const node = selected === undefined ? undefined : graph?.nodes[selected];
    if (node !== undefined && node.row >= 0) goTo(linkTo('call', { call: node.row }));
    else if (node !== undefined && !node.isRest) setParams({ open: String(node.task) });
  }

  #on<Kind extends keyof HTMLElementEventMap>(
    target: HTMLElement,
    kind: Kind,
    listener: (event: HTMLElementEventMap[Kind]) => void,
    options?: AddEventListenerOptions,
  ): void {
    target.addEventListener(kind, listener, options);
    this.#ends.push(() => target.removeEventListener(kind, listener));
  }
}

/** The layout stays while nodes and edges do, so that nothing jumps when only counts change. */
function useLayout(graph: CallGraph): Layout {
  const last = useRef<{ readonly key: string; readonly layout: Layout } | undefined>(undefined);
  const key = `${graph.nodes.map(keyOf).join()};${graph.edges.map(({ from, to }) => `${from}>${to}`).join()}`;
  if (last.current?.key !== key)
    last.current = { key, layout: layeredLayout(graph.nodes.length, graph.edges) };
  return last.current.layout;
}

function keyOf({ task, row, isRest }: GraphNode): string {
  return row >= 0 ? `#${row}` : `${task}${isRest ? '…' : ''}`;
}

function around(
  columns: CallColumns,
  focus: number | undefined,
  side: string,
): ReadonlySet<number> | undefined {
  if (focus === undefined || focus >= columns.count) return undefined;
  const needs = side === 'dependents' ? [] : related(columns, focus, 'needs', mostRelated);
  const dependents = side === 'needs' ? [] : related(columns, focus, 'dependents', mostRelated);
  return new Set([...needs, ...dependents]);
}

function pathIn(
  columns: CallColumns,
  { nodes }: CallGraph,
  path: readonly number[],
): { readonly nodes: ReadonlySet<number>; readonly edges: ReadonlySet<number> } {
  const ofRow = new Map<number, number>();
  const ofTask = new Map<number, number>();
  for (const [at, { row, task }] of nodes.entries()) (row < 0 ? ofTask : ofRow).set(row < 0 ? task : row, at);
  const places = path.flatMap((row) => ofRow.get(row) ?? ofTask.get(columns.task[row] as number) ?? []);
  const edges = new Set<number>();
  for (const [index, at] of places.entries()) {
    const next = places[index + 1];
    if (next !== undefined) edges.add(at * nodes.length + next);
  }
  return { nodes: new Set(places), edges };
}

function matching(columns: CallColumns, { nodes }: CallGraph, find: string): ReadonlySet<number> {
  const wanted = find.toLowerCase();
  const found = new Set<number>();
  for (const [at, { task, row }] of nodes.entries()) {
    const words = `${columns.tasks[task]?.name} ${row < 0 ? '' : `#${row} ${labelOf(columns, row)}`}`;
    if (words.toLowerCase().includes(wanted)) found.add(at);
  }
  return found;
}

function numberIn(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}
