/** Worker threads: what they run, what ends them, and what is left of them. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type CallFailedError,
  type Event,
  failed,
  gather,
  openThreads,
  quote,
  type RunOptions,
  run,
  type ThreadsExecutor,
  task,
} from '../../src/index.ts';
import { RecordingSink } from '../../src/testing.ts';
import { callFailure } from '../fixtures/call-failure.ts';
import { fromBroken } from '../fixtures/tasks/broken-module.ts';
import { defineLate } from '../fixtures/tasks/hidden-task.ts';
import { inProgram } from '../fixtures/tasks/starts-program.ts';
import { threadTasks } from '../fixtures/tasks/thread-tasks.ts';

const { add, same, where, exit, never, spin, reciprocal } = threadTasks;

let pool: ThreadsExecutor;
beforeAll(() => {
  pool = openThreads({ workers: 2 });
});
afterAll(() => pool.dispose());

/** The error of a run that fails on worker threads. */
function errorOf(target: unknown, options: RunOptions = { executor: pool }): Promise<CallFailedError> {
  return callFailure(target, options);
}

describe('a worker runs', () => {
  test('a graph in other threads than this one', async () => {
    const threads = await run([where(), where(), add(1, add(2, 3))], { executor: pool });
    expect(threads[2]).toBe(6);
    expect(threads[0]).not.toBe(0);
  });

  test('graphs that tasks return, also in data', async () => {
    expect(await run(threadTasks.fibonacci(12), { executor: pool })).toBe(144);
    expect(await run(threadTasks.withData({ n: 4 }), { executor: pool })).toEqual({
      sum: 5,
      list: [{ n: 4 }],
    });
  });

  test('tasks for a run of its own', async () => {
    expect(await run(gather(add(1, 2), add(3, 4)), { threads: 2 })).toEqual([3, 7]);
  });
});

describe('a worker is lost', () => {
  test.each([0, 1, 7])('by process.exit(%d): only its call fails', async (code) => {
    const error = await errorOf([exit(code), add(1, 2)], { executor: pool, failure: 'carry-on' });
    expect(error).toMatchObject({ task: 'exit', reason: 'worker-lost' });
    expect(error.message).toMatch(
      new RegExp(`its worker exited with code ${code}, as by process\\.exit\\(\\) while it ran`),
    );
    expect(error.others).toEqual([]);
    expect(await run(add(1, 2), { executor: pool })).toBe(3);
  });

  test('by an exit after the task gave its promise', async () => {
    expect((await errorOf(threadTasks.exitLater())).message).toMatch(/exited with code 3/);
  });

  test('by an error that nobody caught', async () => {
    expect((await errorOf(threadTasks.uncaught())).message).toMatch(
      /did not catch an error, of this call or of one before: Error: nobody catches this/,
    );
    expect((await errorOf(threadTasks.unhandled())).message).toMatch(/nobody handles this/);
  });

  test('by running out of memory', { timeout: 20_000 }, async () => {
    await using small = openThreads({
      workers: 1,
      resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 },
    });
    const error = await errorOf(threadTasks.fillMemory(), { executor: small });
    expect(error.reason).toBe('worker-lost');
    expect(error.message).toMatch(/ran out of memory/);
    expect(await run(add(1, 2), { executor: small })).toBe(3);
  });

  test('by an endless loop and its timeoutMs', async () => {
    const before = pool.stats().replaced;
    const error = await errorOf([spin.with({ timeoutMs: 50 })(), add(1, 2)], {
      executor: pool,
      failure: 'carry-on',
    });
    expect(error).toMatchObject({ task: 'spin', reason: 'timed-out' });
    expect(error.message).toMatch(/took more than 50 ms/);
    expect(pool.stats().replaced).toBe(before + 1);
    expect(await run(add(1, 2), { executor: pool })).toBe(3);
  });

  test('and its call is repeated, when it may be', async () => {
    const retries = { retries: 2, minTimeoutMs: 1 };
    const buffer = new SharedArrayBuffer(4);
    expect(await run(threadTasks.flaky.with({ retries })(buffer), { executor: pool })).toBe(3);
    const sink = new RecordingSink();
    const error = await errorOf(exit.with({ retries })(1), { executor: pool, sinks: sink });
    expect(error.attempts).toBe(3);
    expect(sink.of('call-retrying')).toHaveLength(2);
  });

  test('and a maybe task gives a Failure that says so', async () => {
    const value: unknown = await run(reciprocal.with({ timeoutMs: 1000 })(0), { executor: pool });
    expect(failed(value)).toBe(true);
  });

  test('while many others run: each of those has its value', async () => {
    const calls = Array.from({ length: 60 }, (_, i) => (i % 20 === 7 ? exit(1) : add(i, 1)));
    const sink = new RecordingSink();
    const error = await errorOf(calls, { executor: pool, failure: 'carry-on', sinks: sink });
    expect(1 + error.others.length).toBe(3);
    expect(sink.of('run-settled')[0]?.counts).toMatchObject({ computed: 57, failed: 3 });
  });
});

