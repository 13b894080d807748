/** Failed calls: what the run says, and what becomes of the rest. */

import { describe, expect, test } from 'vitest';
import { CallFailedError, type Delayed, gather, map, run, task } from '../../src/index.ts';
import { RecordingSink } from '../../src/testing.ts';

const add = task((a: number, b: number) => a + b, { name: 'add' });
const boom = task(
  (message: string): number => {
    throw new RangeError(message);
  },
  { name: 'boom' },
);
const later = task(
  async (x: number) => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    return x;
  },
  { name: 'later' },
);

async function errorOf(promise: Promise<unknown>): Promise<CallFailedError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof CallFailedError) return error;
    throw error;
  }
  throw new Error('the run did not fail');
}

describe('CallFailedError', () => {
  test('tells the task, the call with its arguments, the cause, and where it was made', async () => {
    const { stack } = new Error('on the line above the call');
    const error = await errorOf(run(add(1, boom('no such file'))));
    expect(error.task).toBe('boom');
    expect(error.call).toBe("boom('no such file')");
    expect(error.reason).toBe('threw');
    expect(error.attempts).toBe(1);
    expect(error.cause).toBeInstanceOf(RangeError);
    expect(error.code).toBe('HEDDLE_CALL_FAILED');
    expect(error.place?.file).toMatch(/failure-modes\.test\.ts/);
    expect(error.place?.line).toBe(Number(stack?.match(/:(\d+):\d+/)?.[1]) + 1);
    expect(error.message).toMatch(
      /^Task 'boom' failed: RangeError: no such file\n {4}in boom\('no such file'\), called at/,
    );
  });

  test('tells the arguments that the failed call was given', async () => {
    const check = task(
      (x: number) => {
        throw new Error(`no ${x}`);
      },
      { name: 'check' },
    );
    expect((await errorOf(run(check(add(1, 2))))).call).toBe('check(3)');
  });

  test('tells the chain of calls from the target down, each with its place', async () => {
    const inner = boom('deep');
    const error = await errorOf(run(add(1, add(2, inner))));
    expect(error.chain.map(({ task }) => task)).toEqual(['add', 'add', 'boom']);
    expect(error.chain.every(({ place }) => place?.file.includes('failure-modes.test.ts'))).toBe(true);
    expect(error.message.split('\n').filter((line) => line.includes('needed by'))).toHaveLength(2);
  });

  test('places are in the source of the user, none in that of heddle', async () => {
    const inverse = task((x: number) => {
      if (x === 0) throw new RangeError('no inverse');
      return 1 / x;
    });
    const error: unknown = await run(map(inverse, [1, 0])).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/needed by gather/);
    expect(String(error)).not.toMatch(/called at \S*\/(?:src|dist)\/graph\//);
  });

  test('tells of a call with thousands of arguments in a line', async () => {
    const add = task((a: number, b: number) => a + b, { name: 'add' });
    const calls = Array.from({ length: 5000 }, (_, n) => add(n, 1));
    const error: unknown = await run(gather(...calls, boom('far')) as never).catch(
      (thrown: unknown) => thrown,
    );
    const line = String(error)
      .split('\n')
      .find((text) => text.includes('needed by'));
    expect(line).toContain('… 4993 more');
    expect((line as string).length).toBeLessThan(500);
  });

  test('tells the chain through tasks that returned the failing graph', async () => {
    const outer = task(() => add(1, boom('inside')), { name: 'outer' });
    const error = await errorOf(run(add(outer(), 1)));
    expect(error.task).toBe('boom');
    expect(error.chain.map(({ task }) => task).at(0)).toBe('add');
    expect(error.chain.map(({ task }) => task)).toContain('outer');
  });

  test('shortens a chain of thousands', async () => {
    let sum: Delayed<number> = boom('far');
    for (let i = 0; i < 5000; i++) sum = add(sum, 1);
    const error = await errorOf(run(sum));
    expect(error.chain).toHaveLength(5001);
    expect(error.message.split('\n').length).toBeLessThan(20);
    expect(error.message).toMatch(/… 4989 more calls/);
  });

  test.each<[string, unknown, RegExp]>([
    ['undefined', undefined, /'undefined' was thrown/],
    ['null', null, /null was thrown/],
    ['a string', 'just text', /'just text' was thrown/],
    ['a frozen object', Object.freeze({ a: 1 }), /was thrown/],
    ['an object without a text', Object.create(null), /a value without a text was thrown/],
    ['a symbol', Symbol('s'), /Symbol\(s\) was thrown/],
    ['a function', () => 1, /was thrown/],
    ['a frozen error', Object.freeze(new Error('cold')), /Error: cold/],
    ['a rejected promise itself', Promise.resolve(3), /was thrown/],
  ])('takes %s that was thrown, also by an asynchronous task', async (_, thrown, message) => {
    const sync = task(
      () => {
        throw thrown;
      },
      { name: 'sync' },
    );
    const rejects = task(
      async () => {
        throw thrown;
      },
      { name: 'rejects' },
    );
    for (const call of [sync(), rejects()]) {
      const error = await errorOf(run(call));
      expect(error.cause).toBe(thrown);
      expect(error.message).toMatch(message);
    }
  });

  test('tells the others that failed', async () => {
    const error = await errorOf(run([boom('first'), boom('second'), boom('third')], { failure: 'carry-on' }));
    expect(error.message).toMatch(/and 2 more calls failed: see 'others'/);
    expect(error.others.map(({ cause }) => (cause as Error).message)).toEqual(['second', 'third']);
  });
});

