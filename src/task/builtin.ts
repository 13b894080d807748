/**
 * Making heddle's own tasks. They run in the host, at once, whatever the executor, and displays leave
 * them out.
 */

import { checkHints } from './hints.ts';
import { paramsOf } from './params.ts';
import type { BuiltinTraits, TaskCore } from './task-core.ts';

/** Makes one of heddle's own tasks. @internal */
export function coreOfBuiltin(
  name: string,
  fn: (...args: never[]) => unknown,
  { reads = false, takesList = false }: Partial<BuiltinTraits> = {},
): TaskCore {
  return {
    name,
    fn,
    hints: checkHints({}, `task '${name}'`),
    params: paramsOf(fn),
    site: undefined,
    module: undefined,
    builtin: { reads, takesList },
    givesFailures: false,
  };
}
