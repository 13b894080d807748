/**
 * Random chains of all parts, with queues in between, give what a list gives; and however they end, all that waited for them
 * settles, and their source is closed.
 */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import {
  branch,
  broadcast,
  fromTransform,
  patch,
  pull,
  pullFrom,
  pullMap,
  push,
  pushMap,
  Queue,
  type Sink,
  type Source,
  sinkMap,
  toReadable,
  toWritable,
} from '../../src/streams.ts';
import { turn, turns } from './turns.ts';

const kinds = [
  'map',
  'later',
  'window',
  'odd',
  'twice',
  'queue',
  'pushed',
  'coroutine',
  'branch',
  'broadcast',
  'web',
  'readable',
] as const;

interface Stage {
  readonly kind: (typeof kinds)[number];
  readonly size: number;
}

/** A chain under way. */
class Run {
  /** What is to settle. */
  readonly patches: Promise<unknown>[] = [];
  readonly failAt: number;
  /** How many items came to the stage that fails. */
  count = 0;

  constructor(failAt: number) {
    this.failAt = failAt;
  }

  check(n: number): number {
    if (this.count++ === this.failAt) throw new Error('failed');
    return n;
  }

  /** Puts a queue in between, behind a chain that pushes. */
  hop(source: Source<number>, size: number, to: (queue: Queue<number>) => Sink<number>): Source<number> {
    // Opened when it is pulled from: nothing runs before.
    return pullFrom(() => {
      const queue = new Queue<number>({ capacity: size });
      this.patches.push(patch(source, to(queue)));
      return owned(queue);
    });
  }

  add(source: Source<number>, { kind, size }: Stage): Source<number> {
    switch (kind) {
      case 'map':
        return source.to((n) => n + 1);
      case 'later':
        return source.to(
          pullMap(async (n) => {
            await turns(n % size);
            return n + 1;
          }),
        );
      case 'window':
        return source.to(
          pullMap(
            async (n) => {
              await turns((n * 7) % (size * 2));
              return n + 1;
            },
            { concurrency: size },
          ),
        );
      case 'odd':
        return source.to(
          pull(async function* (items: AsyncIterable<number>) {
            for await (const n of items) if (n % 2 !== 0) yield n;
          }),
        );
      case 'twice':
        return this.hop(source, size, (queue) =>
          push<number, number>(function* (out) {
            for (;;) {
              const n = yield;
              void out.push(n);
              void out.push(n);
            }
          }).to(queue),
        );
      case 'queue':
        return this.hop(source, size, (queue) => queue);
      case 'pushed':
        return this.hop(source, size, (queue) =>
          pushMap((n: number) => n)
            .to(async (n) => n + 1)
            .to(queue),
        );
      case 'coroutine':
        return this.hop(source, size, (queue) =>
          push<number, number>(async function* (out) {
            for (;;) await out.push((yield) + 1);
          }).to(queue),
        );
      case 'branch':
        return source.to(branch(sinkMap(() => turns(size))));
      case 'broadcast':
        return this.hop(source, size, (queue) =>
          broadcast(
            queue,
            sinkMap(() => turns(size)),
          ),
        );
      case 'web':
        return source.to(fromTransform(new TransformStream<number, number>()));
      case 'readable':
        return pullFrom(() => toReadable(source));
    }
  }
}

/** A queue whose one reader is all there is: leaving it ends it. */
async function* owned(queue: Queue<number>): AsyncGenerator<number> {
  try {
    yield* queue;
  } finally {
    queue.flush();
  }
}

/** What a list gives. */
function ofList(items: readonly number[], { kind }: Stage): number[] {
  if (kind === 'odd') return items.filter((n) => n % 2 !== 0);
  if (kind === 'twice') return items.flatMap((n) => [n, n]);
  return ['map', 'later', 'window', 'pushed', 'coroutine'].includes(kind)
    ? items.map((n) => n + 1)
    : [...items];
}

const stage = fc.record({ kind: fc.constantFrom(...kinds), size: fc.integer({ min: 1, max: 4 }) });
const plan = fc.record({
  items: fc.array(fc.nat(50), { maxLength: 25, size: 'max' }),
  before: fc.array(stage, { maxLength: 4, size: 'max' }),
  after: fc.array(stage, { maxLength: 3, size: 'max' }),
  failAt: fc.option(fc.nat(30), { nil: -1 }),
  leaveAt: fc.option(fc.integer({ min: 1, max: 30 }), { nil: -1 }),
});

describe('a random chain', () => {
  test('gives what a list gives, and leaves nobody waiting', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async ({ items, before, after, failAt, leaveAt }) => {
        const run = new Run(failAt);
        let [opened, closed] = [0, 0];
        let chain = pullFrom(function* () {
          opened++;
          try {
            yield* items;
          } finally {
            closed++;
          }
        });
        for (const one of before) chain = run.add(chain, one);
        chain = chain.to((n) => run.check(n));
        for (const one of after) chain = run.add(chain, one);

        const came = before.reduce<number[]>(ofList, items);
        const fails = failAt >= 0 && failAt < came.length;
        const expected = after.reduce<number[]>(ofList, fails ? came.slice(0, failAt) : came);
        const leaves = leaveAt > 0 && leaveAt <= expected.length;

        const results: number[] = [];
        let error: unknown;
        try {
          for await (const n of chain) {
            results.push(n);
            if (results.length === leaveAt) break;
          }
        } catch (thrown) {
          error = thrown;
        }
        // Streams of the Web drop what they have read ahead when they fail.
        const drops = fails && after.some(({ kind }) => kind === 'web');
        if (drops) assert.deepEqual(results, expected.slice(0, results.length));
        else assert.deepEqual(results, leaves ? expected.slice(0, leaveAt) : expected);
        if (!leaves) assert.equal((error as Error | undefined)?.message, fails ? 'failed' : undefined);

        const settled = Promise.allSettled(run.patches).then(() => 'settled');
        let passed = 0;
        while (passed++ < 20 && (await Promise.race([settled, turn()])) !== 'settled') continue;
        assert.ok(passed < 20, 'a patch is left waiting');
        await turn();
        assert.equal(closed, opened);
      }),
      { numRuns: 1000 },
    );
  }, 100_000);

  test('passes through streams of the Web and back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat()), fc.integer({ min: 1, max: 4 }), async (items, capacity) => {
        const queue = new Queue<number>({ capacity });
        const piped = toReadable(items).pipeThrough(new TransformStream()).pipeTo(toWritable(queue));
        assert.deepEqual(await Array.fromAsync(queue), items);
        await piped;
      }),
    );
  });
});
