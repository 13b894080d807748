/**
 * Claims on calls, so that of all processes that share a cache only one computes a call.
 *
 * A claim holds for half a minute, and is renewed while its call is computed. That of a process of this machine which is no
 * more, or on Linux of a thread which is no more, counts at once for nothing; that of another machine, when it was not renewed. Whoever holds a claim in vain, since it
 * was stopped for longer, computes what another does too: that costs time, and changes no value.
 */

import type { Clock } from '../base/clock.ts';
import { type MaybePromise, whenThere } from '../base/maybe-promise.ts';
import { once } from '../base/once.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import type { Claim, Records } from './records.ts';
import { isThreadGone, isUnreaped, threadIn } from './thread-owner.ts';

/** For how long a claim is believed. Arbitrary: longer than a machine is stopped for by what it does itself. */
const leaseMs = 30_000;
const renewEveryMs = 10_000;

const hostName = once(() => process.getBuiltinModule('node:os').hostname());

export class Claims {
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #owner: string;
  /** How many compute a call here: the claim is given up after the last. */
  readonly #held = new Map<Digest, number>();
  #renewal: Disposable | undefined;

  /** @param owner - unique among all caches of all processes */
  constructor(records: Records, clock: Clock, owner: string) {
    this.#records = records;
    this.#clock = clock;
    this.#owner = owner;
  }

  /**
   * Claims a call.
   *
   * @returns `undefined` if this process is to compute it; otherwise the claim of another, which is alive as far as can be seen
   */
  take(key: Digest): MaybePromise<Claim | undefined> {
    const nowMs = this.#clock.epochMs();
    const claim = { owner: this.#owner, host: hostName(), pid: process.pid, untilMs: nowMs + leaseMs };
    return whenThere(this.#records.claim(key, claim, nowMs), (held) => {
      if (held === undefined) {
        this.#hold(key);
        return undefined;
      }
      if (!isDead(held)) return held;
      return whenThere(this.#records.release(key, held.owner), () => this.take(key));
    });
  }

  #hold(key: Digest): void {
    this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
    this.#renewal ??= this.#clock.every(renewEveryMs, () => this.#renew(), { ref: false });
  }

  #renew(): void {
    const swallow = (): void => undefined;
    try {
      const renewed = this.#records.renew(this.#owner, this.#clock.epochMs() + leaseMs);
      // It is tried again soon; if it never works, others take over.
      Promise.resolve(renewed).catch(swallow);
    } catch {
      swallow();
    }
  }

  release(key: Digest): MaybePromise<void> {
    const count = this.#held.get(key);
    if (count === undefined) return undefined;
    if (count > 1) {
      this.#held.set(key, count - 1);
      return undefined;
    }
    this.#held.delete(key);
    if (this.#held.size === 0) this.#stop();
    return this.#records.release(key, this.#owner);
  }

  /** Releases all. */
  async close(): Promise<void> {
    this.#stop();
    const held = [...this.#held.keys()];
    this.#held.clear();
    for (const key of held) await this.#records.release(key, this.#owner);
  }

  #stop(): void {
    this.#renewal?.[Symbol.dispose]();
    this.#renewal = undefined;
  }
}

/** Whether the process of a claim, or the thread in it, is known to be no more. */
function isDead({ host, pid, owner }: Claim): boolean {
  if (host !== hostName()) return false;
  const thread = threadIn(owner);
  if (thread !== undefined && isThreadGone(pid, thread)) return true;
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return isUnreaped(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
