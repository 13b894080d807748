/**
 * What a command is to run or to draw: a delayed value that a module exports, or what a function of it gives.
 */

import { jsonOrText } from './json-or-text.ts';
import { importFile, splitExport } from './open-cache-here.ts';

/**
 * Imports `./pipeline.ts#report`, and calls it if it is a task or another function.
 *
 * @param args - each as JSON, or as the text that it is
 * @throws {Error} If the module has no such export, or it takes no arguments.
 */
export async function targetOf(what: string, args: readonly string[]): Promise<unknown> {
  const { module, name } = splitExport(what);
  const exports = await importFile(module);
  if (!Object.hasOwn(exports, name)) {
    const there = Object.keys(exports);
    throw new Error(
      `Cannot find '${name}' as the module does not export it: received '${what}'` +
        (there.length === 0 ? '' : `\n  it exports ${there.map((found) => `'${found}'`).join(', ')}`),
    );
  }
  const { isDelayed } = await import('../index.ts');
  const found = exports[name];
  if (typeof found === 'function' && !isDelayed(found)) {
    const given: unknown = (found as (...given: unknown[]) => unknown)(...args.map(jsonOrText));
    // A delayed value is nothing to wait for.
    return isDelayed(given) ? given : await given;
  }
  if (args.length > 0) {
    throw new Error(`Cannot give arguments to '${name}' as it is no function: received '${args.join(' ')}'`);
  }
  return found;
}
