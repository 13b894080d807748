/**
 * Random use of a queue gives what a plain list gives: any capacity, pushers and readers in any interleaving, waits that
 * are aborted, readers that leave, and every way to end.
 */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { ClosedError } from '../../src/base/errors.ts';
import { Queue } from '../../src/streams.ts';
import { turn, turns } from './turns.ts';

type Step =
  | {
      readonly do:
        | 'push'
        | 'pull'
        | 'try-push'
        | 'try-pull'
        | 'clear'
        | 'close'
        | 'fail'
        | 'flush'
        | 'abandon';
    }
  | { readonly do: 'next' | 'leave'; readonly reader: number }
  | { readonly do: 'abort-push' | 'abort-pull'; readonly at: number };

const ended = ['close', 'fail', 'flush', 'abandon'] as const;
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<Step>({ do: 'push' }, { do: 'try-push' }) },
  { weight: 8, arbitrary: fc.constantFrom<Step>({ do: 'pull' }, { do: 'try-pull' }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('next', 'leave'), reader: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('abort-push', 'abort-pull'), at: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'clear' }) },
  { weight: 1, arbitrary: fc.constantFrom(...ended).map((how) => ({ do: how })) },
);

/** The same by a list: what has become of each wait. */
class ListQueue {
  readonly outcomes: string[] = [];
  readonly capacity: number;
  items: number[] = [];
  pushers: { id: number; item: number }[] = [];
  readers: { id: number; reader: number | undefined }[] = [];
  end: 'close' | 'fail' | undefined;
  readonly left = new Set<number>();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  push(id: number, item: number): void {
    if (this.end !== undefined) this.outcomes[id] = this.end === 'fail' ? 'failed' : 'closed';
    else {
      this.outcomes[id] = 'waiting';
      this.pushers.push({ id, item });
      this.#settle();
    }
  }

  tryPush(id: number, item: number): void {
    const fits = this.end === undefined && (this.readers.length > 0 || this.items.length < this.capacity);
    this.outcomes[id] = String(fits);
    if (!fits) return;
    this.items.push(item);
    this.#settle();
  }

  pull(id: number, reader?: number): void {
    if (reader !== undefined && this.left.has(reader)) {
      this.outcomes[id] = 'done';
      return;
    }
    this.outcomes[id] = 'waiting';
    this.readers.push({ id, reader });
    this.#settle();
  }

  tryPull(id: number): void {
    if (this.items.length > 0) {
      this.outcomes[id] = `got ${this.items.shift()}`;
      this.#settle();
    } else this.outcomes[id] = this.end === undefined ? 'nothing' : this.end === 'fail' ? 'failed' : 'done';
  }

  leave(reader: number): void {
    this.left.add(reader);
    for (const { id } of this.readers.filter((one) => one.reader === reader)) this.outcomes[id] = 'done';
    this.readers = this.readers.filter((one) => one.reader !== reader);
  }

  abort(id: number): void {
    if (this.outcomes[id] !== 'waiting') return;
    this.outcomes[id] = 'aborted';
    this.pushers = this.pushers.filter((one) => one.id !== id);
    this.readers = this.readers.filter((one) => one.id !== id);
  }

  clear(): void {
    this.items = [];
    this.#settle();
  }

  finish(how: (typeof ended)[number]): void {
    const hadEnded = this.end === 'fail' || (this.end === 'close' && this.items.length === 0);
    if (how === 'flush' || how === 'abandon') this.items = [];
    if (how === 'fail' || how === 'abandon') {
      if (!hadEnded) this.#refuse('failed', 'fail');
    } else if (how === 'flush') this.#refuse('closed', this.end ?? 'close');
    else this.end ??= 'close';
    this.#settle();
  }

  #refuse(outcome: string, end: 'close' | 'fail'): void {
    this.end = end;
    for (const { id } of this.pushers) this.outcomes[id] = outcome;
    this.pushers = [];
  }

  #settle(): void {
    for (let before = -1; before !== this.items.length + this.pushers.length + this.readers.length; ) {
      before = this.items.length + this.pushers.length + this.readers.length;
      while (this.pushers.length > 0 && this.items.length < this.capacity) {
        const { id, item } = this.pushers.shift() as { id: number; item: number };
        this.outcomes[id] = 'pushed';
        this.items.push(item);
      }
      while (this.readers.length > 0 && this.items.length > 0) {
        const { id } = this.readers.shift() as { id: number };
        this.outcomes[id] = `got ${this.items.shift()}`;
      }
    }
    if (this.end === undefined || this.items.length > 0) return;
    for (const { id } of this.readers) this.outcomes[id] = this.end === 'fail' ? 'failed' : 'done';
    this.readers = [];
  }
}

const failure = new Error('failed');

function outcomeOf(error: unknown): string {
  if (error === failure) return 'failed';
  if (error instanceof ClosedError) return 'closed';
  return String(error);
}

