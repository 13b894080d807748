/**
 * All calls of one run as columns: what a timeline, a graph and a table are drawn from, in a server and in a browser alike.
 *
 * A call's row is its number in the run, which runs give without gaps. Every change of a row is stamped with the revision in
 * which it happened, so that whoever knows the columns as they were can be told the difference: see `call-frame.ts`.
 *
 * **Cost**: some 50 bytes a call and 4 for each need; texts and failures besides, which are bounded. O(1) a change.
 */

import { callState } from './call-state.ts';

/** One attempt that failed. */
export interface FailedAttempt {
  /** Counted from 1. */
  readonly attempt: number;
  /** Stable, such as `threw`, `timed-out`. */
  readonly reason: string;
  /** One line. */
  readonly summary: string;
  /** Where and when it ran, in milliseconds since the start of the run; missing if it never began. */
  readonly lane?: number;
  readonly startMs?: number;
  readonly endMs?: number;
}

/** What is known of a call in words. */
export interface CallWords {
  /** What the task's `display` hint says. */
  readonly text?: string;
  /** The call with its arguments in short. */
  readonly shown?: string;
  /** Its value in short. */
  readonly value?: string;
  /** What it is doing, as it has told itself. */
  readonly note?: string;
  readonly done?: number;
  readonly total?: number;
  /** When the next attempt is due, in milliseconds since the start of the run. */
  readonly retryAtMs?: number;
}

/** A task, as rows refer to it. */
export interface ColumnTask {
  readonly name: string;
  /** Whether it is one of heddle's own. */
  readonly builtin: boolean;
  /** The revision in which it appeared. */
  readonly rev: number;
}

/** Words that are kept, in characters: of the calls that came last (arbitrary: as much as half a million short texts). */
const mostCharacters = 16 * 2 ** 20;
/** Calls of which failures are told in words (arbitrary: more than anybody reads). */
const mostFailures = 10_000;
/** Rows whose latest change is known together, so that few rows are looked at to find what has changed. */
export const rowsOfChunk = 1024;

const none: Readonly<CallWords> = Object.freeze({});

/** Columns by row; what is not there yet has the state `absent`. Arrays are longer than `count`. */
export class CallColumns {
  /** One more than the highest row. */
  count = 0;
  /** Stamped on what changes; see {@link nextRevision}. */
  revision = 1;
  /** How many calls were not taken in, as they are too many. */
  dropped = 0;
  /** The highest lane, and one. */
  lanes = 0;
  readonly tasks: ColumnTask[] = [];
  readonly #taskOf = new Map<string, number>();

  /** Index into `tasks`. */
  task: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  /** One of `callState`. */
  state: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** How often it was started. */
  attempts: Uint16Array<ArrayBuffer> = new Uint16Array(0);
  /** Where it ran, the last time; -1 if it did not, or takes no room. */
  lane: Int32Array<ArrayBuffer> = new Int32Array(0);
  /** Milliseconds since the start of the run, as are the others; `NaN` for what has not happened. */
  addedMs: Float64Array<ArrayBuffer> = new Float64Array(0);
  /** Of the last attempt. */
  startMs: Float64Array<ArrayBuffer> = new Float64Array(0);
  /** When the last attempt, or the call, ended. */
  endMs: Float64Array<ArrayBuffer> = new Float64Array(0);
  /** The revision of the last change. */
  rev: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  /** The revision in which the row appeared. */
  bornRev: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  /** Of each {@link rowsOfChunk} rows, the latest change. */
  chunkRev: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  /** Where the needs of a row begin in `needs`, and how many they are. */
  needsAt: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  needsCount: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  /** Rows, one after the other. */
  needs: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  needsLength = 0;

  readonly #words = new Map<number, CallWords>();
  #characters = 0;
  readonly #failures = new Map<number, readonly FailedAttempt[]>();
  readonly #mostRows: number;

  /** @param mostRows - calls with a higher number are only counted */
  constructor(mostRows: number = 2 ** 24) {
    this.#mostRows = mostRows;
  }