describe('a task that cannot be loaded in a worker is refused', () => {
  test('when it stays in its process', async () => {
    const local = task((x: number) => x, { name: 'local' });
    const error = await errorOf(local(1));
    expect(error.reason).toBe('not-loadable');
    expect(error.message).toMatch(
      /Cannot send task 'local' to a worker thread as it stays in its process: it was made with task\(fn\) alone\s+define it in a module, with export const/,
    );
    await expect(pool.submit(local, 1)).rejects.toThrow(/stays in its process/);
  });

  test('when its module does not define it at the top level', async () => {
    const error = await errorOf(defineLate()());
    expect(error.reason).toBe('not-loadable');
    expect(error.message).toMatch(
      /Cannot find task 'late' in a worker as the module .*hidden-task\.ts does not define it[\s\S]*received no tasks[\s\S]*top level/,
    );
  });

  test('when its module fails to be imported', async () => {
    const error = await errorOf(fromBroken());
    expect(error.reason).toBe('not-loadable');
    expect(error.message).toMatch(
      /Cannot load task 'fromBroken' in a worker as importing its module failed: Error: this module does not like workers/,
    );
    expect((await errorOf(fromBroken())).reason).toBe('not-loadable');
  });

  test('when its module starts a run of its own', async () => {
    const error = await errorOf(inProgram());
    expect(error.reason).toBe('not-loadable');
    expect(error.message).toMatch(
      /Cannot (?:run a graph|open worker threads) as a worker is importing[\s\S]*import\.meta\.main/,
    );
  });
});

describe('quoted graphs', () => {
  test('that a worker gives back are the calls they were', async () => {
    const shared = threadTasks.mark(new SharedArrayBuffer(4));
    const { open, openBoth, twice, wrap } = threadTasks;
    expect(
      await run([open(quote(shared)), shared, openBoth(quote(shared), quote(shared))], { executor: pool }),
    ).toEqual([0, 0, 0]);
    expect(await run(open(wrap(1) as never), { executor: pool })).toBeGreaterThan(0);
    const [value] = (await run(twice(quote(add(1, 2))), { executor: pool })) as unknown[];
    expect(value).toBe(3);
  });

  test('that are never unquoted do not run', async () => {
    const buffer = new SharedArrayBuffer(4);
    await run(same(quote(threadTasks.mark(buffer))), { executor: pool });
    expect(new Int32Array(buffer)[0]).toBe(0);
  });
});

