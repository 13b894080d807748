/**
 * A call as text: `add(5, 3)`, for messages, displays and pictures.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { Call, Quoted, Structured } from './call.ts';
import { isTaskFunction } from './task-brand.ts';

/** Shows a call with its arguments in short; a delayed argument is shown as the call that gives it. */
export function callText(call: Call): string {
  const text = (arg: unknown): string => argumentText(arg, (need) => `${need.task.name}(…)`);
  return `${call.task.name}(${listed(call.args, text)})`;
}

/** Shows each argument in short. `showNeed` says how a delayed one is shown. */
export function argumentTexts(call: Call, showNeed: (need: Call) => string): string[] {
  return call.args.map((arg) => argumentText(arg, showNeed));
}

/** Shows values, such as the arguments with which a call was run. */
export function valuesText(task: string, values: readonly unknown[]): string {
  return `${task}(${listed(values, (value) => argumentText(value, () => '…'))})`;
}

/** How many arguments are shown. Arbitrary: a call may gather thousands. */
const mostShown = 8;

function listed(values: readonly unknown[], text: (value: unknown) => string): string {
  const texts = values.slice(0, mostShown).map(text);
  if (values.length > mostShown) texts.push(`… ${values.length - mostShown} more`);
  return texts.join(', ');
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
