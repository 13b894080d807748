/**
 * The contract of executors, as cases that any test framework can run.
 *
 * An executor that passes them all gives the same values as heddle's own. A case fails by throwing.
 */

import assert from 'node:assert/strict';
import type { Executor } from '../executor/executor.ts';
import { mapCases } from './contract/map-cases.ts';
import { runCases } from './contract/run-cases.ts';
import { sessionCases } from './contract/session-cases.ts';
import { submitCases } from './contract/submit-cases.ts';

/** An executor on trial. */
export interface ContractSubject {
  /** Opens a fresh one, with two slots. The case that asked for it disposes of it. */
  open(): Executor | Promise<Executor>;
}

/** One thing that the contract demands. */
export interface ContractCase {
  /** What it demands, as a sentence: the symbol, then the fact. */
  readonly name: string;
  /** @throws {AssertionError} If the executor does otherwise. */
  run(): Promise<void>;
}

/** A case before it is told which executor is on trial. @internal */
export type CaseBody = (executor: Executor) => Promise<void>;

/**
 * Gives the contract's cases for an executor. Give each its own time limit: a broken executor may never
 * settle.
 *
 * @example
 * ```ts
 * import { openInline } from 'heddle';
 * import { executorContract } from 'heddle/testing';
 * const cases = executorContract({ open: () => openInline({ concurrency: 2 }) });
 * for (const { run } of cases) await run();
 * assert.ok(cases.length > 20);
 * ```
 */
export function executorContract({ open }: ContractSubject): readonly ContractCase[] {
  const bodies: Readonly<Record<string, CaseBody>> = {
    ...submitCases,
    ...mapCases,
    ...runCases,
    ...sessionCases,
  };
  return Object.entries(bodies).map(([name, body]) => ({
    name,
    run: async () => {
      const executor = await open();
      try {
        assert.equal(executor.slots, 2, 'the executor on trial must have two slots');
        await body(executor);
      } finally {
        await executor.dispose();
      }
    },
  }));
}
