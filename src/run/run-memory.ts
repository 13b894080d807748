/**
 * What a run remembers: which of its calls, how they are found, and what came of each.
 *
 * Joins the run's calls with a cache; when, the run says. A call is looked up when its arguments are there, and entered when
 * there is room for it: so, of several processes that share a cache, each computes what it has room for.
 */

import type { MaybePromise } from '../base/maybe-promise.ts';
import type { CallCache, Caller, Entered, KeyedCall } from '../cache/call-cache.ts';
import { NotKeyed } from '../cache/call-key.ts';
import { graphCall, graphKeyOf } from '../cache/graph-key.ts';
import type { MetadataHook } from '../cache/metadata.ts';
import { Rerun } from '../cache/rerun.ts';
import type { RunLog } from '../cache/run-log.ts';
import { isInsideCall, surroundings, withSurroundings } from '../cache/surroundings.ts';
import type { Ticket } from '../cache/ticket.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import type { Json } from '../codec/json-writer.ts';
import type { Call } from '../task/call.ts';
import { failed } from '../task/failure.ts';
import type { AttemptFailure } from '../task/outcome.ts';

/** What is known of a call, by row, until it settles. */
interface Remembered {
  readonly keyed: KeyedCall | undefined;
  /** What it was looked up with. Taken when it starts. */
  args: readonly unknown[] | undefined;
  /** Of the call itself, and of those that returned it. */
  readonly tickets: Ticket[];
  /** Whether it waits for room, with its arguments. Not while it waits for an equal call, which may need others first. */
  isWaiting: boolean;
  readonly sinceMs: number;
  /** The artifacts that it was given, with their versions. */
  readonly artifacts: Json | undefined;
}

export interface RunMemoryOptions {
  readonly engine: CallCache;
  /** Whether calls are remembered that do not say so. */
  readonly all: boolean;
  readonly metadata: readonly MetadataHook[];
  /** Whether calls that are remembered are computed anew. */
  readonly refreshes: boolean;
  /** Whether calls run in this thread. */
  readonly isHere: boolean;
  /** Whether arguments may name artifacts: then a value may be of more than the arguments as they are written. */
  readonly hasSource: boolean;
}

export class RunMemory {
  readonly #engine: CallCache;
  readonly #all: boolean;
  readonly #caller: Caller;
  /** Enters what is computed anew. */
  readonly #forced: Caller;
  readonly #rerun: Rerun | undefined;
  readonly #hasSource: boolean;
  readonly #log: RunLog;
  readonly #rows = new Map<number, Remembered>();
  /** How many were looked for in vain, and wait for room. */
  #waiting = 0;
  /** How many calls have returned graphs: who waits for those waits for what they need. */
  #forwarded = 0;
  #isOver = false;
  /** Whether the value of the graph may be another one the next time. */
  #isTainted = false;

