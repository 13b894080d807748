/**
 * Values as cells of a table.
 */

import { jsonText } from './json-text.ts';

/** How many characters of a cell are shown. Arbitrary: JSON tells all. */
const mostShown = 60;

/** Writes a value in short: texts as they are, lists and objects as JSON, nothing of what is not there. */
export function cellText(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  return short(typeof value === 'string' ? value : jsonText(value));
}

/** Writes a value in full, as JSON; a number that JSON does not have as it is called. */
export function valueText(value: unknown): string {
  return typeof value === 'number' ? String(value) : jsonText(value);
}

/** Writes members: `auc=0.93 n=150`. */
export function membersText(members: Readonly<Record<string, unknown>>): string {
  return short(
    Object.entries(members)
      .map(([name, value]) => `${name}=${cellText(value)}`)
      .join(' '),
    2 * mostShown,
  );
}

/** Writes a time as tables have it, in UTC. */
export function timeText(time: Date | undefined): string {
  return time === undefined ? '' : time.toISOString().slice(0, 19).replace('T', ' ');
}

function short(text: string, most: number = mostShown): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
