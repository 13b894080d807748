/**
 * Decides which call of a run goes next.
 *
 * Pure: no clock, no values, no promises. A call is a row; edges are kept only while both ends are
 * unsettled. Every edge is added once and followed once, so a run costs O(calls + edges).
 */

import { ReadyQueue } from './ready-queue.ts';
import { type Needs, ResourcePool } from './resource-pool.ts';

/** Where a call is run: by heddle itself, at once; in the host, when there is room; or by the executor. First it may be looked up. */
export type Lane = 'host' | 'step' | 'lookup' | 'executor';

/** What the scheduler is told of a call. */
export interface RowOptions {
  readonly lane: Lane;
  /** Higher goes first. */
  readonly priority: number;
  /** Slots of the executor. */
  readonly slots: number;
  readonly needs: Needs;
}

const noEdge = -1;

/** States of a row. `free` rows belong to no call. */
const free = 0;
const waiting = 1;
const ready = 2;
const running = 3;
const settled = 4;

export class Scheduler {
  readonly #resources: ResourcePool;
  readonly #queues: Readonly<Record<Lane, ReadyQueue>> = {
    host: new ReadyQueue(),
    step: new ReadyQueue(),
    lookup: new ReadyQueue(),
    executor: new ReadyQueue(),
  };
  /** Rows that have been taken off a queue, but need more slots than are free. */
  #held: number | undefined;

  readonly #state: number[] = [];
  /** Inputs that are not settled yet. A row may become ready only at 0. */
  readonly #missing: number[] = [];
  readonly #options: RowOptions[] = [];
  /** First edge to a dependent, then the next: lists in arrays, so that an edge costs no object. */
  readonly #firstEdge: number[] = [];
  readonly #nextEdge: number[] = [];
  readonly #edgeTo: number[] = [];
  #freeEdge = noEdge;
  readonly #freeRows: number[] = [];
  /** Ready rows that were handed their resources while they waited for them. */
  readonly #handed = new Set<number>();

  /**
   * Calls that are neither settled nor free. A run is over when none is left that can go on.
   *
   * Kept exact as follows: `add` adds one; `settle` and `forget` of an unsettled row subtract one.
   */
  #unsettled = 0;
  #running = 0;

  constructor(totals: Readonly<Record<string, number>> = {}) {
    this.#resources = new ResourcePool(totals, (row) => (this.#options[row] as RowOptions).needs);
  }

  get unsettled(): number {
    return this.#unsettled;
  }

  get running(): number {
    return this.#running;
  }

  /** How many rows there are or were at once. */
  get rows(): number {
    return this.#state.length;
  }

  /** How many calls are ready or hold what they need. */
  get ready(): number {
    const { host, step, lookup, executor } = this.#queues;
    return host.length + step.length + lookup.length + executor.length + (this.#held === undefined ? 0 : 1);
  }

  /** The call that is next for the executor but needs more slots than were free, and how many it needs. */
  get held(): { readonly row: number; readonly slots: number } | undefined {
    const row = this.#held;
    return row === undefined ? undefined : { row, slots: (this.#options[row] as RowOptions).slots };
  }

  totalOf(resource: string): number | undefined {
    return this.#resources.totalOf(resource);
  }

  /** Adds a call that waits for nothing yet. It becomes ready only after `arm`. */
  add(options: RowOptions): number {
    const row = this.#freeRows.pop() ?? this.#state.length;
    this.#state[row] = waiting;
    this.#missing[row] = 0;
    this.#options[row] = options;
    this.#firstEdge[row] = noEdge;
    this.#unsettled++;
    this.#declare(options);
    return row;
  }

  #declare({ needs }: RowOptions): void {
    for (const [name] of needs) if (name.startsWith('exclusive:')) this.#resources.declareExclusive(name);
  }

  /** Says that `dependent` needs `dependency`, which must be unsettled. */
  addEdge(dependency: number, dependent: number): void {
    let edge = this.#freeEdge;
    if (edge === noEdge) edge = this.#edgeTo.length;
    else this.#freeEdge = this.#nextEdge[edge] as number;
    this.#edgeTo[edge] = dependent;
    this.#nextEdge[edge] = this.#firstEdge[dependency] as number;
    this.#firstEdge[dependency] = edge;
    (this.#missing[dependent] as number)++;
  }

  /** Says that all edges to a call have been added: it is ready if there are none. */
  arm(row: number): void {
    if (this.#missing[row] === 0) this.#makeReady(row, false);
  }

  isSettled(row: number): boolean {
    return this.#state[row] === settled;
  }

  isUnsettled(row: number): boolean {
    const state = this.#state[row];
    return state !== undefined && state !== free && state !== settled;
  }

  /** Takes the next call that heddle runs itself. */
  takeHost(): number | undefined {
    return this.#take(this.#queues.host);
  }

  /** Takes the next plain function of the user that runs in the host. */
  takeStep(): number | undefined {
    return this.#take(this.#queues.step);
  }

  /** Takes the next call that is to be looked up. */
  takeLookup(): number | undefined {
    return this.#take(this.#queues.lookup);
  }

  /**
   * Takes the next call for the executor.
   *
   * @param slots - how many slots the executor has free. A call that needs more keeps its place, and
   *   nothing goes past it.
   */
  takeReady(slots: number): number | undefined {
    const row = this.#held ?? this.#take(this.#queues.executor);
    this.#held = undefined;
    if (row === undefined) return undefined;
    if ((this.#options[row] as RowOptions).slots <= slots) return row;
    this.#held = row;
    return undefined;
  }

  #take(queue: ReadyQueue): number | undefined {
    for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
      if (this.#needsMore(row) && !this.#resources.takeOrWait(row)) continue;
      this.#state[row] = running;
      this.#running++;
      return row;
    }
    return undefined;
  }

  /** Whether a row still has to take resources: it needs some, and was not handed them while it waited. */
  #needsMore(row: number): boolean {
    return (this.#options[row] as RowOptions).needs.length > 0 && !this.#handed.delete(row);
  }

  /** Says that a running call will be run again: it keeps its state and gives back what it held until `resume`. */
  pause(row: number): void {
    this.#release(row);
    this.#state[row] = waiting;
  }

  /** Makes a paused call ready again. */
  resume(row: number): void {
    this.#makeReady(row, true);
  }

  /** Makes a call that runs or is paused ready again, to be run in another way. */
  move(row: number, options: RowOptions): void {
    if (this.#state[row] === running) this.#release(row);
    this.#options[row] = options;
    this.#declare(options);
    this.#makeReady(row, true);
  }

  /**
   * Says that a running call now waits for `inputs` more, such as the graph that it returned.
   * The edges are added by the caller. It is ready again when they are settled.
   */
  waitAgain(row: number): void {
    this.#release(row);
    this.#state[row] = waiting;
  }

  /**
   * Says that a call has its value. Its dependents that miss nothing else become ready.
   */
  settle(row: number): void {
    if (this.#state[row] === running) this.#release(row);
    this.#state[row] = settled;
    this.#unsettled--;
    let edge = this.#firstEdge[row] as number;
    if (edge === noEdge) return;
    this.#firstEdge[row] = noEdge;
    // Edges were added newest first: turn the list, so that dependents wake in the order of the graph.
    let reversed = noEdge;
    while (edge !== noEdge) {
      const next = this.#nextEdge[edge] as number;
      this.#nextEdge[edge] = reversed;
      reversed = edge;
      edge = next;
    }
    while (reversed !== noEdge) {
      const next = this.#nextEdge[reversed] as number;
      const dependent = this.#edgeTo[reversed] as number;
      this.#nextEdge[reversed] = this.#freeEdge;
      this.#freeEdge = reversed;
      (this.#missing[dependent] as number)--;
      if (this.#missing[dependent] === 0 && this.#state[dependent] === waiting)
        this.#makeReady(dependent, true);
      reversed = next;
    }
  }

  /** Says that a running call has failed: it stays unsettled, so nothing that needs it becomes ready. */
  fail(row: number): void {
    if (this.#held === row) this.#held = undefined;
    if (this.#state[row] === running) this.#release(row);
    this.#state[row] = waiting;
    // It must never become ready by itself again.
    (this.#missing[row] as number)++;
  }

  /** Moves the edges of one call to another: whoever waits for `from` waits for `to` instead. `to` must be unsettled. */
  moveEdges(from: number, to: number): void {
    for (let edge = this.#firstEdge[from] as number; edge !== noEdge; ) {
      const next = this.#nextEdge[edge] as number;
      this.#nextEdge[edge] = this.#firstEdge[to] as number;
      this.#firstEdge[to] = edge;
      edge = next;
    }
    this.#firstEdge[from] = noEdge;
  }

  /** The calls that wait for a call, newest first. */
  *dependentsOf(row: number): Generator<number> {
    for (let edge = this.#firstEdge[row] ?? noEdge; edge !== noEdge; edge = this.#nextEdge[edge] as number) {
      yield this.#edgeTo[edge] as number;
    }
  }

  /** The only dependent of a call; `undefined` if there are none or several. */
  soleDependentOf(row: number): number | undefined {
    const edge = this.#firstEdge[row] as number;
    if (edge === noEdge || this.#nextEdge[edge] !== noEdge) return undefined;
    return this.#edgeTo[edge];
  }

  /** Gives a row back. Nothing may refer to it any more. */
  forget(row: number): void {
    const state = this.#state[row];
    if (state === running) this.#release(row);
    if (state !== settled) this.#unsettled--;
    this.#state[row] = free;
    this.#freeRows.push(row);
  }

  #makeReady(row: number, isWoken: boolean): void {
    const { lane, priority } = this.#options[row] as RowOptions;
    this.#state[row] = ready;
    this.#queues[lane].push(row, priority, isWoken);
  }

  #release(row: number): void {
    this.#running--;
    const { needs } = this.#options[row] as RowOptions;
    if (needs.length === 0) return;
    for (const next of this.#resources.giveBack(needs)) {
      this.#handed.add(next);
      this.#makeReady(next, true);
    }
  }
}
