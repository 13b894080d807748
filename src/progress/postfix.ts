/**
 * What stands at the end of a bar: a text, or names with values that the program keeps up to date.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { oneLine } from '../observe/one-line.ts';
import { shortNumber } from './quantity.ts';

/**
 * A text, or names with values: `{ loss: 0.1234 }` is shown as `loss=0.123`. An object is read whenever the bar is
 * drawn, so it can be changed in place at no cost.
 */
export type Postfix = string | Readonly<Record<string, unknown>>;

/** Gives a postfix on one line, `''` for none. */
export function postfixText(postfix: Postfix | undefined): string {
  if (postfix === undefined) return '';
  if (typeof postfix === 'string') return oneLine(postfix);
  const parts = Object.entries(postfix).map(([name, value]) => `${name}=${valueText(value)}`);
  return oneLine(parts.join(', '));
}

function valueText(value: unknown): string {
  if (typeof value === 'number') return shortNumber(value);
  return typeof value === 'string' ? value.trim() : inspectShort(value);
}
