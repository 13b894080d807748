/** Attempts at a call: retries, timeouts, and the signal that ends a run. */

import { describe, expect, test } from 'vitest';
import { maybe, openInline, type RunOptions, run, task } from '../../src/index.ts';
import { FakeClock, RecordingSink } from '../../src/testing.ts';
import { hostileTasks } from '../fixtures/tasks/hostile-tasks.ts';

describe('retries', () => {
  const failing = (times: number): { readonly fn: () => string; attempts: number } => {
    const state = {
      attempts: 0,
      fn: (): string => {
        if (++state.attempts <= times) throw new Error(`attempt ${state.attempts}`);
        return `after ${state.attempts}`;
      },
    };
    return state;
  };

  test('wait twice as long each time, from 100 ms on', async () => {
    const clock = new FakeClock();
    const sink = new RecordingSink();
    const ending = run(task(failing(3).fn, { retries: 3 })(), { clock, sinks: sink });
    for (const waitMs of [100, 200, 400]) {
      await clock.whenTimers();
      clock.pass(waitMs - 1);
      expect(clock.timers).toBe(1);
      clock.pass(1);
    }
    expect(await ending).toBe('after 4');
    expect(sink.of('call-retrying').map(({ delayMs }) => delayMs)).toEqual([100, 200, 400]);
    expect(sink.of('call-started').map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(sink.of('run-settled')[0]?.durationMs).toBe(700);
  });

  test('wait no longer than maxTimeoutMs, and as randomize says', async () => {
    const clock = new FakeClock();
    const sink = new RecordingSink();
    const retries = { retries: 4, minTimeoutMs: 10, factor: 10, maxTimeoutMs: 500, randomize: true };
    const ending = run(task(failing(4).fn, { retries })(), {
      clock,
      sinks: sink,
      chance: { next: () => 0.5 },
    });
    await clock.whenTimers();
    clock.pass(15 + 150 + 500 + 500);
    expect(await ending).toBe('after 5');
    expect(sink.of('call-retrying').map(({ delayMs }) => delayMs)).toEqual([15, 150, 500, 500]);
  });

  test('end with the last error, and the number of attempts', async () => {
    const clock = new FakeClock();
    const ending = run(task(failing(9).fn, { name: 'flaky', retries: 1 })(), { clock });
    await clock.whenTimers();
    clock.pass(100);
    await expect(ending).rejects.toMatchObject({
      attempts: 2,
      message: expect.stringMatching(/^Task 'flaky' failed after 2 attempts: Error: attempt 2/) as unknown,
    });
  });

  test('each attempt gets its own copy of the arguments', async () => {
    const clock = new FakeClock();
    const push = task(
      (list: number[]) => {
        list.push(1);
        if (clock.nowMs() === 0) throw new Error('once');
        return list;
      },
      { retries: 1 },
    );
    const ending = run(push(task(() => [0])()), { clock });
    await clock.whenTimers();
    clock.pass(100);
    expect(await ending).toEqual([0, 1]);
  });

  test('on threads see the arguments unchanged, whatever was done to them meanwhile', {
    timeout: 10_000,
  }, async () => {
    const { list, pushThenThrow, waitFor } = hostileTasks;
    const clock = new FakeClock();
    const sink = new RecordingSink();
    const gate = new SharedArrayBuffer(4);
    const shared = list();
    const target = {
      again: pushThenThrow.with({ retries: 1 })(shared, new SharedArrayBuffer(4)),
      // A method of the value itself, called in the host while the retry waits.
      pushed: shared.push(waitFor(gate) as never),
    };
    const ending = run(target, { threads: 2, clock, sinks: sink });
    await sink.when(({ kind }) => kind === 'call-retrying');
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    await sink.when((event) => event.kind === 'call-settled' && event.builtin);
    await clock.whenTimers();
    clock.pass(100);
    expect(await ending).toEqual({ again: [1, 2, 3, 9], pushed: 4 });
  });

  test.each<[string, RunOptions]>([
    ['here', {}],
    ['on threads', { threads: 1 }],
  ])('%s, an attempt that changed its arguments changes nothing for the next', async (_, options) => {
    const retries = { retries: 1, minTimeoutMs: 0 };
    const given = [1, 2];
    const call = hostileTasks.pushThenThrow.with({ retries })(given, new SharedArrayBuffer(4));
    expect(await run(call, options)).toEqual([1, 2, 9]);
    expect(given).toEqual([1, 2]);
  });

  test('with byReference, each attempt gets the very object', async () => {
    const seen: object[] = [];
    const retries = { retries: 2, minTimeoutMs: 0 };
    const box = { count: 0 };
    const touch = task(
      (given: { count: number }, copied: { count: number }) => {
        seen.push(given, copied);
        copied.count++;
        if (++given.count < 3) throw new Error('not yet');
        return copied.count;
      },
      { byReference: ['given'], retries },
    );
    expect(await run(touch(box, box))).toBe(1);
    expect(box.count).toBe(3);
    expect(seen.filter((one) => one === box)).toHaveLength(3);
    expect(new Set(seen).size).toBe(4);
  });

  test('a maybe task is repeated on threads too', async () => {
    const retries = { retries: 3, minTimeoutMs: 0 };
    const call = hostileTasks.maybeThird.with({ retries })(new SharedArrayBuffer(4));
    expect(await run(call, { threads: 1 })).toBe(3);
  });

  test('leave no timer when the run is aborted while they wait', async () => {
    const clock = new FakeClock();
    const ending = new AbortController();
    const ended = run(task(failing(9).fn, { retries: 5 })(), { clock, signal: ending.signal });
    await clock.whenTimers();
    ending.abort(new Error('enough'));
    await expect(ended).rejects.toThrow('enough');
    expect(clock.timers).toBe(0);
  });

  test('a maybe task is repeated too, before it gives its failure', async () => {
    const flaky = failing(9);
    const value = await run(task(maybe(flaky.fn), { retries: { retries: 2, minTimeoutMs: 0 } })());
    expect(String(value)).toMatch(/attempt 3/);
    expect(flaky.attempts).toBe(3);
  });

  test('are given up when the run stops', async () => {
    const clock = new FakeClock();
    const boom = task(async () => {
      await clock.whenTimers();
      throw new Error('other');
    });
    const ending = run([task(failing(9).fn, { retries: 5 })(), boom()], { clock });
    await expect(ending).rejects.toThrow(/other/);
    expect(clock.timers).toBe(0);
  });
});

describe('timeoutMs', () => {
  const never = task(() => new Promise<number>(() => undefined), { name: 'never', timeoutMs: 1000 });

  test('an asynchronous call is given up on, by the clock of the executor', async () => {
    const clock = new FakeClock();
    await using executor = openInline({ clock });
    const ending = run(never(), { executor });
    await clock.whenTimers();
    clock.pass(1000);
    await expect(ending).rejects.toMatchObject({
      reason: 'timed-out',
      message: expect.stringMatching(/Task 'never' failed \(timed-out\).*more than 1000 ms/) as unknown,
    });
  });

  test('a call that ends in time leaves no timer', async () => {
    const clock = new FakeClock();
    await using executor = openInline({ clock });
    expect(await run(task(async () => 1, { timeoutMs: 1000 })(), { executor })).toBe(1);
    expect(clock.timers).toBe(0);
  });

  test('an attempt that timed out may be repeated', async () => {
    const clock = new FakeClock();
    await using executor = openInline({ clock });
    let attempts = 0;
    const slow = task(
      () => (++attempts === 1 ? new Promise<number>(() => undefined) : Promise.resolve(attempts)),
      { timeoutMs: 50, retries: { retries: 1, minTimeoutMs: 5 } },
    );
    const ending = run(slow(), { executor, clock });
    await clock.whenTimers();
    clock.pass(50);
    await clock.whenTimers();
    clock.pass(5);
    expect(await ending).toBe(2);
  });
});

describe('signal', () => {
  const never = task(() => new Promise<number>(() => undefined), { name: 'never' });

  test('that is aborted before: nothing runs, and its reason is given', async () => {
    let count = 0;
    const tick = task(() => ++count);
    const reason = new Error('before');
    await expect(run(tick(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(run(3, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(count).toBe(0);
  });

  test('that aborts during: the run ends at once with its reason, whatever that is', async () => {
    for (const reason of [new Error('during'), 'text', 0]) {
      const ending = new AbortController();
      const sink = new RecordingSink();
      const result = run([never(), never()], { signal: ending.signal, sinks: sink });
      await sink.when((event) => event.kind === 'call-started');
      ending.abort(reason);
      await expect(result).rejects.toBe(reason);
      expect(sink.of('run-settled')[0]?.is).toBe('cancelled');
    }
  });

  test('that aborts inside a task: no other call is started', async () => {
    const ending = new AbortController();
    let count = 0;
    const stop = task(() => ending.abort(new Error('inside')));
    const tick = task((_: unknown) => ++count);
    await expect(run([tick(stop()), tick(0)], { signal: ending.signal })).rejects.toThrow('inside');
    expect(count).toBe(0);
  });

  test('that aborts during a long row of short calls: it is heard', { timeout: 10_000 }, async () => {
    const ending = new AbortController();
    const spin = task((_: number) => {
      const untilMs = performance.now() + 1;
      while (performance.now() < untilMs);
    });
    const result = run(
      Array.from({ length: 5000 }, (_, i) => spin(i)),
      { signal: ending.signal },
    );
    setImmediate(() => ending.abort(new Error('heard')));
    await expect(result).rejects.toThrow('heard');
  });

  test('that aborts after: nothing happens, and no listener stays', async () => {
    const ending = new AbortController();
    let listeners = 0;
    const { signal } = ending;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    expect(await run(task(() => 1)(), { signal })).toBe(1);
    expect(listeners).toBe(0);
    ending.abort();
  });
});
