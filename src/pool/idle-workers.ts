/**
 * Ends workers that have had nothing to do for some time. One timer for all of them.
 */

import type { Clock } from '../base/clock.ts';
import type { Member } from './member.ts';

export interface IdleWorkersParts {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly members: ReadonlySet<Member>;
  /** Whether workers that do not listen yet are needed, where these count, too; if not given, they do not. */
  isStartingNeeded?(): boolean;
  end(member: Member): void;
}

export class IdleWorkers {
  readonly #parts: IdleWorkersParts;
  #timer: Disposable | undefined;

  constructor(parts: IdleWorkersParts) {
    this.#parts = parts;
  }

  /** A worker has nothing to do from now on. */
  rests(member: Member): void {
    member.idleSinceMs = this.#parts.clock.nowMs();
    this.#timer ??= this.#sweepAfter(this.#parts.timeoutMs);
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
  }

  #sweepAfter(ms: number): Disposable {
    return this.#parts.clock.after(ms, () => this.#sweep(), { ref: false });
  }

  #sweep(): void {
    const { clock, members, timeoutMs, isStartingNeeded, end } = this.#parts;
    const nowMs = clock.nowMs();
    let leftMs = Number.POSITIVE_INFINITY;
    for (const member of members) {
      if (member.batches.length > 0) continue;
      if (!member.isReady && isStartingNeeded === undefined) continue;
      if (!member.isReady && isStartingNeeded?.() === true) {
        // It rests from the moment on when nothing waits for it any more.
        member.idleSinceMs = nowMs;
        leftMs = Math.min(leftMs, timeoutMs);
        continue;
      }
      const restMs = member.idleSinceMs + timeoutMs - nowMs;
      // A timer may fire a fraction of a millisecond early.
      if (restMs < 1) end(member);
      else leftMs = Math.min(leftMs, restMs);
    }
    this.#timer = leftMs === Number.POSITIVE_INFINITY ? undefined : this.#sweepAfter(leftMs);
  }
}
