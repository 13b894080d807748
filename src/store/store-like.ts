/**
 * A store that does most things as another does: what compositions of stores are made of.
 */

import type { Store } from './store.ts';

/** Gives a store that does as another does, but for what is given. Unless given, another process opens that other one. */
export function storeLike(store: Store, changes: Partial<Store>): Store {
  // Who deletes in another way has to say, too, how that is done with what is unused.
  const deletesAlike = store.deleteUnused !== undefined && changes.delete === undefined;
  return {
    ...(deletesAlike
      ? { deleteUnused: (digest, sinceMs) => store.deleteUnused?.(digest, sinceMs) ?? false }
      : {}),
    name: store.name,
    descriptor: store.descriptor,
    get: (digest) => store.get(digest),
    put: (digest, bytes) => store.put(digest, bytes),
    has: (digest) => store.has(digest),
    delete: (digest) => store.delete(digest),
    entries: () => store.entries(),
    flush: () => store.flush(),
    close: () => store.close(),
    ...changes,
  };
}
