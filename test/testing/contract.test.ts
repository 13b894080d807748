/** The contract of executors finds what is wrong with an executor. */

import { describe, expect, test } from 'vitest';
import { type Executor, openInline, run, task } from '../../src/index.ts';
import { executorContract, isCorrect } from '../../src/testing.ts';

/** An executor that differs in some members. */
function differing(change: (good: Executor) => Partial<Executor>): () => Executor {
  return () => {
    const good = openInline({ concurrency: 2 });
    const members: Executor = {
      name: good.name,
      slots: good.slots,
      isolated: good.isolated,
      connect: (listener) => good.connect(listener),
      submit: good.submit,
      map: good.map,
      stats: () => good.stats(),
      dispose: () => good.dispose(),
      [Symbol.asyncDispose]: () => good.dispose(),
    };
    return { ...members, ...change(good) };
  };
}

/** Names of the cases that fail. */
async function failing(open: () => Executor, about: RegExp): Promise<string[]> {
  const names: string[] = [];
  for (const { name, run: trial } of executorContract({ open })) {
    if (!about.test(name)) continue;
    await trial().catch(() => names.push(name));
  }
  return names;
}

describe('executorContract()', () => {
  test('passes what is right', async () => {
    expect(
      await failing(
        differing(() => ({})),
        /./,
      ),
    ).toEqual([]);
  });

  test('has names of its own for all cases', () => {
    const names = executorContract({ open: openInline }).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((name) => /^\w+\(\) /.test(name))).toBe(true);
  });

  test('finds wrong values, a wrong order, and a dispose that does nothing', async () => {
    const wrong = differing((good) => ({
      submit: (async (target: never, ...args: never[]) => {
        const value: unknown = await good.submit(target, ...args);
        return typeof value === 'number' ? value + 1 : value;
      }) as never,
    }));
    expect(await failing(wrong, /submit\(\) (?:gives the value|queues)/)).toHaveLength(2);
    const disorder = differing(() => ({
      map: async function* (_: never, inputs: Iterable<never>) {
        yield* [...(inputs as never as number[])].toSorted((a, b) => a - b) as never[];
      } as never,
    }));
    expect(await failing(disorder, /input order/)).toHaveLength(1);
    const open = differing(() => ({ dispose: async () => undefined }));
    expect(await failing(open, /dispose\(\) makes/)).toHaveLength(1);
  });
});

test('isCorrect() tells a wrong value from a right one', async () => {
  const graph = task((x: number) => [x, x])(task(() => 2)());
  expect(await isCorrect(graph, await run(graph))).toBe(true);
  expect(await isCorrect(graph, [2, 3])).toBe(false);
});
