/** The border between host and workers, without a worker: what is packed on one side and unpacked on the other. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { failed, gatherAll, isDelayed, maybe, run } from '../../src/index.ts';
import { toHandle } from '../../src/task/build-call.ts';
import { Call } from '../../src/task/call.ts';
import { callOf } from '../../src/task/delayed.ts';
import { Border } from '../../src/worker/border.ts';
import { answersAll } from '../fixtures/hostile.ts';
import { threadTasks } from '../fixtures/tasks/thread-tasks.ts';

const { add } = threadTasks;

/** Sends a value as a message between threads is sent. */
function sent(value: unknown, from = new Border('a.'), to = new Border('b.')): unknown {
  return to.packer.unpack(structuredClone(from.packer.pack(value, 'value')));
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('an error keeps', () => {
  test.each([undefined, null, 0, '', false])('its cause, when that is %s', (cause) => {
    const error = sent(new Error('x', { cause })) as Error;
    expect(error).toBeInstanceOf(Error);
    expect(Object.hasOwn(error, 'cause')).toBe(true);
    expect(error.cause).toBe(cause);
  });

  test('no cause, when it has none', () => {
    expect('cause' in (sent(new Error('x')) as Error)).toBe(false);
  });

  test('the errors of an aggregate, whatever they are', () => {
    const { errors } = sent(new AggregateError([undefined, null, 1, new RangeError('r')])) as AggregateError;
    expect(errors).toEqual([undefined, null, 1, new RangeError('r')]);
  });

  test('its members, also undefined and null, and leaves out those that cannot be sent', () => {
    const shared = Buffer.from('a');
    const members = { none: null, nothing: undefined, lost: { shared, run: () => 1 }, shared };
    const error = sent(Object.assign(new Error('x'), members)) as Error & Record<string, unknown>;
    expect(Object.keys(error)).toEqual(['none', 'nothing', 'shared']);
    expect([error['none'], error['nothing']]).toEqual([null, undefined]);
    expect(String(error['shared'])).toBe('a');
  });
});

test.each([undefined, null, 0])('a Failure keeps what was thrown, when that is %s', (thrown) => {
  const failure = maybe(() => {
    // oxlint-disable-next-line typescript/only-throw-error -- what is tested
    throw thrown;
  })();
  const copy = sent(failure);
  expect(failed(copy) && copy.error).toBe(thrown);
  expect(String(copy)).toBe(String(failure));
});

test('isDelayed() is not misled by a function that answers every name', () => {
  expect(isDelayed(answersAll())).toBe(false);
  expect(() => sent({ fn: answersAll() })).toThrow(/value\.fn: .*function, which cannot be cloned/);
});

describe('a call that crosses twice', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;

  test('is the same call, while somebody holds it', () => {
    const [host, worker] = [new Border('h.'), new Border('w.')];
    const sum = add(1, 2);
    const [first, second] = [sent(sum, worker, host), sent(sum, worker, host)];
    expect(callOf(first as object)).toBe(callOf(second as object));
    expect(callOf(sent(first, host, worker) as object)).toBe(callOf(sum));
  });

  test('is still the same after an earlier one was collected', { timeout: 20_000 }, async () => {
    const [host, worker] = [new Border('h.'), new Border('w.')];
    const sum = add(1, 2);
    let different = 0;
    for (let i = 0; i < 50; i++) {
      sent(sum, worker, host);
      await turn();
      collectGarbage();
      // The first is gone; it is forgotten in a turn of its own, which must not forget this one.
      const second = sent(sum, worker, host);
      for (let turns = 0; turns < 3; turns++) await turn();
      const third = sent(sum, worker, host);
      if (callOf(second as object) !== callOf(third as object)) different++;
      await turn();
      collectGarbage();
      for (let turns = 0; turns < 2; turns++) await turn();
    }
    expect(different).toBe(0);
  });
});

describe('a wide graph', () => {
  /** How often the needs of a call of that many are looked at while it is packed. */
  function looks(count: number): number {
    let looked = 0;
    const wide = callOf(gatherAll(Array.from({ length: count }, (_, i) => add(i, 1))));
    const needs = new Proxy([...wide.needs], {
      get: (target, key, receiver) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) looked++;
        return Reflect.get(target, key, receiver) as unknown;
      },
    });
    const { task, args, quotes, hints, site } = wide;
    new Border('a.').packer.pack(toHandle(new Call(task, args, needs, quotes, hints, site)), 'value');
    return looked;
  }

  test('is packed with a few looks at each need, however many there are', () => {
    expect(looks(2000)).toBeLessThan(2000 * 10);
  });

  test('of 50,000 calls crosses, and is what it was', { timeout: 15_000 }, async () => {
    const copy = sent(gatherAll(Array.from({ length: 50_000 }, (_, i) => add(i, 1))));
    const values = (await run(copy)) as number[];
    expect(values).toHaveLength(50_000);
    expect(values.at(-1)).toBe(50_000);
  });
});
