/**
 * A store in memory: gone with the process, seen by no other, and as fast as a `Map`.
 *
 * Bytes are kept as they are given, neither copied nor digested again: whoever puts them says truly what their digest is,
 * and changes them no more.
 */

import { type Clock, systemClock } from '../base/clock.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import type { Store, StoreEntry } from './store.ts';

/** @internal */
export interface MemoryStoreOptions {
  /** @defaultValue that of this machine */
  readonly clock?: Clock;
}

/**
 * Makes an empty store in memory.
 *
 * - **Cost:** every method answers at once, without a promise.
 * - **Bound:** none; see `sizeLimited`.
 *
 * Once it is closed it still answers: there is nothing to give back.
 */
export function memoryStore({ clock = systemClock }: MemoryStoreOptions = {}): Store {
  return new MemoryStore(clock);
}

interface Kept {
  readonly bytes: Uint8Array;
  usedMs: number;
}

class MemoryStore implements Store {
  readonly name = 'memory';
  readonly descriptor = undefined;
  readonly #clock: Clock;
  readonly #kept = new Map<Digest, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(digest: Digest): Uint8Array | undefined {
    const kept = this.#kept.get(digest);
    if (kept === undefined) return undefined;
    kept.usedMs = this.#clock.epochMs();
    return kept.bytes;
  }

  put(digest: Digest, bytes: Uint8Array): void {
    const usedMs = this.#clock.epochMs();
    const kept = this.#kept.get(digest);
    if (kept === undefined) this.#kept.set(digest, { bytes, usedMs });
    else kept.usedMs = usedMs;
  }

  has(digest: Digest): boolean {
    return this.#kept.has(digest);
  }

  delete(digest: Digest): boolean {
    return this.#kept.delete(digest);
  }

  deleteUnused(digest: Digest, sinceMs: number): boolean {
    const kept = this.#kept.get(digest);
    return kept !== undefined && kept.usedMs < sinceMs && this.#kept.delete(digest);
  }

  async *entries(): AsyncIterable<StoreEntry> {
    for (const [digest, { bytes, usedMs }] of this.#kept) yield { digest, bytes: bytes.length, usedMs };
  }

  flush(): void {}

  async close(): Promise<void> {}
}
