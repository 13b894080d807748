/**
 * What holds for all that a function does, also after it has waited: the cache that calls are remembered in, what is noted
 * of them, and which calls wait for what is computed.
 */

import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Digest } from '../codec/canonical/digester.ts';
import type { Cache } from './cache.ts';
import type { MetadataHook } from './metadata.ts';

export interface Surroundings {
  readonly cache: Cache | undefined;
  readonly metadata: readonly MetadataHook[];
  /** The call that is being computed, if there is one, and those that wait for it. */
  readonly computing: Computing | undefined;
}

/** A call that is being computed by a function which may call others. */
export interface Computing {
  readonly key: Digest;
  readonly before: Computing | undefined;
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
});

/** What holds here. */
export function surroundings(): Surroundings {
  return (globalThis as Holder)[holderKey]?.getStore() ?? none;
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
