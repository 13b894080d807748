/**
 * Who a module is: its package, and its path inside it. It stays the same when the folder of the package is moved, or is
 * on another machine.
 */

import { once } from '../base/once.ts';
import { digestOfText } from '../codec/canonical/byte-digest.ts';
import { PackageScopes } from './package-scopes.ts';

/** Who a module is. */
export interface ModuleIdentity {
  /** The name of its package. Empty if it is in none that has a name. */
  readonly package: string;
  /** From the folder of its package, with `/`; else from the root of the file system, or what else its URL says. */
  readonly path: string;
  /** Both as one, different for different modules: `my-app/src/tasks.ts`; a URL if there is no package. */
  readonly text: string;
}

const fs = once(() => process.getBuiltinModule('node:fs'));
const nodePath = once(() => process.getBuiltinModule('node:path'));
const url = once(() => process.getBuiltinModule('node:url'));

/**
 * Tells who a module is.
 *
 * The package is the nearest one above the file that has a name. Without one the text is the URL of the file, which another
 * folder or machine does not share. Links are followed, and what is behind `?` or `#` is left out. Of `data:` URLs, the
 * text has the digest. **Cost:** it reads each `package.json` above the file, up to the one that has a name.
 *
 * @throws {TypeError} If it is no URL.
 */
export function moduleIdentity(moduleUrl: string): ModuleIdentity {
  return identityIn(new PackageScopes(), moduleUrl);
}

/** The same, with packages that were read before. */
export function identityIn(scopes: PackageScopes, moduleUrl: string): ModuleIdentity {
  const { protocol, pathname } = parseUrl(moduleUrl);
  if (protocol === 'data:') return { package: '', path: pathname, text: `data:${digestOfText(moduleUrl)}` };
  if (protocol !== 'file:') return { package: '', path: pathname, text: moduleUrl };
  const file = realPathOf(moduleUrl);
  const scope = scopes.of(file);
  if (scope === undefined) {
    const { href } = url().pathToFileURL(file);
    return { package: '', path: posix(file), text: href };
  }
  const path = posix(nodePath().relative(scope.root, file));
  return { package: scope.name, path, text: `${scope.name}/${path}` };
}

/** Where a `file:` URL leads, links followed; what it says itself if nothing is there. */
export function realPathOf(fileUrl: string): string {
  const { protocol, host, pathname } = new URL(fileUrl);
  const path = url().fileURLToPath(`${protocol}//${host}${pathname}`);
  try {
    return fs().realpathSync.native(path);
  } catch {
    return path.replace(/^[a-z]:/, (drive) => drive.toUpperCase());
  }
}

/** @throws {TypeError} If it is no URL. */
export function parseUrl(moduleUrl: string): URL {
  const parsed = URL.parse(moduleUrl);
  if (parsed !== null) return parsed;
  throw new TypeError(
    `Cannot tell the source of a module as its URL cannot be read: received '${moduleUrl}'\n` +
      '  give import.meta.url',
  );
}

/** A path of any system, with `/`. */
export function posix(path: string): string {
  return nodePath().sep === '\\' ? path.replaceAll('\\', '/') : path;
}
