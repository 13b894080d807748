/** What crosses to worker threads and back: values, errors, failures, tasks; and what is refused. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type CallFailedError,
  Failure,
  failed,
  openThreads,
  type RunOptions,
  run,
  type ThreadsExecutor,
  task,
} from '../../src/index.ts';
import { callFailure } from '../fixtures/call-failure.ts';
import { Model, threadTasks } from '../fixtures/tasks/thread-tasks.ts';

const { add, same, reciprocal } = threadTasks;

let pool: ThreadsExecutor;
beforeAll(() => {
  pool = openThreads({ workers: 2 });
});
afterAll(() => pool.dispose());

/** The error of a run that fails on worker threads. */
function errorOf(target: unknown, options: RunOptions = { executor: pool }): Promise<CallFailedError> {
  return callFailure(target, options);
}

describe('what crosses to a worker and back', () => {
  const shared = { n: 1 };
  const cyclic: unknown[] = [];
  cyclic.push({ cyclic });
  test.each<[string, unknown]>([
    ['primitives', [undefined, null, true, -0, Number.NaN, Number.POSITIVE_INFINITY, 12n, '']],
    ['a record without a prototype', Object.assign(Object.create(null), { a: 1 })],
    ['maps and sets', new Map<unknown, unknown>([[{ a: 1 }, new Set([1, 'a'])]])],
    ['dates and patterns', [new Date(1e12), new Date(Number.NaN), /a\/b/gi]],
    ['typed arrays', [new Uint8Array([1, 2]), new Float64Array([0.5, -0]), new DataView(new ArrayBuffer(3))]],
    ['a part of a buffer', new Uint8Array([1, 2, 3, 4]).subarray(1, 3)],
    ['shared parts', [shared, shared]],
    ['a record that looks like one of ours', { '#heddle': 'error', data: { '#heddle': 1 } }],
    ['a member named __proto__', JSON.parse('{"__proto__": {"a": 1}}')],
    ['a hole', new Array(3)],
    ['boxed values', [new String('a'), new Number(1)]],
  ])('%s stay as they are', async (_, value) => {
    const [copy, nested] = (await run([same(value), same({ value, error: new Error('x') })], {
      executor: pool,
    })) as [unknown, { value: unknown }];
    expect(copy).toEqual(value);
    // Together with an error it goes another way through the packer.
    expect(nested.value).toEqual(value);
    expect(Object.prototype.toString.call(copy)).toBe(Object.prototype.toString.call(value));
    expect(Object.getPrototypeOf(Object(copy))).toBe(Object.getPrototypeOf(Object(value)));
  });

  test('shared and cyclic parts stay so', async () => {
    const [a, b] = (await run(same([shared, shared]), { executor: pool })) as unknown[];
    expect(a).toBe(b);
    const copy = (await run(same(cyclic), { executor: pool })) as [{ cyclic: unknown }];
    expect(copy[0].cyclic).toBe(copy);
    const withError: Record<string, unknown> = { error: new Error('x') };
    withError['self'] = withError;
    const back = (await run(same(withError), { executor: pool })) as typeof withError;
    expect(back['self']).toBe(back);
  });

  test('a Buffer stays one, without the block that Node cut it from', async () => {
    const copy = (await run(same({ small: Buffer.from('abc') }), { executor: pool })) as { small: Buffer };
    expect(Buffer.isBuffer(copy.small)).toBe(true);
    expect(copy.small.toString()).toBe('abc');
    expect(await run(threadTasks.describe(Buffer.from('abc')), { executor: pool })).toBe(
      '[object Uint8Array]',
    );
  });

  test('errors keep class, name, code, cause, and the errors of an aggregate', async () => {
    class OwnError extends TypeError {
      override readonly name = 'OwnError';
      readonly code = 'E_OWN';
    }
    const error = new OwnError('own', { cause: new RangeError('why') });
    const copy = (await run(same(error), { executor: pool })) as OwnError;
    expect(copy).toBeInstanceOf(Error);
    expect([copy.name, copy.message, copy.code, copy.stack]).toEqual([
      'OwnError',
      'own',
      'E_OWN',
      error.stack,
    ]);
    expect(copy.cause).toBeInstanceOf(RangeError);
    const aggregate = (await errorOf(threadTasks.throwAggregate())).cause as AggregateError;
    expect(aggregate).toBeInstanceOf(AggregateError);
    expect(aggregate.errors).toEqual([new TypeError('one'), 'two']);
    expect((aggregate.cause as Error).message).toBe('why');
  });

  test('a Failure stays one, with its report', async () => {
    const value: unknown = await run(reciprocal(reciprocal(0)), { executor: pool });
    expect(failed(value) && value instanceof Failure).toBe(true);
    const inline = await run(reciprocal(reciprocal(0)));
    expect(String(value)).toBe(String(inline));
    const again = (await run(same(value), { executor: pool })) as Failure;
    expect(String(again)).toBe(String(inline));
    expect(again.failedArguments[0]?.failure.error).toMatchObject({ message: 'division by zero' });
  });

  test('a task among the arguments is found again', async () => {
    const back = (await run(same(add), { executor: pool })) as typeof add;
    expect(await run(back(1, 2), { executor: pool })).toBe(3);
  });

  test('a SharedArrayBuffer is shared', async () => {
    const buffer = new SharedArrayBuffer(4);
    await run([threadTasks.mark(buffer), threadTasks.mark(buffer)], { executor: pool });
    expect(new Int32Array(buffer)[0]).toBe(2);
  });

  test.each<[string, unknown, RegExp]>([
    ['a function', { deep: [{ run: function go() {} }] }, /args\[0\]\.deep\[0\]\.run: 'go' is a function/],
    [
      'an instance of a class',
      { models: new Map([['m', new Model()]]) },
      /args\[0\]\.models<value of 'm'>: it is an instance of class 'Model', which would lose its class/,
    ],
    ['a symbol', [[Symbol('s')]], /args\[0\]\[0\]\[0\]: Symbol\(s\) is a symbol/],
    [
      'a member under a symbol',
      { a: { [Symbol('s')]: 1 } },
      /args\[0\]\.a: it has a member under a symbol, which would be lost/,
    ],
    ['a promise', { later: Promise.resolve(1) }, /args\[0\]\.later: it is a promise; wait for it first/],
    ['a WeakMap', [new WeakMap()], /args\[0\]\[0\]: it is an instance of class 'WeakMap'/],
    ['a task that stays', [task(() => 1, { name: 'local' })], /args\[0\]\[0\]: 'local' is a function/],
  ])('%s as an argument is refused, with the way to it', async (_, value, message) => {
    const error = await errorOf(add(same(value) as never, 1));
    expect(error).toMatchObject({ reason: 'not-cloneable', task: 'same' });
    expect(error.message).toMatch(/Cannot send task 'same' to a worker thread as/);
    expect(error.message).toMatch(message);
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      'a function',
      threadTasks.giveFunction,
      /Cannot send the result of task 'giveFunction' back to its host as result\.deep\[0\]\.run: 'run' is a function/,
    ],
    [
      'an instance of a class',
      threadTasks.giveModel,
      /result\.models<value of 'first'>: it is an instance of class 'Model'/,
    ],
    ['a symbol', threadTasks.giveSymbol, /result\[0\]: Symbol\(s\) is a symbol/],
    ['a member under a symbol', threadTasks.giveMemberOfSymbol, /result: it has a member under a symbol/],
    ['a graph with a task that stays', threadTasks.giveStaying, /its task 'stays' stays in its own/],
  ])('%s as a result is refused, with the way to it', async (_, call, message) => {
    const error = await errorOf(call());
    expect(error.reason).toBe('not-cloneable');
    expect(error.message).toMatch(message);
  });
});

