/**
 * Says of a read that took its time whether what it found was written over meanwhile, so that it is not put back.
 */

interface Read {
  isStale: boolean;
}

/** The reads that are under way, by key. */
export class ReadsInFlight<Key> {
  readonly #reads = new Map<Key, Set<Read>>();

  /** Begins a read. It must be ended. */
  begin(key: Key): Read {
    const read = { isStale: false };
    const reads = this.#reads.get(key);
    if (reads === undefined) this.#reads.set(key, new Set([read]));
    else reads.add(read);
    return read;
  }

  end(key: Key, read: Read): void {
    const reads = this.#reads.get(key);
    reads?.delete(read);
    if (reads?.size === 0) this.#reads.delete(key);
  }

  /** What is being read under a key is out of date from now on. */
  written(key: Key): void {
    for (const read of this.#reads.get(key) ?? []) read.isStale = true;
  }
}
