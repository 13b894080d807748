/**
 * The contract of stores: bytes by digest. A store knows nothing of tasks, and nothing of what the bytes mean.
 *
 * `testing/` has the suite that every store passes.
 */

import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Digest } from '../codec/canonical/digester.ts';

/**
 * Bytes by digest.
 *
 * - **Whole or not at all:** what is put is seen by others only when all of it is there, also if the process is killed.
 * - **Never changed:** bytes under a digest stay the same; to put them again does nothing but renew when they were used, to
 *   within a second: what is collected as garbage depends on it.
 * - **Never wrong:** bytes that are not those of their digest any more, such as those of a damaged file, are not there.
 * - **Shared:** several processes may use one store at once, if it is kept anywhere but in memory.
 */
export interface Store {
  /** What kind of store it is, and where: for messages. */
  readonly name: string;
  /** How another process opens the same store; `undefined` if it cannot, as it is in memory. */
  readonly descriptor: StoreDescriptor | undefined;
  /** Gives the bytes. They are the store's own: who changes them copies them first. */
  get(digest: Digest): MaybePromise<Uint8Array | undefined>;
  /**
   * Keeps bytes. They are not to be changed afterwards. Others may see them only after `flush`.
   *
   * @param digest - SHA-256 of the bytes
   */
  put(digest: Digest, bytes: Uint8Array): MaybePromise<void>;
  /** Whether the bytes are there; they may turn out to be damaged when they are read. */
  has(digest: Digest): MaybePromise<boolean>;
  /** Lets go of bytes. @returns whether they were there */
  delete(digest: Digest): MaybePromise<boolean>;
  /**
   * Lets go of bytes unless they were used since: nobody who puts them meanwhile, here or in another process, loses them.
   * A store that cannot promise this does not have it.
   *
   * @param sinceMs - milliseconds since the Unix epoch
   * @returns whether they were let go
   */
  deleteUnused?(digest: Digest, sinceMs: number): MaybePromise<boolean>;
  /** What is there, in no order. What is put or deleted meanwhile may be seen or not. */
  entries(): AsyncIterable<StoreEntry>;
  /** Waits until all that was put is kept as safely as the store can. Rejects if it could not be kept. */
  flush(): MaybePromise<void>;
  /** Flushes, and gives back what it holds open. */
  close(): Promise<void>;
}

/** What is known of stored bytes without reading them. */
export interface StoreEntry {
  readonly digest: Digest;
  /** How many bytes there are. */
  readonly bytes: number;
  /** When they were last put, or read if the store notes that: milliseconds since the Unix epoch. */
  readonly usedMs: number;
}

/** Plain data, by which a store is opened again elsewhere: its kind, and what that takes. */
export interface StoreDescriptor {
  readonly kind: string;
  readonly [option: string]: unknown;
}
