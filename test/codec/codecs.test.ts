/** Instances of classes: which codec is taken, and that they come through to workers and back. */

import { describe, expect, onTestFinished, test } from 'vitest';
import {
  asObject,
  CallFailedError,
  codecs,
  digestOf,
  type Executor,
  fromJSON,
  openPool,
  openProcesses,
  openThreads,
  run,
  toJSON,
} from '../../src/index.ts';
import {
  Broken,
  Circle,
  Line,
  Money,
  Point,
  Point3,
  Shape,
  shapes,
  shapeTasks,
  words,
} from '../fixtures/tasks/shape-tasks.ts';

const { lengthOf, makePoint, add, sameShape, priceOf, makePoint3, throwMoney } = shapeTasks;

const executors: Readonly<Record<string, () => Executor>> = {
  threads: () => openThreads({ workers: 1, codecs: shapes }),
  processes: () => openProcesses({ workers: 1, codecs: shapes }),
};

describe.each(Object.keys(executors))('with codecs, on %s', { timeout: 20_000 }, (kind) => {
  const opened = (): Executor => {
    const executor = (executors[kind] as () => Executor)();
    onTestFinished(() => executor.dispose());
    return executor;
  };

  test('instances are arguments and results, deep inside of data and of each other', async () => {
    const executor = opened();
    const line = new Line([new Point(3, 4), makePoint(1, 2) as unknown as Point].slice(0, 1), new Money(5n));
    const [length, sum, price, back] = await run(
      [
        lengthOf(makePoint(3, 4)),
        add(new Money(1n), add(new Money(2n), new Money(3n))),
        priceOf(line),
        sameShape({ deep: new Map([['line', line]]) }),
      ] as const,
      { executor },
    );
    expect([length, sum.cents, price]).toEqual([5, 6n, 6n]);
    const { deep } = back as { deep: Map<string, Line> };
    expect(deep.get('line')).toBeInstanceOf(Line);
    expect(deep.get('line')?.points[0]?.length).toBe(5);
  });

  test('submit() and map() take them too', async () => {
    const executor = opened();
    expect((await executor.submit(add, new Money(1n), new Money(2n))).cents).toBe(3n);
    const lengths: number[] = [];
    for await (const length of executor.map(lengthOf, [new Point(3, 4), new Point(6, 8)]))
      lengths.push(length);
    expect(lengths).toEqual([5, 10]);
  });

  test('members of errors come back as instances', async () => {
    const error = await opened()
      .submit(throwMoney)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RangeError);
    expect((error as { price: Money }).price.cents).toBe(7n);
  });

  test('an instance of a subclass is refused, unless a codec says that it is for them', async () => {
    const executor = opened();
    await expect(executor.submit(lengthOf, new Point3(1, 2))).rejects.toThrow(
      /class 'Point3', which would lose/,
    );
    await expect(executor.submit(makePoint3)).rejects.toThrow(/class 'Point3', which would lose/);
    const back = await executor.submit(sameShape, new Circle('round'));
    expect(back).toBeInstanceOf(Shape);
    expect(back).not.toBeInstanceOf(Circle);
  });

  test('an instance that cannot be read fails its call, and no other', async () => {
    const executor = opened();
    const settled = await Promise.allSettled([
      executor.submit(sameShape, 1),
      executor.submit(sameShape, new Broken()),
      executor.submit(sameShape, 2),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((settled[1] as PromiseRejectedResult).reason).toMatchObject({ message: /broken for good/ });
  });
});

describe('where codecs are given', { timeout: 20_000 }, () => {
  test('run() gives them to its own workers', async () => {
    expect((await run(add(new Money(1n), new Money(1n)), { threads: 1, codecs: shapes })).cents).toBe(2n);
    await expect(run(add(new Money(1n), new Money(1n)), { threads: 1 })).rejects.toThrow(CallFailedError);
    await using executor = openThreads({ workers: 1 });
    await expect(run(1, { executor, codecs: shapes })).rejects.toThrow(/an executor has codecs of its own/);
  });

  test.each(['threads', 'processes'] as const)('openPool() of %s, and several put together', async (kind) => {
    const pool = openPool(sameShape, { kind, workers: 1, codecs: shapes.extend(words) });
    onTestFinished(() => pool.dispose());
    expect(await pool.submit(new Point(1, 1))).toBeInstanceOf(Point);
    expect(await pool.submit(new (class Other {})())).toEqual({ name: 'Other' });
    const spoken = { __proto__: { toWords: () => 'hello' } };
    expect(await pool.submit(spoken)).toMatchObject({ text: 'hello' });
  });

  test('those that stay in their process are refused, as is what is none', () => {
    expect(() => openThreads({ codecs: codecs() })).toThrow(/workers cannot find its codecs/);
    expect(() => openProcesses({ codecs: {} as never })).toThrow(/must be made with codecs/);
    expect(() => openPool(sameShape, { codecs: 1 as never })).toThrow(/must be made with codecs/);
  });
});

describe('which codec is taken', () => {
  class Base {}
  class Middle extends Base {}
  class Leaf extends Middle {}
  const said = (name: string): { name: string; encode: () => string; decode: (text: string) => object } => ({
    name,
    encode: () => name,
    decode: (text) => ({ text }),
  });
  const through = (value: object, set: ReturnType<typeof codecs>): unknown =>
    (fromJSON(toJSON(value, { codecs: set }), { codecs: set }) as { text: string }).text;

  test('that of the class, of the nearest class above, of the last hook, the fallback: in this order', () => {
    const set = codecs().fallback(said('fallback'));
    expect(through(new Leaf(), set)).toBe('fallback');
    set.hook(() => true, said('first hook')).hook((value) => value instanceof Base, said('second hook'));
    expect(through(new Leaf(), set)).toBe('second hook');
    set.register(Base, said('base'), { forSubclasses: true });
    expect(through(new Leaf(), set)).toBe('base');
    set.register(Middle, said('middle'), { forSubclasses: true });
    expect(through(new Leaf(), set)).toBe('middle');
    set.register(Leaf, said('leaf'));
    expect(through(new Leaf(), set)).toBe('leaf');
    expect(through(new Base(), set)).toBe('base');
  });

  test('extend(): the right one wins, and neither changes', () => {
    const left = codecs().register(Base, said('left'), { name: 'Base' }).fallback(said('left fallback'));
    const right = codecs().register(Base, said('right'), { name: 'Base' });
    expect(through(new Base(), left.extend(right))).toBe('right');
    expect(through(new Base(), right.extend(left))).toBe('left');
    expect(through(new Leaf(), left.extend(right))).toBe('left fallback');
    expect(through(new Base(), left)).toBe('left');
  });

  test('codecs come before heddle does errors, and heddle before the fallback', () => {
    class Fatal extends Error {}
    const set = codecs().register(Fatal, said('fatal')).fallback(said('fallback'));
    expect(through(new Fatal(), set)).toBe('fatal');
    expect(fromJSON(toJSON(new RangeError('r'), { codecs: set }), { codecs: set })).toBeInstanceOf(
      RangeError,
    );
    expect(fromJSON(toJSON(Buffer.from('b'), { codecs: set }), { codecs: set })).toEqual(Buffer.from('b'));
  });

  test('what makes no sense is refused', () => {
    const set = codecs().register(Base, said('base'));
    expect(() => set.register(Base, said('again'))).toThrow(/has a codec already/);
    expect(() => set.register(Leaf, said('x'), { name: 'Base' })).toThrow(/one named 'Base' already/);
    expect(() => set.register(Map, said('map'))).toThrow(/cross as they are/);
    expect(() => set.register(Leaf as never)).toThrow(/has no codec/);
    expect(() => set.register(Leaf, {} as never)).toThrow(/must have encode and decode/);
    expect(() => set.register(class {}, said('x'))).toThrow(/has no name/);
    expect(() => set.register(1 as never)).toThrow(/must be for a class/);
    expect(() => set.hook(() => true, { encode: () => 1, decode: () => ({}) } as never)).toThrow(
      /has no name/,
    );
    expect(() => codecs(import.meta, '')).toThrow(/a module and a name/);
    codecs(import.meta, 'twice');
    expect(() => codecs(import.meta, 'twice')).toThrow(/some of that name already/);
  });

  test('asObject() runs no constructor, and refuses data that is none', () => {
    class Counted {
      static made = 0;
      n = 1;
      constructor() {
        Counted.made++;
      }
    }
    const codec = asObject(Counted);
    const data = codec.encode(new Counted());
    expect(codec.decode(JSON.parse('{"n":2,"__proto__":{"bad":1}}') as never)).toBeInstanceOf(Counted);
    expect(Counted.made).toBe(1);
    expect(data).toEqual({ n: 1 });
    expect(() => codec.decode(5 as never)).toThrow(/must be an object/);
  });
});

describe('digests of instances with codecs', () => {
  test('tell what the codec tells, and which codec it was', () => {
    const of = (value: unknown): string => digestOf(value, { codecs: shapes });
    expect(of(new Money(5n))).toBe(of(new Money(5n)));
    expect(of(new Money(5n))).not.toBe(of(new Money(6n)));
    expect(of([new Point(1, 2)])).not.toBe(of([{ x: 1, y: 2 }]));
    expect(of(new Line([new Point(1, 2)], new Money(1n)))).toBe(
      of(new Line([new Point(1, 2)], new Money(1n))),
    );
    expect(() => digestOf(new Money(5n))).toThrow(/Money/);
    expect(() => of(new Point3(1, 2))).toThrow(/Point3/);
  });
});
