/**
 * The error with which a run rejects when a call failed: what failed, with which arguments, where the
 * call was made, and why the run needed it.
 */

import { HeddleError } from '../base/errors.ts';
import { type Place, placeText } from '../base/site.ts';
import { thrownText } from '../task/failure.ts';
import type { FailureReason } from '../task/outcome.ts';

/** One call on the way from the target of the run to the call that failed. */
export interface ChainLink {
  /** The task's name. */
  readonly task: string;
  /** The call with its arguments, in short: `add(5, …)`. */
  readonly text: string;
  /** Where the call was made, if that is known. */
  readonly place: Place | undefined;
}

/** A call that failed in a run. */
export interface CallFailure {
  readonly reason: FailureReason;
  readonly error: unknown;
  readonly attempts: number;
  /** From the target of the run down to the call that failed. Never empty. */
  readonly chain: readonly ChainLink[];
}

/** The most links shown in a message, half from each end; a recursion can make thousands. */
const mostLinksShown = 12;

/** A call of a run failed, and with it the run. The original error is the `cause`. */
export class CallFailedError extends HeddleError {
  override readonly name: string = 'CallFailedError';
  /** Name of the task whose call failed. */
  readonly task: string;
  /** The call that failed with its arguments, in short. */
  readonly call: string;
  /** Where that call was made, if that is known. */
  readonly place: Place | undefined;
  /** Why it failed: `threw`, `timed-out`, `worker-lost`… Stable. */
  readonly reason: FailureReason;
  /** How many attempts were made. */
  readonly attempts: number;
  /** The calls from the target of the run down to the one that failed. */
  readonly chain: readonly ChainLink[];
  /** The other calls that failed in the same run, in the order in which they did. */
  readonly others: readonly CallFailedError[];

  constructor(failure: CallFailure, others: readonly CallFailedError[] = []) {
    super('HEDDLE_CALL_FAILED', messageOf(failure, others.length), { cause: failure.error });
    const last = failure.chain.at(-1);
    this.task = last?.task ?? 'unknown';
    this.call = last?.text ?? 'unknown';
    this.place = last?.place;
    this.reason = failure.reason;
    this.attempts = failure.attempts;
    this.chain = failure.chain;
    this.others = others;
  }
}

function messageOf({ error, reason, attempts, chain }: CallFailure, others: number): string {
  const last = chain.at(-1);
  const tries = attempts > 1 ? ` after ${attempts} attempts` : '';
  const why = reason === 'threw' ? '' : ` (${reason})`;
  const lines = [`Task '${last?.task}' failed${tries}${why}: ${thrownText(error)}`];
  const shown = [...chain].reverse();
  shown.forEach((link, index) => {
    if (shown.length > mostLinksShown) {
      if (index === mostLinksShown / 2) lines.push(`    … ${shown.length - mostLinksShown} more calls`);
      if (index >= mostLinksShown / 2 && index < shown.length - mostLinksShown / 2) return;
    }
    const where = link.place === undefined ? '' : `, called at ${placeText(link.place, { whole: true })}`;
    lines.push(`    ${index === 0 ? 'in' : 'needed by'} ${link.text}${where}`);
  });
  if (others > 0) lines.push(`  and ${others} more ${others === 1 ? 'call' : 'calls'} failed: see 'others'`);
  return lines.join('\n');
}
