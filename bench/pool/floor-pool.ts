/**
 * The floor: the least code that dispatches in adaptive batches with claims, and so what a pool over `postMessage` can
 * reach.
 *
 * A sketch to measure against, without what a product owes: no errors, no lost workers, no taking back, no limits.
 * Its claims are taken and never contested, which is what they cost as a rule. Values are not kept apart within a message.
 */

import { Worker } from 'node:worker_threads';
import type { BodyName, Contender, OpenPool } from './contender.ts';

/** Calls in flight at one worker, at most; a power of two. */
const claimCount = 8192;
/** What a batch should take, in microseconds. */
const batchUs = 400;
const mostCalls = 512;
/** Less work than this is not worth waking another worker for, in microseconds. */
const worthSpreadingUs = 60;
/** Batches at a worker: one that runs and one that waits. */
const batchesAhead = 2;
/** Inputs of a map that are out, at most. */
const mapWindow = 4096;

interface Waiting {
  readonly body: BodyName;
  readonly input: unknown;
  readonly resolve: (value: unknown) => void;
}

interface Member {
  readonly worker: Worker;
  readonly claims: Int32Array;
  /** Told the values of each batch sent, in order. */
  readonly batches: ((values: unknown[]) => void)[];
  sent: number;
  ramp: number;
}

/** The floor. */
export const floorPool: Contender = {
  name: 'floor',
  side: 'floor',
  kind: 'threads',
  moves: false,
  open: async (workers) => new FloorPool(workers),
};

class FloorPool implements OpenPool {
  readonly #members: readonly Member[];
  #waiting: Waiting[] = [];
  #head = 0;
  #isFlushing = false;
  /** Mean time of a call in microseconds; 0 while unknown. */
  #runUs = 0;
  /** Maps that wait for room. */
  readonly #hungry = new Set<() => void>();

  constructor(workers: number) {
    this.#members = Array.from({ length: workers }, () => this.#start());
  }

  #start(): Member {
    const claims = new Int32Array(new SharedArrayBuffer(claimCount * 4));
    const worker = new Worker(new URL('./floor-worker.ts', import.meta.url), { workerData: claims });
    const member: Member = { worker, claims, batches: [], sent: 0, ramp: 1 };
    worker.on('message', (values: unknown[]) => {
      const us = values.pop() as number;
      this.#runUs = this.#runUs === 0 ? us : this.#runUs + (us - this.#runUs) * 0.3;
      member.batches.shift()?.(values);
      this.#kick();
      for (const feed of this.#hungry) feed();
    });
    return member;
  }

  submit(body: BodyName, input: unknown): Promise<unknown> {
    return new Promise((resolve) => {
      this.#waiting.push({ body, input, resolve });
      this.#kick();
    });
  }

  #kick(): void {
    if (this.#isFlushing || this.#head === this.#waiting.length) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    for (let ahead = 0; ahead < batchesAhead; ahead++) {
      for (const member of this.#members) {
        const left = this.#waiting.length - this.#head;
        if (left === 0) return;
        if (member.batches.length > ahead) continue;
        let size = this.#batchSize(member);
        if (left * this.#runUs > worthSpreadingUs)
          size = Math.min(size, Math.ceil(left / this.#members.length));
        this.#sendWaiting(member, size);
      }
    }
  }

  #batchSize(member: Member): number {
    const byTime = this.#runUs === 0 ? 1 : Math.max(1, Math.floor(batchUs / this.#runUs));
    const size = Math.min(byTime, member.ramp, mostCalls);
    if (size === member.ramp) member.ramp = Math.min(mostCalls, member.ramp * 2);
    return size;
  }

  #sendWaiting(member: Member, size: number): void {
    const { body } = this.#waiting[this.#head] as Waiting;
    const from = this.#head;
    const inputs: unknown[] = [];
    const resolves: Waiting['resolve'][] = [];
    for (let at = from; inputs.length < size && at < this.#waiting.length; at++) {
      const next = this.#waiting[at] as Waiting;
      if (next.body !== body) break;
      inputs.push(next.input);
      resolves.push(next.resolve);
    }
    this.#head += inputs.length;
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    }
    this.#send(member, body, inputs, (values) => {
      for (let i = 0; i < values.length; i++) resolves[i]?.(values[i]);
    });
  }

  #send(member: Member, body: BodyName, inputs: unknown[], told: (values: unknown[]) => void): void {
    const { claims, sent } = member;
    for (let i = 0; i < inputs.length; i++) claims[(sent + i) & (claimCount - 1)] = 0;
    member.sent += inputs.length;
    member.batches.push(told);
    inputs.push(sent, body);
    member.worker.postMessage(inputs);
  }

  /** Batches are cut straight from the input: no promise an item. */
  map = (body: BodyName, inputs: Iterable<unknown>, ordered: boolean): AsyncIterable<unknown> =>
    this.#map(body, inputs, ordered);

  async *#map(
    body: BodyName,
    inputs: Iterable<unknown>,
    ordered: boolean,
  ): AsyncGenerator<unknown, void, undefined> {
    for await (const values of this.#batches(body, inputs[Symbol.iterator](), ordered)) yield* values;
  }

  async *#batches(
    body: BodyName,
    source: Iterator<unknown>,
    ordered: boolean,
  ): AsyncGenerator<unknown[], void, undefined> {
    /** Batches that are out, in the order of their inputs; in it their values when they are there. */
    const out: { values: unknown[] | undefined }[] = [];
    let isDone = false;
    let taken = 0;
    let wake = (): void => undefined;
    const feed = (): void => {
      for (const member of this.#members) {
        while (!isDone && taken < mapWindow && member.batches.length < batchesAhead) {
          const batch = take(Math.min(this.#batchSize(member), mapWindow - taken));
          if (batch.length === 0) break;
          taken += batch.length;
          const place: (typeof out)[number] = { values: undefined };
          out.push(place);
          this.#send(member, body, batch, (values) => {
            place.values = values;
            wake();
          });
        }
      }
    };
    const take = (count: number): unknown[] => {
      const batch: unknown[] = [];
      while (batch.length < count) {
        const next = source.next();
        if (next.done === true) {
          isDone = true;
          break;
        }
        batch.push(next.value);
      }
      return batch;
    };
    this.#hungry.add(feed);
    try {
      for (;;) {
        feed();
        const at = ordered
          ? 0
          : Math.max(
              0,
              out.findIndex(({ values }) => values !== undefined),
            );
        const values = out[at]?.values;
        if (values !== undefined) {
          out.splice(at, 1);
          yield values;
          taken -= values.length;
        } else if (out.length === 0) return;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      this.#hungry.delete(feed);
      source.return?.();
    }
  }

  close(): Promise<unknown> {
    return Promise.all(this.#members.map(({ worker }) => worker.terminate()));
  }
}
