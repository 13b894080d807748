/** When calls run: order, priorities, exclusive keys, resources. */

import { describe, expect, test } from 'vitest';
import { CallFailedError, hint, openInline, openThreads, run, task } from '../../src/index.ts';
import { FakeClock, RecordingSink } from '../../src/testing.ts';

/** Lets other callbacks have their turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const log: string[] = [];
const say = task((word: string) => void log.push(word), { name: 'say' });

async function said(target: unknown, options = {}): Promise<string[]> {
  log.length = 0;
  await run(target, options);
  return [...log];
}

/** Counts how many calls with the same key run at once. */
class Overlap {
  readonly #now = new Map<string, number>();
  readonly most = new Map<string, number>();

  async during(key: string, amount = 1): Promise<string> {
    const now = (this.#now.get(key) ?? 0) + amount;
    this.#now.set(key, now);
    this.most.set(key, Math.max(this.most.get(key) ?? 0, now));
    await turn();
    await turn();
    this.#now.set(key, (this.#now.get(key) ?? 0) - amount);
    return key;
  }
}

describe('order', () => {
  test('calls of equal priority go in the order of the graph', async () => {
    expect(await said(['a', 'b', 'c', 'd'].map((word) => say(word)))).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a higher priority goes first, whether of the task or of one call', async () => {
    const urgent = say.with({ priority: 5 });
    expect(
      await said([
        say('a'),
        urgent('b'),
        hint(say('c'), { priority: 9 }),
        hint(say('d'), { priority: -1 }),
        say('e'),
      ]),
    ).toEqual(['c', 'b', 'a', 'e', 'd']);
  });

  test('a graph is finished part by part, so few values are alive', async () => {
    const leaf = task((i: number) => void log.push(`leaf ${i}`));
    const pair = task((_a: unknown, _b: unknown, i: number) => void log.push(`pair ${i}`));
    const order = await said([0, 1, 2].map((i) => pair(leaf(2 * i), leaf(2 * i + 1), i)));
    expect(order).toEqual([
      'leaf 0',
      'leaf 1',
      'pair 0',
      'leaf 2',
      'leaf 3',
      'pair 1',
      'leaf 4',
      'leaf 5',
      'pair 2',
    ]);
  });
});

describe('concurrency', () => {
  test.each([1, 3, 10])('%d asynchronous calls run at once', async (concurrency) => {
    const overlap = new Overlap();
    const slow = task(() => overlap.during('all'));
    await run(
      Array.from({ length: 10 }, () => slow()),
      { concurrency },
    );
    expect(overlap.most.get('all')).toBe(concurrency);
  });

  test('two runs on one executor share its slots', async () => {
    await using executor = openInline({ concurrency: 3 });
    const overlap = new Overlap();
    const slow = task(() => overlap.during('all'));
    const some = (): unknown => Array.from({ length: 10 }, () => slow());
    await Promise.all([run(some(), { executor }), run(some(), { executor })]);
    expect(overlap.most.get('all')).toBe(3);
  });
});

describe('exclusive', () => {
  test('calls with the same key run one at a time; others do not wait', async () => {
    const overlap = new Overlap();
    const use = task((key: string) => overlap.during(key));
    const disk = use.with({ exclusive: 'disk' });
    const tape = use.with({ exclusive: 'tape' });
    await run([1, 2, 3, 4].flatMap(() => [disk('disk'), tape('tape'), use('none')]));
    expect(Object.fromEntries(overlap.most)).toEqual({ disk: 1, tape: 1, none: 4 });
  });

  test('the key is free again after a failure and while a retry waits', async () => {
    const clock = new FakeClock();
    let attempts = 0;
    const flaky = task(
      () => {
        if (++attempts === 1) throw new Error('once');
        return 'done';
      },
      { exclusive: 'disk', retries: 1 },
    );
    const other = task(() => 'other', { exclusive: 'disk' });
    const sink = new RecordingSink();
    const ending = run([flaky(), other()], { clock, sinks: sink });
    await clock.whenTimers();
    await sink.when((event) => event.kind === 'call-settled');
    clock.pass(1000);
    expect(await ending).toEqual(['done', 'other']);
  });

  test('a call that returned a graph does not hold its key', async () => {
    const inner = task(() => 1, { exclusive: 'disk' });
    const outer = task(() => inner(), { exclusive: 'disk' });
    expect(await run(outer())).toBe(1);
  });
});

describe('resources', () => {
  test('never more is used than there is', async () => {
    const overlap = new Overlap();
    const use = task((amount: number) => overlap.during('gpus', amount));
    const calls = [2, 1, 3, 1, 2, 3, 1].map((gpus) => use.with({ resources: { gpus } })(gpus));
    await run(calls, { resources: { gpus: 3 } });
    expect(overlap.most.get('gpus')).toBeLessThanOrEqual(3);
  });

  test('a heavy call is not starved by light ones', async () => {
    const order: string[] = [];
    const use = task(async (name: string) => {
      order.push(name);
      await turn();
    });
    const light = use.with({ resources: { gpus: 1 } });
    const heavy = use.with({ resources: { gpus: 2 } });
    await run([light('a'), light('b'), heavy('HEAVY'), light('c'), light('d')], { resources: { gpus: 2 } });
    expect(order.indexOf('HEAVY')).toBe(2);
  });

  test('several resources and a key at once come to an end', async () => {
    const overlap = new Overlap();
    const use = task(() => overlap.during('all'));
    const kinds = [
      use.with({ resources: { gpus: 1, disks: 2 } }),
      use.with({ resources: { disks: 1 }, exclusive: 'x' }),
      use.with({ resources: { gpus: 2 }, exclusive: 'x', priority: 1 }),
      use.with({ resources: { gpus: 1 } }),
    ];
    const calls = Array.from({ length: 40 }, (_, i) => kinds[i % 4]?.());
    expect(await run(calls, { resources: { gpus: 2, disks: 2 } })).toHaveLength(40);
  });

  test.each<[string, Record<string, number>, Record<string, number>, RegExp]>([
    [
      'more than there is',
      { gpus: 2 },
      { gpus: 1 },
      /Cannot run task 'use' as it needs 2 of the resource 'gpus': received 1/,
    ],
    [
      'what nobody declared',
      { gpus: 1 },
      {},
      /needs 1 of the resource 'gpus': received none[\s\S]*resources: \{ gpus: 1 \}/,
    ],
    [
      'more threads than slots',
      { threads: 65 },
      {},
      /needs 65 threads: received an executor \(inline\) of 64/,
    ],
  ])('%s is an error at once, before anything runs', async (_, needs, resources, message) => {
    let count = 0;
    const tick = task(() => ++count);
    const use = task(() => 1, { name: 'use', resources: needs });
    const ending = run([tick(), use()], { resources });
    await expect(ending).rejects.toThrow(RangeError);
    await expect(ending).rejects.toThrow(message);
    expect(count).toBe(0);
  });

  test('a call of a returned graph that needs too much fails', async () => {
    const use = task(() => 1, { name: 'use', resources: { gpus: 9 } });
    const outer = task(() => use(), { name: 'outer' });
    const error = await run(outer(), { resources: { gpus: 1 } }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CallFailedError);
    expect(error).toMatchObject({ task: 'use', reason: 'too-large' });
  });

  test('0 of a resource needs none', async () => {
    expect(await run(task(() => 1, { resources: { gpus: 0 } })())).toBe(1);
  });

  test('threads: n takes n slots', async () => {
    const overlap = new Overlap();
    const wide = task(() => overlap.during('threads', 2), { resources: { threads: 2 } });
    const narrow = task(() => overlap.during('threads', 1));
    await run([wide(), narrow(), wide(), narrow(), wide()], { concurrency: 3 });
    expect(overlap.most.get('threads')).toBeLessThanOrEqual(3);
  });
});

test('an executor that is smaller than what a call needs refuses it at once', async () => {
  await using threads = openThreads({ workers: 1 });
  const use = task(() => 1, { name: 'use', resources: { threads: 2 } });
  await expect(run(use(), { executor: threads })).rejects.toThrow(
    /Cannot run task 'use' as it needs 2 threads: received an executor \(threads\) of 1/,
  );
  await expect(threads.submit(use)).rejects.toThrow(/needs 2 threads/);
});
