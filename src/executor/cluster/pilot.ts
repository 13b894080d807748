/**
 * A pilot as its program sees it: a job that has started and connected back, and the workers that it keeps.
 *
 * - **There or not:** it says that it is there several times in the time after which it counts as lost; its connection may also
 *   end, which is seen in milliseconds. Either is told once, by `lost`.
 * - **A program that was busy** looks at what has come meanwhile before it calls a pilot silent.
 *
 * Leaves to the fleet which workers it is to start, and what becomes of those of a lost one.
 */

import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { unexpected } from '../../codec/expect.ts';
import { PlaceLostError } from '../../worker/worker-lost-error.ts';
import {
  ControlLine,
  type FromPilot,
  type HelloMessage,
  readFromPilot,
  type WelcomeMessage,
} from './control.ts';
import type { JobId } from './engine.ts';
import type { SlotTransport } from './slot-transport.ts';

/** After so many missed beats a pilot counts as lost. */
const mostMissed = 3;

export interface PilotParts {
  readonly job: JobId;
  readonly welcome: Omit<WelcomeMessage, 'kind'>;
  readonly clock: Clock;
  /** It has said who it is, and can start workers. */
  ready(pilot: Pilot): void;
  /** It has room again, or takes no more. */
  changed(pilot: Pilot): void;
  /**
   * One of its workers was ended by a signal, as those are whose job somebody ends: it may be known why.
   *
   * @param end - ends the worker's transport, with what is to blame, if not the worker
   */
  interrupted(pilot: Pilot, end: (why: PlaceLostError | undefined) => void): void;
  /** It is gone, and was not told to go; the reason goes on where a sentence about its workers began. */
  lost(pilot: Pilot, reason: PlaceLostError): void;
  /** It is gone, as it was told to. */
  gone(pilot: Pilot): void;
}

export class Pilot {
  readonly #parts: PilotParts;
  readonly #line: ControlLine;
  readonly #slots = new Map<number, SlotTransport>();
  readonly #beats: Disposable;
  #hello: HelloMessage | undefined;
  #pulse: Socket | undefined;
  #heardMs: number;
  #nextSlot = 0;
  #isEnding = false;
  #isGone = false;
  #why: PlaceLostError | undefined;
  /** Whether it takes no more calls, and why. */
  draining: 'time' | 'signal' | undefined;

  constructor(socket: Socket, parts: PilotParts) {
    const { clock, welcome } = parts;
    this.#parts = parts;
    this.#heardMs = clock.nowMs();
    this.#line = new ControlLine(
      socket,
      (message) => this.#heard(readFromPilot(message)),
      (error) => this.#closed(error),
    );
    this.#beats = clock.every(welcome.beatMs, () => this.#look(2), { ref: false });
    this.#line.send({ kind: 'welcome', ...welcome });
  }

  get number(): number {
    return this.#parts.welcome.pilot;
  }

  get job(): JobId {
    return this.#parts.job;
  }

  get node(): string | undefined {
    return this.#hello?.node;
  }

  /** For people. */
  get name(): string {
    return `node ${this.#hello?.node ?? 'unknown'}, job ${this.job}`;
  }

  /** How many more workers it can keep now. */
  get room(): number {
    if (this.#hello === undefined || this.draining !== undefined || this.#isEnding || this.#isGone) return 0;
    return this.#parts.welcome.workers - this.#slots.size;
  }

  /** Whether it was told to go. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  get slots(): readonly SlotTransport[] {
    return [...this.#slots.values()];
  }

  /** Has it start a worker. It must have room. */
  open(transport: SlotTransport): void {
    const slot = this.#nextSlot++;
    this.#slots.set(slot, transport);
    transport.placeAt({ name: this.name, close: () => this.#line.send({ kind: 'close', slot }) });
    this.#line.send({ kind: 'open', slot });
  }

  /** A worker that it was told to start has connected. */
  accept(slot: number, socket: Socket): void {
    const transport = this.#slots.get(slot);
    if (transport === undefined) socket.destroy();
    else transport.connected(socket);
  }

  /** Keeps a connection for as long as this one lasts, by which the pilot sees that the program is there. */
  keep(pulse: Socket): void {
    this.#pulse?.destroy();
    this.#pulse = pulse;
    if (this.#isGone) pulse.destroy();
    // Nothing comes by it; but that it ends is seen only where something is read.
    pulse.resume();
  }

  /** Tells it to go, with all that it keeps. */
  end(): void {
    if (this.#isEnding || this.#isGone) return;
    this.#isEnding = true;
    this.#line.send({ kind: 'end' });
  }

  /** Ends the connection: nobody waits for it any more. */
  destroy(): void {
    this.#line.destroy();
  }

  #heard(message: FromPilot): void {
    this.#heardMs = this.#parts.clock.nowMs();
    if (this.#hello === undefined && message.kind !== 'hello' && message.kind !== 'draining')
      throw unexpected(message.kind, 'message.kind', 'who it is, first');
    switch (message.kind) {
      case 'hello':
        this.#hello = message;
        this.#parts.ready(this);
        return;
      case 'ended': {
        const transport = this.#slots.get(message.slot);
        this.#slots.delete(message.slot);
        // Both are told to end at the same time; the worker may be the first to obey.
        const isTold =
          message.signal === 'SIGTERM' || (this.draining === 'signal' && message.signal !== undefined);
        if (transport !== undefined && isTold) {
          transport.losing();
          this.#parts.interrupted(this, (why) => transport.ended(message, why));
        } else transport?.ended(message);
        this.#parts.changed(this);
        return;
      }
      case 'draining':
        this.draining ??= message.why;
        for (const transport of this.#slots.values()) transport.retire();
        this.#parts.changed(this);
        return;
      case 'beat':
    }
  }

  /** What has come while this program was busy is read in its next turns. */
  #look(turns: number): void {
    const { clock, welcome } = this.#parts;
    if (this.#isGone || clock.nowMs() - this.#heardMs < welcome.beatMs * mostMissed) return;
    if (turns > 0) {
      clock.soon(() => this.#look(turns - 1));
      return;
    }
    const silentMs = Math.round(clock.nowMs() - this.#heardMs);
    this.#why = new PlaceLostError(`was in a job that has been silent for ${silentMs} ms`);
    this.#line.destroy();
  }

  #closed(error: Error | undefined): void {
    this.#isGone = true;
    this.#beats[Symbol.dispose]();
    this.#pulse?.destroy();
    if (this.#isEnding) {
      for (const transport of this.#slots.values())
        transport.lost(new PlaceLostError('was in a job that was told to end'));
      this.#parts.gone(this);
      return;
    }
    for (const transport of this.#slots.values()) transport.losing();
    const why = error === undefined ? 'ended' : `broke (${error.message})`;
    this.#parts.lost(
      this,
      this.#why ?? new PlaceLostError(`was in a job whose connection ${why}`, { cause: error }),
    );
  }
}
