/**
 * Several inputs as one, in the order in which their items come.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { isPullable, openSource, type Pullable } from './open-source.ts';

/**
 * Joins inputs: gives each of their items once, as it comes.
 *
 * - **Order:** the items of one input stay in order. Inputs that always have an item take turns.
 * - **Bound:** of each input one item is asked for ahead, and only while results are asked for.
 * - **Failure:** the first error of an input is thrown, and closes the others.
 * - **Leaving early:** closes all inputs.
 *
 * @throws {TypeError} At once, if one of them cannot be iterated.
 *
 * @example
 * ```ts
 * import { merge } from 'heddle';
 * const merged = merge([1, 2], ['a', 'b', 'c']);
 * assert.deepEqual(await Array.fromAsync(merged), [1, 'a', 2, 'b', 'c']);
 * ```
 */
export function merge<Inputs extends readonly Pullable<unknown>[]>(
  ...inputs: Inputs
): AsyncGenerator<Inputs[number] extends Pullable<infer Item> ? Item : never, void, undefined> {
  for (const input of inputs) {
    if (!isPullable(input)) {
      throw new TypeError(`Cannot merge what cannot be iterated: received ${inspectShort(input)}`);
    }
  }
  return merging(inputs) as never;
}

interface Answer {
  readonly source: AsyncIterator<unknown, unknown>;
  readonly step: IteratorResult<unknown, unknown> | undefined;
  /** Instead of a step. */
  readonly error?: unknown;
}

async function* merging(inputs: readonly Pullable<unknown>[]): AsyncGenerator<unknown, void, undefined> {
  /** Those that have not ended. */
  const open = new Set<AsyncIterator<unknown, unknown>>();
  /** What came and was not given on yet. */
  const answers: Answer[] = [];
  let wake: () => void = () => undefined;
  /** Those that were asked and have not answered. */
  const asked = new Set<AsyncIterator<unknown, unknown>>();
  const answered = (answer: Answer): void => {
    asked.delete(answer.source);
    answers.push(answer);
    wake();
  };
  const ask = (source: AsyncIterator<unknown, unknown>): void => {
    asked.add(source);
    source.next().then(
      (step) => answered({ source, step }),
      (error: unknown) => answered({ source, step: undefined, error }),
    );
  };
  try {
    for (const input of inputs) open.add(openSource(input));
    for (const source of open) ask(source);
    while (open.size > 0) {
      const answer = answers.shift();
      if (answer === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const { source, step } = answer;
      if (step === undefined) {
        // What has thrown is not closed.
        open.delete(source);
        throw answer.error;
      }
      if (step.done === true) open.delete(source);
      else {
        yield step.value;
        ask(source);
      }
    }
  } finally {
    await Promise.all(Array.from(open, async (source) => await leave(source, asked.has(source))));
  }
}

/** @param isAsked - and may never answer: then nobody waits for its end either */
async function leave(source: AsyncIterator<unknown, unknown>, isAsked: boolean): Promise<void> {
  const left = source.return?.();
  if (isAsked) left?.catch(() => undefined);
  else await left;
}
