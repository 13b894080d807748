/**
 * The contract of executors: sessions, on which runs stand.
 */

import assert from 'node:assert/strict';
import type { Attempt, Executor, Session } from '../../executor/executor.ts';
import type { Outcome } from '../../task/outcome.ts';
import { coreOf } from '../../task/task-brand.ts';
import type { TaskCore } from '../../task/task-core.ts';
import type { CaseBody } from '../executor-contract.ts';
import { contractTasks } from './contract-tasks.ts';

const { add, never, thenable, turn } = contractTasks;

/** One attempt at a call of a task. */
function attemptAt(task: unknown, args: readonly unknown[], slots = 1): Attempt {
  const core = coreOf(task) as TaskCore; // Given tasks only.
  return { core, args, hints: core.hints, slots };
}

/** A session that remembers what it was told. */
class Watched {
  readonly outcomes = new Map<number, Outcome>();
  readonly #watchers = new Map<number, () => void>();
  readonly session: Session;
  /** Why the executor closed; `undefined` while it is open. */
  closed: Error | undefined;
  #whenRoom: () => void = () => undefined;
  #isStarting = false;

  constructor(executor: Executor) {
    this.session = executor.connect({
      settled: (ticket, outcome) => {
        assert.ok(!this.#isStarting, 'settled() was called before start() has returned');
        this.#settle(ticket, outcome);
      },
      roomMade: () => this.#whenRoom(),
      closed: (reason) => {
        this.closed = reason;
      },
    });
  }

  start(ticket: number, attempt: Attempt): void {
    this.#isStarting = true;
    const outcome = this.session.start(ticket, attempt);
    this.#isStarting = false;
    if (outcome !== undefined) this.#settle(ticket, outcome);
  }

  async whenSettled(ticket: number): Promise<Outcome | undefined> {
    if (!this.outcomes.has(ticket)) await new Promise<void>((resolve) => this.#watchers.set(ticket, resolve));
    return this.outcomes.get(ticket);
  }

  async whenRoom(slots: number): Promise<void> {
    while (this.session.room() < slots)
      await new Promise<void>((resolve) => {
        this.#whenRoom = resolve;
      });
  }

  #settle(ticket: number, outcome: Outcome): void {
    assert.ok(!this.outcomes.has(ticket), `ticket ${ticket} settled twice`);
    this.outcomes.set(ticket, outcome);
    this.#watchers.get(ticket)?.();
  }
}

/** By what they demand. */
export const sessionCases: Readonly<Record<string, CaseBody>> = {
  'connect() gives a session that settles each attempt once': async (executor) => {
    const watched = new Watched(executor);
    watched.start(1, attemptAt(add, [1, 2]));
    watched.start(2, attemptAt(turn, [5]));
    assert.deepEqual(await watched.whenSettled(1), { is: 'success', value: 3 });
    assert.deepEqual(await watched.whenSettled(2), { is: 'success', value: 5 });
    watched.session[Symbol.dispose]();
  },
  'settled() is told after start() has returned, also of what settles at once': async (executor) => {
    const watched = new Watched(executor);
    watched.start(1, attemptAt(thenable, [4]));
    assert.deepEqual(await watched.whenSettled(1), { is: 'success', value: 4 });
    watched.session[Symbol.dispose]();
  },
  'room() counts the slots of what runs': async (executor) => {
    const watched = new Watched(executor);
    assert.equal(watched.session.room(), 2);
    watched.start(1, attemptAt(never, []));
    assert.equal(watched.session.room(), 1);
    watched.start(2, attemptAt(turn, [1]));
    assert.equal(watched.session.room(), 0);
    await watched.whenSettled(2);
    assert.equal(watched.session.room(), 1);
    watched.session[Symbol.dispose]();
  },
  'room() counts a call of several slots as several': async (executor) => {
    const watched = new Watched(executor);
    watched.start(1, attemptAt(turn, [1], 2));
    assert.equal(watched.session.room(), 0);
    await watched.whenSettled(1);
    assert.equal(watched.session.room(), 2);
    watched.session[Symbol.dispose]();
  },
  'cancel() frees the slots of an attempt and tells nothing of it': async (executor) => {
    const watched = new Watched(executor);
    watched.start(1, attemptAt(never, []));
    watched.start(2, attemptAt(never, []));
    watched.session.cancel(1);
    watched.session.cancel(1);
    await watched.whenRoom(1);
    watched.start(1, attemptAt(add, [3, 4]));
    assert.deepEqual(await watched.whenSettled(1), { is: 'success', value: 7 });
    assert.equal(watched.outcomes.has(2), false);
    watched.session[Symbol.dispose]();
  },
  'roomMade() is told to the other sessions of an executor': async (executor) => {
    const first = new Watched(executor);
    const second = new Watched(executor);
    first.start(1, attemptAt(never, []));
    first.start(2, attemptAt(never, []));
    assert.equal(second.session.room(), 0);
    const whenRoom = second.whenRoom(2);
    first.session[Symbol.dispose]();
    await whenRoom;
    second.start(1, attemptAt(add, [1, 1]));
    assert.deepEqual(await second.whenSettled(1), { is: 'success', value: 2 });
    assert.equal(first.outcomes.size, 0);
    second.session[Symbol.dispose]();
  },
  'closed() is told to the sessions of an executor that is disposed of': async (executor) => {
    const watched = new Watched(executor);
    watched.start(1, attemptAt(never, []));
    await executor.dispose();
    assert.ok(watched.closed instanceof Error);
    assert.equal(watched.outcomes.get(1)?.is, undefined);
  },
};
