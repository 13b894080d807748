/**
 * Making heddle's own tasks. They run in the host, at once, whatever the executor, and displays leave
 * them out.
 */

import { once } from '../base/once.ts';
import { paramsOf } from './params.ts';
import { registerBuiltin } from './registry.ts';
import type { BuiltinTraits, TaskCore } from './task-core.ts';

export interface BuiltinOptions extends Partial<Omit<BuiltinTraits, 'isStep'>> {
  /** Whether arguments are taken as they are. */
  readonly byReference?: boolean;
}

/**
 * Makes one of heddle's own tasks.
 *
 * @param name - unique among them: a graph that comes back from a worker names it
 * @internal
 */
export function coreOfBuiltin(
  name: string,
  fn: (...args: never[]) => unknown,
  { reads = false, takesList = false, byReference = false, isOutside = false }: BuiltinOptions = {},
): TaskCore {
  const params = once(() => paramsOf(fn));
  const core: TaskCore = {
    name,
    fn,
    hints: Object.freeze(byReference ? { byReference } : {}),
    // Read when asked for: there are dozens of these tasks, and most programs use a few.
    get params() {
      return params();
    },
    site: undefined,
    module: undefined,
    builtin: { reads, takesList, isStep: false, isOutside },
    givesFailures: false,
    stateful: undefined,
  };
  registerBuiltin(core);
  return core;
}
