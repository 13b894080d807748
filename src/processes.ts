/**
 * Parallel loops over child processes.
 */

import { type Pqdm, pqdmOver } from './parallel/pqdm.ts';

export type { Pqdm, PqdmOptions } from './parallel/pqdm.ts';

/**
 * Applies a task to each input on child processes, with a bar on stderr where that is a terminal.
 *
 * @example
 * ```ts
 * import { tasks } from 'heddle';
 * import { pqdm } from 'heddle/processes';
 * const { square } = tasks(import.meta, { square: (x: number) => x * x });
 * if (import.meta.main) {
 *   const results = pqdm([1, 2, 3, 4, 5], square, 2, { exceptionBehaviour: 'immediate', desc: 'squares' });
 *   assert.deepEqual(await results.toArray(), [1, 4, 9, 16, 25]);
 * }
 * ```
 */
export const pqdm: Pqdm = pqdmOver('processes');
