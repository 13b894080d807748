/**
 * The line to a server that keeps a cache: what is written goes in batches, one at a time, and nothing waits for ever.
 *
 * - **Order:** what is put is written in the order of the calls; of one key, the last counts.
 * - **Bound:** at most 64 MiB wait to be written; what comes on top is lost, and told.
 * - **Failure:** of a batch that fails nothing is kept, and the next `flush` rejects. Later ones are tried. A server that gives
 *   no answer in time is left alone for as long: until then everything fails at once, so that a cache that is gone costs a
 *   program one wait in a while, not one for each call.
 */

import type { Clock } from '../../base/clock.ts';
import { ClosedError } from '../../base/errors.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import { CacheWriteError } from '../../store/cache-write-error.ts';
import { addressesOf } from '../fits.ts';
import type {
  RemoteBatch,
  RemoteCall,
  RemoteDriver,
  RemoteEntries,
  RemoteRun,
  RemoteValue,
} from './remote-driver.ts';

/** Arbitrary: beyond, the server cannot keep up, and the program should not hold it all. */
const mostWaitingBytes = 2 ** 26;
/** A batch of about so many bytes is written before more is added to it. */
const mostBatchBytes = 2 ** 22;
/** About what a record, or an entry, takes. */
const smallBytes = 2000;

interface Batch extends RemoteBatch {
  readonly values: Map<Digest, RemoteValue | undefined>;
  readonly calls: Map<Digest, RemoteCall | undefined>;
  readonly runs: Map<string, RemoteRun>;
  readonly entries: RemoteEntries[];
  /** Fulfilled when it has been written, or could not be. */
  readonly over: PromiseWithResolvers<void>;
  bytes: number;
  count: number;
}

export class RemoteLine {
  readonly driver: RemoteDriver;
  readonly clock: Clock;
  readonly #timeoutMs: number;
  /** What is added to. */
  #current: Batch = newBatch();
  /** Those before it, oldest first; the first one is being written if `#isWriting`. */
  readonly #sealed: Batch[] = [];
  #isWriting = false;
  #waitingBytes = 0;
  #isDue = false;
  /** Values that could not be kept: what refers to them is not to be kept either. */
  readonly #lost = new Set<Digest>();
  #failure: { readonly cause: unknown; count: number } | undefined;
  #restsUntilMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  /** @param timeoutMs - for how long an answer is waited for */
  constructor(driver: RemoteDriver, clock: Clock, timeoutMs: number) {
    this.driver = driver;
    this.clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  putValue(digest: Digest, value: RemoteValue | undefined): void {
    this.#add((value?.bytes.length ?? 0) + smallBytes, (batch) => batch.values.set(digest, value), digest);
  }

  putCall(key: Digest, call: RemoteCall | undefined): void {
    this.#add((call?.text.length ?? 0) + smallBytes, (batch) => batch.calls.set(key, call));
  }

  putRun(id: string, run: RemoteRun): void {
    this.#add(run.text.length + smallBytes, (batch) => batch.runs.set(id, run));
  }

  addEntries(entries: RemoteEntries): void {
    this.#add(entries.text.length + smallBytes, (batch) => batch.entries.push(entries));
  }

  /** What waits to be written under a key; `undefined` if nothing does. */
  waitingValue(digest: Digest): { readonly value: RemoteValue | undefined } | undefined {
    const batch = this.#waitingBatches().findLast(({ values }) => values.has(digest));
    return batch === undefined ? undefined : { value: batch.values.get(digest) };
  }

  waitingCall(key: Digest): { readonly call: RemoteCall | undefined } | undefined {
    const batch = this.#waitingBatches().findLast(({ calls }) => calls.has(key));
    return batch === undefined ? undefined : { call: batch.calls.get(key) };
  }

  #waitingBatches(): readonly Batch[] {
    return [...this.#sealed, this.#current];
  }

  #add(bytes: number, put: (batch: Batch) => void, value?: Digest): void {
    this.refuseIfClosed();
    if (this.#waitingBytes + bytes > mostWaitingBytes) {
      if (value !== undefined) this.#lost.add(value);
      this.#fail(new Error('more waits to be written than fits'), 1);
      return;
    }
    if (this.#current.bytes >= mostBatchBytes) this.#seal();
    put(this.#current);
    this.#current.bytes += bytes;
    this.#current.count++;
    this.#waitingBytes += bytes;
    this.#writeSoon();
  }

  #seal(): void {
    this.#sealed.push(this.#current);
    this.#current = newBatch();
  }

  #writeSoon(): void {
    if (this.#isDue || this.#isWriting) return;
    this.#isDue = true;
    this.clock.soon(() => {
      this.#isDue = false;
      void this.#writeAll();
    });
  }

  /** Waits until all that was put so far has been written, or could not be. Never rejects. */
  async settled(): Promise<void> {
    const last = this.#current.count > 0 ? this.#current : this.#sealed.at(-1);
    void this.#writeAll();
    await last?.over.promise;
  }

  async #writeAll(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    for (;;) {
      if (this.#sealed.length === 0 && this.#current.count > 0) this.#seal();
      const [batch] = this.#sealed;
      if (batch === undefined) break;
      await this.#write(batch);
      this.#sealed.shift();
      this.#waitingBytes -= batch.bytes;
      batch.over.resolve();
    }
    this.#isWriting = false;
  }

