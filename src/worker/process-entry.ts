/**
 * Where the module is with which worker processes begin.
 */

/** It has the extension of this very file, which is TypeScript in `src/worker/`, and JavaScript in `dist/chunks/`. */
export function processEntryPath(): string {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return process
    .getBuiltinModule('node:url')
    .fileURLToPath(new URL(`../worker/inside/process-main${extension}`, import.meta.url));
}
