import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import {
  artifact,
  CadetLogError,
  CadetStateError,
  CadetThread,
  cadet,
  literal,
  openProject,
  openRepository,
  threadAllocation,
  UnknownHandlerError,
  withThreads,
} from '../../../src/artifacts.ts';
import { delay, isHeddleError, openPool, run } from '../../../src/index.ts';
import { folders } from '../../fixtures/folders.ts';
import {
  dies,
  echo,
  fails,
  metered,
  modelReport,
  nests,
  nestsHeavy,
  waits,
  where,
} from '../../fixtures/tasks/cadet-tasks.ts';
import { meter } from '../../fixtures/tasks/thread-share-tasks.ts';

const newFolder = folders('cadet');
const limit = { timeout: 15_000 };
const features = new Map([['features', ['a', 'b', 'c']]]);

/** What a cadet fails with. */
async function errorOf(thread: CadetThread<unknown>): Promise<Error> {
  const [ended] = await Promise.allSettled([thread]);
  if (ended.status === 'fulfilled') throw new Error('it has not failed');
  return ended.reason as Error;
}

describe('cadet()', limit, () => {
  test('gives a call that has not started, and its result when it was joined', async () => {
    await withThreads(2, async () => {
      const thread = modelReport('My model name', 'features');
      expect(thread).toBeInstanceOf(CadetThread);
      expect([thread.state, thread.threads, thread.error]).toEqual(['unstarted', 2, undefined]);
      expect(() => thread.result).toThrow(CadetStateError);
      await expect(thread.join()).rejects.toThrow("Cannot join cadet 'modelReport' as it was not started");
      expect(thread.options({ source: features }).start()).toBe(thread);
      expect(() => thread.result).toThrow(/as it has not ended: it is (waiting|running)/);
      expect(() => thread.options({})).toThrow("Cannot set options of cadet 'modelReport' as it has started");
      expect(() => thread.start()).toThrow("Cannot start cadet 'modelReport' as it has started already");
      const text = 'Model My model name uses the following features: a, b, c';
      expect(await thread.join()).toBe(text);
      expect([thread.result, thread.state, await thread]).toEqual([text, 'succeeded', text]);
    });
  });

  test('runs in a worker thread if it is of a block, and otherwise here', async () => {
    expect(await where()).not.toBe(threadId);
    expect(await cadet(() => threadId)()).toBe(threadId);
  });

  test('start() runs nothing of the function', async () => {
    let hasRun = false;
    const thread = cadet(() => {
      hasRun = true;
    })().start();
    await Promise.resolve();
    expect(hasRun).toBe(false);
    await thread;
    expect(hasRun).toBe(true);
  });

  test('copies plain data when the call is made, here and for a worker', async () => {
    const list = [1];
    const here = cadet((a: number[], { b }: { b: number[] }) => {
      b.push(9);
      return a;
    })(list, { b: list });
    const there = echo(list);
    list.push(2);
    expect(await there).toEqual([[1], {}]);
    // What two arguments share, their copies share.
    expect(await here).toEqual([1, 9]);
    expect(list).toEqual([1, 2]);
    class Model {}
    const model = new Model();
    expect(await cadet((given: object) => given)(model)).toBe(model);
    let deep: unknown[] = [];
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(() => echo(deep)).toThrow("Cannot copy the arguments of cadet 'echo'");
  });

  test('has the name and the function that it was made of, and a task for graphs and pools', async () => {
    expect([modelReport.name, typeof modelReport.fn]).toEqual(['modelReport', 'function']);
    const named = cadet((n: number) => n * 2, { name: 'twice' });
    expect(named.name).toBe('twice');
    expect(await run(named.task(named.task(4)))).toBe(16);
    expect(echo.task.with({ name: 'other' }).name).toBe('other');
    const pool = openPool(where.task, { workers: 1 });
    expect(await pool.submit()).not.toBe(threadId);
    await pool.dispose();
  });

  test('keeps what its function throws, and rejects with it', async () => {
    const thread = fails('no');
    const error = await errorOf(thread);
    expect([error.name, error.message, thread.state]).toEqual(['RangeError', 'no', 'failed']);
    expect(thread.error).toBe(error);
    expect(() => thread.result).toThrow(error);
    await expect(thread.join()).rejects.toBe(error);
    const thrown = new Error('here');
    expect(
      await errorOf(
        cadet(() => {
          throw thrown;
        })(),
      ),
    ).toBe(thrown);
    expect(await errorOf(cadet(() => Promise.reject(thrown))())).toBe(thrown);
    expect(threadAllocation().free).toBe(threadAllocation().total);
  });

  test('join() waits no longer than it is told, and the cadet goes on', async () => {
    const gate = Promise.withResolvers<string>();
    const thread = cadet(() => gate.promise)().start();
    await expect(thread.join({ timeoutMs: 5 })).rejects.toThrow('took more than 5 ms');
    await expect(thread.join({ timeoutMs: -1 })).rejects.toThrow(RangeError);
    gate.resolve('late');
    expect(await thread.join({ timeoutMs: 5000 })).toBe('late');
  });

  test('refuses what makes no sense, at once', () => {
    const thread = echo(1);
    expect(() => thread.options({ threads: 0 })).toThrow(
      "as 'threads' must be a positive integer: received 0",
    );
    expect(() => thread.options({ source: {} as never })).toThrow(
      "as 'source' must have artifacts: received {}",
    );
    expect(() => thread.options({ signal: 1 as never })).toThrow(
      "as 'signal' must be an AbortSignal: received 1",
    );
    expect(() => thread.options({ logTo: {} as never })).toThrow(
      "as 'logTo' must have a method 'logArtifact'",
    );
    expect(() => thread.options({ what: 1 } as never)).toThrow("'what'");
    expect(() => cadet(1 as never)).toThrow(TypeError);
    expect(() => cadet(echo.task as never)).toThrow("as it must be a plain function: received task 'echo'");
    expect(() => cadet(() => 1, { threads: 1.5 })).toThrow(
      "as 'threads' must be a positive integer: received 1.5",
    );
    const { total } = threadAllocation();
    expect(() => thread.options({ threads: total + 1 }).start()).toThrow(
      `Cannot start cadet 'echo' as it needs ${total + 1} threads, which is more than there are: received ${total}`,
    );
    expect(thread.state).toBe('unstarted');
  });

  test('a time limit is that of the function', async () => {
    const stuck = cadet(() => new Promise<never>(() => undefined), { name: 'slow', timeoutMs: 5 });
    await withThreads(1, async () => {
      expect((await errorOf(stuck())).message).toBe(
        "Cannot wait for cadet 'slow' any longer as it took more than 5 ms",
      );
    });
  });

  test('gives its threads back when it is given up on, though its function goes on here', async () => {
    const gate = Promise.withResolvers<void>();
    await withThreads(2, async () => {
      const late = cadet(() => gate.promise, { timeoutMs: 5, threads: 2 });
      expect((await errorOf(late())).name).toBe('TimedOutError');
      expect(threadAllocation().free).toBe(2);
      const began = Promise.withResolvers<void>();
      const aborting = new AbortController();
      const aborted = cadet(
        () => {
          began.resolve();
          return gate.promise;
        },
        { threads: 2 },
      )()
        .options({ signal: aborting.signal })
        .start();
      const next = cadet(() => 'ran')().start();
      await began.promise;
      aborting.abort(new Error('enough'));
      expect((await errorOf(aborted)).message).toBe('enough');
      expect(await next).toBe('ran');
      // What settles afterwards gives nothing back again.
      gate.resolve();
      await cadet(() => 'ran')();
      await Promise.resolve();
      expect(threadAllocation().free).toBe(2);
    });
  });
});

