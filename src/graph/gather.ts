/**
 * Many delayed values as one.
 */

import { siteAbove } from '../base/site.ts';
import { findInside } from '../codec/find.ts';
import { buildCall } from '../task/build-call.ts';
import { coreOfBuiltin } from '../task/builtin.ts';
import { isDelayed } from '../task/delayed.ts';
import type { TaskCore } from '../task/task-core.ts';
import type { Delayed, DelayedMark, Value } from '../task/types.ts';

const gatherCore: TaskCore = coreOfBuiltin('gather', (items: readonly unknown[]) => items, {
  takesList: true,
});
const liftCore: TaskCore = coreOfBuiltin('lift', (data: unknown) => data);
const unpackCore: TaskCore = coreOfBuiltin('unpack', unpackAt, { reads: true });

/**
 * Makes one delayed list of many values, delayed or not. Order: that of the arguments.
 *
 * @example
 * ```ts
 * import { delay, gather, run } from 'heddle';
 * assert.deepEqual(await run(gather(delay(1), 2, delay('three'))), [1, 2, 'three']);
 * ```
 */
export function gather<Items extends readonly unknown[]>(
  ...items: Items
): Delayed<{ -readonly [Key in keyof Items]: Value<Items[Key]> }> {
  return buildCall(gatherCore, items, siteAbove(gather)) as Delayed<{
    -readonly [Key in keyof Items]: Value<Items[Key]>;
  }>;
}

/**
 * Makes one delayed list of all values that an iterable gives, delayed or not. Order: that of the
 * iterable, which is read to its end now.
 *
 * @example
 * ```ts
 * import { delay, gatherAll, run } from 'heddle';
 * assert.deepEqual(await run(gatherAll([1, 2, 3].map((x) => delay(x)))), [1, 2, 3]);
 * ```
 */
export function gatherAll<Item>(items: Iterable<Item>): Delayed<Value<Item>[]> {
  return buildCall(gatherCore, [...items], siteAbove(gatherAll)) as Delayed<Value<Item>[]>;
}

/**
 * Makes one delayed object of many values, delayed or not, under their names.
 *
 * @example
 * ```ts
 * import { delay, gatherObject, run } from 'heddle';
 * assert.deepEqual(await run(gatherObject({ a: delay(1), b: 2 })), { a: 1, b: 2 });
 * ```
 */
export function gatherObject<Members extends Readonly<Record<string, unknown>>>(
  members: Members,
): Delayed<{ -readonly [Key in keyof Members]: Value<Members[Key]> }> {
  return buildCall(liftCore, [members], siteAbove(gatherObject)) as Delayed<{
    -readonly [Key in keyof Members]: Value<Members[Key]>;
  }>;
}

/** What `lift` makes of data: data without a delayed part stays as it is. */
export type Lifted<T> = Value<T> extends T ? (T extends Value<T> ? T : Delayed<Value<T>>) : Delayed<Value<T>>;

/**
 * Makes one delayed value of data in which parts are delayed, at any depth: arrays, plain objects,
 * `Map`s and `Set`s, also cyclic ones. It is one call, however much there is in it.
 *
 * Data without a delayed part, and a delayed value, are given back as they are.
 *
 * @throws {TypeError} If a delayed value is inside an instance of a class, naming the way to it.
 *
 * @example
 * ```ts
 * import { delay, lift, run } from 'heddle';
 * const sizes = lift({ total: delay(7), byName: new Map([['a', delay(3)], ['b', delay(4)]]) });
 * assert.equal((await run(sizes)).byName.get('b'), 4);
 * ```
 */
export function lift<T>(data: T): Lifted<T> {
  const holdsDelayed =
    !isDelayed(data) && findInside(data, isDelayed, { most: Number.POSITIVE_INFINITY }) !== undefined;
  return (holdsDelayed ? buildCall(liftCore, [data], siteAbove(lift)) : data) as Lifted<T>;
}

/** A list of `Length` items. */
type ListOf<Item, Length extends number, Made extends Item[] = []> = number extends Length
  ? Item[]
  : Made['length'] extends Length
    ? Made
    : ListOf<Item, Length, [...Made, Item]>;

/** The elements of a delayed list: each as its own type for a tuple. */
export type Unpacked<List extends readonly unknown[], Length extends number> = number extends List['length']
  ? ListOf<Delayed<List[number]>, Length>
  : { -readonly [Key in keyof List]: Delayed<List[Key]> };

/**
 * Takes a delayed list of known length apart, for `const [a, b] = unpack(pair, 2)`.
 *
 * The run fails if the list is shorter.
 *
 * @param length - how many elements to give; an integer, at least 0
 * @throws {RangeError} If `length` is no such integer.
 *
 * @example
 * ```ts
 * import { run, task, unpack } from 'heddle';
 * const divmod = task((a: number, b: number): [number, number] => [Math.floor(a / b), a % b]);
 * const [quotient, rest] = unpack(divmod(17, 5), 2);
 * assert.deepEqual(await run([quotient, rest]), [3, 2]);
 * ```
 */
export function unpack<const List extends readonly unknown[], const Length extends number>(
  list: DelayedMark<List>,
  length: Length,
): Unpacked<List, Length> {
  if (!Number.isInteger(length) || length < 0) {
    throw new RangeError(
      `Cannot unpack a list as 'length' must be an integer, at least 0: received ${length}`,
    );
  }
  const elements = Array.from({ length }, (_, index) =>
    buildCall(unpackCore, [list, index, length], siteAbove(unpack)),
  );
  return elements as unknown as Unpacked<List, Length>;
}

function unpackAt(list: readonly unknown[], index: number, length: number): unknown {
  if (list.length < length) {
    throw new RangeError(`Cannot unpack ${length} elements as the list is shorter: received ${list.length}`);
  }
  return list[index];
}
