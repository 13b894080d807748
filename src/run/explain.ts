/**
 * Why a run failed, told along its graph.
 */

import { InternalError } from '../base/errors.ts';
import { placeOf } from '../base/site.ts';
import { openedArguments } from '../codec/sealed.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { callText, valuesText } from '../task/call-text.ts';
import { CallFailedError, type ChainLink } from './call-failed-error.ts';
import { none, type RunTable } from './run-table.ts';

/** The calls from the target down to one: the shortest way, found from below along unsettled calls. */
export function chainTo(failed: number, target: number, table: RunTable, scheduler: Scheduler): ChainLink[] {
  const cameFrom = new Map<number, number>([[failed, none]]);
  const places = [failed];
  for (let next = 0; next < places.length && !cameFrom.has(target); next++) {
    const row = places[next] as number;
    for (const dependent of scheduler.dependentsOf(row)) {
      if (cameFrom.has(dependent)) continue;
      cameFrom.set(dependent, row);
      places.push(dependent);
    }
  }
  const chain: ChainLink[] = [];
  const start = cameFrom.has(target) ? target : failed;
  for (let row = start; row !== none; row = cameFrom.get(row) as number) chain.push(linkOf(row, table));
  return chain;
}

/** A call with the values that it was given, or, if it was not started, with the calls that give them. */
function linkOf(row: number, table: RunTable): ChainLink {
  const call = table.callAt(row);
  const given = table.givenTo(row);
  return {
    task: call.task.name,
    text:
      given === undefined
        ? callText(call)
        : valuesText(call.task.name, table.hasSealed ? readForShow(given) : given),
    place: placeOf(call.site),
  };
}

/** Arguments as those see them who are told of a call: also what nobody here has read. What cannot be read stays as it is. */
export function readForShow(args: readonly unknown[]): readonly unknown[] {
  try {
    return openedArguments(args);
  } catch {
    return args;
  }
}

/**
 * The error of a run in which nothing goes on and nothing can: a call waits for itself, by way of a graph
 * that it returned.
 */
export function stalledError(target: number, table: RunTable, scheduler: Scheduler): Error {
  const path: number[] = [];
  let row = target;
  while (row !== none && !path.includes(row)) {
    path.push(row);
    const awaited = [table.sourceOf(row), ...table.inputsOf(row)];
    row = awaited.find((input) => input !== none && !scheduler.isSettled(input)) ?? none;
  }
  const circle = path.slice(Math.max(0, path.indexOf(row)));
  const names = circle.map((member) => table.callAt(member).task.name);
  if (row === none) return new InternalError(`nothing runs, yet calls are unsettled: ${names.join(' -> ')}`);
  const error = new TypeError(
    `Cannot run the graph as a call waits for itself: ${[...names, names[0]].join(' -> ')}\n` +
      '  a task must not return a delayed value that needs its own call',
  );
  const chain = path.map((member) => linkOf(member, table));
  return new CallFailedError({ reason: 'cyclic', error, attempts: 1, chain });
}