  async #write(batch: Batch): Promise<void> {
    for (const [key, call] of batch.calls) {
      const refers = call === undefined ? [] : addressesOf(call.record);
      // Its value could not be kept, which `flush` tells.
      if (refers.some((address) => this.#lost.has(address) && !batch.values.has(address)))
        batch.calls.delete(key);
    }
    try {
      await this.ask(() => this.driver.write(batch));
      for (const digest of batch.values.keys()) this.#lost.delete(digest);
    } catch (error) {
      for (const [digest, value] of batch.values) if (value !== undefined) this.#lost.add(digest);
      this.#fail(error, batch.count);
    }
  }

  #fail(cause: unknown, count: number): void {
    this.#failure ??= { cause, count: 0 };
    this.#failure.count += count;
  }

  /** @throws {CacheWriteError} If any could not be kept since the last time. */
  async flush(): Promise<void> {
    await this.settled();
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure === undefined) return;
    const what = failure.count === 1 ? 'what was put' : `${failure.count} things that were put`;
    throw this.errorOf(`keep ${what} in`, failure.cause);
  }

  errorOf(verb: string, cause: unknown): CacheWriteError {
    const told = cause instanceof Error ? cause.message || cause.name : String(cause);
    return new CacheWriteError(`Cannot ${verb} ${this.driver.name} as it refused: received ${told}`, {
      cause,
    });
  }

  /** Asks the server something. Rejects if there is no answer in time; at once if there was none a while ago. */
  async ask<T>(action: () => Promise<T>): Promise<T> {
    if (this.clock.nowMs() < this.#restsUntilMs) throw this.#noAnswer();
    let timer: Disposable | undefined;
    const overdue = new Promise<never>((_, reject) => {
      timer = this.clock.after(this.#timeoutMs, () => {
        this.#restsUntilMs = this.clock.nowMs() + this.#timeoutMs;
        reject(this.#noAnswer());
      });
    });
    const answer = action();
    // Nobody waits for it any more if it is late.
    answer.catch(() => undefined);
    try {
      return await Promise.race([answer, overdue]);
    } finally {
      timer?.[Symbol.dispose]();
    }
  }

  #noAnswer(): Error {
    return new Error(`${this.driver.name} gave no answer within ${this.#timeoutMs} ms`);
  }

  /** Asks for many things, each of which may take as long as one. */
  async *askEach<T>(things: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    const iterator = things[Symbol.asyncIterator]();
    try {
      for (;;) {
        this.refuseIfClosed();
        const next = await this.ask(() => iterator.next());
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      // It may wait for an answer that never comes.
      void iterator.return?.().catch(() => undefined);
    }
  }

  refuseIfClosed(): void {
    if (this.#isClosed) throw new ClosedError(`Cannot use ${this.driver.name} as it was closed`);
  }

  /** Flushes, and gives back the connection. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.flush();
    } finally {
      this.#isClosed = true;
      await this.ask(() => this.driver.close()).catch(() => undefined);
    }
  }
}

function newBatch(): Batch {
  return {
    values: new Map(),
    calls: new Map(),
    runs: new Map(),
    entries: [],
    over: Promise.withResolvers(),
    bytes: 0,
    count: 0,
  };
}