  constructor({ engine, all, metadata, refreshes, isHere, hasSource }: RunMemoryOptions, log: RunLog) {
    this.#engine = engine;
    this.#all = all;
    this.#hasSource = hasSource;
    this.#log = log;
    const around = surroundings();
    const { computing, rerun } = around;
    const isInside = isInsideCall(around);
    this.#caller = {
      owner: this,
      run: log.id,
      metadata,
      isInside: () => isInside || this.#forwarded > 0,
      isOver: () => this.#isOver,
      isUnseen: isHere,
      // The function that the run is inside of waits for it.
      ...(computing === undefined
        ? {}
        : { waitsFor: (computedBy: object) => computing.waitsInside(computedBy) }),
    };
    this.#rerun = refreshes ? new Rerun() : rerun;
    this.#forced = { ...this.#caller, isForced: true };
  }

  /** How many calls have their arguments, and wait for room. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether the value of a call is to be remembered. */
  remembers = ({ task, hints: { cache } }: Call): boolean =>
    task.builtin === undefined &&
    // It remembers by itself, where it is run.
    task.carries === undefined &&
    cache !== false &&
    (cache !== undefined || this.#all);

  /** Whether a call is to be looked up before it is run. */
  isToLookUp(row: number, call: Call): boolean {
    return this.remembers(call) && !this.#rows.has(row);
  }

  /**
   * Looks for a call. `undefined` if it is to be run when there is room.
   *
   * @param artifacts - those among its arguments, with their versions, if there are any
   */
  lookUp(
    row: number,
    call: Call,
    args: readonly unknown[],
    artifacts: Json | undefined,
  ): MaybePromise<Entered | undefined> {
    const key = this.#engine.keyOf(call.task, call.hints, args);
    const isKeyed = !(key instanceof NotKeyed);
    const keyed = isKeyed
      ? { key, core: call.task, hints: call.hints, caller: this.#callerOf(key.digest, artifacts) }
      : undefined;
    const sinceMs = this.#engine.parts.clock.epochMs();
    this.#rows.set(row, { keyed, args, artifacts, tickets: [], isWaiting: true, sinceMs });
    this.#waiting++;
    if (keyed !== undefined) return this.#engine.peek(keyed);
    this.#isTainted = true;
    this.#engine.parts.trouble(`remember the result of task '${call.task.name}'`, key);
    return undefined;
  }

  /** Each call is computed anew once. */
  #callerOf(key: Digest, artifacts: Json | undefined): Caller {
    const caller = this.#rerun?.forces(key) === true ? this.#forced : this.#caller;
    if (artifacts === undefined) return caller;
    return { ...caller, metadata: [...caller.metadata, { name: 'artifacts', before: () => artifacts }] };
  }

  /**
   * Enters a call for which there is room. `undefined` if it is to be run.
   *
   * @param onWait - told when it begins to wait for an equal one, so that others may be looked up meanwhile
   */
  enter(row: number, onWait: () => void): MaybePromise<Entered> | undefined {
    const remembered = this.#rows.get(row);
    if (remembered?.keyed === undefined || remembered.tickets.length > 0) return undefined;
    const { keyed } = remembered;
    return this.#engine.enter(
      { ...keyed, caller: this.#callerOf(keyed.key.digest, remembered.artifacts) },
      () => {
        if (!remembered.isWaiting) return;
        this.#setWaiting(remembered, false);
        onWait();
      },
    );
  }

  #setWaiting(remembered: Remembered, isWaiting: boolean): void {
    if (remembered.isWaiting === isWaiting) return;
    remembered.isWaiting = isWaiting;
    this.#waiting += isWaiting ? 1 : -1;
  }

  /** A call is to be run: gets what that gives the right to. */
  accept(row: number, entered: Entered | undefined): void {
    const remembered = this.#rows.get(row);
    if (remembered?.args !== undefined) this.#setWaiting(remembered, true);
    if (entered?.is !== 'compute') return;
    if (remembered === undefined) entered.ticket.abandon();
    else remembered.tickets.push(entered.ticket);
  }

  /** The run is over, or the call was given up, when it was entered at last. */
  refuse(entered: Entered | undefined): void {
    if (entered?.is === 'compute') entered.ticket.abandon();
  }

  /** Gives the arguments that a call was looked up with, once. It waits for room no more. */
  takeArguments(row: number): readonly unknown[] | undefined {
    const remembered = this.#rows.get(row);
    const args = remembered?.args;
    if (remembered === undefined || args === undefined) return undefined;
    remembered.args = undefined;
    this.#setWaiting(remembered, false);
    return args;
  }

  /** Starts a call, where what it calls in this thread is told that it is waited for. */
  around<T>(start: () => T): T {
    return this.#caller.isUnseen === true ? withSurroundings({ isInside: true }, start) : start();
  }

  /** A call has returned a graph, and waits for it. */
  forwarded(row: number): void {
    this.#forwarded++;
    const tickets = this.#rows.get(row)?.tickets ?? [];
    for (const ticket of tickets) {
      // Its value depends on the artifacts that the graph names, which are not among its arguments; the graph's calls are kept.
      if (this.#hasSource) ticket.abandon();
      else ticket.forwarded();
    }
    if (this.#hasSource) tickets.length = 0;
  }

  /** The value of one call will be that of another that waits for the same. */
  replace(row: number, waiting: number): void {
    const gone = this.#rows.get(row);
    if (gone === undefined) return;
    this.#rows.delete(row);
    const kept = this.#rows.get(waiting);
    if (kept === undefined) this.#rows.set(waiting, { ...gone, keyed: undefined });
    else for (const ticket of gone.tickets) kept.tickets.push(ticket);
  }

  /** A call was found. */
  found(row: number, { how, key }: Extract<Entered, { how: unknown }>, call: Call): void {
    const startedMs = this.#rows.get(row)?.sinceMs ?? this.#engine.parts.clock.epochMs();
    this.takeArguments(row);
    this.#rows.delete(row);
    this.#note(key, call.task.name, how, startedMs);
  }

  /** Whether the value of a call is to be remembered. */
  keepsValueOf(row: number): boolean {
    return this.#rows.has(row);
  }

  /** A call has its value. It is remembered as it is now. */
  settled(row: number, value: unknown): void {
    if (failed(value)) this.#isTainted = true;
    const remembered = this.#rows.get(row);
    if (remembered === undefined) return;
    this.#rows.delete(row);
    for (const ticket of remembered.tickets) {
      ticket.succeed(value);
      this.#rerun?.computed(ticket.key);
      this.#note(ticket.key, ticket.task, 'computed', ticket.startedMs);
    }
  }

  failed(row: number, failure: Omit<AttemptFailure, 'is'>): void {
    const remembered = this.#rows.get(row);
    if (remembered === undefined) return;
    this.takeArguments(row);
    this.#rows.delete(row);
    for (const ticket of remembered.tickets) {
      ticket.fail(failure);
      this.#note(ticket.key, ticket.task, 'failed', ticket.startedMs);
    }
  }

  #note(
    key: Digest,
    task: string,
    how: 'computed' | 'failed' | 'attached' | 'retrieved',
    startedMs: number,
  ): void {
    const durationMs = this.#engine.parts.clock.epochMs() - startedMs;
    this.#log.add({ key, task, how, startedMs, durationMs });
  }

  /** The run is over: what it still computes, nobody waits for. */
  close(): void {
    this.#isOver = true;
    for (const { tickets } of this.#rows.values()) for (const ticket of tickets) ticket.abandon();
    this.#rows.clear();
  }

  /** What the whole graph below a call is remembered as; `undefined` if only its calls are. */
  graph(target: Call): KeyedCall | undefined {
    // What arguments name is not known yet.
    if (this.#hasSource) return undefined;
    if (target.needs.length === 0 && this.remembers(target)) return undefined;
    const key = graphKeyOf(target, this.#engine.parts.keys, this.remembers);
    return key === undefined
      ? undefined
      : graphCall(key, target, this.#rerun === undefined ? this.#caller : this.#forced);
  }

  /** Looks for the value of a whole graph. */
  async findGraph(graph: KeyedCall): Promise<Extract<Entered, { is: 'success' }> | undefined> {
    const found = await this.#engine.peek(graph);
    return found?.is === 'success' ? found : undefined;
  }

  /** The value of the whole graph was found. */
  foundGraph({ key, how }: Extract<Entered, { how: unknown }>, target: Call): void {
    this.#note(key, target.task.name, how, this.#engine.parts.clock.epochMs());
  }

  /** The run has its value: remembers it for the whole graph. */
  keepGraph(graph: KeyedCall, value: unknown): void {
    if (!this.#isTainted) this.#engine.keepGraph(graph, value);
  }

  /** Waits until all is kept. */
  async end(is: 'success' | 'failure' | 'cancelled'): Promise<void> {
    this.close();
    this.#log.end(is);
    await this.#engine.flush();
  }
}
