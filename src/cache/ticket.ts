/**
 * What whoever computes a call has of it: the right, and the duty, to say what came of it.
 *
 * What is kept is encoded at once: the arguments before the task runs, the value before anybody else gets it, so that nothing
 * done with them later matters.
 */

import { type MaybePromise, whenThere } from '../base/maybe-promise.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import type { Json } from '../codec/json-writer.ts';
import { failed, thrownText } from '../task/failure.ts';
import type { AttemptFailure } from '../task/outcome.ts';
import type { CallCache, KeyedCall } from './call-cache.ts';
import { cacheHintsOf } from './call-key.ts';
import type { Flight } from './flight.ts';
import { joinNotes, type MetadataHook, type NotedCall, noteOf } from './metadata.ts';
import type { ArgumentRecord, CallRecord, ValueRef } from './record.ts';
import type { EncodedValue } from './value-codec.ts';

type CallFailure = Omit<AttemptFailure, 'is'>;

/** The right, and the duty, to say what came of a call. One of `succeed`, `fail` and `abandon` is to be called, once. */
export class Ticket {
  readonly #cache: CallCache;
  readonly #call: KeyedCall;
  readonly #flight: Flight;
  readonly #begun: CallRecord;
  readonly #notes: Map<MetadataHook, unknown>;
  #isSettled = false;

  constructor(cache: CallCache, call: KeyedCall, flight: Flight) {
    this.#cache = cache;
    this.#call = call;
    this.#flight = flight;
    // Before the task runs: it may change what it is given.
    this.#begun = this.#begin();
    const noted: NotedCall = {
      digest: call.key.digest,
      task: call.core.name,
      run: call.caller.run,
      kind: call.kind ?? 'call',
    };
    this.#notes = new Map(
      call.caller.metadata.map((hook) => [hook, this.#ask(hook, () => hook.before?.(noted))]),
    );
  }

  #ask(hook: MetadataHook, ask: () => unknown): unknown {
    try {
      return ask();
    } catch (error) {
      this.#cache.parts.trouble(`note '${hook.name}' of a call`, error);
      return undefined;
    }
  }

  get key(): Digest {
    return this.#call.key.digest;
  }

  /** The name of the task. */
  get task(): string {
    return this.#call.core.name;
  }

  /** When it was entered: milliseconds since the Unix epoch. */
  get startedMs(): number {
    return this.#begun.startedMs;
  }

  /** Says that the call has returned a graph, in which equal calls may stand. */
  forwarded(): void {
    this.#flight.isForwarded = true;
  }

