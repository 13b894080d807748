/**
 * What holds for all that a function does, also after it has waited: the cache that calls are remembered in, what is noted
 * of them, which calls wait for what is computed, and whether all is computed anew.
 */

import type { AsyncLocalStorage } from 'node:async_hooks';
import { isWorker } from '../worker/importing.ts';
import type { Cache } from './cache.ts';
import type { Computing } from './computing.ts';
import type { MetadataHook } from './metadata.ts';
import type { Rerun } from './rerun.ts';

export interface Surroundings {
  readonly cache: Cache | undefined;
  readonly metadata: readonly MetadataHook[];
  /** The call that is being computed, if there is one, and those that wait for it. */
  readonly computing: Computing | undefined;
  /** Whether a call is being computed that is not told of by `computing`. */
  readonly isInside: boolean;
  /** Set if calls are computed even if they are remembered. */
  readonly rerun: Rerun | undefined;
}

/** Shared by all copies of the library in this process. */
const holderKey = Symbol.for('heddle.surroundings');

interface Holder {
  [holderKey]?: AsyncLocalStorage<Surroundings>;
}

const none: Surroundings = Object.freeze({
  cache: undefined,
  metadata: Object.freeze([]),
  computing: undefined,
  isInside: false,
  rerun: undefined,
});

/** What holds here. */
export function surroundings(): Surroundings {
  return (globalThis as Holder)[holderKey]?.getStore() ?? none;
}

/** Whether something that is being computed waits for what is called here. */
export function isInsideCall({ computing, isInside }: Surroundings): boolean {
  return isInside || isWorker() || (computing !== undefined && !computing.hasEnded);
}

/** Does something with other surroundings. */
export function withSurroundings<T>(changes: Partial<Surroundings>, act: () => T): T {
  const holder = globalThis as Holder;
  if (holder[holderKey] === undefined) {
    const hooks = process.getBuiltinModule('node:async_hooks');
    holder[holderKey] = new hooks.AsyncLocalStorage();
  }
  return holder[holderKey].run({ ...surroundings(), ...changes }, act);
}
