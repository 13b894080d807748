/**
 * What is compared in a cell: what it has and what it should have, as data that are equal if all is well.
 */

import { isDeepStrictEqual } from 'node:util';
import { CallFailedError, type Executor } from '../../src/index.ts';
import type { Observed, RunOutcome } from './cell.ts';
import { pictureOf } from './picture.ts';
import type { Setting } from './settings.ts';
import type { Expected, Workflow } from './workflows.ts';

export interface Comparison {
  readonly received: unknown;
  readonly wanted: unknown;
}

/** Compares with what is written down. */
export function withExpected({ outcome }: Observed, expected: Expected): Comparison {
  if ('value' in expected) return { received: drawn(outcome), wanted: drawn({ value: expected.value }) };
  const { reason, message } = expected;
  const wanted = { reason, message: `matches ${String(message)}` };
  if (!('error' in outcome) || !(outcome.error instanceof CallFailedError))
    return { received: drawn(outcome), wanted };
  const { error } = outcome;
  const text = message.test(error.message) ? wanted.message : error.message;
  return { received: { reason: error.reason, message: text }, wanted };
}

/** Compares with the run in this thread, or with what the workflow says of other places. */
export function withInline(
  observed: Observed,
  inline: Observed,
  { slots = 1, elsewhere }: Workflow,
  { where }: Setting,
  executor: Executor,
): Comparison {
  const { outcome } = observed;
  if (slots > executor.slots) {
    const { name } = ('error' in outcome ? outcome.error : {}) as { readonly name?: string };
    return { received: name, wanted: 'RangeError' };
  }
  const here = { received: [drawn(outcome), observed.told], wanted: [drawn(inline.outcome), inline.told] };
  if (elsewhere === undefined || where === 'here') return here;
  // Where some calls run here, it depends on which.
  return where === 'both' && isDeepStrictEqual(here.received, here.wanted)
    ? here
    : withExpected(observed, elsewhere);
}

/**
 * Draws an outcome. The values of a list are drawn one by one: within a thread instances are passed as they are, so two
 * results may be the same one.
 */
function drawn(outcome: RunOutcome): readonly string[][] {
  if (!('value' in outcome) || !Array.isArray(outcome.value)) return [pictureOf(outcome)];
  return [['a list'], ...outcome.value.map(pictureOf)];
}
