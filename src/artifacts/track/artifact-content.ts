/**
 * What an artifact holds: in memory until it is saved, in a file from then on.
 *
 * A value is encoded when it is logged, so it may change afterwards, and what a format cannot hold is told then. What is
 * loaded before it was saved is decoded from those bytes: it is what would be loaded after.
 */

import type { MaybePromise } from '../../base/maybe-promise.ts';
import { isPromiseLike } from '../../base/promise-like.ts';

/** What an artifact holds. */
export class Content {
  #bytes: MaybePromise<Uint8Array> | undefined;
  /** The name of the file of a saved artifact that this one takes the place of. */
  replaces: string | undefined;
  /** The digest of what is in its file, and how that file was then, so that it is not read again to say the same. */
  digest: { readonly stat: string; readonly sha256: string } | undefined;

  /** @param bytes - none if they are in its file */
  constructor(bytes?: MaybePromise<Uint8Array>) {
    this.#bytes = bytes;
    // It is told where it is waited for.
    if (isPromiseLike(bytes)) (bytes as Promise<Uint8Array>).catch(() => undefined);
  }

  /** What is not in its file yet. */
  get unsaved(): MaybePromise<Uint8Array> | undefined {
    return this.#bytes;
  }

  /** Whether the bytes are still being made, or could not be. */
  get isPending(): boolean {
    return isPromiseLike(this.#bytes);
  }

  /**
   * Waits until the bytes are there.
   *
   * @throws what the handler could not hold
   */
  async encoded(): Promise<void> {
    if (isPromiseLike(this.#bytes)) this.#bytes = await this.#bytes;
  }

  /** The bytes that are not in a file yet, once `encoded` has waited for them. */
  get encodedBytes(): Uint8Array | undefined {
    return isPromiseLike(this.#bytes) ? undefined : (this.#bytes as Uint8Array | undefined);
  }

  /** Forgets the bytes, as they are in the file. */
  noteSaved(): void {
    this.#bytes = undefined;
    this.replaces = undefined;
  }
}
