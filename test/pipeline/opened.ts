/**
 * Pipelines for tests, which are gone when the test is over.
 */

import { onTestFinished } from 'vitest';
import type { Pipeline } from '../../src/index.ts';

/** Disposes of a pipeline when the test is over, however it ends. */
export function kept<Input, Output>(pipeline: Pipeline<Input, Output>): Pipeline<Input, Output> {
  onTestFinished(() => pipeline.dispose());
  return pipeline;
}

/** The integers from 0. */
export function* upTo(end = Number.POSITIVE_INFINITY): Generator<number, void, undefined> {
  for (let n = 0; n < end; n++) yield n;
}

/** The same, later. */
export async function* upToLater(end = Number.POSITIVE_INFINITY): AsyncGenerator<number, void, undefined> {
  for (let n = 0; n < end; n++) {
    await Promise.resolve();
    yield n;
  }
}

/** The results, and then what was thrown. */
export async function outcomeOf(results: AsyncIterable<unknown>): Promise<readonly [unknown[], unknown]> {
  const given: unknown[] = [];
  try {
    for await (const result of results) given.push(result);
  } catch (error) {
    return [given, error];
  }
  return [given, undefined];
}