describe('openThreads()', () => {
  test.each([0, -1, 1.5, Number.NaN])('refuses %d workers', (workers) => {
    expect(() => openThreads({ workers })).toThrow(
      /Cannot open worker threads as 'workers' must be a positive integer/,
    );
  });

  test('starts threads as they are needed, and uses them again', async () => {
    await using threads = openThreads({ workers: 4 });
    expect(threads.stats().workers).toBe(0);
    expect(await threads.submit(threadTasks.countHere)).toBe(1);
    expect(await threads.submit(threadTasks.countHere)).toBe(2);
    expect(threads.stats().workers).toBe(1);
  });

  test('resizes: threads beyond the new size end, and more are started', async () => {
    await using threads = openThreads({ workers: 2 });
    await run(
      Array.from({ length: 20 }, (_, i) => add(i, 1)),
      { executor: threads },
    );
    threads.resize(1);
    expect(threads.slots).toBe(1);
    expect(threads.stats().workers).toBeLessThanOrEqual(1);
    expect(await threads.submit(add, 1, 2)).toBe(3);
    threads.resize(3);
    expect(
      await run(
        Array.from({ length: 20 }, (_, i) => add(i, 1)),
        { executor: threads },
      ),
    ).toHaveLength(20);
    expect(() => threads.resize(0)).toThrow(RangeError);
  });

  test('made smaller than what a waiting call needs fails that call', async () => {
    await using threads = openThreads({ workers: 2 });
    const wide = add.with({ resources: { threads: 2 } });
    const sink = new RecordingSink();
    const gate = new SharedArrayBuffer(4);
    const ending = run([threadTasks.waitFor(gate), wide(1, 2)], { executor: threads, sinks: sink });
    await sink.when((event) => event.kind === 'call-started' && event.task === 'waitFor');
    threads.resize(1);
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    await expect(ending).rejects.toThrow(/needs 2 threads/);
  });

  test('disposed of while a run uses it: the run settles', async () => {
    const threads = openThreads({ workers: 2 });
    const sink = new RecordingSink();
    const ending = run([never(), add(1, 2), spin()], { executor: threads, sinks: sink });
    await sink.when((event) => event.kind === 'call-settled');
    const thrown = ending.catch((error: unknown) => error);
    await threads.dispose();
    expect(await thrown).toMatchObject({ code: 'HEDDLE_CLOSED' });
    await expect(run(add(1, 2), { executor: threads })).rejects.toMatchObject({ code: 'HEDDLE_CLOSED' });
  });

  test('leaves no thread when it was disposed of', async () => {
    const count = (): number =>
      process.getActiveResourcesInfo().filter((kind) => /Worker|MessagePort/.test(kind)).length;
    const before = count();
    const threads = openThreads({ workers: 3 });
    await run(
      Array.from({ length: 30 }, (_, i) => add(i, 1)),
      { executor: threads },
    );
    await threads.dispose();
    expect(count()).toBe(before);
    expect(threads.stats()).toMatchObject({ workers: 0, running: 0 });
  });

  test('a run that is aborted ends the workers that run its calls, and the pool goes on', async () => {
    const ending = new AbortController();
    const sink = new RecordingSink();
    const result = run([spin(), never()], { executor: pool, signal: ending.signal, sinks: sink });
    await sink.when((event) => event.kind === 'call-started' && event.task === 'never');
    ending.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
    // A call that its worker had not started is taken back, which the worker answers in a moment.
    await expect.poll(() => pool.stats().running).toBe(0);
    expect(await run([add(1, 2), add(3, 4)], { executor: pool })).toEqual([3, 7]);
  });

  test('a run that is aborted by a sink, as a call is started, starts it no more', async () => {
    const ending = new AbortController();
    const sinks = {
      emit: ({ kind }: Event) => void (kind === 'call-started' && ending.abort(new Error('sink'))),
    };
    await using threads = openThreads({ workers: 1 });
    await expect(run(spin(), { executor: threads, signal: ending.signal, sinks })).rejects.toThrow('sink');
    expect(threads.stats().running).toBe(0);
    expect(await run(add(1, 2), { executor: threads })).toBe(3);
  });
});
