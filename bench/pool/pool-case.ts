/**
 * What a contender is put through, in a process of its own.
 */

import type { OpenPool } from './contender.ts';

/** What one process measured, by name. */
export type Measures = Readonly<Record<string, number>>;

/** How a case is measured. */
export interface CaseSettings {
  readonly quick: boolean;
  /** Opens the contender with so many workers. Whoever opens closes. */
  readonly open: (workers: number) => Promise<OpenPool>;
  readonly moves: boolean;
}

/** Puts a contender through one case. It throws if a value is wrong. */
export type PoolCase = (settings: CaseSettings) => Promise<Measures>;

/** On how many workers contenders are compared. */
export const workerCount = 2;

/** @throws {Error} If the value is wrong: how fast it was would mean nothing. */
export function checkValue(value: unknown, expected: unknown): void {
  if (value !== expected) {
    throw new Error(
      `Cannot quote a figure as a value is wrong: received ${String(value)}, not ${String(expected)}`,
    );
  }
}
