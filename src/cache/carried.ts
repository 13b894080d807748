/**
 * A task with a cache, as data that travels in the URL of a module.
 *
 * A worker finds a task by importing its module. A bound task is found in `src/carrier.ts`, with a query that tells what it
 * carries: so it goes wherever tasks go, and neither executors nor workers know of caches.
 */

import { once } from '../base/once.ts';
import type { Hints } from '../task/hints.ts';
import { coreWith } from '../task/task.ts';
import type { TaskCore, TaskModule } from '../task/task-core.ts';
import { loadTask } from '../worker/inside/load-task.ts';
import { fromJSON, toJSON } from '../worker/json-text.ts';
import type { Cache } from './cache.ts';
import { type CacheDescriptor, describedCache } from './cache-descriptor.ts';
import { callRemembered } from './call-remembered.ts';
import { type HookDescriptor, hookOf } from './carried-hook.ts';
import type { MetadataHook } from './metadata.ts';
import { withSurroundings } from './surroundings.ts';

/** What is carried. Plain data. */
export interface Carried {
  readonly task: TaskModule;
  /** Those of the task as it was bound. */
  readonly hints: Hints;
  readonly cache: CacheDescriptor;
  readonly metadata: readonly HookDescriptor[];
  /** What the task is given first: their list as the cache writes values, in base64. */
  readonly given: string | undefined;
  /** Whether calls of the task are remembered there, or only what they call. */
  readonly isRemembered: boolean;
}

const queryName = 'carries';

/** The name of the task in `src/carrier.ts`. */
export const carriedName = 'carried';

/** Where a worker finds the task that carries this. */
export function moduleOfCarried(carried: Carried): TaskModule {
  // It has the extension of this very file, which is TypeScript in `src/cache/`, and JavaScript in `dist/chunks/`.
  const url = new URL(`../carrier${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
  // The name of the task is for people, who see the beginning in messages.
  const carries = Buffer.from(toJSON(carried)).toString('base64url');
  url.search = `task=${encodeURIComponent(carried.task.name)}&${queryName}=${carries}`;
  return { url: url.href, name: carriedName };
}

/** Where the module is that carries tasks, without any. */
export function carrierUrl(): string {
  return new URL(`../carrier${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).href;
}

/** Reads what a module of that URL carries; `undefined` if it carries nothing. */
export function carriedIn(url: string): Carried | undefined {
  const text = new URL(url).searchParams.get(queryName);
  return text === null ? undefined : (fromJSON(Buffer.from(text, 'base64url').toString()) as Carried);
}

/** A display and a key are functions, which stay: the other side has the task's own. */
export function hintsToCarry({ display: _, cache, ...hints }: Hints): Hints {
  if (cache === undefined) return hints;
  if (typeof cache !== 'object') return { ...hints, cache };
  const { key: __, ...plain } = cache;
  return { ...hints, cache: plain };
}

/** Makes the function that does in a worker what is carried there. */
export function functionOfCarried(carried: Carried): (...args: unknown[]) => Promise<unknown> {
  const opened = once(() => open(carried));
  return async (...args) => {
    const { cache, core, metadata, given } = await opened();
    const all =
      given === undefined ? args : [...(cache.engine.parts.codec.decode(given) as unknown[]), ...args];
    try {
      return await withSurroundings({ cache, metadata, isInside: true }, () => {
        const compute = (): unknown => core.fn(...(all as never[]));
        return carried.isRemembered
          ? callRemembered({ cache, core, hints: core.hints, args: all }, { compute })
          : compute();
      });
    } finally {
      // The worker may be ended as soon as it has answered.
      await cache.flush();
    }
  };
}

interface OpenedCarried {
  readonly cache: Cache;
  readonly core: TaskCore;
  readonly metadata: readonly MetadataHook[];
  readonly given: Uint8Array | undefined;
}

async function open({ cache, task, hints, metadata, given }: Carried): Promise<OpenedCarried> {
  const [opened, own] = await Promise.all([describedCache(cache), loadTask(task.url, task.name)]);
  return {
    cache: opened,
    core: coreWith(own, withOwnKey(hints, own.hints)),
    metadata: metadata.map(hookOf),
    given: given === undefined ? undefined : Buffer.from(given, 'base64'),
  };
}

function withOwnKey(hints: Hints, { cache: own }: Hints): Hints {
  if (typeof own !== 'object' || own.key === undefined || typeof hints.cache !== 'object') return hints;
  return { ...hints, cache: { ...hints.cache, key: own.key } };
}
