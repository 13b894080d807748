/**
 * What an event of a call is about, in words: its display text, or else the name of its task.
 */

import type { CallRetrying, CallSettled, CallStarted } from '../events/event.ts';
import { oneLine } from './one-line.ts';

/** An event of one call. */
export type CallEvent = CallStarted | CallRetrying | CallSettled;

/** Gives the words as they stand on a line of their own: `Compiling mandel.cc ...`. */
export function subjectText({ text, task }: CallEvent): string {
  return oneLine(text ?? task).trimEnd();
}

/** Gives the words as they stand in front of a colon: `Compiling mandel.cc`. */
export function subjectName(event: CallEvent): string {
  const text = subjectText(event);
  return text.replace(/[\s.:…]+$/u, '') || text;
}
