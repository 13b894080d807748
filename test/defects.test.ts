/**
 * The defects that were found in Noodles by running it, as far as they concern runs: each by its number,
 * with the sentence that is false here.
 */

import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import {
  any,
  type Delayed,
  delay,
  findFirst,
  gather,
  lift,
  openInline,
  openThreads,
  plain,
  type Quoted,
  quote,
  reduce,
  run,
  task,
  terminal,
  unquote,
} from '../src/index.ts';
import { threadTasks } from './fixtures/tasks/thread-tasks.ts';

const add = task((a: number, b: number) => a + b, { name: 'add' });
const ok = task(() => 'ok', { name: 'ok' });
const boom = task(
  (): string => {
    throw new Error('boom');
  },
  { name: 'boom' },
);

describe('defect 1: "a failed run can return nothing as if it succeeded"', () => {
  test('inline, with other calls queued', async () => {
    await expect(run(gather(ok(), boom(), ok(), ok()))).rejects.toThrow(/boom/);
    for (const failure of ['stop-starting', 'carry-on', 'cancel-rest'] as const) {
      await expect(run(gather(ok(), boom(), ok(), ok()), { failure, concurrency: 1 })).rejects.toThrow(
        /boom/,
      );
    }
  });

  test('on threads, a hundred times', { timeout: 20_000 }, async () => {
    await using executor = openThreads({ workers: 2 });
    const { add: sum, throwText } = threadTasks;
    for (let i = 0; i < 100; i++) {
      await expect(run(gather(sum(1, 2), throwText(), sum(3, 4), sum(5, 6)), { executor })).rejects.toThrow(
        /just text/,
      );
    }
  });
});

describe('defect 3: "a failing inner graph leaves its outer call without an outcome"', () => {
  test('the run rejects, and so does the next', async () => {
    const outer = task(() => add(1, boom() as never));
    for (let i = 0; i < 2; i++) await expect(run(outer())).rejects.toThrow(/Task 'boom' failed/);
  });
});

describe('defect 4: "the run hangs, and no exception ever reaches the caller"', () => {
  const { exit, giveFunction, same, throwFunction, spin } = threadTasks;
  test.each<[string, () => unknown, RegExp]>([
    ['when a worker dies', () => exit(1), /worker exited/],
    ['when an exception cannot be sent', () => throwFunction(), /cannot be cloned was thrown/],
    ['when a result cannot be sent', () => giveFunction(), /Cannot send the result/],
    ['when an argument cannot be sent', () => same(() => 1), /Cannot send task 'same'/],
    ['when a task stays in its process', () => ok(), /stays in its process/],
    ['when a call is stuck', () => spin.with({ timeoutMs: 30 })(), /more than 30 ms/],
  ])('%s', { timeout: 15_000 }, async (_, call, message) => {
    await expect(run(call(), { threads: 1 })).rejects.toThrow(message);
  });

  test('with no threads at all, which is refused', async () => {
    await expect(run(threadTasks.add(1, 2), { threads: 0 })).rejects.toThrow(
      /'workers' must be a positive integer: received 0/,
    );
  });

  test('when a display names an unknown argument, which is refused', () => {
    expect(() => task((a: number) => a, { display: '{b}' })).toThrow(/names no argument/);
  });
});

test('defect 6: "any() is always true for a list that is not empty"', async () => {
  expect(await run(any((x: number) => x > 9, [1, 2]))).toBe(false);
  expect(
    await run(
      any(
        task((x: number) => x > 9),
        [delay(1), 2],
      ),
    ),
  ).toBe(false);
});

test('defect 7: "running a delayed value again gives stale or mixed results"', async () => {
  let count = 0;
  const tick = task(() => ++count);
  const pair = gather(tick(), tick());
  await run(pair);
  expect(await run(pair)).toEqual([3, 4]);
});

