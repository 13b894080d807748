/**
 * What the scheduler is told of a call, from its hints.
 */

import type { Executor } from '../executor/executor.ts';
import type { Needs } from '../scheduler/resource-pool.ts';
import type { RowOptions } from '../scheduler/scheduler.ts';
import type { Call } from '../task/call.ts';

/** Options without anything special, shared by nearly all calls. */
export const hostOptions: RowOptions = Object.freeze({ lane: 'host', priority: 0, slots: 0, needs: [] });
const stepOptions: RowOptions = Object.freeze({ lane: 'step', priority: 0, slots: 0, needs: [] });
const plainLookup: RowOptions = Object.freeze({ lane: 'lookup', priority: 0, slots: 0, needs: [] });
const plainExecutor: RowOptions = Object.freeze({ lane: 'executor', priority: 0, slots: 1, needs: [] });

/** What there is for the calls of a run. */
export interface Supply {
  readonly executor: Executor;
  /** How much there is of each resource; nothing of those that are not named. */
  readonly resources: Readonly<Record<string, number>>;
}

/**
 * Says how the scheduler is to treat a call.
 *
 * @throws {RangeError} If the call needs more than there will ever be: it would wait for ever.
 */
export function rowOptionsOf(call: Call, supply: Supply): RowOptions {
  const { task, hints } = call;
  const { resources, exclusive, priority = 0 } = hints;
  const isHost = isOfHost(call, supply.executor);
  if (resources === undefined && exclusive === undefined && priority === 0) {
    return isHost ? (task.builtin?.isStep === true ? stepOptions : hostOptions) : plainExecutor;
  }
  const { threads = 1, ...others } = resources ?? {};
  const amounts = Object.entries(others).flatMap(([name, amount]) =>
    amount === undefined || amount === 0 ? [] : [[name, amount] as const],
  );
  refuseTooLarge(task.name, threads, amounts, supply);
  const needs: Needs = exclusive === undefined ? amounts : [...amounts, [`exclusive:${exclusive}`, 1]];
  return { lane: isHost ? 'host' : 'executor', priority, slots: isHost ? 0 : threads, needs };
}

/** How the scheduler is to treat a call while it is looked up: it holds nothing that others need. */
export function lookupOptionsOf({ lane, priority }: RowOptions): RowOptions {
  if (lane !== 'executor') return hostOptions;
  return priority === 0 ? plainLookup : { lane: 'lookup', priority, slots: 0, needs: [] };
}

/**
 * Whether a call is run by the run itself: all of heddle's own are, and plain functions that users give to
 * combinators, unless the executor runs calls in this thread too and so bounds how many are under way.
 */
export function isOfHost({ task }: Call, executor: Executor): boolean {
  return task.builtin !== undefined && !(task.builtin.isStep && !executor.isolated);
}

function refuseTooLarge(
  task: string,
  threads: number,
  amounts: Needs,
  { executor, resources }: Supply,
): void {
  if (threads > executor.slots) {
    throw new RangeError(
      `Cannot run task '${task}' as it needs ${threads} threads: received an executor (${executor.name}) of ${executor.slots}`,
    );
  }
  for (const [name, amount] of amounts) {
    const total = resources[name];
    if (total !== undefined && amount <= total) continue;
    throw new RangeError(
      `Cannot run task '${task}' as it needs ${amount} of the resource '${name}': received ${total ?? 'none'}\n` +
        `  say how much there is: run(x, { resources: { ${name}: ${amount} } })`,
    );
  }
}