function told({ done, value }: IteratorResult<number, undefined>): string {
  return done === true ? 'done' : `got ${value}`;
}

describe('Queue', () => {
  test('does what a list would, step by step', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(steps, { maxLength: 60, size: 'max' }),
        async (capacity, plan) => {
          const queue = new Queue<number>({ capacity });
          const oracle = new ListQueue(capacity);
          const readers = [0, 1, 2].map(() => queue[Symbol.asyncIterator]());
          const outcomes: string[] = [];
          const stops = new Map<number, AbortController>();
          const pushes: number[] = [];
          const pulls: number[] = [];
          const follow = (id: number, promise: Promise<string>): void => {
            outcomes[id] = 'waiting';
            promise.then(
              (outcome) => {
                outcomes[id] = outcome;
              },
              (error: unknown) => {
                outcomes[id] = outcomeOf(error);
              },
            );
          };
          for (const [id, step] of plan.entries()) {
            const stop = new AbortController();
            outcomes[id] = '';
            oracle.outcomes[id] = '';
            switch (step.do) {
              case 'push':
                stops.set(id, stop);
                pushes.push(id);
                follow(
                  id,
                  queue.push(id, { signal: stop.signal }).then(() => 'pushed'),
                );
                oracle.push(id, id);
                break;
              case 'pull':
                stops.set(id, stop);
                pulls.push(id);
                follow(id, queue.pull({ signal: stop.signal }).then(told));
                oracle.pull(id);
                break;
              case 'try-push':
                outcomes[id] = String(queue.tryPush(id));
                oracle.tryPush(id, id);
                break;
              case 'try-pull':
                try {
                  const result = queue.tryPull();
                  outcomes[id] = result === undefined ? 'nothing' : told(result);
                } catch (error) {
                  outcomes[id] = outcomeOf(error);
                }
                oracle.tryPull(id);
                break;
              case 'next':
                follow(id, (readers[step.reader] as AsyncIterator<number, undefined>).next().then(told));
                oracle.pull(id, step.reader);
                break;
              case 'leave':
                void readers[step.reader]?.return?.();
                oracle.leave(step.reader);
                break;
              case 'abort-push':
              case 'abort-pull': {
                const of = step.do === 'abort-push' ? pushes : pulls;
                const target = of[step.at % Math.max(1, of.length)];
                if (target === undefined) break;
                stops.get(target)?.abort('aborted');
                oracle.abort(target);
                break;
              }
              case 'clear':
                queue.clear();
                oracle.clear();
                break;
              case 'abandon':
                queue.leave({ error: failure });
                oracle.finish('abandon');
                break;
              case 'fail':
                queue.fail(failure);
                oracle.finish('fail');
                break;
              default:
                queue[step.do]();
                oracle.finish(step.do);
            }
            assert.equal(queue.size, oracle.items.length);
            assert.ok(queue.size <= capacity);
          }
          await turn();
          assert.deepEqual(outcomes, oracle.outcomes);
          // Whatever was done, nobody is left waiting at its end.
          queue.flush();
          await turn();
          assert.ok(!outcomes.includes('waiting'));
        },
      ),
      { numRuns: 500 },
    );
  }, 60_000);

  test('gives each item to one of its readers, in order, whoever pauses', async () => {
    const plan = fc.record({
      capacity: fc.integer({ min: 1, max: 8 }),
      counts: fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }),
      readers: fc.array(fc.record({ pause: fc.nat(3), leaveAfter: fc.option(fc.nat(10)) }), {
        minLength: 1,
        maxLength: 4,
      }),
      ends: fc.constantFrom('close', 'fail'),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ capacity, counts, readers, ends }) => {
        const queue = new Queue<string>({ capacity });
        const produce = async (count: number, who: number): Promise<void> => {
          for (let n = 0; n < count; n++) await queue.push(`${who}:${n}`);
        };
        const read: string[] = [];
        const seen = readers.map((): string[] => []);
        const consume = async (pause: number, leaveAfter: number | null, who: number): Promise<void> => {
          if (leaveAfter === 0) return;
          for await (const item of queue) {
            read.push(item);
            seen[who]?.push(item);
            if (seen[who]?.length === leaveAfter) break;
            await turns(pause);
          }
        };
        const consumed = readers.map(({ pause, leaveAfter }, who) => consume(pause, leaveAfter, who));
        // One that stays, or pushers would wait for ever.
        consumed.push(consume(0, null, -1));
        await Promise.all(counts.map(produce));
        if (ends === 'close') queue.close();
        else queue.fail(failure);
        const settled = await Promise.allSettled(consumed);
        assert.equal(
          settled.some(({ status }) => status === 'rejected'),
          ends === 'fail',
        );
        for (const [who, count] of counts.entries()) {
          const own = read.filter((item) => item.startsWith(`${who}:`));
          assert.deepEqual(
            own,
            Array.from({ length: count }, (_, n) => `${who}:${n}`),
          );
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});
