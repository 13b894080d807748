/**
 * The living workers of a pool: starting them, giving each its state, and ending them.
 */

import type { Clock } from '../base/clock.ts';
import type { CodecsModule } from '../codec/codecs.ts';
import type { Packer } from '../codec/pack.ts';
import type { TaskModule } from '../task/task-core.ts';
import type { HostReferences } from '../worker/host-references.ts';
import type { StateMessage, WorkerMessage, WorkerSetup } from '../worker/protocol.ts';
import type { Ending, TransportFactory } from '../worker/transport.ts';
import { Member } from './member.ts';

/** How long a worker may take to end by itself, in milliseconds. Arbitrary. */
const stopTimeoutMs = 1000;
/** The same for a worker with a state or a last task, which may take their time. Arbitrary. */
const stopStateTimeoutMs = 10_000;

/** What a worker builds. */
export interface WorkerStateSpec {
  readonly module: TaskModule;
  /** The constructor's arguments. */
  readonly args: readonly unknown[];
}

export interface CrewParts {
  readonly transports: TransportFactory;
  readonly clock: Clock;
  readonly packer: Packer;
  /** A state for each worker, which it builds before it runs calls. */
  readonly states: readonly WorkerStateSpec[] | undefined;
  /** Whether workers tell how much memory they take. */
  readonly tellsMemory: boolean;
  /** Where workers find the user's codecs. */
  readonly codecs: readonly CodecsModule[];
  readonly setup: WorkerSetup;
  /** Large data, where it does not travel in messages. */
  readonly references: HostReferences | undefined;
  /** A worker has sent something. Not told of one that was ended from here. */
  message(member: Member, message: WorkerMessage): void;
  /** A worker is gone. Not told of one that was ended from here. */
  lost(member: Member, ending: Ending): void;
}

export class Crew {
  readonly #parts: CrewParts;
  /** A member leaves by `#drop`, and only there. */
  readonly #members = new Set<Member>();
  /** Workers that were told to end and have not yet. */
  readonly #ending = new Set<Promise<void>>();

  constructor(parts: CrewParts) {
    this.#parts = parts;
  }

  get #hasSettings(): boolean {
    const { tellsMemory, codecs, setup, references } = this.#parts;
    if (tellsMemory || codecs.length > 0 || references !== undefined) return true;
    return Object.values(setup).some((part) => part !== undefined);
  }

  get members(): ReadonlySet<Member> {
    return this.#members;
  }

  get size(): number {
    return this.#members.size;
  }

  /** How many workers have something to do. */
  get busy(): number {
    let busy = 0;
    for (const { batches } of this.#members) if (batches.length > 0) busy++;
    return busy;
  }

  /** The lowest number that no worker has. */
  get freeNumber(): number {
    const taken = new Set([...this.#members].map(({ number }) => number));
    let free = 0;
    while (taken.has(free)) free++;
    return free;
  }

  has(number: number): boolean {
    for (const member of this.#members) if (member.number === number) return true;
    return false;
  }

  /**
   * @param number - of the worker; one that no other has
   * @throws {Error} If a worker cannot even be started.
   */
  start(number: number): Member {
    const state = this.#stateMessage(number);
    const started: { member?: Member } = {};
    const { transport, claims } = this.#parts.transports.start({
      message: (message) => {
        const { member } = started;
        if (member !== undefined && this.#members.has(member)) this.#parts.message(member, message);
      },
      ended: (ending) => {
        const { member } = started;
        member?.whenEnded.resolve();
        if (member !== undefined && this.#drop(member)) this.#parts.lost(member, ending);
      },
    });
    const member = new Member(number, claims, transport, this.#parts.transports.name);
    started.member = member;
    this.#members.add(member);
    if (this.#hasSettings) {
      const { tellsMemory, codecs, setup, references } = this.#parts;
      references?.begin();
      transport.post({
        kind: 'settings',
        tellsMemory,
        codecs,
        ...setup,
        ...(references === undefined ? {} : { references: references.options }),
      });
    }
    if (state !== undefined) transport.post(state);
    return member;
  }

  /**
   * What a worker builds its state of.
   *
   * @throws {NotCloneableError} If the constructor's arguments cannot be sent.
   */
  #stateMessage(number: number): StateMessage | undefined {
    const { states, packer } = this.#parts;
    if (states === undefined) return undefined;
    // One that is not in the list is made like another one: a single one stands for all.
    const { module, args } = states[number % states.length] as WorkerStateSpec;
    const { data, isPacked } = packer.pack(args, 'args');
    return { kind: 'state', module: { url: module.url, name: module.name }, args: data, isPacked };
  }

  /** Ends a worker: by itself if it has nothing to do, so that what its calls have printed arrives. */
  end(member: Member): void {
    if (!this.#drop(member)) return;
    const isAtRest = member.isReady && member.batches.length === 0;
    const ended = (isAtRest ? this.#stop(member) : member.transport.terminate()).finally(() =>
      this.#ending.delete(ended),
    );
    this.#ending.add(ended);
  }

  async #stop({ transport, whenEnded }: Member): Promise<void> {
    transport.post({ kind: 'stop' });
    const { states, setup } = this.#parts;
    const hasMore = states !== undefined || setup.finish !== undefined;
    const limitMs = hasMore ? stopStateTimeoutMs : stopTimeoutMs;
    const timer = this.#parts.clock.after(limitMs, () => void transport.terminate());
    await whenEnded.promise;
    timer[Symbol.dispose]();
  }

  /** Settles when all workers that were ended are gone. */
  async whenGone(): Promise<void> {
    await Promise.all(this.#ending);
  }

  /** @returns whether the worker was one of the crew */
  #drop(member: Member): boolean {
    return this.#members.delete(member);
  }
}
