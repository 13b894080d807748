/** Failures as values. */

import { Console } from 'node:console';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Failure, failed, maybe, run, task, tasks } from '../../src/index.ts';
import { hostileTasks } from '../fixtures/tasks/hostile-tasks.ts';
import { TextSink } from '../fixtures/text-sink.ts';

const { reciprocal, squareRoot, sum, reciprocalLater, pass, total, deepTotal } = tasks(import.meta, {
  reciprocal: maybe((x: number) => {
    if (x === 0) throw new RangeError('division by zero');
    return 1 / x;
  }),
  squareRoot: maybe((x: number) => Math.sqrt(x)),
  sum: maybe((a: number, b: number) => a + b),
  reciprocalLater: maybe(async (x: number) => {
    await Promise.resolve();
    if (x === 0) throw new RangeError('division by zero, later');
    return 1 / x;
  }),
  pass: maybe((x: number) => reciprocal.fn(x)),
  total: maybe((xs: (number | Failure)[]) => xs.length),
  deepTotal: maybe((xs: (number | Failure)[]) => xs.length, { deep: true }),
});

async function failureOf(target: unknown): Promise<Failure> {
  const value: unknown = await run(target);
  if (!failed(value)) throw new Error(`no failure: ${String(value)}`);
  return value;
}

describe('maybe()', () => {
  test('gives a value where there is one', async () => {
    expect(await run(squareRoot(reciprocal(4)))).toBe(0.5);
    expect(await run(reciprocalLater(4))).toBe(0.25);
  });

  test('gives a failure with the error where the function throws', async () => {
    const failure = await failureOf(reciprocal(0));
    expect(failure.task).toBe('reciprocal');
    expect(failure.reason).toBe('threw');
    expect(failure.error).toBeInstanceOf(RangeError);
    expect(failure.isRootCause).toBe(true);
    expect(failure.place?.file).toMatch(/failure\.test\.ts/);
  });

  test('does the same for a rejected promise', async () => {
    expect((await failureOf(reciprocalLater(0))).error).toBeInstanceOf(RangeError);
  });

  test('does not attempt a call with a failed argument, and reports the way', async () => {
    const failure = await failureOf(squareRoot(reciprocal(0)));
    expect(failure.isRootCause).toBe(false);
    expect(failure.reason).toBe('failed-arguments');
    expect(String(failure).replaceAll(/failure\.test\.ts[^:]*:\d+/g, 'tasks.ts:9')).toBe(
      [
        'Fail: squareRoot (tasks.ts:9)',
        '* failed arguments:',
        '    squareRoot `0` Fail: reciprocal (tasks.ts:9)',
        '    * RangeError: division by zero',
      ].join('\n'),
    );
  });

  test('tells all failed arguments', async () => {
    const failure = await failureOf(sum(reciprocal(0), reciprocalLater(0)));
    expect(failure.failedArguments.map(({ argument }) => argument)).toEqual([0, 1]);
    expect(String(failure)).toMatch(/sum `0` Fail: reciprocal[\s\S]*sum `1` Fail: reciprocalLater/);
  });

  test('lets the trace grow where a failure is passed on', async () => {
    const failure = await failureOf(pass(0));
    expect(failure.task).toBe('reciprocal');
    expect(String(failure)).toMatch(/^Fail: pass \(failure\.test\.ts[^:]*:\d+\) -> reciprocal \(/);
  });

  test('looks into lists when asked, and not otherwise', async () => {
    expect(await run(total([reciprocal(0), 1]))).toBe(2);
    const failure = await failureOf(deepTotal([1, reciprocal(0)]));
    expect(failure.failedArguments[0]?.argument).toBe('0[1]');
  });

  test('takes an error that is returned for a value', async () => {
    const give = task(maybe(() => new Error('a value')));
    expect(await run(give())).toBeInstanceOf(Error);
  });

  test('catches what is thrown, whatever it is', async () => {
    for (const thrown of [undefined, null, 'text', 7, Object.freeze({ a: 1 }), () => 1]) {
      const throwing = task(
        maybe(() => {
          // oxlint-disable-next-line typescript/only-throw-error -- what is tested
          throw thrown;
        }),
      );
      const failure = await failureOf(throwing());
      expect(failure.error).toBe(thrown);
      expect(String(failure)).toMatch(/was thrown$/);
    }
  });

  test('gives a failure where its task timed out, or its graph failed to be computed', async () => {
    const never = task(
      maybe(() => new Promise<number>(() => undefined)),
      { name: 'never', timeoutMs: 10 },
    );
    const failure = await failureOf(squareRoot(never()));
    expect(failure.failedArguments[0]?.failure.reason).toBe('timed-out');
  });

  test('fails the run where a call that it returned fails', async () => {
    const boom = task(() => {
      throw new Error('boom');
    });
    const outer = task(maybe((): number => boom() as unknown as number));
    await expect(run(outer())).rejects.toThrow(/boom/);
  });
});

describe('Failure', () => {
  test('is frozen, and is told from anything that looks like one', async () => {
    const failure = await failureOf(reciprocal(0));
    expect(Object.isFrozen(failure)).toBe(true);
    expect(failed(Object.assign({}, failure))).toBe(false);
    for (const other of [undefined, null, {}, new Error('no'), 'Fail: no']) expect(failed(other)).toBe(false);
  });

  test('shows an error of many lines indented', () => {
    const failure = new Failure({
      task: 'a',
      place: undefined,
      reason: 'worker-lost',
      error: new Error('one\ntwo'),
    });
    expect(String(failure)).toBe('Fail: a\n* worker-lost: Error: one\n  two');
  });
});

describe('a Failure in the console', () => {
  test('is shown as its report, alone and inside other data', async () => {
    const failure = await failureOf(squareRoot(reciprocal(0)));
    const output = new TextSink();
    new Console({ stdout: output }).log(failure);
    expect(output.text).toBe(`${String(failure)}\n`);
    expect(output.text).toMatch(
      /^Fail: squareRoot[\s\S]*Fail: reciprocal[\s\S]*RangeError: division by zero/,
    );
    expect(inspect({ list: [failure] })).toMatch(/Fail: squareRoot[\s\S]*division by zero/);
  });
});

describe('one function made with maybe', () => {
  test('in two tasks of a block keeps both names', async () => {
    const again = maybe((): number => {
      throw new Error('again');
    });
    const { first, second, third } = tasks(
      { url: `${import.meta.url}?two` },
      { first: again, second: again, third: task(again, { name: 'own' }) },
    );
    const failures = await Promise.all([first(), second(), third()].map(failureOf));
    expect(failures.map(({ task: name }) => name)).toEqual(['first', 'second', 'own']);
    expect((again() as Failure).task).not.toBe('second');
  });

  test('keeps them on threads too', async () => {
    const { first, second } = hostileTasks;
    const values = (await run([first(), second()], { threads: 1 })) as unknown[];
    expect(values.map((value) => failed(value) && value.task)).toEqual(['first', 'second']);
  });

  test('takes the name of with()', async () => {
    const again = task(
      maybe((): number => {
        throw new Error('again');
      }),
      { name: 'old' },
    );
    expect((await failureOf(again.with({ name: 'new' })())).task).toBe('new');
    expect((await failureOf(again())).task).toBe('old');
  });
});