describe('artifacts among the arguments of a cadet', limit, () => {
  const source = new Map<string, unknown>([
    ['features', ['a', 'b']],
    ['rate', 0.1],
    ['nothing', undefined],
  ]);

  test.each([
    ["['features']", () => ['features'], [['a', 'b'], {}]],
    ["['other']", () => ['other'], ['other', {}]],
    ["['nothing']", () => ['nothing'], [undefined, {}]],
    [
      "[1, { lr: 'rate', name: 'x', deep: { lr: 'rate' } }]",
      () => [1, { lr: 'rate', name: 'x', deep: { lr: 'rate' } }],
      [1, { lr: 0.1, name: 'x', deep: { lr: 'rate' } }],
    ],
    ["[['features']]", () => [['features']], [['features'], {}]],
    ["[artifact('features')]", () => [artifact('features')], [['a', 'b'], {}]],
    ["[literal('features')]", () => [literal('features')], ['features', {}]],
    [
      "[[{ in: artifact('rate') }], { lr: literal('rate') }]",
      () => [[{ in: artifact('rate') }], { lr: literal('rate') }],
      [[{ in: 0.1 }], { lr: 'rate' }],
    ],
    [
      "[new Map([['k', artifact('rate')]])]",
      () => [new Map([['k', artifact('rate')]])],
      [new Map([['k', 0.1]]), {}],
    ],
  ] as const)('of %s', async (_, args, gives) => {
    expect(await echo(...(args() as readonly unknown[] as [unknown])).options({ source })).toEqual(gives);
  });

  test('a source of the cadet serves all its calls, one of a call goes before it', async () => {
    const report = cadet((names: string[]) => names.join(), { source });
    expect(await report('features')).toBe('a,b');
    expect(await report('features').options({ source: features })).toBe('a,b,c');
  });

  test('arguments are not changed', async () => {
    const options = { lr: 'rate' };
    const list = [artifact('rate')];
    await echo(list, options).options({ source });
    expect(options).toEqual({ lr: 'rate' });
    expect(list).toHaveLength(1);
  });

  test('a source may be asynchronous, and is asked in the order of the arguments', async () => {
    const asked: string[] = [];
    const slow = {
      has: async (name: string) => name !== 'x',
      load: async (name: string) => {
        asked.push(name);
        return await Promise.resolve(name.toUpperCase());
      },
    };
    expect(await echo('one', { two: 'two', x: 'x' }).options({ source: slow })).toEqual([
      'ONE',
      { two: 'TWO', x: 'x' },
    ]);
    expect(asked.toSorted()).toEqual(['one', 'two']);
  });

  test('what cannot be loaded fails the cadet, naming the artifact and the argument', async () => {
    const cause = new Error('the file is gone');
    const broken = { has: () => true, load: () => Promise.reject(cause) };
    const error = await errorOf(
      modelReport('x', artifact('features')).options({ source: broken, threads: 1 }),
    );
    expect(error.message).toBe(
      "Cannot load artifact 'x' for argument 'name' of cadet 'modelReport' as its source fails: Error: the file is gone",
    );
    expect([isHeddleError(error), error.cause]).toEqual([true, cause]);
    const member = await errorOf(echo(1, { lr: 'rate' }).options({ source: broken }));
    expect(member.message).toContain("for member 'lr' of argument 'options' of cadet 'echo'");
    const missing = await errorOf(echo([artifact('none')]).options({ source }));
    expect(missing.message).toBe(
      "Cannot load artifact 'none' for argument 'value' of cadet 'echo' as its source has none of that name",
    );
    expect((await errorOf(echo(artifact('none')))).message).toContain('as there is no source');
    expect(threadAllocation().free).toBe(threadAllocation().total);
  });

  test('a delayed value that is no marker is refused', async () => {
    expect((await errorOf(echo(delay(1)))).message).toContain(
      "Cannot take argument 'value' of cadet 'echo' as it is delayed",
    );
  });

  test('results are logged where they are wanted', async () => {
    const logged: unknown[] = [];
    const logTo = {
      logArtifact: async (...args: readonly unknown[]) => {
        logged.push(args);
        await Promise.resolve();
      },
    };
    expect(await echo(1).options({ logTo })).toEqual([1, {}]);
    await echo(2).options({ logTo, logAs: 'two', logHandler: 'text' });
    expect(logged).toEqual([
      ['echo', [1, {}], { handler: 'json' }],
      ['two', [2, {}], { handler: 'text' }],
    ]);
    const refusal = new Error('read only');
    const refusing = {
      logArtifact: () => {
        throw refusal;
      },
    };
    const thread = echo(3).options({ logTo: refusing });
    const error = (await errorOf(thread)) as CadetLogError;
    expect(error).toBeInstanceOf(CadetLogError);
    expect([error.cause, error.value, thread.state]).toEqual([refusal, [3, {}], 'failed']);
    expect(error.message).toMatch(
      /^Cannot log the result of cadet 'echo' as artifact 'echo' as logging it failed/,
    );
  });

  test('what an experiment or a repository would refuse is refused before it runs', async () => {
    const folder = newFolder();
    const project = await openProject(join(folder, 'p.json'), { author: 'ada' });
    const logTo = await project.log('e', () => undefined);
    let ran = 0;
    const train = cadet(() => ++ran, { name: 'train', logTo });
    await train();
    expect(() => train().start()).toThrow("Cannot log the artifact 'train' as there is one of this name");
    expect(() => train().options({ logAs: 'b', logHandler: 'pickle' }).start()).toThrow(UnknownHandlerError);
    const thread = train().options({ logOverwrite: true });
    expect([await thread, await logTo.load('train')]).toEqual([2, 2]);
    await project.save();
    const readOnly = (await openProject(project.path, { mode: 'r' })).require('e');
    expect((await errorOf(train().options({ logTo: readOnly, logAs: 'c' }))).name).toBe('ReadOnlyError');
    const repository = await openRepository(join(folder, 'r.json'));
    expect(() => train().options({ logTo: repository, logHandler: 'pickle' }).start()).toThrow(
      UnknownHandlerError,
    );
    expect(() => train().options({ logTo: repository, logOverwrite: true }).start()).toThrow("'overwrite'");
    await train().options({ logTo: repository });
    expect([await repository.load('train'), ran]).toEqual([3, 3]);
    expect(() => train().options({ logOverwrite: 1 as never })).toThrow(
      "'logOverwrite' must be true or false",
    );
  });

  test('a result that cannot be held after all is in the error', async () => {
    const project = await openProject(join(newFolder(), 'p.json'), { author: 'ada' });
    const logTo = await project.log('e', () => undefined);
    const both = [1, 2].map((n) =>
      cadet(async () => await Promise.resolve(n), { name: 'same', logTo })().start(),
    );
    const [, second] = await Promise.allSettled(both);
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'HEDDLE_CADET_LOG', value: 2 } });
  });
});

