/**
 * What has changed in the columns of calls since a revision, as bytes: sent to browsers, and kept in reports.
 *
 * A frame is a number (the length of the head, 4 bytes, little endian), the head as JSON, zeros up to a multiple of 8, and the
 * columns one after the other, each at a multiple of 8, in the byte order of all common machines. Frames since revision 0 hold
 * all. One that was applied twice, or after a later one of the same run, changes nothing that matters: rows are told as they
 * are, not how they came to be so.
 */

import type { CallColumns, CallWords, FailedAttempt } from './call-columns.ts';
import { callState } from './call-state.ts';

/** Grows when readers have to know. */
const frameVersion = 1;

/** What a frame says before the columns. */
interface FrameHead {
  readonly version: number;
  /** The revision that the reader was at, and the one it is at then. */
  readonly since: number;
  readonly revision: number;
  readonly count: number;
  readonly lanes: number;
  readonly dropped: number;
  /** Times are numbers of so many milliseconds, plus 1; 0 stands for what has not happened. */
  readonly unitMs: number;
  /** Whether all rows from 0 on are told, so that they need not be numbered. */
  readonly isAll: boolean;
  readonly rows: number;
  readonly needs: number;
  /** The index of the first task that is told, and from it on the names; heddle's own are marked. */
  readonly tasksFrom: number;
  readonly tasks: readonly (readonly [name: string, builtin: 0 | 1])[];
  readonly words: readonly (readonly [row: number, words: CallWords])[];
  readonly failures: readonly (readonly [row: number, failures: readonly FailedAttempt[]])[];
}

/** Zero is no time, and the highest number is left free. */
const mostTicks = 2 ** 32 - 3;

/** Writes what has changed after `since`, and ends the revision. */
export function encodeFrame(columns: CallColumns, since: number): Uint8Array<ArrayBuffer> {
  const revision = columns.nextRevision();
  const rows = columns.changedSince(since);
  const isAll = rows.length === columns.count;
  const unitMs = unitFor(columns, rows);
  const tasksFrom = firstAfter(columns, since);
  const words: [number, CallWords][] = [];
  const failures: [number, readonly FailedAttempt[]][] = [];
  let needs = 0;
  for (const row of rows) {
    if ((columns.bornRev[row] as number) > since) needs += columns.needsCount[row] as number;
    const said = columns.wordsOf(row);
    if (hasAny(said)) words.push([row, said]);
    const failed = columns.failuresOf(row);
    if (failed.length > 0) failures.push([row, failed.map((one) => timedIn(one, unitMs))]);
  }
  const head: FrameHead = {
    version: frameVersion,
    since,
    revision,
    count: columns.count,
    lanes: columns.lanes,
    dropped: columns.dropped,
    unitMs,
    isAll,
    rows: rows.length,
    needs,
    tasksFrom,
    tasks: columns.tasks.slice(tasksFrom).map(({ name, builtin }) => [name, builtin ? 1 : 0]),
    words,
    failures,
  };
  const text = new TextEncoder().encode(JSON.stringify(head));
  const bodyAt = padded(4 + text.length);
  const bytes = new Uint8Array(new ArrayBuffer(bodyAt + bodyLength(head)));
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  const body = bodyOf(bytes.buffer, bodyAt, head);
  let needsAt = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as number;
    body.rows[at] = row;
    body.task[at] = columns.task[row] as number;
    body.state[at] = columns.state[row] as number;
    body.attempts[at] = columns.attempts[row] as number;
    body.lane[at] = columns.lane[row] as number;
    body.added[at] = ticksOf(columns.addedMs[row] as number, unitMs);
    body.start[at] = ticksOf(columns.startMs[row] as number, unitMs);
    body.end[at] = ticksOf(columns.endMs[row] as number, unitMs);
    if ((columns.bornRev[row] as number) <= since) continue;
    const needed = columns.needsOf(row);
    body.needsCount[at] = needed.length;
    body.needs.set(needed, needsAt);
    needsAt += needed.length;
  }
  return bytes;
}

/**
 * Applies a frame to columns that are at its `since`, or later.
 *
 * @returns the revision to ask for next
 * @throws {RangeError} If it is no frame, or of another version.
 */
