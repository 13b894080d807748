/**
 * Calls that wait to be sent, and how many of them travel together.
 *
 * A batch costs Redis about as much as one call, so short calls travel many at a time; a call of unknown or long duration
 * travels with few others or none, as all calls of a batch go to one worker and would wait for each other there. Pure: knows
 * neither Redis nor time.
 */

/** How long calls of one task take, as far as it is known. */
export class CallTimes {
  #meanUs: number | undefined;

  /** Microseconds; `undefined` while none has ended. */
  get meanUs(): number | undefined {
    return this.#meanUs;
  }

  took(us: number): void {
    this.#meanUs = this.#meanUs === undefined ? us : this.#meanUs + (us - this.#meanUs) * weight;
  }
}

/** A call that waits. */
export interface WaitingCall {
  readonly priority: number;
  readonly times: CallTimes;
  /** How large it is as a message. */
  readonly bytes: number;
  /** Whether nobody waits for it any more: it is left out. */
  readonly isOver: boolean;
}

/** How much the newest figure counts. */
const weight = 0.2;

/**
 * How long the calls of a batch take at most, one after the other, in microseconds. A worker has several threads and takes
 * several batches, so that no thread waits; a lost worker loses some of them. Arbitrary between the cost of a batch, 100 µs,
 * and what people wait for.
 */
const batchUs = 20_000;
/** Below this, spreading calls over workers does not pay: about what a batch costs all that handle it, in microseconds. */
const worthSpreadingUs = 1_000;
const mostCalls = 512;
/** Base64 makes a third more of it. BullMQ is slow with large jobs: 10 ms for 1 MB. */
const mostBytes = 512 * 1024;
/** Of a task of which no call has ended, so many at most: they may be long. */
const mostUnknown = 16;

/** A line of calls: the highest priority first, then the oldest. */
export class CallLine<Call extends WaitingCall> {
  /** Highest priority first. */
  readonly #lines: { readonly priority: number; calls: Call[]; head: number }[] = [];
  #size = 0;

  /** Those that are over included. */
  get size(): number {
    return this.#size;
  }

  add(call: Call): void {
    const { priority } = call;
    let at = this.#lines.findIndex((line) => line.priority <= priority);
    if (at === -1) at = this.#lines.length;
    if (this.#lines[at]?.priority !== priority) this.#lines.splice(at, 0, { priority, calls: [], head: 0 });
    this.#lines[at]?.calls.push(call);
    this.#size++;
  }

  /**
   * Takes calls that travel together: of one priority, in order.
   *
   * @param threads - how many calls all workers run at once; at least 1
   * @param most - more are not taken in any case
   * @returns none if none waits
   */
  take(threads: number, most: number = mostCalls): Call[] {
    const batch: Call[] = [];
    const share = Math.ceil(this.#size / (2 * threads));
    let [us, bytes] = [0, 0];
    while (batch.length < Math.min(most, mostCalls)) {
      const [line] = this.#lines;
      const next = line?.calls[line.head];
      if (line === undefined || next === undefined) break;
      if (batch[0] !== undefined && batch[0].priority !== line.priority) break;
      if (!next.isOver) {
        const isShared = batch.length >= share;
        const nextUs = next.times.meanUs ?? batchUs / Math.min(mostUnknown, Math.max(share, 1));
        const isFull = us + nextUs > batchUs || bytes + next.bytes > mostBytes;
        if (batch.length > 0 && (isFull || (isShared && us + nextUs > worthSpreadingUs))) break;
        batch.push(next);
        us += nextUs;
        bytes += next.bytes;
      }
      this.#drop(line);
    }
    return batch;
  }

  #drop(line: { calls: Call[]; head: number }): void {
    this.#size--;
    line.head++;
    if (line.head === line.calls.length) this.#lines.shift();
    else if (line.head >= 4096 && line.head * 2 > line.calls.length) {
      line.calls = line.calls.slice(line.head);
      line.head = 0;
    }
  }
}
