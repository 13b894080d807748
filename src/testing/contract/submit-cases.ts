/**
 * The contract of executors: single calls, and the end of an executor.
 */

import assert from 'node:assert/strict';
import { isHeddleError } from '../../base/errors.ts';
import { failed } from '../../task/failure.ts';
import type { CaseBody } from '../executor-contract.ts';
import { contractTasks } from './contract-tasks.ts';

const { add, later, same, fail, failWith, pushOnto, fibonacci, reciprocal, never } = contractTasks;

/** What a promise is rejected with. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail('the promise was not rejected');
}

function ignore(): void {
  // Nothing will be told.
}

/** By what they demand. */
export const submitCases: Readonly<Record<string, CaseBody>> = {
  'submit() gives the value of a call': async (executor) => {
    assert.equal(await executor.submit(add, 40, 2), 42);
  },
  'submit() waits for an asynchronous task': async (executor) => {
    assert.equal(await executor.submit(later, 7), 7);
  },
  'submit() queues calls beyond the slots': async (executor) => {
    const sums = await Promise.all(Array.from({ length: 20 }, (_, i) => executor.submit(add, i, i)));
    assert.deepEqual(
      sums,
      Array.from({ length: 20 }, (_, i) => 2 * i),
    );
  },
  'submit() rejects with what the task threw: class, message, code and cause': async (executor) => {
    const error = await rejection(executor.submit(fail, 'no such thing'));
    assert.ok(error instanceof RangeError);
    assert.equal(error.message, 'no such thing');
    assert.equal(error.cause, 'the cause');
    assert.equal((error as { code?: unknown }).code, 'E_CONTRACT');
  },
  'submit() rejects with a thrown value that is no error': async (executor) => {
    for (const thrown of [undefined, 'text', 0, null, { frozen: true }]) {
      assert.deepEqual(await rejection(executor.submit(failWith, thrown)), thrown);
    }
  },
  'submit() keeps values that can be cloned': async (executor) => {
    const shared = { deep: [1, undefined, -0, Number.NaN] };
    const value = {
      shared,
      again: shared,
      map: new Map<unknown, unknown>([[1n, new Set(['a'])]]),
      date: new Date(0),
      bytes: new Uint8Array([1, 2, 3]),
      buffer: Buffer.from('buffer'),
      error: new TypeError('kept'),
      pattern: /x/giu,
    };
    const copy = (await executor.submit(same, value)) as typeof value;
    assert.deepEqual(copy, value);
    assert.equal(copy.shared, copy.again);
    assert.ok(Buffer.isBuffer(copy.buffer));
    assert.ok(copy.error instanceof TypeError);
  },
  'submit() keeps cyclic values': async (executor) => {
    const value: { self?: unknown } = {};
    value.self = value;
    const copy = (await executor.submit(same, value)) as typeof value;
    assert.equal(copy.self, copy);
  },
  'submit() gives a failure as a value': async (executor) => {
    const value = await executor.submit(reciprocal, 0);
    assert.ok(failed(value));
    assert.equal(value.reason, 'threw');
    assert.match(String(value), /division by zero/);
  },
  'submit() refuses a task that returns a delayed value': async (executor) => {
    const error = await rejection(executor.submit(fibonacci, 3));
    assert.match(String(error), /delayed/);
  },
  'submit() refuses what is no task': async (executor) => {
    assert.ok((await rejection(executor.submit((() => 1) as never))) instanceof TypeError);
  },
  'submit() runs on after a failed call': async (executor) => {
    await rejection(executor.submit(fail, 'first'));
    assert.deepEqual(await executor.submit(pushOnto, [1], 2), [1, 2]);
  },
  'stats() counts what succeeded and what failed': async (executor) => {
    await executor.submit(add, 1, 1);
    await rejection(executor.submit(fail, 'no'));
    const { succeeded, failed: failures, running } = executor.stats();
    assert.deepEqual({ succeeded, failures, running }, { succeeded: 1, failures: 1, running: 0 });
  },
  'dispose() ends what runs and what waits': async (executor) => {
    const ends = [1, 2, 3].map(() => rejection(executor.submit(never)));
    await executor.dispose();
    for (const error of await Promise.all(ends)) assert.ok(isHeddleError(error));
  },
  'dispose() makes the executor unusable, and may be called again': async (executor) => {
    await executor.dispose();
    await executor.dispose();
    const error = await rejection(executor.submit(add, 1, 2));
    assert.ok(isHeddleError(error) && error.code === 'HEDDLE_CLOSED');
    assert.throws(() => executor.connect({ settled: ignore, roomMade: ignore, closed: ignore }), {
      code: 'HEDDLE_CLOSED',
    });
  },
};
