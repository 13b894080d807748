/**
 * A call as a query gives it: what is known of it at once, and its values when they are asked for.
 */

import type { Digest } from '../../codec/canonical/digester.ts';
import type { Json } from '../../codec/json-writer.ts';
import type { CallCache } from '../call-cache.ts';
import { keptBy } from '../kept.ts';
import type { LineageOptions } from '../lineage/lineage.ts';
import type { Lineage } from '../lineage/lineage-graph.ts';
import type { ArgumentRecord, CallRecord, FailureRecord, RecordState, ValueRef } from '../record.ts';
import { evictCalls } from '../upkeep/evict.ts';
import { NotFoundError } from './not-found-error.ts';

/** A call that is remembered. It tells what was known when it was found. */
export class CallEntry {
  readonly #engine: CallCache;
  /** All that is kept of it, but for values: plain data. */
  readonly record: CallRecord;

  /** @internal */
  constructor(engine: CallCache, record: CallRecord) {
    this.#engine = engine;
    this.record = record;
  }

  /** The digest of the call. */
  get digest(): Digest {
    return this.record.key;
  }

  get kind(): 'call' | 'graph' {
    return this.record.kind;
  }

  /** The name of its task. */
  get task(): string {
    return this.record.task;
  }

  /** The identity of its task: package, path inside it, and name. */
  get identity(): string {
    return this.record.identity;
  }

  /** `version:1.0`, or `source:` and a digest. */
  get version(): string {
    return this.record.version;
  }

  get state(): RecordState {
    return this.record.state;
  }

  /** Names and digests of what it was given. */
  get args(): readonly ArgumentRecord[] {
    return this.record.args;
  }

  /** The digest of its value, as `digestOf` gives it, and the length of what is stored. `undefined` if it gave none. */
  get resultRef(): ValueRef | undefined {
    return this.record.result;
  }

  /** Why it gave no value, in a line. */
  get failure(): FailureRecord | undefined {
    return this.record.failure;
  }

  /** The run in which it was computed. */
  get run(): string | undefined {
    return this.record.run;
  }

  /** Milliseconds since the Unix epoch. */
  get startedMs(): number {
    return this.record.startedMs;
  }

  get settledMs(): number | undefined {
    return this.record.settledMs;
  }

  /** How long it took, in milliseconds; `undefined` if it has not ended. */
  get durationMs(): number | undefined {
    const { startedMs, settledMs } = this.record;
    return settledMs === undefined ? undefined : settledMs - startedMs;
  }

  get metadata(): Readonly<Record<string, Json>> {
    return this.record.metadata;
  }

  /**
   * Loads its value.
   *
   * @throws {NotFoundError} If it gave none, or if its value is not stored any more.
   */
  result(): Promise<unknown> {
    const { state, result, failure } = this.record;
    if (state === 'success' && result !== undefined) return this.#load(result.address, 'the result');
    const reason =
      failure === undefined ? 'it has not ended' : `it failed (${failure.reason}): ${failure.summary}`;
    return Promise.reject(
      new NotFoundError(`Cannot give the result of a call of task '${this.task}' as ${reason}`),
    );
  }

  /**
   * Loads what it was given as an argument.
   *
   * @param name - of the parameter, or its position
   * @throws {NotFoundError} If it has no such argument, or if that is not stored.
   */
  argument(name: string | number): Promise<unknown> {
    const { args } = this.record;
    const found = args.find((one) => one.name === String(name)) ?? args[Number(name)];
    if (found !== undefined) return this.#load(found.address, `argument '${found.name}'`);
    return Promise.reject(
      new NotFoundError(
        `Cannot give argument '${name}' of a call of task '${this.task}' as it has none of that name: ` +
          `received a name that is not among ${args.map((one) => `'${one.name}'`).join(', ') || 'no names'}`,
      ),
    );
  }

  /** Loads what it threw. `undefined` if it gave a value, or if what it threw was not stored: then `failure` tells of it. */
  async error(): Promise<unknown> {
    const address = this.record.failure?.address;
    return address === undefined ? undefined : this.#load(address, 'the error');
  }

  /** Tells where its value comes from, and what came of it. See `Cache.lineage`. */
  async lineage(options?: LineageOptions): Promise<Lineage> {
    const { lineageOf } = await import('../lineage/lineage.ts');
    return await lineageOf(this.#engine, this.digest, options);
  }

  /** Forgets it. @returns whether it was still there */
  async evict(): Promise<boolean> {
    return (await evictCalls(this.#engine, [this.digest])) > 0;
  }

  async #load(address: Digest | undefined, what: string): Promise<unknown> {
    const bytes = address === undefined ? undefined : await keptBy(this.#engine).values.get(address);
    if (bytes !== undefined) return this.#engine.parts.codec.decode(bytes);
    const reason = address === undefined ? 'it was not stored' : 'it is not stored any more, or damaged';
    throw new NotFoundError(`Cannot give ${what} of a call of task '${this.task}' as ${reason}`);
  }
}
