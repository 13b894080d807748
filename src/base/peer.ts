/**
 * Packages that a program installs itself if it wants them: loaded when they are used, and named with the mend if they are
 * not there.
 *
 * The error is the same however the package is loaded. One that is there and fails by itself fails as it does.
 */

import { HeddleError } from './errors.ts';

/** A package that is needed for what was asked is not installed. */
export class MissingPackageError extends HeddleError {
  override readonly name: string = 'MissingPackageError';
  /** The package. */
  readonly packageName: string;
  constructor(packageName: string, verb: string, options?: ErrorOptions) {
    super(
      'HEDDLE_MISSING_PACKAGE',
      `Cannot ${verb} as the package '${packageName}' is not installed\n  npm install ${packageName}`,
      options,
    );
    this.packageName = packageName;
  }
}

/**
 * Loads a package.
 *
 * @param load - imports it, by its name written out, so that tools see it. What every program contains adds `.catch(fail)`:
 *   esbuild takes this for a sign that the package may not be there, and refuses to bundle the program otherwise
 * @param verb - what it is needed for: `write Arrow`
 * @throws {MissingPackageError} If it is not installed.
 */
export async function importPeer<Module>(
  packageName: string,
  verb: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    throw isMissing(cause, packageName) ? new MissingPackageError(packageName, verb, { cause }) : cause;
  }
}

/** Passes an error on. */
export function fail(error: unknown): never {
  throw error;
}

/**
 * Loads a package at once, without waiting. It is the very module that `import` gives, so its classes are the same.
 *
 * @param verb - what it is needed for: `write Arrow`
 * @throws {MissingPackageError} If it is not installed.
 */
export function requirePeer(packageName: string, verb: string): unknown {
  try {
    const { createRequire } = process.getBuiltinModule('node:module');
    const { fileURLToPath } = process.getBuiltinModule('node:url');
    // By its path: by its name `require` may find a second build of it, with classes of its own.
    return createRequire(import.meta.url)(fileURLToPath(import.meta.resolve(packageName)));
  } catch (cause) {
    throw isMissing(cause, packageName) ? new MissingPackageError(packageName, verb, { cause }) : cause;
  }
}

/** Whether it is this package that was not found, not one that it needs. */
function isMissing(error: unknown, packageName: string): boolean {
  const { code, message = '' } = error as { readonly code?: unknown; readonly message?: string };
  const isNotFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return isNotFound && message.includes(`'${packageName}'`);
}
