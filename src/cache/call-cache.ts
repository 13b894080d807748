/**
 * Finds what is remembered of calls, and remembers what is computed.
 *
 * Whoever has a call to compute enters it. Either its outcome is known: **retrieved**, or, if an equal call was in flight,
 * **attached**; or it gets a ticket, computes, and says what came of it. Promises that equal calls in flight run once, here
 * and in all processes that share the records; that a value is stored before its record says so; and that trouble with what
 * keeps things, such as a full disk, never changes or fails a call: it is told, and the call is computed.
 */

import type { Clock } from '../base/clock.ts';
import { type MaybePromise, whenThere } from '../base/maybe-promise.ts';
import { isPromiseLike } from '../base/promise-like.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import type { SourceManifest } from '../sources/source-manifest.ts';
import type { Hints } from '../task/hints.ts';
import type { AttemptFailure } from '../task/outcome.ts';
import type { TaskCore } from '../task/task-core.ts';
import type { Backend } from './backend.ts';
import { type CallKey, type CallKeys, cacheHintsOf, NotKeyed } from './call-key.ts';
import { Claims } from './claims.ts';
import { Flight, type FlightEnd } from './flight.ts';
import { LookupCounter } from './lookup-counter.ts';
import type { MetadataHook } from './metadata.ts';
import { type Patience, patienceMs, usualPatience } from './patience.ts';
import type { CallRecord } from './record.ts';
import type { Claim } from './records.ts';
import type { TaskVersion } from './task-version.ts';
import { Ticket } from './ticket.ts';
import type { ValueCodec } from './value-codec.ts';

type CallFailure = Omit<AttemptFailure, 'is'>;

/** What is known of a call that was entered. */
export type Entered =
  | {
      readonly is: 'success';
      readonly value: unknown;
      readonly how: 'retrieved' | 'attached';
      readonly key: Digest;
    }
  | {
      readonly is: 'failure';
      readonly failure: CallFailure;
      readonly how: 'retrieved' | 'attached';
      readonly key: Digest;
    }
  | { readonly is: 'compute'; readonly ticket: Ticket }
  /** Its result cannot be remembered: it is to be computed, and that is all. */
  | { readonly is: 'unknown'; readonly reason: NotKeyed };

/** Where a call is entered from. */
export interface Caller {
  /** A run, or a chain of functions: within one, a call does not wait for an equal one that waits for it. */
  readonly owner: object;
  /** Whether who computes an equal call waits for what is computed here, so that waiting for it would never end. */
  waitsFor?(computedBy: object): boolean;
  /** Whether something that is being computed waits for the call: then it waits for nobody without end. */
  isInside?(): boolean;
  /** Whether nobody waits for the call any more. */
  isOver?(): boolean;
  /** Whether what it computes may wait, in this thread, for what nobody can see: for room, or for equal calls inside. */
  readonly isUnseen?: boolean;
  /** The run, in records. */
  readonly run: string | undefined;
  /** What is noted of its calls. */
  readonly metadata: readonly MetadataHook[];
  /** Whether it is computed even if it is remembered. */
  readonly isForced?: boolean;
}

export interface CallCacheParts {
  readonly backend: Backend;
  readonly keys: CallKeys;
  readonly codec: ValueCodec;
  readonly clock: Clock;
  /** Unique among all caches of all processes. */
  readonly owner: string;
  readonly storesArguments: boolean;
  /** For how long those wait for whom others wait. */
  readonly patience?: Patience | undefined;
  /** Told what could not be read or kept, and of what. */
  trouble(what: string, cause: unknown): void;
}

/** How long to wait before looking again whether another process is done: at first, and at most. */
const firstLookMs = 5;
const longestLookMs = 250;
/** A list of sources is put again after that long, so that it is never taken for garbage: far less than that has to be old. */
const renewSourcesMs = 600_000;

