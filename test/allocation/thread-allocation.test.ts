import { describe, expect, test } from 'vitest';
import { threadAllocation, withThreads } from '../../src/artifacts.ts';

const limit = { timeout: 10_000 };

/** A function that goes on until it is let. */
function heldUp(): {
  readonly act: () => Promise<void>;
  readonly begun: Promise<void>;
  readonly end: () => void;
} {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const act = (): Promise<void> => {
    begun.resolve();
    return ended.promise;
  };
  return { act, begun: begun.promise, end: () => ended.resolve() };
}

describe('threadAllocation()', limit, () => {
  test('gives one object, with the first total until it is taken back', () => {
    const before = threadAllocation().total;
    const one = threadAllocation(12);
    const other = threadAllocation(1);
    expect(one).toBe(other);
    expect(String(other)).toBe('Allocator: 12 available threads');
    other[Symbol.dispose]();
    expect(one.total).toBe(12);
    one[Symbol.dispose]();
    expect(one.total).toBe(before);
    using third = threadAllocation(1);
    expect(String(third)).toBe('Allocator: 1 available threads');
    third[Symbol.dispose]();
    third[Symbol.dispose]();
    expect(third.total).toBe(before);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '4'])('refuses %j', (total) => {
    const text = `Cannot allocate threads as 'threads' must be a positive integer: received ${total}`;
    expect(() => threadAllocation(total as number)).toThrow(text);
    expect(() => withThreads(total as number, () => undefined)).toThrow(text);
  });

  test('take() gives threads first come first served, and takes them back once', async () => {
    await withThreads(4, async () => {
      const allocation = threadAllocation();
      const one = await allocation.take(3);
      const order: string[] = [];
      const heavy = allocation.take(4).then((share) => {
        order.push('heavy');
        share[Symbol.dispose]();
      });
      const light = allocation.take(1).then((share) => {
        order.push('light');
        share[Symbol.dispose]();
      });
      expect([allocation.free, allocation.waiting]).toEqual([1, 2]);
      one[Symbol.dispose]();
      one[Symbol.dispose]();
      await Promise.all([heavy, light]);
      expect(order).toEqual(['heavy', 'light']);
      expect(allocation.free).toBe(4);
    });
  });

  test('take() of more than there are rejects at once', async () => {
    await withThreads(4, async () => {
      await expect(threadAllocation().take(5)).rejects.toThrow(
        'Cannot take threads as it needs 5 threads, which is more than there are in withThreads: received 4',
      );
      await expect(threadAllocation().take(0)).rejects.toThrow(RangeError);
    });
  });

  test('a wait that is aborted gives its place up', async () => {
    await withThreads(2, async () => {
      const allocation = threadAllocation();
      const one = await allocation.take(1);
      const controller = new AbortController();
      const heavy = allocation.take(2, { signal: controller.signal });
      const light = allocation.take(1);
      const reason = new Error('no longer');
      controller.abort(reason);
      await expect(heavy).rejects.toBe(reason);
      await light;
      await expect(allocation.take(1, { signal: controller.signal })).rejects.toBe(reason);
      expect([allocation.free, allocation.waiting]).toEqual([0, 0]);
      one[Symbol.dispose]();
    });
  });

  test('hold() gives threads back when its function throws', async () => {
    await withThreads(2, async () => {
      const allocation = threadAllocation();
      const thrown = new Error('no');
      const failing = (): never => {
        throw thrown;
      };
      await expect(allocation.hold(2, failing)).rejects.toBe(thrown);
      await expect(allocation.hold(2, () => Promise.reject(thrown))).rejects.toBe(thrown);
      expect(allocation.free).toBe(2);
    });
  });

  test('what a function starts that holds threads uses those, and does not wait for itself', async () => {
    await withThreads(4, async () => {
      const allocation = threadAllocation();
      const all = await allocation.hold(4, async () => {
        expect(allocation.total).toBe(4);
        const inner = await allocation.hold(2, () => allocation.hold(2, async () => allocation.total));
        return inner;
      });
      expect(all).toBe(2);
      expect(allocation.free).toBe(4);
    });
  });

  test('more than a function holds is an error inside it, not a wait for ever', async () => {
    await withThreads(4, async () => {
      const inside = threadAllocation().hold(1, () => threadAllocation().take(2));
      await expect(inside).rejects.toThrow(
        'Cannot take threads as it needs 2 threads, which is more than what holds it has: received 1\n  ask for fewer, or start it outside',
      );
    });
  });

  test('threads come back when all that a function started has ended', async () => {
    await withThreads(2, async () => {
      const allocation = threadAllocation();
      const left = heldUp();
      await allocation.hold(2, () => {
        void allocation.hold(1, left.act);
      });
      await left.begun;
      expect(allocation.free).toBe(0);
      left.end();
      const share = await allocation.take(2);
      expect(allocation.free).toBe(0);
      share[Symbol.dispose]();
    });
  });

  test('what starts after a function has ended, in its surroundings, is counted outside', async () => {
    await withThreads(2, async () => {
      const allocation = threadAllocation();
      const gate = Promise.withResolvers<void>();
      let later: Promise<number> | undefined;
      await allocation.hold(1, () => {
        later = gate.promise.then(() => allocation.hold(2, () => allocation.total));
      });
      gate.resolve();
      expect(await later).toBe(2);
    });
  });

  test('who waits for more than there are is refused when a total is taken back', async () => {
    const before = threadAllocation().total;
    const allocation = threadAllocation(before + 2);
    const one = await allocation.take(1);
    const all = allocation.take(before + 2);
    allocation[Symbol.dispose]();
    await expect(all).rejects.toThrow(`more than there are: received ${before}`);
    one[Symbol.dispose]();
    expect(allocation.free).toBe(before);
  });
});

describe('withThreads()', limit, () => {
  test('holds for one function and what it waits for, and is restored', async () => {
    const before = threadAllocation().total;
    const seen = await Promise.all(
      [3, 5].map((threads) =>
        withThreads(threads, async () => {
          await Promise.resolve();
          const inner = withThreads(7, () => threadAllocation().total);
          return [threadAllocation().total, inner];
        }),
      ),
    );
    expect(seen).toEqual([
      [3, 7],
      [5, 7],
    ]);
    expect(threadAllocation().total).toBe(before);
    const thrown = new Error('no');
    expect(() =>
      withThreads(3, () => {
        throw thrown;
      }),
    ).toThrow(thrown);
    expect(threadAllocation().total).toBe(before);
  });
});
