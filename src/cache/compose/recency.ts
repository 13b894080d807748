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

  /** What was used least recently. */
  oldest(): Digest | undefined {
    const [digest] = this.#known.keys();
    return digest;
  }

  /**
   * Takes over what was found to be there. What is known and was not found is forgotten, unless it was used since the search
   * began.
   */
  refresh(found: Iterable<readonly [Digest, Info, usedMs: number]>, sinceMs: number): void {
    const all = new Map<Digest, Known<Info>>();
    for (const [digest, info, usedMs] of found) {
      const known = this.#known.get(digest);
      all.set(digest, { info, usedMs: Math.max(usedMs, known?.usedMs ?? 0) });
    }
    for (const [digest, known] of this.#known) if (known.usedMs >= sinceMs) all.set(digest, known);
    this.#known = new Map([...all].sort(([, one], [, other]) => one.usedMs - other.usedMs));
    this.#size = 0;
    for (const { info } of this.#known.values()) this.#size += this.#sizeOf(info);
  }
}