export class CallCache {
  readonly parts: CallCacheParts;
  /** How often calls were found since it was opened. */
  readonly lookups: LookupCounter = new LookupCounter();
  readonly #flights = new Map<Digest, Flight>();
  readonly #claims: Claims | undefined;
  /** What is on its way to where it is kept. */
  readonly #underWay = new Set<Promise<void>>();
  /** Where lists of sources are that have been kept, and when. */
  readonly #sources = new WeakMap<TaskVersion, { readonly address: Digest; readonly keptMs: number }>();
  #isClosed = false;

  constructor(parts: CallCacheParts) {
    this.parts = parts;
    const { calls: records } = parts.backend;
    // What nobody else can open, nobody else computes for.
    this.#claims =
      records.descriptor === undefined ? undefined : new Claims(records, parts.clock, parts.owner);
  }

  /** Gives the digest of a call, or why it has none that counts here. */
  keyOf(core: TaskCore, hints: Hints, args: readonly unknown[]): CallKey | NotKeyed {
    const { carries } = core;
    if (carries !== undefined) {
      const { core: carried } = carries;
      return this.keyOf(carried, carried.hints, [...carries.given(), ...args]);
    }
    const key = this.parts.keys.of(core, hints, args);
    if (key instanceof NotKeyed || !key.task.isLocal || this.#claims === undefined) return key;
    return new NotKeyed(
      `task '${core.name}' is not in a block tasks(import.meta, { … }) and has no version: what it was made with cannot be seen`,
    );
  }

  /** Looks whether a call is remembered, or waits for an equal one in flight. `undefined` if it is to be entered. */
  peek(call: KeyedCall): MaybePromise<Entered | undefined> {
    if (call.caller.isForced === true) return undefined;
    const flight = this.#flightOf(call);
    if (flight !== undefined && flight.ended === undefined) return undefined;
    const found =
      flight?.ended === undefined
        ? this.#find(call)
        : this.#fromEnd(flight.ended, call.key.digest, 'retrieved');
    return whenThere(found, (entered) => {
      if (entered !== undefined) this.lookups.add(call.kind, entered);
      return entered;
    });
  }

  /** Whether a call is being computed here, or its result is on its way to where it is kept. */
  isInFlight(key: Digest): boolean {
    return this.#flights.has(key);
  }

  /** The flight of an equal call that counts for this one. */
  #flightOf({ key, hints, caller }: KeyedCall): Flight | undefined {
    const flight = this.#flights.get(key.digest);
    if (flight?.ended === undefined) return flight;
    // Its result is on its way to where it is kept.
    return this.#isAnew({ hints, caller }) ? undefined : flight;
  }

