/**
 * The contract of executors: maps.
 */

import assert from 'node:assert/strict';
import type { CaseBody } from '../executor-contract.ts';
import { contractTasks } from './contract-tasks.ts';

const { turn, fail, add } = contractTasks;

/** Counts what is taken from it, and tells whether it was closed. */
class CountedInput {
  taken = 0;
  isClosed = false;
  *[Symbol.iterator](): Generator<number> {
    try {
      for (;;) yield this.taken++;
    } finally {
      this.isClosed = true;
    }
  }
}

/** By what they demand. */
export const mapCases: Readonly<Record<string, CaseBody>> = {
  'map() yields in input order': async (executor) => {
    assert.deepEqual(await Array.fromAsync(executor.map(turn, [3, 1, 2, 5, 4])), [3, 1, 2, 5, 4]);
  },
  'map() takes an asynchronous input': async (executor) => {
    async function* numbers(): AsyncGenerator<number> {
      yield 1;
      yield 2;
    }
    assert.deepEqual(await Array.fromAsync(executor.map(turn, numbers())), [1, 2]);
  },
  'map() yields nothing for no inputs': async (executor) => {
    assert.deepEqual(await Array.fromAsync(executor.map(turn, [])), []);
  },
  'map() takes no more inputs than twice the slots beyond what it yielded': async (executor) => {
    const input = new CountedInput();
    const results = executor.map(turn, input);
    for (let yielded = 0; yielded < 10; yielded++) {
      assert.ok(input.taken - yielded <= 2 * executor.slots, `${input.taken} taken, ${yielded} yielded`);
      await results.next();
    }
    await results.return();
  },
  'map() closes its input when it is left early': async (executor) => {
    const input = new CountedInput();
    for await (const value of executor.map(turn, input)) if (value === 3) break;
    assert.ok(input.isClosed);
    assert.equal(await executor.submit(add, 1, 2), 3);
  },
  'map() throws a failure at its place, and closes its input': async (executor) => {
    let isClosed = false;
    function* inputs(): Generator<string> {
      try {
        for (;;) yield 'no';
      } finally {
        isClosed = true;
      }
    }
    await assert.rejects(async () => await Array.fromAsync(executor.map(fail, inputs())), RangeError);
    assert.ok(isClosed);
  },
  'map() gives what its input throws': async (executor) => {
    function* inputs(): Generator<number> {
      yield 1;
      throw new Error('no more');
    }
    await assert.rejects(async () => await Array.fromAsync(executor.map(turn, inputs())), /no more/);
  },
};
