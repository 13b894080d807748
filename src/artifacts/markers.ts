/**
 * Arguments that say whether they are artifacts: `artifact('x')`, which must be one, and `literal('x')`, which never is.
 *
 * Both are delayed values, so they go wherever such may stand, also inside data: a run computes the first with the source
 * that it has, the second is its text. Leaves to others where artifacts come from.
 */

import { siteAbove } from '../base/site.ts';
import { buildCall } from '../task/build-call.ts';
import { coreOfBuiltin } from '../task/builtin.ts';
import type { Call } from '../task/call.ts';
import { callOf, isDelayed } from '../task/delayed.ts';
import type { TaskCore } from '../task/task-core.ts';
import type { Delayed } from '../task/types.ts';

/** The task of an artifact that is named. A run with a source loads it in the place of this function. @internal */
export const artifactCore: TaskCore = coreOfBuiltin(
  'artifact',
  (name: string): never => {
    throw new TypeError(
      `Cannot load artifact '${name}' as there is no source of artifacts\n  run(x, { source }) gives one, or options({ source }) of a cadet`,
    );
  },
  { isOutside: true },
);

/** The task of a text that stays as it is. @internal */
export const literalCore: TaskCore = coreOfBuiltin('literal', (text: string) => text);

/**
 * Stands for the value of an artifact: in the argument of a cadet or of a call in a graph, also inside lists and records.
 *
 * What is there at run time is not checked: the type is what you say it is, and without one it fits everywhere.
 *
 * - **Failure:** where the source has no artifact of the name, or cannot load it, the call fails.
 *
 * @throws {TypeError} If the name is no text, or empty.
 *
 * @example
 * ```ts
 * import { artifact } from 'heddle/artifacts';
 * import { run, task } from 'heddle';
 * const count = task((features: readonly string[]) => features.length);
 * const source = new Map([['features', ['a', 'b', 'c']]]);
 * assert.equal(await run(count(artifact('features')), { source }), 3);
 * ```
 */
export function artifact<Value = never>(name: string): Delayed<Value> {
  checkText(name, 'name an artifact');
  if (name === '') throw new TypeError("Cannot name an artifact as its name is empty: received ''");
  return buildCall(artifactCore, [name], siteAbove(artifact)) as Delayed<Value>;
}

/**
 * Stands for a text that is never taken for the name of an artifact.
 *
 * @throws {TypeError} If it is no text.
 *
 * @example
 * ```ts
 * import { literal } from 'heddle/artifacts';
 * import { run, task } from 'heddle';
 * const say = task((text: string) => `say ${text}`);
 * const source = new Map([['features', 'artifact']]);
 * assert.equal(await run(say('features'), { source }), 'say artifact');
 * assert.equal(await run(say(literal('features')), { source }), 'say features');
 * ```
 */
export function literal(text: string): Delayed<string> {
  checkText(text, 'take a text as it is');
  return buildCall(literalCore, [text], siteAbove(literal)) as Delayed<string>;
}

function checkText(text: unknown, doing: string): void {
  if (typeof text === 'string') return;
  throw new TypeError(`Cannot ${doing} as it must be a string: received ${typeof text}`);
}

/** What a marker says; `undefined` for what is none. @internal */
export type Marker = { readonly is: 'artifact' | 'literal'; readonly text: string };

/** Reads a marker. @internal */
export function markerOf(value: unknown): Marker | undefined {
  return isDelayed(value) ? markerOfCall(callOf(value)) : undefined;
}

function markerOfCall({ task, args }: Call): Marker | undefined {
  const is = task.name === artifactCore.name ? 'artifact' : 'literal';
  // Another copy of the library may have made it.
  if (task.builtin === undefined || (is === 'literal' && task.name !== literalCore.name)) return undefined;
  return { is, text: args[0] as string };
}
