/** Defining tasks: names, parameters, hints, identity. */

import { describe, expect, test } from 'vitest';
import { gather, hint, maybe, ops, run, task, tasks } from '../../src/index.ts';
import { RecordingSink } from '../../src/testing.ts';

const block = tasks(import.meta, {
  /** Adding up numbers! (is very uplifting) */
  add: (a: number, b: number) => a + b,
  plus: task((a: number, b: number) => a + b, { name: 'addition', version: '1.0' }),
  stat: async (path: string) => ({ path }),
});

async function namesStarted(target: unknown): Promise<readonly string[]> {
  const sink = new RecordingSink();
  await run(target, { sinks: sink });
  return sink.started();
}

describe('tasks()', () => {
  test('names tasks by their keys, unless a hint does', async () => {
    expect([block.add.name, block.plus.name, block.stat.name]).toEqual(['add', 'addition', 'stat']);
    expect(await namesStarted([block.add(1, 2), block.plus(1, 2)])).toEqual(['add', 'addition']);
  });

  test('computes nothing when a task is called', async () => {
    let count = 0;
    const tick = task(() => ++count);
    const call = tick();
    expect(count).toBe(0);
    expect(await run(call)).toBe(1);
  });

  test('refuses two tasks of one name in a module', () => {
    expect(() => tasks(import.meta, { add: () => 1 })).toThrow(
      /Cannot define task 'add' as the module .*task\.test\.ts\S* has one of that name already[\s\S]*top level/,
    );
  });

  test('refuses what has no URL', () => {
    expect(() => tasks({} as never, { add: () => 1 })).toThrow(
      /Cannot define tasks as 'import\.meta' gives no URL/,
    );
    expect(() => tasks(undefined as never, { add: () => 1 })).toThrow(/received undefined/);
  });

  test('refuses what is no function, naming it', () => {
    expect(() => tasks({ url: 'file:///x.ts' }, { add: 3 as never })).toThrow(
      /Cannot define task 'add' as it must be a function: received 3/,
    );
  });

  test('leaves nothing behind of a block that fails, whichever entry is wrong', () => {
    const url = `${import.meta.url}?fails`;
    const right = { first: () => 1, last: () => 2 };
    for (const wrong of [
      { first: () => 1, wrong: 3 as never, last: () => 2 },
      { first: () => 1, wrong: block.plus, last: undefined as never },
    ])
      expect(() => tasks({ url }, wrong)).toThrow(TypeError);
    // Its names are free: nothing was registered.
    expect(Object.keys(tasks({ url }, right))).toEqual(['first', 'last']);
  });

  test('leaves nothing behind of a block of which one name is taken', () => {
    const url = `${import.meta.url}?taken`;
    tasks({ url }, { taken: () => 1 });
    expect(() => tasks({ url }, { other: () => 1, taken: () => 2 })).toThrow(/'taken'.*one of that name/);
    expect(tasks({ url }, { other: () => 3 }).other.fn()).toBe(3);
  });

  test('leaves the plain function within reach', () => {
    expect(block.add.fn(1, 2)).toBe(3);
  });
});

describe('task()', () => {
  test('names a task by its hint, its function, or as anonymous', () => {
    const named = (x: number): number => x;
    expect(task(named).name).toBe('named');
    expect(task(named, { name: 'other' }).name).toBe('other');
    expect(task(() => 1).name).toBe('anonymous');
  });

  test('takes native functions, bound ones, methods and generators of promises', async () => {
    const bound = ((a: number, b: number) => a - b).bind(undefined, 10);
    const holder = { double: (x: number) => 2 * x };
    expect(
      await run(
        gather(task(Math.max)(1, 5, 3), task(bound)(4), task(holder.double)(4), task(Number.parseInt)('7f')),
      ),
    ).toEqual([5, 6, 8, 7]);
  });

  test('takes a task, and gives one with other hints', async () => {
    const first = task((x: number) => x, { name: 'first', priority: 1 });
    const second = task(first, { name: 'second' });
    expect([second.name, second.options.priority]).toEqual(['second', 1]);
    expect(await run(second(3))).toBe(3);
  });

  test('keeps the options frozen', () => {
    const options = { priority: 1 };
    const made = task(() => 1, options);
    options.priority = 2;
    expect(made.options.priority).toBe(1);
    expect(Object.isFrozen(made.options)).toBe(true);
  });

  test('waits for whatever can be waited for', async () => {
    const thenable = task(() => ({
      // oxlint-disable-next-line unicorn/no-thenable -- what is tested
      then: (resolve: (value: number) => void) => resolve(5),
    }));
    expect(await run(thenable() as never)).toBe(5);
  });
});

