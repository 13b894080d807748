/**
 * Why a call has not ended, in words.
 */

import { clockText, countText } from '../amount.ts';
import type { CallColumns } from './call-columns.ts';
import { callState, isSettled, stateLooks } from './call-state.ts';

/** What else is so in the run. */
export interface Surroundings {
  /** Milliseconds since the start of the run. */
  readonly nowMs: number;
  /** How many calls run at once at most. */
  readonly slots: number;
  readonly running: number;
}

/** Dependencies that are named (arbitrary: a line). */
const mostNamed = 3;

/** The reason as a sentence without its full stop; `undefined` for a call that has its outcome. */
export function whyWaiting(
  columns: CallColumns,
  row: number,
  { nowMs, slots, running }: Surroundings,
): string | undefined {
  const state = columns.state[row] as number;
  if (isSettled(state) || state === callState.absent) return undefined;
  if (state === callState.running)
    return `It runs, for ${clockText(nowMs - (columns.startMs[row] as number))} now`;
  if (state === callState.retrying) {
    const { retryAtMs } = columns.wordsOf(row);
    const leftMs = (retryAtMs ?? nowMs) - nowMs;
    const when = leftMs > 0 ? `in ${clockText(leftMs)}` : 'as soon as there is a slot';
    return `Attempt ${columns.attempts[row]} has failed, and the next one follows ${when}`;
  }
  const needs = columns.needsOf(row);
  const missing = [...needs].filter((need) => !isSettled(columns.state[need] ?? callState.absent));
  if (missing.length > 0) {
    const named = missing.slice(0, mostNamed).map((need) => {
      const is = stateLooks[columns.state[need] ?? callState.absent]?.name;
      return `${columns.taskName(need)} #${need} (${is})`;
    });
    const rest = missing.length > mostNamed ? ` and ${missing.length - mostNamed} more` : '';
    return `It waits for ${missing.length} of the ${countText(needs.length, 'call')} that it needs: ${named.join(', ')}${rest}`;
  }
  const full =
    running >= slots ? `all ${slots} are taken` : 'others were ready before it, or need the same resources';
  return `It is ready, and waits for a slot: ${full}`;
}
