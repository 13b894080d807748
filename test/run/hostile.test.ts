/** What is made to throw, or to lie, when it is looked at: the run settles, and other calls go on. */

import { describe, expect, test } from 'vitest';
import {
  CallFailedError,
  type Executor,
  failed,
  map,
  maybe,
  openInline,
  openThreads,
  plain,
  type RunOptions,
  run,
  task,
} from '../../src/index.ts';
import { eventFaults, RecordingSink } from '../../src/testing.ts';
import { answersAll, hostileErrors, hostileValues, refusing, revoked } from '../fixtures/hostile.ts';
import { hostileTasks } from '../fixtures/tasks/hostile-tasks.ts';
import { TextSink } from '../fixtures/text-sink.ts';

/** The error of a run that must fail as a call does. */
async function errorOf(target: unknown, options?: RunOptions): Promise<CallFailedError> {
  const ended: unknown = await run(target, options).then(
    (value) => ({ value }),
    (thrown: unknown) => thrown,
  );
  if (ended instanceof CallFailedError) return ended;
  throw new Error('the run did not end with a CallFailedError', { cause: ended });
}

const executors: readonly (readonly [string, () => Executor])[] = [
  ['inline', () => openInline()],
  ['threads', () => openThreads({ workers: 1 })],
];

describe.each(executors)('an error that is made to throw, on %s', (_, open) => {
  test('fails its call and nothing else, thrown and as a rejection', { timeout: 20_000 }, async () => {
    await using executor = open();
    for (const kind of Object.keys(hostileErrors)) {
      for (const call of [hostileTasks.throwHostile(kind), hostileTasks.rejectHostile(kind)]) {
        const sink = new RecordingSink();
        const error = await errorOf([call, hostileTasks.list()], {
          executor,
          failure: 'carry-on',
          sinks: [sink, plain({ stream: new TextSink() })],
        });
        const [task, { computed, failed: failures } = {}] = [error.task, sink.of('run-settled')[0]?.counts];
        const { others } = error;
        expect({ kind, task, others, faults: eventFaults(sink.events), computed, failures }).toEqual({
          kind,
          task: expect.stringMatching(/^(throw|reject)Hostile$/) as unknown,
          others: [],
          faults: [],
          computed: 1,
          failures: 1,
        });
      }
    }
  });

  test('rejects submit(), which goes on with the next', { timeout: 20_000 }, async () => {
    await using executor = open();
    for (const kind of Object.keys(hostileErrors)) {
      const { throwHostile, list } = hostileTasks;
      const ends = await Promise.allSettled([executor.submit(throwHostile, kind), executor.submit(list)]);
      expect([kind, ...ends.map(({ status }) => status)]).toEqual([kind, 'rejected', 'fulfilled']);
    }
  });
});

test.each(Object.keys(hostileErrors))('a Failure tells of %s without throwing', async (kind) => {
  const value: unknown = await run(
    task(
      maybe(() => {
        throw hostileErrors[kind]?.();
      }),
      { name: 'hostile' },
    )(),
  );
  expect(failed(value)).toBe(true);
  expect(String(value)).toMatch(/^Fail: hostile/);
});

describe.each(executors)('a value that is made to throw, on %s', (_, open) => {
  test('fails its call and nothing else', { timeout: 20_000 }, async () => {
    await using executor = open();
    for (const kind of Object.keys(hostileValues)) {
      const sink = new RecordingSink();
      const target = { hostile: hostileTasks.giveHostile(kind), list: hostileTasks.list() };
      const error = await errorOf(target, { executor, failure: 'carry-on', sinks: sink });
      expect([kind, error.task, ...eventFaults(sink.events)]).toEqual([kind, 'giveHostile']);
    }
  });

  test('rejects submit(), which goes on with the next', { timeout: 20_000 }, async () => {
    await using executor = open();
    for (const kind of Object.keys(hostileValues)) {
      const { giveHostile, list } = hostileTasks;
      const ends = await Promise.allSettled([executor.submit(giveHostile, kind), executor.submit(list)]);
      expect([kind, ...ends.map(({ status }) => status)]).toEqual([kind, 'rejected', 'fulfilled']);
    }
    expect(executor.stats().running).toBe(0);
  });
});

describe('a value that is made to throw', () => {
  const read = task((value: unknown) => typeof value, { name: 'read' });

  test.each<[string, () => unknown]>([
    ['a revoked proxy', () => revoked({})],
    ['a proxy that refuses to be copied', refusing],
  ])('%s as an argument is refused when the call is made, or fails the run', async (_, make) => {
    const attempt = async (): Promise<unknown> => await run(read({ deep: make() }));
    await expect(attempt()).rejects.toThrow(/proxy that has been revoked|no keys/);
  });

  test('after others were submitted leaves their room to them', async () => {
    await using executor = openInline({ concurrency: 1 });
    let open: (value: number) => void = () => undefined;
    const slow = task(() => new Promise<number>((resolve) => (open = resolve)));
    const hostile = task(() => hostileValues['a getter of then that throws']?.());
    const ends = [executor.submit(slow), executor.submit(hostile), executor.submit(task(() => 3))];
    open(1);
    expect((await Promise.allSettled(ends)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
  });

  test('a thenable that calls back twice, and throws after, counts once', async () => {
    await using executor = openInline({ concurrency: 1 });
    const twice = task(() => ({
      // oxlint-disable-next-line unicorn/no-thenable -- what is tested
      then: (resolve: (value: number) => void) => {
        resolve(1);
        resolve(2);
        throw new Error('after');
      },
    }));
    const sink = new RecordingSink();
    expect(await run([twice(), twice()], { executor, sinks: sink })).toEqual([1, 1]);
    expect(eventFaults(sink.events)).toEqual([]);
    expect(executor.stats()).toMatchObject({ running: 0, succeeded: 2 });
  });
});

describe('a function that answers every name', () => {
  test('is a value like others: given, taken, and passed on', async () => {
    const remote = answersAll();
    expect(await run(task(() => remote)())).toBe(remote);
    const read = task((fn: unknown, data: { fn: unknown }) => [fn === remote, data.fn === remote]);
    expect(await run(read(remote as never, { fn: remote } as never))).toEqual([true, true]);
  });

  test('is a function like others where one is asked for', async () => {
    expect(await run(task(answersAll(), { name: 'remote' })())).toBe('called');
    expect(await run(map(answersAll() as (x: number) => unknown, [1]))).toEqual(['called']);
  });
});

test('an object that has every member is no Failure, whether the run is watched or not', async () => {
  const answers = new Proxy({}, { has: () => true, get: (_, key) => (key === 'then' ? undefined : 'x') });
  expect(failed(answers)).toBe(false);
  const give = task(() => answers);
  const sink = new RecordingSink();
  expect(await run(give())).toBe(answers);
  expect(await run(give(), { sinks: sink })).toBe(answers);
  expect(eventFaults(sink.events)).toEqual([]);
});