  /** Whether a call is computed in any case: it waits for no equal one. */
  #isAnew({ hints, caller }: Pick<KeyedCall, 'hints' | 'caller'>): boolean {
    return caller.isForced === true || cacheHintsOf(hints).maxAgeMs === 0;
  }

  /** Whether the result of a call is remembered, as far as can be told without reading it. Trouble is told. */
  holds(call: KeyedCall): MaybePromise<boolean> {
    const { key, hints } = call;
    const { values: store, calls: records } = this.parts.backend;
    if (this.#flightOf(call)?.ended?.is === 'success') return true;
    const held = this.#orTrouble('look for a call', () =>
      whenThere(records.get(key.digest), (record) => {
        const address = record === undefined ? undefined : this.#freshResult(record, hints);
        return address !== undefined && store.has(address);
      }),
    );
    return whenThere(held, (isHeld) => isHeld === true);
  }

  /** Waits until the result of a call is kept that is on its way there. */
  whenKept(key: Digest): MaybePromise<void> {
    return this.#flights.get(key)?.kept;
  }

  /** Forgets a call. Its values stay where they are. @returns whether it was known */
  evict(key: Digest): MaybePromise<boolean> {
    return whenThere(this.#flights.get(key)?.kept, () => this.parts.backend.calls.delete(key));
  }

  /**
   * Enters a call. Answers at once if what keeps things does.
   *
   * @param onWait - told when it begins to wait for whoever computes an equal call
   */
  enter(call: KeyedCall, onWait?: () => void): MaybePromise<Entered> {
    return whenThere(this.#enter(call, onWait), (entered) => {
      this.lookups.add(call.kind, entered);
      return entered;
    });
  }

  #enter(call: KeyedCall, onWait: (() => void) | undefined): MaybePromise<Entered> {
    const flight = this.#flightOf(call);
    if (flight !== undefined) return this.#attach(call, flight, onWait);
    if (call.caller.isForced === true) return this.#miss(call, this.#fly(call), onWait);
    return whenThere(this.#find(call), (found) => {
      if (found !== undefined) return found;
      // Another may have come first meanwhile.
      const other = this.#flightOf(call);
      return other === undefined
        ? this.#miss(call, this.#fly(call), onWait)
        : this.#attach(call, other, onWait);
    });
  }

  #fly({ key, caller }: KeyedCall): Flight {
    const flight = new Flight(caller.owner, caller.isUnseen);
    this.#flights.set(key.digest, flight);
    return flight;
  }

  #attach(call: KeyedCall, flight: Flight, onWait: (() => void) | undefined): MaybePromise<Entered> {
    const { key, caller } = call;
    const waitsForIt =
      (flight.owner === caller.owner && flight.isForwarded) || caller.waitsFor?.(flight.owner) === true;
    if (waitsForIt) {
      return { is: 'unknown', reason: new NotKeyed('an equal call waits for its value') };
    }
    onWait?.();
    return this.#endOf(flight, caller).then((end) => {
      // Beside the other: it costs time, and changes no value.
      if (end === undefined) return this.#compute(call, new Flight(caller.owner, caller.isUnseen));
      const attached = this.#fromEnd(end, key.digest);
      if (attached !== undefined) return attached;
      if (caller.isOver?.() === true) return nobodyWaits();
      // Whoever computed it gave up, or its value cannot be read: the first of those who wait computes it now.
      return this.#enter(call, onWait);
    });
  }

  /** Waits until a flight has ended; `undefined` if it may be waiting for the one who asks. */
  #endOf(flight: Flight, caller: Caller): Promise<FlightEnd | undefined> {
    const end = flight.wait();
    if (caller.isInside === undefined) return end;
    const { clock, patience: { nearMs, farMs } = usualPatience } = this.parts;
    return new Promise((resolve) => {
      let waitedMs = 0;
      const look = (): void => {
        waitedMs += nearMs;
        const isStuck = flight.isUnseen || (flight.isForwarded && waitedMs >= farMs);
        if (isStuck && caller.isInside?.() === true) resolve(undefined);
        else timer = clock.after(nearMs, look);
      };
      let timer = clock.after(nearMs, look);
      void end.then((ended) => {
        timer[Symbol.dispose]();
        resolve(ended);
      });
    });
  }

  #fromEnd(
    end: FlightEnd,
    key: Digest,
    how: 'attached' | 'retrieved' = 'attached',
  ): Exclude<Entered, { is: 'compute' | 'unknown' }> | undefined {
    if (end.is === 'failure') return { is: 'failure', failure: end.failure, how, key };
    if (end.is === 'gone') return undefined;
    try {
      return { is: 'success', value: this.parts.codec.decode(end.bytes), how, key };
    } catch (error) {
      this.parts.trouble('read a value', error);
      return undefined;
    }
  }

  /** Looks for what is remembered. Trouble is a miss. */
  #find(call: KeyedCall): MaybePromise<Entered | undefined> {
    const { calls: records } = this.parts.backend;
    return this.#orTrouble('look for a call', () =>
      whenThere(records.get(call.key.digest), (record) =>
        record === undefined ? undefined : this.#fromRecord(call, record),
      ),
    );
  }

  /** Where the result of a call is, unless there is none, or it is too old. */
  #freshResult({ state, result, settledMs = 0 }: CallRecord, hints: Hints): Digest | undefined {
    const { maxAgeMs } = cacheHintsOf(hints);
    const isFresh =
      state === 'success' && (maxAgeMs === undefined || settledMs + maxAgeMs > this.parts.clock.epochMs());
    return isFresh ? result?.address : undefined;
  }

  #fromRecord({ hints }: KeyedCall, record: CallRecord): MaybePromise<Entered | undefined> {
    const { state, failure, key } = record;
    const result = this.#freshResult(record, hints);
    if (result !== undefined) {
      return this.#read(result, (value) => ({ is: 'success', value, how: 'retrieved', key }));
    }
    const nowMs = this.parts.clock.epochMs();
    const { errorsForMs = 0 } = cacheHintsOf(hints);
    if (state === 'failure' && failure?.address !== undefined && failure.untilMs > nowMs && errorsForMs > 0) {
      const { reason, address } = failure;
      return this.#read(address, (error) => ({
        is: 'failure',
        failure: { reason: reason as CallFailure['reason'], error },
        how: 'retrieved',
        key,
      }));
    }
    return undefined;
  }

  #read(address: Digest, use: (value: unknown) => Entered): MaybePromise<Entered | undefined> {
    const { backend, codec } = this.parts;
    return whenThere(backend.values.get(address), (bytes) =>
      bytes === undefined ? undefined : use(codec.decode(bytes)),
    );
  }

  /** Nothing is remembered: claims the call, unless another process computes it. */
  #miss(call: KeyedCall, flight: Flight, onWait: (() => void) | undefined): MaybePromise<Entered> {
    if (this.#claims === undefined || this.#isClosed) return this.#compute(call, flight);
    return whenThere(this.#claim(call.key.digest, flight), (held) => {
      // What another computes does not count for it.
      if (this.#isAnew(call)) return this.#compute(call, flight);
      if (held !== undefined) {
        onWait?.();
        return this.#waitForOther(call, flight);
      }
      // Whoever had the claim before may have been done just now.
      return whenThere(this.#find(call), (found) => {
        if (found === undefined) return this.#compute(call, flight);
        this.#land(call.key.digest, flight, { is: 'gone' });
        return found;
      });
    });
  }

  /** Claims a call for a flight. @returns whoever else computes it; `undefined` if nobody does, or that cannot be told */
  #claim(key: Digest, flight: Flight): MaybePromise<Claim | undefined> {
    return this.#orTrouble('claim a call', () =>
      whenThere(this.#claims?.take(key), (held) => {
        flight.isClaimed = held === undefined;
        return held;
      }),
    );
  }

  /** Another process computes the call: looks from time to time whether it is done, or is no more. */
  async #waitForOther(call: KeyedCall, flight: Flight): Promise<Entered> {
    const { digest } = call.key;
    const { clock, patience } = this.parts;
    const sinceMs = clock.nowMs();
    for (let waitMs = firstLookMs; ; waitMs = Math.min(waitMs * 1.5, longestLookMs)) {
      await clock.sleep(waitMs);
      if (call.caller.isOver?.() === true) {
        // Others who wait here look for themselves now.
        this.#land(digest, flight, { is: 'gone' });
        return nobodyWaits();
      }
      const found = await this.#find(call);
      if (found !== undefined && found.is !== 'compute' && found.is !== 'unknown') {
        // Those who wait here find it themselves now.
        this.#land(digest, flight, { is: 'gone' });
        return { ...found, how: 'attached' };
      }
      const held = await this.#claim(digest, flight);
      if (held === undefined) {
        const late = await this.#find(call);
        if (late === undefined) return this.#compute(call, flight);
        this.#land(digest, flight, { is: 'gone' });
        return late;
      }
      const isInside = call.caller.isInside?.() === true;
      // Beside the other: it costs time, and changes no value.
      if (clock.nowMs() - sinceMs >= patienceMs(held, isInside, patience)) return this.#compute(call, flight);
    }
  }

  #compute(call: KeyedCall, flight: Flight): Entered {
    try {
      return { is: 'compute', ticket: new Ticket(this, call, flight) };
    } catch (error) {
      // Nobody must wait for what nobody will tell of.
      this.#land(call.key.digest, flight, { is: 'gone' });
      this.parts.trouble(`remember the result of task '${call.core.name}'`, error);
      return { is: 'unknown', reason: new NotKeyed('what is known of it cannot be written down', error) };
    }
  }

  /**
   * Ends a flight. Who comes before what came of it is kept is given that, and the claim is let go of after it.
   *
   * @internal
   */
  land(key: Digest, flight: Flight, end: FlightEnd, kept?: Promise<void>): void {
    if (kept === undefined) {
      this.#land(key, flight, end);
      return;
    }
    flight.kept = kept;
    flight.end(end);
    void kept.then(() => this.#land(key, flight, end));
  }

  #land(key: Digest, flight: Flight, end: FlightEnd): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
    if (flight.isClaimed) {
      flight.isClaimed = false;
      this.keep('release a call', () => this.#claims?.release(key));
    }
    if (flight.ended === undefined) flight.end(end);
  }

  /** Does something with what keeps things; trouble is told, and gives `undefined`. */
  #orTrouble<T>(what: string, act: () => MaybePromise<T>): MaybePromise<T | undefined> {
    try {
      const result = act();
      if (!isPromiseLike(result)) return result;
      return (result as Promise<T>).catch((error: unknown) => {
        this.parts.trouble(what, error);
        return undefined;
      });
    } catch (error) {
      this.parts.trouble(what, error);
      return undefined;
    }
  }

  /** Keeps something, without being waited for until `flush`. @internal */
  keep(what: string, act: () => MaybePromise<unknown>): void {
    void this.keeping(what, act);
  }

  /**
   * Keeps something, like `keep`.
   *
   * @returns settles when it is kept, or could not be; `undefined` if that is so already
   * @internal
   */
  keeping(what: string, act: () => MaybePromise<unknown>): Promise<void> | undefined {
    const result = this.#orTrouble(what, act);
    if (!isPromiseLike(result)) return undefined;
    const kept = (result as Promise<unknown>).then(() => void this.#underWay.delete(kept));
    this.#underWay.add(kept);
    return kept;
  }

  /**
   * Keeps the list of files that the version of a task was made from, once for each version.
   *
   * @returns where it is
   * @internal
   */
  keepSources(task: TaskVersion): Digest | undefined {
    if (task.sources === undefined) return undefined;
    const known = this.#sources.get(task);
    const nowMs = this.parts.clock.epochMs();
    if (known !== undefined && nowMs - known.keptMs < renewSourcesMs) return known.address;
    if (known === undefined) this.#tellUnseen(task, task.sources);
    const { address, bytes } = this.parts.codec.encode(task.sources, 'sources');
    this.#sources.set(task, { address, keptMs: nowMs });
    this.keep('keep a list of sources', () => this.parts.backend.values.put(address, bytes));
    return address;
  }

  /** Tells of what a version by source cannot see: it may change, and the version will not. */
  #tellUnseen({ identity }: TaskVersion, { unknown }: SourceManifest): void {
    const unseen = unknown.find(({ reason }) => /\bexpression\b|^cannot be read/.test(reason));
    if (unseen === undefined) return;
    this.parts.trouble(
      `see all that task '${identity}' is made of`,
      new NotKeyed(
        `${unseen.path} ${unseen.reason}\n  give the task the hint 'version', and count it up when what is not seen has changed`,
      ),
    );
  }

  /** Remembers the value of a whole graph. */
  keepGraph(graph: KeyedCall, value: unknown): void {
    this.lookups.add('graph', undefined);
    new Ticket(this, graph, new Flight(graph.caller.owner, false)).succeed(value);
  }

  /** Waits until all that was remembered is kept as safely as it can be. Trouble is told, not thrown. */
  async flush(): Promise<void> {
    const { values: store, calls: records } = this.parts.backend;
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    await this.#orTrouble('keep values', () => store.flush());
    await this.#orTrouble('keep records', () => records.flush());
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.flush();
    await this.#claims?.close();
    const { values: store, calls: records } = this.parts.backend;
    await store.close();
    await records.close();
  }
}

/** A call with its digest. */
export interface KeyedCall {
  readonly key: CallKey;
  readonly core: TaskCore;
  readonly hints: Hints;
  readonly caller: Caller;
  /** `graph` for a whole graph under one digest. */
  readonly kind?: 'graph';
}

function nobodyWaits(): Entered {
  return { is: 'unknown', reason: new NotKeyed('nobody waits for it any more') };
}
