/**
 * A call as text: `add(5, 3)`, for messages, displays and pictures.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { Call, Quoted, Structured } from './call.ts';
import { isTaskFunction } from './task-brand.ts';

/** Shows a call with its arguments in short; a delayed argument is shown as the call that gives it. */
export function callText(call: Call): string {
  return `${call.task.name}(${argumentTexts(call, (need) => `${need.task.name}(…)`).join(', ')})`;
}

/** Shows each argument in short. `showNeed` says how a delayed one is shown. */
export function argumentTexts(call: Call, showNeed: (need: Call) => string): string[] {
  return call.args.map((arg) => argumentText(arg, showNeed));
}

/** Shows values, such as the arguments with which a call was run. */
export function valuesText(task: string, values: readonly unknown[]): string {
  return `${task}(${values.map((value) => argumentText(value, () => '…')).join(', ')})`;
}

function argumentText(arg: unknown, showNeed: (need: Call) => string): string {
  return inspectShort(arg instanceof Structured ? arg.template : arg, {
    show(value) {
      if (value instanceof Call) return showNeed(value);
      if (value instanceof Quoted) return `quote(${value.call.task.name})`;
      if (isTaskFunction(value)) return value.name;
      return undefined;
    },
  });
}