test('defect 8: "errors of methods and members become values of the result"', async () => {
  const text = delay('abc') as unknown as Delayed<{ missing(): string; repeat(n: number): string }>;
  await expect(run([text.missing()])).rejects.toThrow(/Cannot call member 'missing'/);
  await expect(run([text.repeat(-1)])).rejects.toThrow(/Invalid count/);
});

test('defect 9: "a quoted branch computes again what it shares with the graph outside"', async () => {
  let count = 0;
  const shared = task(() => ++count)();
  const open = task((quoted: Quoted<number>) => unquote(quoted));
  expect(await run([shared, open(quote(add(shared, 10)))])).toEqual([1, 11]);
  expect(count).toBe(1);
});

test('defect 10: "a dependent that changes a result changes it for its siblings"', async () => {
  const list = task(() => [1])();
  const push = task((items: number[], item: number) => {
    items.push(item);
    return items;
  });
  expect(await run([push(list, 2), push(list, 3), list])).toEqual([[1, 2], [1, 3], [1]]);
});

test('defect 11: "workers are idle while calls wait in the line of another"', {
  timeout: 15_000,
}, async () => {
  await using executor = openThreads({ workers: 2 });
  const gate = new SharedArrayBuffer(4);
  const blocked = run(threadTasks.waitFor(gate), { executor });
  // One worker is blocked: the other must do all the rest.
  expect(
    await run(
      Array.from({ length: 50 }, (_, i) => threadTasks.add(i, 1)),
      { executor },
    ),
  ).toHaveLength(50);
  Atomics.store(new Int32Array(gate), 0, 1);
  Atomics.notify(new Int32Array(gate), 0);
  await blocked;
});

test('defect 14: "cyclic data recurses without end"', async () => {
  const cyclic: Record<string, unknown> = { sum: add(1, 2), list: [1] };
  cyclic['self'] = cyclic;
  const value = (await run(lift(cyclic))) as Record<string, unknown>;
  expect(value['self']).toBe(value);
});

test('defect 15: "control codes are written to what is no terminal"', async () => {
  for (const display of [plain, terminal]) {
    let text = '';
    const stream = new Writable({
      write(chunk, _, done) {
        text += String(chunk);
        done();
      },
    });
    await run(add.with({ display: 'Adding {a}' })(1, 2), { sinks: display({ stream }) });
    expect(text).not.toContain('\u001b');
    expect(text).toMatch(/Adding 1/);
  }
});

test('defect 16: "all ready calls are pushed at once"', async () => {
  let [running, most] = [0, 0];
  const slow = task(async () => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => setImmediate(resolve));
    running--;
  });
  await using executor = openInline({ concurrency: 2 });
  await run(
    Array.from({ length: 30 }, () => slow()),
    { executor },
  );
  expect(most).toBe(2);
});

describe('defect 17: "costs grow with the square"', () => {
  // With costs that grow with the square, as Noodles' do (13.5 s for 10,000 wide), these would take many minutes.
  test.each<[string, (count: number) => unknown]>([
    [
      'of a chain',
      (count) => {
        let sum: Delayed<number> = add(0, 0);
        for (let i = 1; i < count; i++) sum = add(sum, 1);
        return run(sum);
      },
    ],
    ['of a wide gather', (count) => run(gather(...Array.from({ length: count }, (_, i) => add(i, 1))))],
    [
      'of a reduction',
      (count) =>
        run(
          reduce(
            add,
            Array.from({ length: count }, () => 1),
          ),
        ),
    ],
    [
      'of a search',
      (count) =>
        run(
          findFirst(
            (x: number) => x === count - 1,
            Array.from({ length: count }, (_, i) => i),
          ),
        ),
    ],
    [
      'of one value for many',
      (count) => {
        const one = add(0, 1);
        return run(Array.from({ length: count }, () => add(one, 1)));
      },
    ],
  ])('%s', { timeout: 20_000 }, async (_, build) => {
    await expect(Promise.resolve(build(50_000))).resolves.toBeDefined();
  });
});
