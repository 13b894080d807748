/**
 * Calls that are being computed by functions which call others: who waits for whom.
 *
 * A call that is in flight is waited for, unless that would never end, since it waits for the one that asks. That is found
 * out here, for calls of this thread.
 */

import type { Digest } from '../codec/canonical/digester.ts';

/** A call that was entered, and has not settled. */
export class Computing {
  readonly key: Digest;
  /** The call by whose function it was made. */
  readonly before: Computing | undefined;
  /** How many calls of the same digest wait for this one, where that was counted. */
  #repeated = 0;
  /** Made by its function, and not settled. */
  readonly #inside = new Set<Computing>();
  /** Whoever computes an equal call, which it waits for. */
  #attachedTo: object | undefined;

  #hasEnded = false;

  /** @param around - the call by whose function it was made; if that has settled, it is waited for by nobody any more */
  constructor(key: Digest, around: Computing | undefined) {
    this.key = key;
    let before = around;
    while (before?.hasEnded === true) before = before.before;
    this.before = before;
    if (before !== undefined) before.#inside.add(this);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** It has settled. */
  end(): void {
    this.#hasEnded = true;
    if (this.before !== undefined) this.before.#inside.delete(this);
  }

  /** Counts how many calls of the same digest wait for this one. */
  countRepeated(): number {
    let call = this.before;
    while (call !== undefined && call.key !== this.key) call = call.before;
    this.#repeated = call === undefined ? 0 : call.#repeated + 1;
    return this.#repeated;
  }

  /** Whether who computes an equal call waits for what made this one. If not, this one waits for it from now on. */
  isWaitedForBy(computedBy: object): boolean {
    const waits = this.before?.waitsInside(computedBy) === true;
    if (!waits) this.#attachedTo = computedBy;
    return waits;
  }

  /** Whether who computes a call waits for this one, or for a call that this one was made by. */
  waitsInside(computedBy: object): boolean {
    return computedBy instanceof Computing && computedBy.#reaches(this);
  }

  #reaches(asking: Computing): boolean {
    const above = new Set<object>();
    for (let call: Computing | undefined = asking; call !== undefined; call = call.before) above.add(call);
    const seen = new Set<object>([this]);
    // A set gives what is added while it is gone through.
    for (const call of seen) {
      if (above.has(call)) return true;
      if (!(call instanceof Computing)) continue;
      for (const inner of call.#inside) seen.add(inner);
      if (call.#attachedTo !== undefined) seen.add(call.#attachedTo);
    }
    return false;
  }
}
