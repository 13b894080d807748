/**
 * Values whose buffers are moved to where they are sent, not copied.
 *
 * A value is marked, not wrapped, so that it keeps its type and can be used as it is where nothing is sent.
 */

import { copyValue } from './copy.ts';
import { isPlainTree } from './plain-tree.ts';

/** What can be moved: an `ArrayBuffer`, a `MessagePort`, a stream, … */
export type Movable = NonNullable<NonNullable<Parameters<typeof structuredClone>[1]>['transfer']>[number];

/** Shared by all copies of the library; made when it is needed. */
const marksKey = Symbol.for('heddle.moved');
const holder = globalThis as { [marksKey]?: WeakMap<object, readonly Movable[]> };

/**
 * Marks an argument or a result of a call, so that its memory is moved to the worker or back, in no time, and not
 * copied. Whoever hands it over has it no more: its buffers are empty from then on, wherever the call runs.
 *
 * - **Where:** for `submit` and `map` of pools and executors, and for what a task returns in a worker. Arguments of
 *   calls in graphs are copied all the same, since several calls may need them.
 * - **Processes** have no memory in common: there it is a copy.
 * - **Cost:** a call with such an argument travels alone. It is not repeated, since its argument is gone.
 *
 * @param value - plain data, as an argument or a result as a whole, not a part of one
 * @param list - what of it is moved; if left out, all `ArrayBuffer`s in it, but those of Node's `Buffer`s, which may be
 *   shared with others
 * @returns the same value, marked. Whoever hands it over a second time is refused, by a `TypeError`.
 *
 * @example
 * ```ts
 * import { openPool, tasks, transfer } from 'heddle';
 * const { invert } = tasks(import.meta, {
 *   invert: (pixels: Uint8Array) => transfer(pixels.map((level) => 255 - level)),
 * });
 * if (import.meta.main) {
 *   const pool = openPool(invert);
 *   const pixels = new Uint8Array(1_000_000);
 *   const inverted = await pool.submit(transfer(pixels));
 *   assert.equal(inverted[0], 255);
 *   assert.equal(pixels.length, 0);                        // it has gone to the worker
 *   await pool.dispose();
 * }
 * ```
 */
export function transfer<Value extends object>(value: Value, list?: readonly Movable[]): Value {
  holder[marksKey] ??= new WeakMap();
  holder[marksKey].set(value, list ?? buffersIn(value));
  return value;
}

/** What of a value is moved; `undefined` if it is not marked. */
export function movedWith(value: unknown): readonly Movable[] | undefined {
  const marks = holder[marksKey];
  if (marks === undefined || typeof value !== 'object' || value === null) return undefined;
  return marks.get(value);
}

/** What of values that are sent together is moved. */
export function movedWithAll(values: readonly unknown[]): Movable[] | undefined {
  if (holder[marksKey] === undefined) return undefined;
  let list: Set<Movable> | undefined;
  for (const value of values) {
    for (const part of movedWith(value) ?? []) (list ??= new Set()).add(part);
  }
  return list === undefined ? undefined : [...list];
}

/** Arguments that nobody else has any more. */
export interface MovedOut {
  readonly args: readonly unknown[];
  readonly moves: readonly Movable[];
}

/**
 * Takes arguments of which some are to be moved away from whoever has them; the others are copied.
 *
 * @returns `undefined` if none is to be moved
 * @throws {TypeError} If one that is to be moved is not plain data, or was moved before.
 * @throws {DOMException} If it holds what cannot be moved.
 */
export function moveOut(args: readonly unknown[]): MovedOut | undefined {
  const list = movedWithAll(args);
  if (list === undefined) return undefined;
  if (list.some((part) => part instanceof ArrayBuffer && part.detached)) {
    throw new TypeError(
      'Cannot move memory that was moved before: received a buffer that is empty since then',
    );
  }
  const marked = args.map((arg) => (movedWith(arg) === undefined ? undefined : arg));
  marked.forEach((arg, index) => {
    if (isPlainTree(arg) || list.includes(arg as Movable)) return;
    throw new TypeError(
      `Cannot move args[${index}] as it holds more than plain data\n  move its buffers alone`,
    );
  });
  const [own, moves] = structuredClone([marked, list] as const, { transfer: list as never });
  return {
    args: args.map((arg, index) => (marked[index] === undefined ? copyValue(arg) : own[index])),
    moves,
  };
}

function buffersIn(root: unknown): Movable[] {
  const buffers = new Set<ArrayBuffer>();
  const seen = new Set<unknown>();
  const places = [root];
  for (let next = places.pop(); next !== undefined; next = places.pop()) {
    if (typeof next !== 'object' || next === null || seen.has(next) || next instanceof Buffer) continue;
    seen.add(next);
    const buffer = ArrayBuffer.isView(next) ? next.buffer : next;
    if (buffer instanceof ArrayBuffer) buffers.add(buffer);
    else if (next instanceof Map) places.push(...next.keys(), ...next.values());
    else if (next instanceof Set) places.push(...next);
    else if (!ArrayBuffer.isView(next)) places.push(...Object.values(next));
  }
  return [...buffers];
}