  /** Makes the row of a call that is not known yet. @returns whether there is one now */
  ensure(row: number): boolean {
    if (row < this.count) return true;
    if (!(row < this.#mostRows)) return false;
    if (row >= this.state.length) this.#grow(row + 1);
    this.count = row + 1;
    return true;
  }

  /** The index of a task, which is added if it is new. */
  taskIndex(name: string, builtin: boolean): number {
    let index = this.#taskOf.get(name);
    if (index === undefined) {
      index = this.tasks.length;
      this.tasks.push({ name, builtin, rev: this.revision });
      this.#taskOf.set(name, index);
    }
    return index;
  }

  /** Sets what a row is from its first moment on, once. */
  add(row: number, task: number, addedMs: number, needs: ArrayLike<number>): void {
    this.task[row] = task;
    this.state[row] = callState.waiting;
    this.addedMs[row] = addedMs;
    this.bornRev[row] = this.revision;
    this.needsAt[row] = this.needsLength;
    this.needsCount[row] = needs.length;
    const length = this.needsLength + needs.length;
    if (length > this.needs.length) this.needs = longer(this.needs, length);
    for (let at = 0; at < needs.length; at++) this.needs[this.needsLength + at] = needs[at] as number;
    this.needsLength = length;
    this.touch(row);
  }

  /** Stamps a row that has changed. */
  touch(row: number): void {
    this.rev[row] = this.revision;
    this.chunkRev[row >> 10] = this.revision;
  }

  /** Ends a revision: what changes from now on is told apart. @returns the one that has ended */
  nextRevision(): number {
    return this.revision++;
  }

  /** The rows that one needs. */
  needsOf(row: number): Uint32Array {
    const at = this.needsAt[row] ?? 0;
    return this.needs.subarray(at, at + (this.needsCount[row] ?? 0));
  }

  isBuiltin(row: number): boolean {
    return this.tasks[this.task[row] as number]?.builtin === true;
  }

  taskName(row: number): string {
    return this.tasks[this.task[row] as number]?.name ?? '';
  }

  wordsOf(row: number): CallWords {
    return this.#words.get(row) ?? none;
  }

  /** Adds to what is known of a call in words. What is known of others is forgotten, oldest first, if it becomes too much. */
  say(row: number, more: CallWords): void {
    const before = this.#words.get(row);
    const words = { ...before, ...more };
    if (before !== undefined) this.#characters -= lengthOf(before);
    this.#characters += lengthOf(words);
    this.#words.set(row, words);
    if (this.#characters <= mostCharacters) return;
    for (const [oldest, forgotten] of this.#words) {
      if (this.#characters <= mostCharacters) break;
      this.#words.delete(oldest);
      this.#characters -= lengthOf(forgotten);
    }
  }

  failuresOf(row: number): readonly FailedAttempt[] {
    return this.#failures.get(row) ?? [];
  }

  /** Notes what is told of failed attempts of a call, instead of what was. */
  setFailures(row: number, failures: readonly FailedAttempt[]): void {
    if (this.#failures.size < mostFailures || this.#failures.has(row)) this.#failures.set(row, failures);
  }

  /** The rows that have changed after a revision, in order. */
  changedSince(revision: number): Uint32Array {
    let rows = new Uint32Array(rowsOfChunk);
    let found = 0;
    for (let from = 0; from < this.count; from += rowsOfChunk) {
      if ((this.chunkRev[from >> 10] as number) <= revision) continue;
      const to = Math.min(this.count, from + rowsOfChunk);
      if (found + rowsOfChunk > rows.length) rows = longer(rows, found + rowsOfChunk);
      for (let row = from; row < to; row++) if ((this.rev[row] as number) > revision) rows[found++] = row;
    }
    return rows.subarray(0, found);
  }

  #grow(rows: number): void {
    this.task = longer(this.task, rows);
    this.state = longer(this.state, rows);
    this.attempts = longer(this.attempts, rows);
    this.lane = longer(this.lane, rows, -1);
    this.addedMs = longer(this.addedMs, rows, Number.NaN);
    this.startMs = longer(this.startMs, rows, Number.NaN);
    this.endMs = longer(this.endMs, rows, Number.NaN);
    this.rev = longer(this.rev, rows);
    this.bornRev = longer(this.bornRev, rows);
    this.needsAt = longer(this.needsAt, rows);
    this.needsCount = longer(this.needsCount, rows);
    this.chunkRev = longer(this.chunkRev, Math.ceil(this.state.length / rowsOfChunk));
  }
}

type Column =
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** A column of at least this length, with the same beginning. It doubles, so that each row is copied a few times at most. */
function longer<C extends Column>(column: C, length: number, fill = 0): C {
  const next = new (column.constructor as new (length: number) => C)(
    Math.max(length, 2 * column.length, rowsOfChunk),
  );
  next.set(column as never);
  if (fill !== 0) next.fill(fill, column.length);
  return next;
}

function lengthOf({ text, shown, value, note }: CallWords): number {
  return (text?.length ?? 0) + (shown?.length ?? 0) + (value?.length ?? 0) + (note?.length ?? 0);
}