describe('with() and hint()', () => {
  test('with() gives another task, and leaves the old one as it is', async () => {
    const other = block.add.with({ priority: 5, name: 'sum' });
    expect(block.add.options.priority).toBeUndefined();
    expect([block.add.name, other.name, other.options.priority]).toEqual(['add', 'sum', 5]);
    expect(await run(other(1, 2))).toBe(3);
  });

  test('hint() gives another call; in a run of both, both are run', async () => {
    let count = 0;
    const tick = task(() => ++count, { name: 'tick' });
    const first = tick();
    const second = hint(first, { priority: 3 });
    expect(await run([first, second, first])).toHaveLength(3);
    expect(count).toBe(2);
  });

  test('hint() refuses what is not delayed', () => {
    expect(() => hint(3 as never, {})).toThrow(/Cannot give hints to a value as it is not delayed/);
  });

  test.each<[string, object]>([
    ['timeoutMs', { timeoutMs: 0 }],
    ['timeoutMs', { timeoutMs: Number.NaN }],
    ['priority', { priority: Number.NaN }],
    ['exclusive', { exclusive: 7 }],
    ['resources.gpus', { resources: { gpus: -1 } }],
    ['resources.threads', { resources: { threads: Number.POSITIVE_INFINITY } }],
    ['retries', { retries: -1 }],
    ['retries', { retries: 1.5 }],
    ['retries.factor', { retries: { retries: 1, factor: -1 } }],
  ])('the hint %s is refused when it makes no sense: %o', (name, hints) => {
    const message = new RegExp(`Cannot give .* the hint '${name}' as it must be`);
    expect(() => task(() => 1, hints)).toThrow(message);
    expect(() => task(() => 1, hints)).toThrow(RangeError);
    expect(() => block.add.with(hints)).toThrow(message);
    expect(() => hint(block.add(1, 2), hints)).toThrow(message);
  });
});

describe('names of parameters are read from the source', () => {
  const display = (fn: (...args: never[]) => unknown, template: string): (() => unknown) => {
    return () => task(fn, { display: template });
  };

  test.each<[string, (...args: never[]) => unknown, string]>([
    ['an arrow function', (source: string) => source, '{source}'],
    ['an asynchronous one', async (source: string) => source, '{source}'],
    [
      'a function',
      function named(source: string) {
        return source;
      },
      '{source}',
    ],
    [
      'a method',
      {
        m(source: string) {
          return source;
        },
      }.m,
      '{source}',
    ],
    ['defaults', (a = ',', b = [1, 2], source = `(${a}`) => [a, b, source], '{source}'],
    [
      'a default that is a function',
      (a = (x: number, y: number) => x + y, source = 1) => [a, source],
      '{source}',
    ],
    ['comments', (a: number /* , no */, source: number) => [a, source], '{a}{source}'],
    ['a pattern before it', ({ a }: { a: number }, source: number) => [a, source], '{source}'],
    ['a rest parameter', (...source: number[]) => source, '{source}'],
    [
      'a generator',
      function* generate(source: number) {
        yield source;
      },
      '{source}',
    ],
    ['names with $ and _', ($a_1: number) => $a_1, '{$a_1}'],
    ['a maybe function', maybe((source: number) => source), '{source}'],
  ])('of %s', (_, fn, template) => {
    expect(display(fn, template)).not.toThrow();
    expect(display(fn, '{other}')).toThrow(/'\{other\}' names no argument/);
  });

  test('the hint params gives others', () => {
    expect(() => task((a: number) => a, { params: ['source'], display: '{source}' })).not.toThrow();
  });
});

