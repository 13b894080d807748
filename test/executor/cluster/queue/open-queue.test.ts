/** Opening a queue, as far as it needs no Redis. With one: test/cluster/queue/. */
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { HeddleError, TimedOutError } from '../../../../src/base/errors.ts';
import { openQueue, openQueueWorker, type QueueOptions } from '../../../../src/cluster.ts';
import { NotCloneableError } from '../../../../src/codec/pack.ts';
import { asHostError } from '../../../../src/executor/cluster/queue/host-errors.ts';
import { WorkerLostError } from '../../../../src/worker/worker-lost-error.ts';

const connection = 'redis://:hidden@127.0.0.1:1';

describe('openQueue()', () => {
  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['no name', { queue: undefined }, "'queue' must be letters, digits"],
    ['a name with a colon', { queue: 'a:b' }, "'queue' must be letters, digits"],
    ['no slots', { slots: 0 }, "'slots' must be an integer, at least 1: received 0"],
    ['a run with a slash', { run: 'a/b' }, "'run' must be letters, digits"],
    ['no losses', { maxLosses: 0 }, "'maxLosses' must be an integer"],
    ['half a call in a batch', { batch: 0.5 }, "'batch' must be an integer"],
    ['a rate of nothing', { rate: { calls: 0, perMs: 1 } }, "'rate.calls' must be an integer"],
    ['a rate with a slip', { rate: { calls: 1, per: 1 } }, "'per'"],
    ['values in an empty folder', { values: { folder: '' } }, "'values.folder' must be a path"],
    ['an output that is none', { output: 'loud' }, "'output' must be"],
    ['codecs that are none', { codecs: {} }, "'codecs' must be made with"],
    ['an option with a slip', { slot: 1 }, "'slot'"],
    ['another address', { connection: 'http://x' }, "such as redis://host:6379: received one of 'http:'"],
    ['what is no address', { connection: 'my secret' }, 'received no address'],
  ])('refuses %s', async (_, options, message) => {
    const opening = openQueue({ queue: 'q', connection, ...options } as QueueOptions);
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toThrow('Cannot open a queue');
  });

  test('refuses to guess where Redis is', async () => {
    await expect(openQueue({ queue: 'q' })).rejects.toThrow(
      "Cannot open a queue as it is not said where Redis is: received no 'connection', and no HEDDLE_CONNECTION in the environment",
    );
  });

  test('fails with what is wrong, and without the password, where nothing listens', async () => {
    const error = await openQueue({ queue: 'q', connection }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'HEDDLE_QUEUE' });
    expect(String(error)).toMatch(
      /Cannot open the queue 'q' as Redis at 127\.0\.0\.1:1 does not let it: received connect ECONNREFUSED .*\n {2}is it running/,
    );
    expect(String(error)).not.toContain('hidden');
  });

  test('fails in time where a server says nothing', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    try {
      const opening = openQueue({ queue: 'q', connection: `redis://127.0.0.1:${port}`, timeoutMs: 200 });
      await expect(opening).rejects.toThrow('received');
      await expect(opening).rejects.toMatchObject({ code: 'HEDDLE_QUEUE' });
    } finally {
      server.close();
    }
  });
});

describe('openQueueWorker()', () => {
  test.each([
    ['no threads', { threads: 0 }, "'threads' must be an integer"],
    ['a kind that is none', { kind: 'fibres' }, "'kind' must be 'threads' or 'processes': received fibres"],
    ['taking over at once', { takeOverMs: 10 }, "'takeOverMs' must be at least 2000: received 10"],
    ['a name with a blank', { queue: 'a b' }, "'queue' must be letters"],
    ['an option with a slip', { thread: 1 }, "'thread'"],
  ])('refuses %s', async (_, options, message) => {
    const opening = openQueueWorker({ queue: 'q', connection, ...options } as never);
    await expect(opening).rejects.toThrow(message);
  });

  test('fails with what is wrong where nothing listens', async () => {
    await expect(openQueueWorker({ queue: 'q', connection })).rejects.toThrow(
      "Cannot serve the queue 'q' as Redis at 127.0.0.1:1 does not let it",
    );
  });
});

describe('asHostError()', () => {
  const crossed = (code: string, more: object = {}): HeddleError =>
    Object.assign(new HeddleError(code, 'the message', { cause: 'the cause' }), more);

  test.each([
    ['HEDDLE_TIMED_OUT', {}, TimedOutError],
    ['HEDDLE_NOT_CLONEABLE', { path: 'args[0]' }, NotCloneableError],
    ['HEDDLE_WORKER_LOST', { exitCode: 3, lostAt: ['a'] }, WorkerLostError],
  ])('gives %s its class again', (code, parts, Class) => {
    const given = crossed(code, parts);
    const error = asHostError(given, 'worker-lost') as HeddleError;
    expect(error).toBeInstanceOf(Class);
    expect(error).toMatchObject({ code, message: 'the message', cause: 'the cause', ...parts });
    expect(error.stack).toBe(given.stack);
  });

  test('leaves alone what a task threw, and what it does not know', () => {
    const thrown = crossed('HEDDLE_TIMED_OUT');
    expect(asHostError(thrown, 'threw')).toBe(thrown);
    const other = crossed('HEDDLE_OTHER');
    expect(asHostError(other, 'timed-out')).toBe(other);
    expect(asHostError('text', 'timed-out')).toBe('text');
  });
});
