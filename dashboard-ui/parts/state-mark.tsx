/**
 * The state of a call: its letter, and its word.
 */

import type { ComponentChild } from 'preact';
import { isFailed, stateLooks } from '../../src/observe/calls/call-state.ts';

export function StateMark({ state }: { readonly state: number }): ComponentChild {
  const look = stateLooks[state];
  return (
    <span class={isFailed(state) ? 'failed' : ''}>
      <span class="state" aria-hidden="true">
        {look?.letter}
      </span>
      {look?.name}
    </span>
  );
}
