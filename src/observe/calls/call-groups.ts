/**
 * The graph of a run as it can be drawn: calls while they are few, else a node for each task, of which some are opened.
 *
 * Heddle's own calls (`gather`, reading a member…) are nodes in a small graph only. In a grouped one their needs count as those
 * of whoever needs them. **Cost**: O(calls + needs) for a grouped graph.
 */

import type { CallColumns } from './call-columns.ts';
import { callState, isFailed, stateLooks } from './call-state.ts';

/** A node: a call, or several calls of one task. */
export interface GraphNode {
  /** Index into the tasks of the columns. */
  readonly task: number;
  /** The call; -1 for several. */
  readonly row: number;
  /** How many calls it stands for. */
  readonly count: number;
  /** How many of them are in each state, by number. */
  readonly states: readonly number[];
  /** Whether it stands for those of an opened task that have no node of their own. */
  readonly isRest: boolean;
}

/** Nodes, and who needs whom. */
export interface CallGraph {
  readonly nodes: readonly GraphNode[];
  /** `from` is needed by `to`, so many times. Indices of nodes. */
  readonly edges: readonly { readonly from: number; readonly to: number; readonly count: number }[];
  /** Whether calls are grouped by task. */
  readonly isGrouped: boolean;
}

/** What is drawn. */
export interface CallGraphOptions {
  /** A graph with more calls is grouped. @defaultValue 300 */
  readonly mostCalls?: number | undefined;
  /** Tasks whose calls have nodes of their own, by index. */
  readonly opened?: ReadonlySet<number> | undefined;
  /** Only these calls, each with a node of its own. */
  readonly only?: ReadonlySet<number> | undefined;
}

/** A task that is opened shows so many calls, those that failed or run first (arbitrary: what can be told apart). */
const mostOfTask = 100;

/** Makes the graph of what is there now. */
export function callGraph(
  columns: CallColumns,
  { mostCalls = 300, opened = new Set(), only }: CallGraphOptions = {},
): CallGraph {
  const nodeOf = new Int32Array(columns.count).fill(-1);
  const nodes: { task: number; row: number; count: number; states: number[]; isRest: boolean }[] = [];
  const add = (row: number, node: number): void => {
    const found = nodes[node] as (typeof nodes)[number];
    found.count++;
    const state = columns.state[row] as number;
    found.states[state] = (found.states[state] as number) + 1;
    nodeOf[row] = node;
  };
  const open = (task: number, row: number, isRest = false): number =>
    nodes.push({ task, row, count: 0, states: stateLooks.map(() => 0), isRest }) - 1;

  const isGrouped = only === undefined && countPresent(columns, mostCalls) > mostCalls;
  if (isGrouped) {
    const groups = new Map<number, number>();
    const own = new Set<number>();
    for (const task of opened) for (const row of firstOf(columns, task)) own.add(row);
    for (let row = 0; row < columns.count; row++) {
      if (columns.state[row] === callState.absent || columns.isBuiltin(row)) continue;
      const task = columns.task[row] as number;
      let node = groups.get(task);
      if (own.has(row)) node = open(task, row);
      else if (node === undefined) groups.set(task, (node = open(task, -1, opened.has(task))));
      add(row, node);
    }
  } else {
    for (let row = 0; row < columns.count; row++) {
      if (columns.state[row] === callState.absent || only?.has(row) === false) continue;
      add(row, open(columns.task[row] as number, row));
    }
  }

  const counts = new Map<number, number>();
  const sources = new Sources(columns, nodeOf);
  for (let row = 0; row < columns.count; row++) {
    const to = nodeOf[row] as number;
    if (to < 0) continue;
    const needs = columns.needsOf(row);
    for (const need of needs) {
      const from = nodeOf[need] ?? -1;
      if (from >= 0) count(counts, from * nodes.length + to);
      else if (isGrouped && columns.isBuiltin(need))
        for (const source of sources.of(need)) count(counts, source * nodes.length + to);
    }
  }
  const edges = Array.from(counts, ([key, times]) => ({
    from: Math.floor(key / nodes.length),
    to: key % nodes.length,
    count: times,
  }));
  return { nodes, edges, isGrouped };
}