describe('the threads of cadets', limit, () => {
  test('no more run at once than there are threads for, in worker threads', async () => {
    await withThreads(2, async () => {
      const noted = { meter: meter(), takesMs: 40 };
      await Promise.all(Array.from({ length: 12 }, () => metered(noted).start()));
      expect([...noted.meter]).toEqual([0, 2, 12]);
      expect(threadAllocation().free).toBe(2);
    });
  });

  test('what a cadet starts in its worker thread has the threads of the cadet', async () => {
    await withThreads(3, async () => {
      const noted = { meter: meter(), takesMs: 30 };
      const one = nests(noted, 3).start();
      const two = nests(noted, 4).options({ threads: 2 }).start();
      expect([await one, await two]).toEqual([1, 2]);
      expect([noted.meter[0], noted.meter[2]]).toEqual([0, 7]);
      expect(noted.meter[1]).toBeLessThanOrEqual(3);
      expect(await nestsHeavy()).toMatch(
        "Cannot start cadet 'echo' as it needs 2 threads, which is more than what holds it has: received 1",
      );
    });
  });

  test('they start in the order in which they were started, a heavy one too', async () => {
    await withThreads(3, async () => {
      const order: string[] = [];
      const note = (name: string, threads: number): CadetThread<Promise<void>> =>
        cadet(
          async () => {
            order.push(name);
            await Promise.resolve();
          },
          { threads },
        )() as never;
      const share = await threadAllocation().take(3);
      const all = [note('one', 1), note('three', 3), note('two', 2), note('last', 1)];
      for (const thread of all) thread.start();
      expect(threadAllocation().waiting).toBe(4);
      share[Symbol.dispose]();
      await Promise.all(all);
      expect(order).toEqual(['one', 'three', 'two', 'last']);
    });
  });

  test('cadets and pools share them', async () => {
    await withThreads(2, async () => {
      const pool = openPool(metered.task, { workers: 2 });
      const noted = { meter: meter(), takesMs: 2 };
      const cadets = Array.from({ length: 6 }, () => metered(noted).start());
      await pool.map(Array.from({ length: 12 }, () => noted)).toArray();
      await Promise.all(cadets);
      expect([...noted.meter]).toEqual([0, 2, 18]);
      await pool.dispose();
      expect(threadAllocation().free).toBe(2);
    });
  });

  test('a cadet that waits for another one lets it use its threads', async () => {
    await withThreads(2, async () => {
      const inner = cadet(() => threadAllocation().total);
      const outer = cadet(async () => [await inner(), await where()] as const, { threads: 2 });
      const seen = await Promise.all([outer(), outer()]);
      expect(seen.map(([total]) => total)).toEqual([1, 1]);
      const tooHeavy = cadet(async () => await modelReport('x', ['a']));
      expect((await errorOf(tooHeavy())).message).toBe(
        "Cannot start cadet 'modelReport' as it needs 2 threads, which is more than what holds it has: received 1\n  ask for fewer, or start it outside",
      );
      expect(threadAllocation().free).toBe(2);
    });
  });

  test('a signal gives a waiting cadet up, with its place', async () => {
    await withThreads(2, async () => {
      const share = await threadAllocation().take(1);
      const controller = new AbortController();
      const heavy = echo(1).options({ threads: 2, signal: controller.signal }).start();
      const light = echo(2).start();
      expect(light.state).toBe('waiting');
      const reason = new Error('no longer');
      controller.abort(reason);
      expect([heavy.state, heavy.error]).toEqual(['failed', reason]);
      await light;
      expect(await errorOf(echo(3).options({ signal: controller.signal }))).toBe(reason);
      share[Symbol.dispose]();
      expect(threadAllocation().free).toBe(2);
    });
  });

  test('a signal ends a cadet that runs, and its threads come back', async () => {
    await withThreads(1, async () => {
      const state = new Int32Array(new SharedArrayBuffer(8));
      const controller = new AbortController();
      const thread = waits(state).options({ signal: controller.signal }).start();
      await expect.poll(() => Atomics.load(state, 0), { interval: 2, timeout: 8000 }).toBe(1);
      const reason = new Error('no longer');
      controller.abort(reason);
      expect(await errorOf(thread)).toBe(reason);
      await expect.poll(() => Atomics.load(state, 1), { interval: 2, timeout: 8000 }).toBe(1);
      expect(threadAllocation().free).toBe(1);
    });
  });

  test('a worker thread that is lost gives them back', async () => {
    await withThreads(1, async () => {
      expect((await errorOf(dies())).name).toBe('WorkerLostError');
      expect(threadAllocation().free).toBe(1);
      expect(await echo('after')).toEqual(['after', {}]);
    });
  });

  test('what waits for more than there are now is refused', async () => {
    const { total } = threadAllocation();
    const allocation = threadAllocation(total + 2);
    const share = await allocation.take(1);
    const thread = echo(1)
      .options({ threads: total + 2 })
      .start();
    allocation[Symbol.dispose]();
    expect((await errorOf(thread)).message).toContain('which is more than there are now');
    share[Symbol.dispose]();
  });
});
