/**
 * Values kept by a server.
 *
 * - **Never wrong:** bytes are digested when they come; damaged ones are forgotten there, and are not there.
 * - **Cost:** `get` and `has` take one way to the server and back; `put` none, as it is written later, with others.
 */

import type { MaybePromise } from '../../base/maybe-promise.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import { sha256Hex } from '../../codec/canonical/sha256.ts';
import type { Store, StoreDescriptor, StoreEntry } from '../../store/store.ts';
import type { RemoteLine } from './remote-line.ts';

/** When bytes were used is noted no more often than that: to read should not write. */
const noteUseMs = 3_600_000;

export class RemoteStore implements Store {
  readonly name: string;
  readonly descriptor: StoreDescriptor;
  readonly #line: RemoteLine;
  readonly #onClose: () => Promise<void>;

  constructor(line: RemoteLine, onClose: () => Promise<void>) {
    this.name = line.driver.name;
    this.descriptor = line.driver.descriptor;
    this.#line = line;
    this.#onClose = onClose;
  }

  get(digest: Digest): MaybePromise<Uint8Array | undefined> {
    this.#line.refuseIfClosed();
    const waiting = this.#line.waitingValue(digest);
    return waiting === undefined ? this.#read(digest) : waiting.value?.bytes;
  }

  async #read(digest: Digest): Promise<Uint8Array | undefined> {
    const { driver, clock } = this.#line;
    const found = await this.#line.ask(() => driver.value(digest));
    if (found === undefined) return undefined;
    const { bytes, usedMs } = found;
    if (sha256Hex(bytes) !== digest) {
      await this.#line.ask(() => driver.dropDamaged(digest, bytes));
      return undefined;
    }
    const nowMs = clock.epochMs();
    if (nowMs - usedMs > noteUseMs) {
      // Nobody asked for it, so nobody is told if it fails.
      this.#line.ask(() => driver.noteUse(digest, nowMs)).catch(() => undefined);
    }
    return bytes;
  }

  put(digest: Digest, bytes: Uint8Array): void {
    if (this.#line.waitingValue(digest)?.value !== undefined) return;
    this.#line.putValue(digest, { bytes, usedMs: this.#line.clock.epochMs() });
  }

  has(digest: Digest): MaybePromise<boolean> {
    this.#line.refuseIfClosed();
    const waiting = this.#line.waitingValue(digest);
    if (waiting !== undefined) return waiting.value !== undefined;
    return this.#line.ask(() => this.#line.driver.hasValue(digest));
  }

  async delete(digest: Digest): Promise<boolean> {
    const wasThere = await this.has(digest);
    if (wasThere) this.#line.putValue(digest, undefined);
    return wasThere;
  }

  async *entries(): AsyncGenerator<StoreEntry, void, undefined> {
    await this.#line.settled();
    yield* this.#line.askEach(this.#line.driver.values());
  }

  flush(): Promise<void> {
    return this.#line.flush();
  }

  close(): Promise<void> {
    return this.#onClose();
  }
}
