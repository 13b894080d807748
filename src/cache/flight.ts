/**
 * A call that is being computed, and those who wait for the same.
 */

import type { AttemptFailure } from '../task/outcome.ts';

/** How a flight ended. `gone`: whoever computed it gave up, so that somebody else has to. */
export type FlightEnd =
  | { readonly is: 'success'; readonly bytes: Uint8Array }
  | { readonly is: 'failure'; readonly failure: Omit<AttemptFailure, 'is'> }
  | { readonly is: 'gone' };

export class Flight {
  /** Who computes it: a run, or a chain of functions that call each other. */
  readonly owner: object;
  /** Whether the call has returned a graph that is computed now, in which equal calls may stand. */
  isForwarded = false;
  #waiting: ((end: FlightEnd) => void)[] = [];
  #end: FlightEnd | undefined;
  /** Settles when what came of it is kept; `undefined` if it is, or is not on its way yet. */
  kept: Promise<void> | undefined;

  /** Whether other processes were told that it is computed here. */
  isClaimed = false;
  /** See `Caller.isUnseen`. */
  readonly isUnseen: boolean;

  constructor(owner: object, isUnseen: boolean | undefined) {
    this.owner = owner;
    this.isUnseen = isUnseen === true;
  }

  /** How it ended; `undefined` while it goes on. */
  get ended(): FlightEnd | undefined {
    return this.#end;
  }

  wait(): Promise<FlightEnd> {
    if (this.#end !== undefined) return Promise.resolve(this.#end);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Tells all who wait. Once. */
  end(end: FlightEnd): void {
    this.#end = end;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const tell of waiting) tell(end);
  }
}
