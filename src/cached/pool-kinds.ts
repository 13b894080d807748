/**
 * The kinds of pools, told by what they can do, and how each is handed a call.
 *
 * heddle depends on none of them: whatever has the same methods is taken for the same.
 */

import { isHeddleError } from '../base/errors.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { carriedOf } from '../cache/bind.ts';
import type { Cache } from '../cache/cache.ts';
import { type Carried, carrierUrl, moduleOfCarried } from '../cache/carried.ts';
import { type ForeignCall, type ForeignEnd, fromText, toText } from '../cache/foreign-call.ts';
import { type Surroundings, withSurroundings } from '../cache/surroundings.ts';
import { ValueCodec } from '../cache/value-codec.ts';
import type { Executor } from '../executor/executor.ts';
import { faceOf, type Task } from '../task/task.ts';
import type { TaskCore, TaskModule } from '../task/task-core.ts';
import { EntryModule } from '../worker/entry-module.ts';

/** A call that is to be computed. */
export interface PlacedCall {
  readonly core: TaskCore;
  readonly args: readonly unknown[];
  /** Those of the pool, as its user gave them. */
  readonly options: Readonly<Record<string, unknown>> | undefined;
  readonly cache: Cache;
  /** What holds where it was submitted. */
  readonly around: Surroundings;
  /** Says that the task itself threw this. @returns it */
  blame(error: unknown): unknown;
}

/** What a kind of pool does with a call. */
export interface PoolKind {
  /** Whether a pool is of this kind. */
  fits(pool: object): boolean;
  /** Whether it takes options for one call. */
  readonly takesOptions: boolean;
  /** Whether calls run in this thread. */
  isHere(pool: object): boolean;
  start(pool: object, call: PlacedCall): unknown;
}

type Method = (...args: unknown[]) => unknown;

function has(pool: object, name: string): boolean {
  return typeof (pool as Record<string, unknown>)[name] === 'function';
}

function invoke(pool: object, name: string, ...args: unknown[]): unknown {
  return ((pool as Record<string, unknown>)[name] as Method).apply(pool, args);
}

/** Makes a function that runs a call in this thread, whenever the pool calls it. */
function hereOf({ core, args, around, cache, blame }: PlacedCall): () => Promise<unknown> {
  return async () => {
    try {
      return await withSurroundings({ ...around, cache }, () => core.fn(...(args as never[])));
    } catch (error) {
      throw blame(error);
    }
  };
}

/** The task with its cache, for what it calls, if that can travel. */
function carriedBy({ core, cache, around }: PlacedCall): Carried | undefined {
  if (core.carries !== undefined) return undefined;
  const carried = carriedOf(core, cache, {
    given: undefined,
    metadata: around.metadata,
    isRemembered: false,
  });
  return typeof carried === 'string' ? undefined : carried;
}

const executors: PoolKind = {
  fits: isExecutor,
  takesOptions: true,
  isHere: (pool) => !(pool as Executor).isolated,
  async start(pool, call) {
    const { core, args, around, cache, blame } = call;
    const carried = carriedBy(call);
    const fn = (...given: never[]): unknown =>
      withSurroundings({ ...around, cache }, () => core.fn(...given));
    const placed = faceOf({
      ...core,
      ...(core.carries === undefined ? { fn } : {}),
      ...(carried === undefined ? {} : { module: moduleOfCarried(carried) }),
    });
    try {
      return await (pool as Executor).submit(placed as unknown as Task<unknown[], unknown>, ...args);
    } catch (error) {
      throw isHeddleError(error) ? error : blame(error);
    }
  },
};

/** Sends a call to threads and processes that know nothing of heddle. */
async function sendForeign(call: PlacedCall, send: (data: ForeignCall) => unknown): Promise<unknown> {
  const { core, args, cache, blame } = call;
  const { codecs } = cache.engine.parts.codec;
  const codec = new ValueCodec(codecs, 'v8');
  const end = (await send({
    task: travelling(core),
    args: toText(codec, args, 'args'),
    codecs: codecs?.modules ?? [],
    carried: carriedBy(call),
  })) as ForeignEnd;
  const value = fromText(codec, end.value);
  if (end.is === 'threw') throw blame(value);
  return value;
}

function travelling({ name, module }: TaskCore): TaskModule {
  if (module === undefined) {
    throw new TypeError(
      `Cannot submit task '${name}' as it stays in its process: it was made with task(fn) alone\n` +
        '  define it in a module, with export const { … } = tasks(import.meta, { … })',
    );
  }
  const refusal = new EntryModule('threads').refusal(module.url, name);
  if (refusal !== undefined) throw new TypeError(refusal);
  return module;
}

/** What a pool that is sent the text of functions is sent: code is imported there all the same. */
const importing: Method = Object.defineProperty(() => undefined, 'toString', {
  value: () => '(url, call) => import(url).then((carrier) => carrier.runForeignCall(call))',
});

/** In the order in which they are tried. */
const kinds: readonly PoolKind[] = [
  executors,
  {
    fits: (pool) => has(pool, 'submit'),
    takesOptions: true,
    isHere: () => true,
    start: (pool, call) => invoke(pool, 'submit', hereOf(call), ...optionsOf(call)),
  },
  {
    // piscina, tinypool
    fits: (pool) => has(pool, 'run'),
    takesOptions: true,
    isHere: () => false,
    start(pool, call) {
      const filename = process.getBuiltinModule('node:url').fileURLToPath(carrierUrl());
      const options = { ...call.options, filename, name: 'runForeignCall' };
      return sendForeign(call, (data) => invoke(pool, 'run', data, options));
    },
  },
  {
    // workerpool
    fits: (pool) => has(pool, 'exec'),
    takesOptions: true,
    isHere: () => false,
    start: (pool, call) =>
      sendForeign(call, (data) => invoke(pool, 'exec', importing, [carrierUrl(), data], ...optionsOf(call))),
  },
  {
    // p-queue
    fits: (pool) => has(pool, 'add'),
    takesOptions: true,
    isHere: () => true,
    start: (pool, call) => invoke(pool, 'add', hereOf(call), ...optionsOf(call)),
  },
  {
    // p-limit
    fits: (pool) => typeof pool === 'function',
    takesOptions: false,
    isHere: () => true,
    start: (pool, call) => (pool as Method)(hereOf(call)),
  },
];

function optionsOf({ options }: PlacedCall): readonly unknown[] {
  return options === undefined ? [] : [options];
}

/** Whether it is an executor of heddle. */
export function isExecutor(pool: object): pool is Executor {
  return has(pool, 'connect') && has(pool, 'submit');
}

/** Finds out of which kind a pool is. */
export function kindOf(pool: unknown): PoolKind {
  const isObject = (typeof pool === 'object' && pool !== null) || typeof pool === 'function';
  const kind = isObject ? kinds.find(({ fits }) => fits(pool)) : undefined;
  if (kind !== undefined) return kind;
  throw new TypeError(
    `Cannot cache the calls of a pool as it has no way to take one: received ${inspectShort(pool)}\n` +
      "  it needs a method 'submit', 'run', 'exec' or 'add', or to be a function",
  );
}