/** The calls that a call needs, and theirs, and so on; or those that need it. Itself among them; `most` of them at most. */
export function related(
  columns: CallColumns,
  row: number,
  direction: 'needs' | 'dependents',
  most: number,
): ReadonlySet<number> {
  const found = new Set([row]);
  const dependents = direction === 'dependents' ? dependentsOf(columns) : undefined;
  // A set gives what is added while it is gone through.
  for (const at of found) {
    for (const next of dependents === undefined ? columns.needsOf(at) : dependents(at)) {
      if (found.size >= most) return found;
      found.add(next);
    }
  }
  return found;
}

/** Who needs a row. O(needs) once, then O(1). */
export function dependentsOf(columns: CallColumns): (row: number) => Uint32Array {
  const from = new Uint32Array(columns.count + 1);
  const each = (tell: (need: number, row: number) => void): void => {
    for (let row = 0; row < columns.count; row++)
      for (const need of columns.needsOf(row)) if (need < columns.count) tell(need, row);
  };
  each((need) => {
    from[need + 1] = (from[need + 1] as number) + 1;
  });
  for (let row = 0; row < columns.count; row++)
    from[row + 1] = (from[row + 1] as number) + (from[row] as number);
  const rows = new Uint32Array(from[columns.count] as number);
  const next = from.slice();
  each((need, row) => {
    const at = next[need] as number;
    next[need] = at + 1;
    rows[at] = row;
  });
  return (row) => rows.subarray(from[row], from[row + 1]);
}

/** Finds the nodes behind heddle's own calls. */
class Sources {
  readonly #columns: CallColumns;
  readonly #nodeOf: Int32Array;
  readonly #known = new Map<number, ReadonlySet<number>>();

  constructor(columns: CallColumns, nodeOf: Int32Array) {
    this.#columns = columns;
    this.#nodeOf = nodeOf;
  }

  /** Graphs are deep: whose needs are not known yet is put on a stack. */
  of(row: number): ReadonlySet<number> {
    const stack = [row];
    for (;;) {
      const at = stack.at(-1);
      if (at === undefined) return this.#known.get(row) ?? new Set();
      stack.pop();
      if (this.#known.has(at) && (this.#known.get(at)?.size ?? 0) > 0) continue;
      const unknown: number[] = [];
      const found = new Set<number>();
      for (const need of this.#columns.needsOf(at)) {
        const node = this.#nodeOf[need] ?? -1;
        if (node >= 0) found.add(node);
        else if (need < this.#columns.count && this.#columns.isBuiltin(need)) {
          const known = this.#known.get(need);
          if (known === undefined) unknown.push(need);
          else for (const source of known) found.add(source);
        }
      }
      // What stands on the stack counts as known to have none, so that a circle of a damaged log ends.
      if (unknown.length > 0 && !this.#known.has(at)) {
        this.#known.set(at, new Set());
        stack.push(at, ...unknown);
      } else this.#known.set(at, found);
    }
  }
}

function countPresent(columns: CallColumns, enough: number): number {
  let present = 0;
  for (let row = 0; row < columns.count && present <= enough; row++)
    if (columns.state[row] !== callState.absent) present++;
  return present;
}

/** The calls of a task that most want to be seen. */
function firstOf(columns: CallColumns, task: number): readonly number[] {
  const byRank: number[][] = [[], [], [], []];
  for (let row = 0; row < columns.count; row++) {
    const state = columns.state[row] as number;
    if (columns.task[row] !== task || state === callState.absent) continue;
    const rank = isFailed(state) ? 0 : state === callState.running ? 1 : state === callState.waiting ? 3 : 2;
    const rows = byRank[rank] as number[];
    if (rows.length < mostOfTask) rows.push(row);
  }
  return byRank.flat().slice(0, mostOfTask);
}

function count(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
