/**
 * What is known to be kept, from the least recently used to the most, and how large it is in all.
 */

import type { Digest } from '../../codec/canonical/digester.ts';

interface Known<Info> {
  readonly info: Info;
  readonly usedMs: number;
}

/** An index in the order of use. */
export class Recency<Info> {
  /** In the order of use: what is used is taken out, and put in at the end. */
  #known = new Map<Digest, Known<Info>>();
  /**
   * Stands before what was used least recently. It is kept, since a new one would pass all that was taken out before, which
   * a `Map` only tidies up now and then.
   */
  #oldest: MapIterator<Digest> = this.#known.keys();
  #size = 0;
  readonly #sizeOf: (info: Info) => number;

  constructor(sizeOf: (info: Info) => number) {
    this.#sizeOf = sizeOf;
  }

  /** The sizes of all, added. */
  get size(): number {
    return this.#size;
  }

  /** Notes that something is there, and was used now. @returns what was known of it before */
  use(digest: Digest, info: Info, usedMs: number): Info | undefined {
    const before = this.remove(digest);
    this.#known.set(digest, { info, usedMs });
    this.#size += this.#sizeOf(info);
    return before;
  }

  /** @returns what was known of it */
  remove(digest: Digest): Info | undefined {
    const known = this.#known.get(digest);
    if (known === undefined) return undefined;
    this.#known.delete(digest);
    this.#size -= this.#sizeOf(known.info);
    return known.info;
  }

  get(digest: Digest): Info | undefined {
    return this.#known.get(digest)?.info;
  }

  /** What is known of all, the least recently used first. */
  *all(): Iterable<Info> {
    for (const { info } of this.#known.values()) yield info;
  }

  /** Forgets what was used least recently. @returns what it was; `undefined` if nothing is known */
  takeOldest(): readonly [Digest, Info] | undefined {
    let oldest = this.#oldest.next();
    if (oldest.done) {
      // It had come to the end, and something was added since; or nothing is there.
      this.#oldest = this.#known.keys();
      oldest = this.#oldest.next();
    }
    if (oldest.done) return undefined;
    // As it was among the keys, something is known of it.
    return [oldest.value, this.remove(oldest.value) as Info];
  }

  /**
   * Takes over what was found to be there. What is known and was not found is forgotten, unless it was used since the search
   * began.
   */
  refresh(found: Iterable<readonly [Digest, Info, usedMs: number]>, sinceMs: number): void {
    const all = new Map<Digest, Known<Info>>();
    const foundMs = new Map<Digest, number>();
    for (const [digest, info, usedMs] of found) {
      foundMs.set(digest, usedMs);
      if (!this.#known.has(digest)) all.set(digest, { info, usedMs });
    }
    // Those that are known come later, in their order, which is kept where the times are equal.
    for (const [digest, { info, usedMs }] of this.#known) {
      const ms = foundMs.get(digest);
      if (ms !== undefined || usedMs >= sinceMs) all.set(digest, { info, usedMs: Math.max(usedMs, ms ?? 0) });
    }
    this.#known = new Map([...all].sort(([, one], [, other]) => one.usedMs - other.usedMs));
    this.#oldest = this.#known.keys();
    this.#size = 0;
    for (const { info } of this.#known.values()) this.#size += this.#sizeOf(info);
  }
}