  #begin(): CallRecord {
    const { key, core, caller, kind = 'call' } = this.#call;
    const { codec, clock, backend, keys, storesArguments } = this.#cache.parts;
    const args = key.args.map(({ name, value, digest }): ArgumentRecord => {
      const ref = { digest, address: undefined, bytes: 0 };
      const stored = storesArguments ? this.#encode(() => codec.encode(value, name)) : undefined;
      if (stored !== undefined) this.#cache.keep('keep an argument', () => this.#put(stored));
      return { name, members: keys.membersOf(value, name), ...ref, ...refOf(stored) };
    });
    const { identity, version } = key.task;
    const record: CallRecord = {
      key: key.digest,
      kind,
      task: core.name,
      identity,
      version,
      sources: this.#cache.keepSources(key.task),
      state: 'begun',
      args,
      result: undefined,
      failure: undefined,
      run: caller.run,
      startedMs: clock.epochMs(),
      settledMs: undefined,
      metadata: {},
    };
    if (kind === 'call') this.#cache.keep('keep a record', () => backend.calls.put(record));
    return record;
  }

  #put({ address, bytes }: EncodedValue): MaybePromise<void> {
    return this.#cache.parts.backend.values.put(address, bytes);
  }

  #encode(encode: () => EncodedValue): EncodedValue | undefined {
    try {
      return encode();
    } catch {
      // It has a digest, which is enough.
      return undefined;
    }
  }

  /** Remembers the value. It is encoded now: what is done with it later does not matter. */
  succeed(value: unknown): void {
    if (this.#isSettled) return;
    // A failure as a value is a failure still.
    if (failed(value)) {
      this.fail({ reason: value.reason, error: value.error } as CallFailure, true);
      return;
    }
    this.#isSettled = true;
    const { codec, keys, backend, trouble } = this.#cache.parts;
    let encoded: EncodedValue;
    let digest: Digest;
    try {
      encoded = codec.encode(value, 'result');
      digest = digestOr(() => keys.digestOf(value, 'result'), encoded.address);
    } catch (error) {
      const { name, builtin } = this.#call.core;
      // Those of heddle's own calls, such as the list of a graph, are made of what the user's gave, which was told of.
      if (builtin === undefined) trouble(`keep the result of task '${name}'`, error);
      this.#cache.land(this.key, this.#flight, { is: 'gone' });
      return;
    }
    const result: ValueRef = { digest, address: encoded.address, bytes: encoded.bytes.length };
    const record = this.#settledRecord({ state: 'success', result });
    const kept = this.#cache.keeping('keep a result', () =>
      whenThere(this.#put(encoded), () => backend.calls.put(record)),
    );
    this.#cache.land(this.key, this.#flight, { is: 'success', bytes: encoded.bytes }, kept);
  }

  /** Says that the call failed. Equal calls in flight fail with it; it is remembered only if the hints ask for that. */
  fail(failure: CallFailure, isValue = false): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { codec, clock, backend } = this.#cache.parts;
    const { errorsForMs = 0 } = cacheHintsOf(this.#call.hints);
    const { reason, error } = failure;
    const isKept = errorsForMs > 0 && reason === 'threw' && !isValue;
    const encoded = isKept ? this.#encode(() => codec.encode(error, 'error')) : undefined;
    const record = this.#settledRecord({
      state: 'failure',
      failure: {
        reason,
        summary: firstLine(thrownText(error)),
        address: encoded?.address,
        untilMs: clock.epochMs() + errorsForMs,
      },
    });
    const kept = this.#cache.keeping('keep a failure', () =>
      whenThere(encoded === undefined ? undefined : this.#put(encoded), () => backend.calls.put(record)),
    );
    // A value that tells of a failure is for each to compute by itself; so is what was not the task's own doing.
    const isShared = reason === 'threw' && !isValue;
    const end = isShared ? ({ is: 'failure', failure } as const) : ({ is: 'gone' } as const);
    this.#cache.land(this.key, this.#flight, end, encoded === undefined ? undefined : kept);
  }

  /** Says that nobody computes the call any more. Whoever waits for it does so now. */
  abandon(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#cache.land(this.key, this.#flight, { is: 'gone' });
  }

  #settledRecord(end: Pick<CallRecord, 'state'> & Partial<CallRecord>): CallRecord {
    const metadata: Record<string, Json> = {};
    for (const [hook, note] of this.#notes) {
      const told = hook.after === undefined ? note : this.#ask(hook, () => hook.after?.(note));
      const checked = this.#ask(hook, () => noteOf(told)) as Json | undefined;
      if (checked !== undefined) metadata[hook.name] = joinNotes(metadata[hook.name], checked);
    }
    return { ...this.#begun, ...end, settledMs: this.#cache.parts.clock.epochMs(), metadata };
  }
}

function refOf(encoded: EncodedValue | undefined): Partial<ValueRef> {
  return encoded === undefined ? {} : { address: encoded.address, bytes: encoded.bytes.length };
}

/** A value that has no digest of its own is told by its bytes. */
function digestOr(digest: () => Digest, other: Digest): Digest {
  try {
    return digest();
  } catch {
    return other;
  }
}

function firstLine(text: string): string {
  const end = text.indexOf('\n');
  return end < 0 ? text : text.slice(0, end);
}