export function applyFrame(columns: CallColumns, bytes: Uint8Array<ArrayBuffer>): number {
  const length = bytes.length < 4 ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (length < 0 || 4 + length > bytes.length)
    throw new RangeError(`Cannot read a frame of calls as it is cut: received ${bytes.length} bytes`);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as FrameHead;
  if (head.version !== frameVersion)
    throw new RangeError(
      `Cannot read a frame of calls as its version is not ${frameVersion}: received ${head.version}`,
    );
  // Columns are views, which have to begin at multiples of their elements' size.
  const from = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const bodyAt = padded(4 + length);
  if (from.length < bodyAt + bodyLength(head))
    throw new RangeError(`Cannot read a frame of calls as it is cut: received ${bytes.length} bytes`);
  const body = bodyOf(from.buffer, from.byteOffset + bodyAt, head);
  for (const [name, builtin] of head.tasks) columns.taskIndex(name, builtin === 1);
  columns.ensure(head.count - 1);
  columns.lanes = head.lanes;
  columns.dropped = head.dropped;
  let needsAt = 0;
  for (let at = 0; at < head.rows; at++) {
    const row = head.isAll ? at : (body.rows[at] as number);
    const needed = body.needs.subarray(needsAt, (needsAt += body.needsCount[at] as number));
    if (columns.state[row] === callState.absent)
      columns.add(row, body.task[at] as number, msOf(body.added[at] as number, head.unitMs), needed);
    columns.state[row] = body.state[at] as number;
    columns.attempts[row] = body.attempts[at] as number;
    columns.lane[row] = body.lane[at] as number;
    columns.startMs[row] = msOf(body.start[at] as number, head.unitMs);
    columns.endMs[row] = msOf(body.end[at] as number, head.unitMs);
    columns.touch(row);
  }
  for (const [row, said] of head.words) columns.say(row, said);
  for (const [row, failed] of head.failures) columns.setFailures(row, failed);
  columns.nextRevision();
  return head.revision;
}

interface Body {
  readonly added: Uint32Array;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly rows: Uint32Array;
  readonly task: Uint32Array;
  readonly needsCount: Uint32Array;
  readonly needs: Uint32Array;
  readonly lane: Int32Array;
  readonly attempts: Uint16Array;
  readonly state: Uint8Array;
}

/** Elements of each column: of all rows there are no numbers. */
function lengthsOf({
  rows,
  needs,
  isAll,
}: FrameHead): readonly [name: keyof Body, bytes: number, length: number][] {
  return [
    ['added', 4, rows],
    ['start', 4, rows],
    ['end', 4, rows],
    ['rows', 4, isAll ? 0 : rows],
    ['task', 4, rows],
    ['needsCount', 4, rows],
    ['needs', 4, needs],
    ['lane', 4, rows],
    ['attempts', 2, rows],
    ['state', 1, rows],
  ];
}

function bodyLength(head: FrameHead): number {
  return lengthsOf(head).reduce((sum, [, bytes, length]) => sum + padded(bytes * length), 0);
}

function bodyOf(buffer: ArrayBuffer, from: number, head: FrameHead): Body {
  const body: Partial<Record<keyof Body, unknown>> = {};
  let at = from;
  for (const [name, bytes, length] of lengthsOf(head)) {
    const Kind =
      name === 'lane' ? Int32Array : bytes === 4 ? Uint32Array : bytes === 2 ? Uint16Array : Uint8Array;
    body[name] = new Kind(buffer, at, length);
    at += padded(bytes * length);
  }
  return body as unknown as Body;
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

/** The finest unit, from a microsecond on, in which all times fit. */
function unitFor(columns: CallColumns, rows: Uint32Array): number {
  let latest = 0;
  for (const row of rows) {
    const endMs = columns.endMs[row] as number;
    const startMs = columns.startMs[row] as number;
    const addedMs = columns.addedMs[row] as number;
    if (endMs > latest) latest = endMs;
    if (startMs > latest) latest = startMs;
    if (addedMs > latest) latest = addedMs;
  }
  let unitMs = 0.001;
  while (latest / unitMs > mostTicks) unitMs *= 10;
  return unitMs;
}

/** The last attempt is known by its start, which the columns have in units. */
function timedIn(failed: FailedAttempt, unitMs: number): FailedAttempt {
  const { startMs, endMs } = failed;
  if (startMs === undefined || endMs === undefined) return failed;
  const inUnits = (ms: number): number => msOf(ticksOf(ms, unitMs), unitMs);
  return { ...failed, startMs: inUnits(startMs), endMs: inUnits(endMs) };
}

/** Times before the start are not told: clocks may be set. */
function ticksOf(ms: number, unitMs: number): number {
  return Number.isNaN(ms) ? 0 : Math.max(0, Math.round(ms / unitMs)) + 1;
}

function msOf(ticks: number, unitMs: number): number {
  return ticks === 0 ? Number.NaN : (ticks - 1) * unitMs;
}

function firstAfter({ tasks }: CallColumns, revision: number): number {
  let first = tasks.length;
  while (first > 0 && (tasks[first - 1]?.rev as number) > revision) first--;
  return first;
}

function hasAny(words: CallWords): boolean {
  for (const _ in words) return true;
  return false;
}
