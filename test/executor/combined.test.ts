/** Several executors as one: the contract, the way of each call, and the capacity of each. */

import { describe, expect, onTestFinished, test } from 'vitest';
import {
  CallFailedError,
  type CallToPlace,
  combined,
  type Executor,
  map,
  openInline,
  openProcesses,
  openThreads,
  run,
  task,
} from '../../src/index.ts';
import { RecordingSink } from '../../src/testing.ts';
import { testContract } from '../fixtures/run-contract.ts';
import { threadTasks } from '../fixtures/tasks/thread-tasks.ts';

const { add, where, never } = threadTasks;

testContract('combined', {
  open: () =>
    combined({ executors: { all: openThreads({ workers: 2 }) }, select: () => 'all', concurrency: 0 }),
});

function opened<Name extends string>(parts: Parameters<typeof combined<Name>>[0]): Executor {
  const executor = combined(parts);
  onTestFinished(() => executor.dispose());
  return executor;
}

describe('combined()', { timeout: 20_000 }, () => {
  test('sends each call where its hint says, or the call itself, and all others nowhere', async () => {
    const executor = opened({
      executors: { threads: openThreads({ workers: 1 }), processes: openProcesses({ workers: 1 }) },
    });
    const pid = task(() => process.pid);
    const [thread, here, there] = await run(
      [where.with({ executor: 'threads' })(), where(), pid()] as const,
      { executor },
    );
    expect([thread, here, there]).toEqual([expect.any(Number), 0, process.pid]);
    expect(thread).not.toBe(0);
    expect(await run(add.with({ executor: 'processes' })(1, 2), { executor })).toBe(3);
  });

  test('asks `select` with the name and the hints of each call', async () => {
    const asked: CallToPlace[] = [];
    const executor = opened({
      executors: { one: openInline(), two: openInline() },
      select: (call) => {
        asked.push(call);
        return call.hints.priority === 1 ? 'one' : undefined;
      },
    });
    expect(await run(add.with({ priority: 1 })(1, add(2, 3)), { executor })).toBe(6);
    expect(asked.map(({ task: name, hints }) => [name, hints.priority])).toEqual([
      ['add', undefined],
      ['add', 1],
    ]);
  });

  test('runs plain functions of combinators in this thread, whatever `select` says', async () => {
    const executor = opened({ executors: { all: openThreads({ workers: 1 }) }, select: () => 'all' });
    expect(
      await run(
        map((x: number) => add(x, process.pid), [1]),
        { executor },
      ),
    ).toEqual([1 + process.pid]);
    expect(
      await run(
        map(async (x: number) => x + process.pid, [1]),
        { executor },
      ),
    ).toEqual([1 + process.pid]);
  });

  test('a full executor holds up no call that is for another one', async () => {
    const small = openInline({ concurrency: 1 });
    const executor = opened({
      executors: { small },
      select: ({ task: name }) => (name === 'slow' ? 'small' : undefined),
    });
    const gate = Promise.withResolvers<void>();
    const slow = task(() => gate.promise, { name: 'slow' });
    const order: string[] = [];
    const quick = task((name: string) => void order.push(name));
    const ending = run([...Array.from({ length: 20 }, () => slow()), quick('after')], { executor });
    await expect.poll(() => order).toEqual(['after']);
    expect(small.stats().running).toBe(1);
    gate.resolve();
    await ending;
    expect(small.stats().succeeded).toBe(20);
  });

  test('each runs as many calls at once as it has room for', async () => {
    let running = 0;
    let most = 0;
    const step = task(async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    });
    const executor = opened({ executors: { three: openInline({ concurrency: 3 }) }, select: () => 'three' });
    await run(
      Array.from({ length: 50 }, () => step()),
      { executor },
    );
    expect(most).toBe(3);
  });

  test('a name that there is not fails the call, as does what `select` throws', async () => {
    const executor = opened({ executors: { known: openInline() } });
    await expect(run(add.with({ executor: 'other' })(1, 2), { executor })).rejects.toThrow(
      /there is no executor 'other': received 'known'/,
    );
    const broken = opened({
      executors: {},
      select: () => {
        throw new Error('no idea');
      },
    });
    await expect(run(add(1, 2), { executor: broken })).rejects.toThrow(CallFailedError);
    await expect(run(add(1, 2), { executor: broken })).rejects.toThrow(/no idea/);
  });

  test('a call that needs more than its executor has fails, though another one has it', async () => {
    const executor = opened({
      executors: { small: openThreads({ workers: 1 }), large: openThreads({ workers: 4 }) },
    });
    const wide = add.with({ resources: { threads: 2 }, executor: 'small' });
    await expect(run(wide(1, 2), { executor })).rejects.toThrow(
      /needs 2 threads: received an executor \(threads\) of 1/,
    );
    expect(await run(wide.with({ resources: { threads: 2 }, executor: 'large' })(1, 2), { executor })).toBe(
      3,
    );
  });

  test('an aborted run ends what runs and what waits, wherever it is', async () => {
    const threads = openThreads({ workers: 1 });
    const executor = opened({ executors: { threads }, select: () => 'threads' });
    const stop = new AbortController();
    const sink = new RecordingSink();
    const ending = run([never(), never(), never()], { executor, signal: stop.signal, sinks: sink });
    await sink.when((event) => event.kind === 'call-started');
    stop.abort(new Error('enough'));
    await expect(ending).rejects.toThrow('enough');
    expect(await run(add(1, 2), { executor })).toBe(3);
  });

  test('disposing of it disposes of all; disposing of one of them ends its runs', async () => {
    const [one, two] = [openThreads({ workers: 1 }), openThreads({ workers: 1 })];
    const executor = combined({ executors: { one, two }, select: () => 'one' });
    const ending = run(never(), { executor });
    const thrown = ending.catch((error: unknown) => error);
    await one.dispose();
    expect(await thrown).toMatchObject({ code: 'HEDDLE_CLOSED' });
    await executor.dispose();
    await executor.dispose();
    await expect(run(add(1, 2), { executor: two })).rejects.toMatchObject({ code: 'HEDDLE_CLOSED' });
    await expect(executor.submit(add, 1, 2)).rejects.toMatchObject({ code: 'HEDDLE_CLOSED' });
  });

  test('refuses what is no executor, no function, or no option', () => {
    expect(() => combined({ executors: { bad: {} as never } })).toThrow(/'bad' must be an executor/);
    expect(() => combined({ executors: {}, select: 'x' as never })).toThrow(/'select' must be a function/);
    expect(() => combined({ executors: {}, concurrency: -1 })).toThrow(/'concurrency' must be an integer/);
    expect(() => combined({ executors: {}, chose: 1 } as never)).toThrow(/there is no option 'chose'/);
    expect(() => add.with({ executor: 5 as never })).toThrow(/'executor'/);
  });
});
