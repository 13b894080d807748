import { describe, expect, test } from 'vitest';
import { currentCall, openThreads, run, task } from '../../src/index.ts';
import { callTasks } from '../fixtures/tasks/current-call-tasks.ts';

describe('currentCall()', () => {
  test('outside of a call throws, with the mend', () => {
    expect(() => currentCall()).toThrow(/none is running\n.*before its first await/);
  });

  test('names the task, here and in a thread', async () => {
    expect(await run(callTasks.nameOf())).toBe('nameOf');
    expect(await run(callTasks.nameOf(), { threads: 1 })).toBe('nameOf');
  });

  test('is put back after a call that runs another run', async () => {
    const inner = task(() => currentCall().task, { name: 'inner' });
    const outer = task(() => [run(inner()), currentCall().task] as const, { name: 'outer' });
    const [, name] = await run(outer());
    expect(name).toBe('outer');
  });
});

describe('currentCall().signal', () => {
  test('is aborted here when the run is', { timeout: 10_000 }, async () => {
    const told = Promise.withResolvers<unknown>();
    const ending = new AbortController();
    const waits = task(() => {
      const { signal } = currentCall();
      signal.addEventListener('abort', () => told.resolve(signal.reason));
      return new Promise<never>(() => undefined);
    });
    const result = run(waits(), { signal: ending.signal });
    ending.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
    expect(await told.promise).toMatchObject({ name: 'AbortError' });
  });

  test('lets a call in a thread end by itself, so that its worker goes on', { timeout: 10_000 }, async () => {
    await using executor = openThreads({ workers: 1 });
    const worker = await run(callTasks.threadOf(), { executor });
    const ending = new AbortController();
    // Only a call that runs can be told; until then it would be taken back.
    const asked = callTasks.whenAsked();
    const result = run(callTasks.untilTold(), { executor, signal: ending.signal });
    await asked;
    ending.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
    expect(await run(callTasks.threadOf(), { executor })).toBe(worker);
    expect(executor.stats().replaced).toBe(0);
  });

  test('does not save a worker whose call goes on all the same', { timeout: 10_000 }, async () => {
    await using executor = openThreads({ workers: 1 });
    const worker = await run(callTasks.threadOf(), { executor });
    await expect(run(callTasks.deaf.with({ timeoutMs: 20 })(), { executor })).rejects.toThrow(
      /took more than 20 ms/,
    );
    expect(await run(callTasks.threadOf(), { executor })).not.toBe(worker);
  });
});