describe('what a task throws in a worker', () => {
  test('undefined', async () => {
    const error = await errorOf(threadTasks.throwUndefined());
    expect(error.cause).toBeUndefined();
    expect(error.message).toMatch(/'undefined' was thrown/);
  });
  test('a string', async () => {
    expect((await errorOf(threadTasks.throwText())).cause).toBe('just text');
  });
  test('a frozen error', async () => {
    const { cause } = await errorOf(threadTasks.throwFrozen());
    expect(cause).toBeInstanceOf(RangeError);
    expect(cause).toMatchObject({ message: 'cold', code: 'E_COLD' });
  });
  test('a function, or an instance of a class, which cannot be sent, as text', async () => {
    expect(String((await errorOf(threadTasks.throwFunction())).cause)).toMatch(/cannot be cloned was thrown/);
    expect((await errorOf(threadTasks.throwModel())).reason).toBe('threw');
  });
  test('an error that is its own cause', async () => {
    expect(((await errorOf(threadTasks.throwOwnCause())).cause as Error).message).toBe('its own cause');
  });
});

describe('each argument is a copy of its own, as inline', () => {
  test('also when one delayed value stands in two of them', async () => {
    const list = same([0]);
    const target = threadTasks.pushOnto(list as never, list as never);
    expect(await run(target)).toEqual([[0, 1], [0]]);
    expect(await run(target, { executor: pool })).toEqual([[0, 1], [0]]);
  });

  test('also when it stands twice inside one', async () => {
    const list = same([0]);
    const target = threadTasks.pushOntoFirst([list, list] as never);
    expect(await run(target)).toEqual([[0, 1], [0]]);
    expect(await run(target, { executor: pool })).toEqual([[0, 1], [0]]);
  });
});
