/**
 * A fleet of workers that are not there: an executor whose calls take time that nobody waits for.
 *
 * Time here is that which the client computes, plus what it would have waited for the next call to end. So it is known how
 * long a run would take on so many workers, and how busy they would be, of which this one process is the client. Of the way to
 * a worker and back it knows only what a call costs the client. Draws its durations from a row that is always the same.
 */

import { ClosedError, type Executor, type ExecutorStatistics } from 'heddle';

type Connect = Executor['connect'];
type Listener = Parameters<Connect>[0];
type Attempt = Parameters<ReturnType<Connect>['start']>[1];

export interface FleetOptions {
  /** Each runs one call at a time. */
  readonly workers: number;
  /** How long calls take: from half of it to one and a half, evenly. */
  readonly meanMs: number;
  /** What it costs the client to write a call and to read what came of it, in microseconds. */
  readonly messageUs: number;
}

/** How much computing may go unseen between two looks at the clock, in calls. */
const callsPerLook = 64;

/** For how many turns of the event loop a run may put off what it starts next. */
const quietTurns = 3;

export class FakeFleet implements Executor {
  readonly name = 'fake fleet';
  readonly isolated = false;
  readonly slots: number;
  readonly #options: FleetOptions;
  #listener: Listener | undefined;
  #taken = 0;
  #succeeded = 0;
  /** When each running call ends, and which it is: a heap, the first to end on top. */
  readonly #ends: number[] = [];
  readonly #tickets: number[] = [];
  readonly #values = new Map<number, unknown>();
  /** For what nobody had to wait. */
  #skippedMs = 0;
  readonly #beganMs = computedMs();
  #seed = 1;
  #busyMs = 0;
  #isTurning = false;

  constructor(options: FleetOptions) {
    this.slots = options.workers;
    this.#options = options;
  }

  /** What has passed, in milliseconds. */
  get nowMs(): number {
    return computedMs() - this.#beganMs + this.#skippedMs;
  }

  /** What all workers together have worked, in milliseconds. */
  get busyMs(): number {
    return this.#busyMs;
  }

  connect: Connect = (listener) => {
    if (this.#listener !== undefined) throw new ClosedError('Cannot use the fleet as it serves one run');
    this.#listener = listener;
    return {
      room: () => this.slots - this.#taken,
      start: (ticket, attempt) => this.#start(ticket, attempt),
      cancel: () => undefined,
      [Symbol.dispose]: () => undefined,
    };
  };

  submit = (): never => {
    throw new Error('Cannot submit a call as the fleet only serves runs');
  };

  map = (): never => this.submit();

  stats(): ExecutorStatistics {
    return {
      workers: this.slots,
      running: this.#taken,
      succeeded: this.#succeeded,
      failed: 0,
      replaced: 0,
    };
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #start(ticket: number, { core, args }: Attempt): undefined {
    const { meanMs } = this.#options;
    // The generator of Park and Miller.
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    const tookMs = meanMs * (0.5 + this.#seed / 2_147_483_647);
    this.#busyMs += tookMs;
    this.#quietTurns = 0;
    this.#taken++;
    this.#values.set(ticket, (core.fn as (...given: readonly unknown[]) => unknown)(...args));
    this.#push(this.#nowMs + tookMs, ticket);
    this.#turnSoon();
    return undefined;
  }

  /** For how many turns nothing was started. */
  #quietTurns = 0;
  /** Asked for each call, so it is not looked up each time. */
  #nowMs = 0;

  #turnSoon(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    setImmediate(() => this.#turn());
  }

  /** Tells what has ended by now. If nothing has, the time of the next end has come. */
  #turn(): void {
    this.#isTurning = false;
    this.#nowMs = this.nowMs;
    const next = this.#ends[0];
    if (next === undefined) return;
    // While the run has more to start, or may have, the client computes: nobody waits.
    if (next > this.#nowMs && this.#quietTurns++ < quietTurns) {
      this.#turnSoon();
      return;
    }
    if (next > this.#nowMs) {
      this.#skippedMs += next - this.#nowMs;
      this.#nowMs = next;
    }
    this.#quietTurns = 0;
    let told = 0;
    for (let end = this.#ends[0]; end !== undefined && end <= this.#nowMs; end = this.#ends[0]) {
      const ticket = this.#pop();
      const value = this.#values.get(ticket);
      this.#values.delete(ticket);
      this.#taken--;
      this.#succeeded++;
      this.#skippedMs += this.#options.messageUs / 1000;
      this.#listener?.settled(ticket, { is: 'success', value });
      if (++told % callsPerLook === 0) this.#nowMs = this.nowMs;
    }
    this.#listener?.roomMade();
    if (this.#ends.length > 0) this.#turnSoon();
  }

  #push(end: number, ticket: number): void {
    const [ends, tickets] = [this.#ends, this.#tickets];
    let at = ends.length;
    ends.push(end);
    tickets.push(ticket);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if ((ends[above] as number) <= end) break;
      ends[at] = ends[above] as number;
      tickets[at] = tickets[above] as number;
      at = above;
    }
    ends[at] = end;
    tickets[at] = ticket;
  }

  #pop(): number {
    const [ends, tickets] = [this.#ends, this.#tickets];
    const first = tickets[0] as number;
    const end = ends.pop() as number;
    const ticket = tickets.pop() as number;
    const { length } = ends;
    if (length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= length) break;
      if (below + 1 < length && (ends[below + 1] as number) < (ends[below] as number)) below++;
      if ((ends[below] as number) >= end) break;
      ends[at] = ends[below] as number;
      tickets[at] = tickets[below] as number;
      at = below;
    }
    ends[at] = end;
    tickets[at] = ticket;
    return first;
  }
}

/** What this process has computed so far. Unlike time itself it does not hold what others compute meanwhile. */
function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