describe('display', () => {
  const compile = (source: { name: string; path: string[] }, target: string): string => source.name + target;
  const texts = async (
    display: string,
    ...args: [{ name: string; path: string[] }, string]
  ): Promise<unknown> => {
    const sink = new RecordingSink();
    await run(task(compile, { display })(...args), { sinks: sink });
    return sink.of('call-started')[0]?.text;
  };
  const source = { name: 'a.c', path: ['src', 'lib'] };

  test('stand beside the hint cache, whatever it says', () => {
    const hints = { display: 'reading {file}', cache: { files: ['file'] } };
    expect(() => task((file: string) => file, hints).with({ cache: { ignore: ['file'] } })).not.toThrow();
    expect(() => task((file: string) => file, { ...hints, cache: { ignore: ['fill'] } })).toThrow(
      /hint 'cache' as 'fill' names no argument: received 'file'/,
    );
  });

  test.each([
    ['Compiling {source.name} …', 'Compiling a.c …'],
    ['{source[name]} -> {target}', 'a.c -> a.o'],
    ['{0.name} {1}', 'a.c a.o'],
    ['{source.path[1]}', 'lib'],
    ['{{literally}} {target}', '{literally} a.o'],
    ['{source.missing.deeper}', '?'],
  ])('%s shows as %s', async (template, text) => {
    expect(await texts(template, source, 'a.o')).toBe(text);
  });

  test.each(['{sauce}', '{sauce.name}', '{}', 'a { b', 'a } b'])('%s is refused at once', (display) => {
    expect(() => task(compile, { name: 'compile', display })).toThrow(
      /Cannot give task 'compile' the display/,
    );
  });

  test('a wrong name is answered with the right ones', () => {
    expect(() => task(compile, { display: '{sauce}' })).toThrow(/its arguments are 'source', 'target'/);
  });

  test('a display that changes its arguments changes nothing', async () => {
    const sink = new RecordingSink();
    const display = (xs: number[], data: { list: number[] }): string => {
      data.list.length = 0;
      return xs.reverse().join();
    };
    const join = task((xs: number[], data: { list: number[] }) => [xs.join(), data.list.length], { display });
    const list = task(() => [4, 5, 6])();
    const target = { plain: join([1, 2, 3], { list: [1] }), shared: join(list, { list }), list };
    const value = { plain: ['1,2,3', 1], shared: ['4,5,6', 3], list: [4, 5, 6] };
    expect(await run(target)).toEqual(value);
    expect(await run(target, { sinks: sink })).toEqual(value);
    expect(sink.of('call-started').flatMap(({ text }) => text ?? [])).toEqual(['3,2,1', '6,5,4']);
  });

  test('a display that changes the arguments of a call that is tried again changes nothing', async () => {
    let attempts = 0;
    const flaky = task(
      (xs: number[]) => {
        if (++attempts === 1) throw new Error('once');
        return xs;
      },
      { display: (xs: number[]) => String(xs.push(9)), retries: { retries: 1, minTimeoutMs: 0 } },
    );
    expect(await run(flaky([1]), { sinks: new RecordingSink() })).toEqual([1]);
  });

  test('a display that throws says nothing, and the run goes on', async () => {
    const sink = new RecordingSink();
    const shown = task((x: number) => x, {
      display: () => {
        throw new Error('no');
      },
    });
    expect(await run(shown(3), { sinks: sink })).toBe(3);
    expect(sink.of('call-started')[0]?.text).toBeUndefined();
  });
});

describe('ops', () => {
  test.each<[string, unknown, unknown]>([
    ['add', ops.add(2, 3), 5],
    ['add of texts', ops.add('a', 'b'), 'ab'],
    ['add of bigints', ops.add(2n, 3n), 5n],
    ['sub', ops.sub(2, 3), -1],
    ['mul', ops.mul(2, 3), 6],
    ['div', ops.div(3, 2), 1.5],
    ['div of bigints', ops.div(7n, 2n), 3n],
    ['mod', ops.mod(-7, 3), -1],
    ['pow', ops.pow(2, 10), 1024],
    ['neg', ops.neg(2), -2],
    ['eq', ops.eq('a', 'a'), true],
    ['ne', ops.ne(1, '1'), true],
    ['lt', ops.lt(1, 2), true],
    ['le', ops.le(2, 2), true],
    ['gt', ops.gt('b', 'a'), true],
    ['ge', ops.ge(1, 2), false],
    ['not', ops.not(''), true],
    ['and', ops.and(0, 1), 0],
    ['or', ops.or(0, 1), 1],
    ['at', ops.at([1, 2, 3], -1), 3],
    ['at beyond the end', ops.at([1, 2, 3], 9), undefined],
  ])('%s', async (_, delayed, value) => {
    expect(await run(delayed)).toEqual(value);
  });
});
