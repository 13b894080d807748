/**
 * The contract of executors: graphs.
 */

import assert from 'node:assert/strict';
import { systemClock } from '../../base/clock.ts';
import { isHeddleError } from '../../base/errors.ts';
import { systemChance } from '../../base/random.ts';
import type { Executor } from '../../executor/executor.ts';
import { lift } from '../../graph/gather.ts';
import { quote } from '../../graph/quote.ts';
import { CallFailedError } from '../../run/call-failed-error.ts';
import { GraphRun } from '../../run/graph-run.ts';
import type { RunBehaviour } from '../../run/options.ts';
import { Reporter } from '../../run/reporter.ts';
import { callOf } from '../../task/delayed.ts';
import { failed } from '../../task/failure.ts';
import { eventFaults } from '../event-faults.ts';
import type { CaseBody } from '../executor-contract.ts';
import { RecordingSink } from '../recording-sink.ts';
import { contractTasks } from './contract-tasks.ts';

const {
  add,
  later,
  same,
  pushOnto,
  fail,
  never,
  turn,
  fibonacci,
  countDown,
  choose,
  quoted,
  reciprocal,
  thenable,
} = contractTasks;

/** Runs a graph on an executor, and checks the events besides. */
async function runOn(
  executor: Executor,
  target: unknown,
  { signal, failure = 'stop-starting' }: RunBehaviour = {},
): Promise<unknown> {
  const sink = new RecordingSink();
  const reporter = new Reporter(1, systemClock, [sink], executor);
  const parts = {
    executor,
    failureMode: failure,
    resources: {},
    clock: systemClock,
    chance: systemChance,
    signal,
    reporter,
  };
  try {
    return await new GraphRun(parts).run(callOf(lift(target) as object));
  } finally {
    assert.deepEqual(eventFaults(sink.events), []);
  }
}

/** By what they demand. */
export const runCases: Readonly<Record<string, CaseBody>> = {
  'run() gives the value of a diamond': async (executor) => {
    const u = add(5, 4);
    assert.equal(await runOn(executor, add(add(u, 12), add(u, 12))), 42);
  },
  'run() gives the values of a wide graph in order': async (executor) => {
    const sums = Array.from({ length: 300 }, (_, i) => add(i, later(1)));
    assert.deepEqual(
      await runOn(executor, sums),
      Array.from({ length: 300 }, (_, i) => i + 1),
    );
  },
  'run() gives every dependent its own copy': async (executor) => {
    const list = same([0]) as never;
    assert.deepEqual(await runOn(executor, [pushOnto(list, 1), pushOnto(list, 2), list]), [
      [0, 1],
      [0, 2],
      [0],
    ]);
  },
  'run() goes on into graphs that tasks return': async (executor) => {
    assert.equal(await runOn(executor, fibonacci(10)), 55);
  },
  'run() follows tail calls': async (executor) => {
    assert.equal(await runOn(executor, countDown(200)), 0);
  },
  'run() waits for whatever has a then method': async (executor) => {
    assert.equal(await runOn(executor, add(thenable(40), 2)), 42);
  },
  'run() leaves quoted graphs alone until they are unquoted': async (executor) => {
    assert.equal(await runOn(executor, choose(true, quote(add(1, 2)), quote(never()))), 3);
    assert.equal(await runOn(executor, choose(false, quote(never()), quoted(9))), 10);
  },
  'run() gives failures as values to tasks that take them': async (executor) => {
    const value = await runOn(executor, reciprocal(reciprocal(0)));
    assert.ok(failed(value));
    assert.equal(value.failedArguments[0]?.failure.reason, 'threw');
  },
  'run() rejects with the task, the chain of calls, and the cause': async (executor) => {
    const error = await runOn(executor, add(1, fail('no'))).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof CallFailedError);
    assert.equal(error.task, 'fail');
    assert.deepEqual(
      error.chain.map(({ task }) => task),
      ['add', 'fail'],
    );
    assert.ok(error.cause instanceof RangeError);
  },
  'run() runs all that does not need the failed call, when it carries on': async (executor) => {
    const sums = [fail('no'), add(1, 2), add(3, 4)];
    const before = executor.stats().succeeded;
    await assert.rejects(runOn(executor, sums, { failure: 'carry-on' }), CallFailedError);
    assert.equal(executor.stats().succeeded - before, 2);
  },
  'run() cancels what runs, when a call fails in cancel-rest': async (executor) => {
    await assert.rejects(runOn(executor, [never(), fail('no')], { failure: 'cancel-rest' }), CallFailedError);
    assert.equal(await executor.submit(add, 1, 2), 3);
  },
  'run() rejects with the reason of its signal, and frees the slots': async (executor) => {
    const ending = new AbortController();
    const run = runOn(executor, [never(), never(), never()], { signal: ending.signal });
    ending.abort(new Error('enough'));
    await assert.rejects(run, /enough/);
    assert.deepEqual(await Promise.all([executor.submit(add, 1, 2), executor.submit(add, 3, 4)]), [3, 7]);
  },
  'run() gives up on a call after its timeoutMs': async (executor) => {
    const error = await runOn(executor, never.with({ timeoutMs: 20 })()).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof CallFailedError);
    assert.equal(error.reason, 'timed-out');
  },
  'run() rejects when its executor is disposed of': async (executor) => {
    const run = runOn(executor, [never(), never(), add(1, 2)]);
    const ending = assert.rejects(run, (error) => isHeddleError(error));
    await executor.dispose();
    await ending;
  },
  'run() shares the executor with other runs': async (executor) => {
    const graphs = [1, 2, 3].map((n) => Array.from({ length: 40 }, (_, i) => add(turn(i), n)));
    const values = await Promise.all(graphs.map((graph) => runOn(executor, graph)));
    assert.deepEqual(
      values,
      [1, 2, 3].map((n) => Array.from({ length: 40 }, (_, i) => i + n)),
    );
  },
};