describe("failure: 'stop-starting'", () => {
  test('starts no further call, and waits for those that run', async () => {
    let ended = false;
    const slow = task(
      async () => {
        await new Promise<void>((resolve) => setImmediate(resolve));
        ended = true;
      },
      { name: 'slow' },
    );
    const sink = new RecordingSink();
    const error = await errorOf(run([slow(), boom('no'), add(later(1), 1)], { sinks: sink, concurrency: 3 }));
    expect(error.task).toBe('boom');
    expect(ended).toBe(true);
    expect(sink.started()).not.toContain('add');
  });

  test('is the default, also when the failure comes first of many', async () => {
    let count = 0;
    const tick = task(() => ++count);
    await errorOf(run([boom('no'), ...Array.from({ length: 100 }, () => tick())]));
    expect(count).toBe(0);
  });
});

describe("failure: 'carry-on'", () => {
  test('runs all that does not need the failed call', async () => {
    const sink = new RecordingSink();
    await errorOf(
      run([add(boom('no'), 1), add(later(1), 1), later(2)], { failure: 'carry-on', sinks: sink }),
    );
    expect(sink.started().toSorted()).toEqual(['add', 'boom', 'later', 'later']);
    expect(sink.of('run-settled')[0]?.counts).toMatchObject({ computed: 3, failed: 1, skipped: 1 });
  });

  test('settles when what is left needs the failed call', async () => {
    const error = await errorOf(run(add(later(1), boom('no')), { failure: 'carry-on' }));
    expect(error.task).toBe('boom');
  });
});

describe("failure: 'cancel-rest'", () => {
  test('does not wait for what runs', async () => {
    const never = task(() => new Promise<number>(() => undefined), { name: 'never' });
    const sink = new RecordingSink();
    const error = await errorOf(
      run([never(), add(never(), 1), boom('no')], { failure: 'cancel-rest', sinks: sink }),
    );
    expect(error.task).toBe('boom');
    expect(sink.of('call-settled').filter(({ is }) => is === 'skipped')).toHaveLength(2);
  });

  test('lets nothing be heard of a cancelled call that fails later', async () => {
    let fail: (error: Error) => void = () => undefined;
    const slow = task(() => new Promise<number>((_, reject) => (fail = reject)), { name: 'slow' });
    const error = await errorOf(run([slow(), boom('no')], { failure: 'cancel-rest' }));
    fail(new Error('late'));
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(error.others).toEqual([]);
  });
});

test('a failure inside a combinator fails the run, under every mode', async () => {
  for (const failure of ['stop-starting', 'carry-on', 'cancel-rest'] as const) {
    expect((await errorOf(run([boom('no').toFixed(2), later(1)], { failure }))).task).toBe('boom');
  }
});

test('an unknown mode is refused', async () => {
  await expect(run(add(1, 2), { failure: 'ignore' as never })).rejects.toThrow(
    /Cannot run as 'failure' must be one of stop-starting, carry-on, cancel-rest: received 'ignore'/,
  );
});

test('two places to run are refused', async () => {
  await expect(run(add(1, 2), { threads: 1, concurrency: 2 })).rejects.toThrow(
    /one place to run must be given: received 'threads' and 'concurrency'/,
  );
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
  '%d threads or calls at once are refused',
  async (n) => {
    await expect(run(add(1, 2), { threads: n })).rejects.toThrow(/'workers' must be a positive integer/);
    await expect(run(add(1, 2), { concurrency: n })).rejects.toThrow(
      /'concurrency' must be a positive integer/,
    );
  },
);
