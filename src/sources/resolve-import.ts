/**
 * What a module would get if it imported something, without importing it: `import.meta.resolve` of any module, not only of
 * this one.
 *
 * It is Node.js that resolves, with the conditions this process was started with, and whatever loaders are registered
 * here. `import.meta.resolve` takes a module to start from only with a flag, and `require.resolve` has other conditions;
 * but a hook may tell Node.js where to start from. The hook is there no longer than the question takes.
 */

/** What is asked for in place of the name, so that the hook has to do with nothing else. */
const question = 'heddle:resolve';

/**
 * Resolves a name as in `import '…'`.
 *
 * @param from - the path of the module that imports it
 * @returns a URL; of a file that may be missing
 * @throws {Error} As Node.js does, if there is no such package.
 */
export function resolveImport(specifier: string, from: string): string {
  const { registerHooks } = process.getBuiltinModule('node:module');
  const { pathToFileURL } = process.getBuiltinModule('node:url');
  const hooks = registerHooks({
    resolve: (asked, context, next) =>
      asked === question
        ? next(specifier, { ...context, parentURL: pathToFileURL(from).href })
        : next(asked, context),
  });
  try {
    return import.meta.resolve(question);
  } finally {
    hooks.deregister();
  }
}
