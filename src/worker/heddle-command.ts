/**
 * How heddle's own command is started on another machine that has the same files.
 */

/** Node.js and the module of the command, which has the extension of this very file; arguments follow. */
export function heddleCommand(): readonly [string, ...string[]] {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const path = process
    .getBuiltinModule('node:url')
    .fileURLToPath(new URL(`../cli/main${extension}`, import.meta.url));
  return [process.execPath, path];
}
