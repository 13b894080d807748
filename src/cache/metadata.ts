/**
 * What is noted of calls besides their values: by hooks, asked before and after each call that is computed.
 *
 * Notes are plain JSON, so that every program can read them. Leaves to others what is noted: `src/cache/notes/` has hooks.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { isPlainObject } from '../base/plain.ts';
import type { Json } from '../codec/json-writer.ts';
import type { HookDescriptor } from './carried-hook.ts';

/** The call of which something is noted. */
export interface NotedCall {
  readonly digest: string;
  /** The name of the task. */
  readonly task: string;
  readonly run: string | undefined;
  readonly kind: 'call' | 'graph';
}

/**
 * Notes something of each call that is computed. What it notes is kept with the record, under its name; of several with one
 * name, whose notes are records, all members are kept, the last of each name.
 *
 * It is asked in the process that holds the cache, and is not waited for. What it throws, or what is no JSON, is told as
 * trouble of the cache, and changes nothing.
 *
 * @example
 * ```ts
 * import { type MetadataHook, openCache, run, task, tasks } from 'heddle';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * const heap: MetadataHook = { name: 'heap', after: () => ({ bytes: process.memoryUsage().heapUsed }) };
 * await using cache = await openCache(':memory:', { metadata: [heap] });
 * await run(square(3), { cache });
 * assert.ok(await cache.query({ metadata: { heap: {} } }).any());
 * ```
 */
export interface MetadataHook {
  readonly name: string;
  /** How workers note the same; absent if they cannot, as it is a function of this process. @internal */
  readonly descriptor?: HookDescriptor;
  /** Asked before the call. What it gives is noted, if there is no `after`. */
  before?(call: NotedCall): unknown;
  /** Asked when the call has succeeded or failed. What it gives is noted. */
  after?(before: unknown): Json | undefined;
}

/** How deep notes may be. Arbitrary. */
const deepestNote = 20;

/**
 * Gives a note as JSON of its own. Members that are `undefined` are left out.
 *
 * @throws {TypeError} If something in it is no JSON.
 */
export function noteOf(note: unknown): Json | undefined {
  return note === undefined ? undefined : jsonOf(note, 'note', 0);
}

function jsonOf(value: unknown, way: string, depth: number): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'object' && depth < deepestNote) {
    if (Array.isArray(value)) {
      const list: readonly unknown[] = value;
      return Array.from(list, (item, index) => jsonOf(item, `${way}[${index}]`, depth + 1));
    }
    if (isPlainObject(value)) {
      const members = Object.entries(value).filter(([, member]) => member !== undefined);
      return Object.fromEntries(
        members.map(([key, member]) => [key, jsonOf(member, `${way}.${key}`, depth + 1)]),
      );
    }
  }
  throw new TypeError(
    `'${way}' must be JSON, at most ${deepestNote} levels deep: received ${inspectShort(value)}`,
  );
}

/** Joins what hooks of one name have noted. */
export function joinNotes(one: Json | undefined, other: Json): Json {
  return isRecord(one) && isRecord(other) ? { ...one, ...other } : other;
}

function isRecord(note: Json | undefined): note is Readonly<Record<string, Json>> {
  return typeof note === 'object' && note !== null && !Array.isArray(note);
}
