/**
 * Types of what remembers: memoized functions, bound tasks, and cached executors of all kinds of pools.
 */

import pLimit from 'p-limit';
import PQueue from 'p-queue';
import { Piscina } from 'piscina';
import Tinypool from 'tinypool';
import workerpool from 'workerpool';
import {
  bind,
  type CachedPool,
  cachedExecutor,
  type Digest,
  type Memoized,
  memoize,
  openPool,
  openThreads,
  type Task,
  task,
  tasks,
} from '../../src/index.ts';
import { holds, type Same } from './expect-type.ts';

const block = {
  join: (text: string, times: number, end?: string): string => text.repeat(times) + (end ?? ''),
  pad: (text: string, length: number, fill: string): string => text.padEnd(length, fill),
  later: async (x: number): Promise<number> => x,
  nothing: (): undefined => undefined,
};
const { join, pad, later, nothing } = tasks(import.meta, block);

// Memoized functions take what the function takes, and give promises of what it gives.
const fast = memoize((x: number, label?: string) => `${x}${label ?? ''}`);
holds<Same<typeof fast, Memoized<[x: number, label?: string], string>>>();
holds<Same<ReturnType<typeof fast>, Promise<string>>>();
holds<Same<ReturnType<typeof fast.load>, Promise<string | undefined>>>();
holds<Same<ReturnType<typeof fast.contains>, Promise<boolean>>>();
holds<Same<ReturnType<typeof fast.digest>, Promise<Digest>>>();
const awaited = memoize(async (x: number) => x);
holds<Same<ReturnType<typeof awaited>, Promise<number>>>();
const ofTask = memoize(join, { ignore: ['end'], maxAgeMs: 5 });
holds<Same<typeof ofTask, Memoized<[text: string, times: number, end?: string], string>>>();
holds<Same<ReturnType<ReturnType<typeof memoize<[], undefined>>>, Promise<undefined>>>();
memoize(nothing);

export async function wrongCalls(): Promise<void> {
  // @ts-expect-error text for a number
  await fast('1');
  // @ts-expect-error too few arguments
  await ofTask.contains('x');
  // @ts-expect-error too many arguments
  await awaited.load(1, 2);
  // @ts-expect-error no such option
  memoize(join, { ttl: 5 });
  // @ts-expect-error the key is of the arguments
  memoize((x: number) => x, { key: 'x' });
  // @ts-expect-error no function
  memoize(3);
}

// Bound tasks are tasks, of the arguments that are left.
const bound = bind(pad);
holds<Same<typeof bound, Task<[text: string, length: number, fill: string], string>>>();
const rest = bind(pad, { args: ['x'] });
holds<Same<typeof rest, Task<[length: number, fill: string], string>>>();
const last = bind(pad, { args: ['x', 2] });
holds<Same<typeof last, Task<[fill: string], string>>>();
const optional = bind(join, { args: ['x'] });
optional(3);
optional(3, 'end');
// @ts-expect-error a number for text
bind(pad, { args: [1] });
// @ts-expect-error too many arguments
bind(pad, { args: ['x', 1, 'y', 'z'] });
// @ts-expect-error the first argument was given
optional('x', 3);
// @ts-expect-error no task
bind((x: number) => x);

// Digests of calls.
holds<Same<ReturnType<typeof join.digest>, Promise<Digest>>>();
// @ts-expect-error text for a number
void join.digest('x', 'y');

// Cached executors take tasks with their arguments, whatever the pool.
export async function pools(): Promise<void> {
  const threads = cachedExecutor(openThreads());
  holds<Same<Awaited<ReturnType<typeof threads.stats>>['workers'], number>>();
  const text: string = await threads.submit(join, 'x', 2);
  const number: number = await threads.submitWith({ timeoutMs: 5, priority: 1 }, later, 3);
  for await (const x of threads.map(later, [1, 2])) holds<Same<typeof x, number>>();
  // @ts-expect-error a text for a number
  await threads.submit(later, 'x');
  // @ts-expect-error no such hint
  await threads.submitWith({ timeout: 5 }, later, 3);

  const piscina = cachedExecutor(new Piscina());
  const same: string = await piscina.submitWith({ signal: AbortSignal.abort() }, join, text, number);
  // @ts-expect-error heddle says which file it is
  await piscina.submitWith({ filename: 'x' }, later, 3);
  // @ts-expect-error too few arguments
  await piscina.submit(join, 'x');
  await piscina.destroy();

  const tinypool = cachedExecutor(new Tinypool());
  await tinypool.submitWith({ signal: undefined as never }, join, same, 3);

  const workers = cachedExecutor(workerpool.pool());
  await workers.submitWith({ on: (payload: unknown) => void payload }, later, 3);
  // @ts-expect-error no such option
  await workers.submitWith({ priority: 3 }, later, 3);
  await workers.terminate();

  const queue = cachedExecutor(new PQueue());
  await queue.submitWith({ priority: 3 }, later, 3);
  // @ts-expect-error a text for a number
  await queue.submitWith({ priority: '3' }, later, 3);
  queue.pause();

  const limit = cachedExecutor(pLimit(2));
  holds<Same<Awaited<ReturnType<typeof limit.submit<[number], number>>>, number>>();
  // @ts-expect-error there are no options
  await limit.submitWith({}, later, 3);

  const pool = cachedExecutor(openPool(later));
  holds<Same<typeof pool, CachedPool<[x: number], number>>>();
  holds<Same<ReturnType<typeof pool.submit>, Promise<number>>>();
  // @ts-expect-error the pool knows its task
  await pool.submit(later, 3);

  // @ts-expect-error only tasks
  await threads.submit((x: number) => x, 3);
  await threads.submit(
    task((x: number) => x),
    3,
  );
}
