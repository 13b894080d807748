/**
 * Which package a file belongs to.
 *
 * A file under `node_modules` belongs to the package whose folder it is in there; any other to the nearest folder above
 * it whose `package.json` has a name: those without one only tell Node.js how to load what is beside them. Asked with real
 * paths, a package that is linked into `node_modules` is where its source is. What was read is kept until `forget`.
 */

import { once } from '../base/once.ts';

/** A package. */
export interface PackageScope {
  /** Its folder: a real path. */
  readonly root: string;
  readonly name: string;
  /** Empty if its `package.json` has none. */
  readonly version: string;
  /** Whether it was installed, as opposed to being worked on. */
  readonly isInstalled: boolean;
}

const fs = once(() => process.getBuiltinModule('node:fs'));
const path = once(() => process.getBuiltinModule('node:path'));

/** The folder of a package in `node_modules`; both kinds of slashes, for Windows. */
const installed = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/;

/** Finds packages, and remembers them. */
export class PackageScopes {
  readonly #ofFolder = new Map<string, PackageScope | undefined>();
  readonly #ofRoot = new Map<string, PackageScope | undefined>();

  /**
   * Finds the package of a file.
   *
   * @param file - a real path; the file need not exist
   * @returns `undefined` if no `package.json` above it has a name
   */
  of(file: string): PackageScope | undefined {
    const folder = path().dirname(file);
    if (this.#ofFolder.has(folder)) return this.#ofFolder.get(folder);
    const match = installed.exec(folder);
    if (match !== null) return this.at(match[0]);
    const scope = this.#read(folder) ?? (path().dirname(folder) === folder ? undefined : this.of(folder));
    this.#ofFolder.set(folder, scope);
    return scope;
  }

  /** The package in a folder, named as its folder is if its `package.json` does not tell. @param root - a real path */
  at(root: string): PackageScope {
    return (
      this.#read(root) ?? {
        root,
        name: path().basename(root),
        version: '',
        isInstalled: installed.test(root),
      }
    );
  }

  /** Lets go of what was read. */
  forget(): void {
    this.#ofFolder.clear();
    this.#ofRoot.clear();
  }

  /** The package in a folder, if there is one and it has a name. */
  #read(root: string): PackageScope | undefined {
    if (this.#ofRoot.has(root)) return this.#ofRoot.get(root);
    const { name, version } = readPackage(path().join(root, 'package.json'));
    const scope =
      typeof name === 'string' && name !== ''
        ? {
            root,
            name,
            version: typeof version === 'string' ? version : '',
            isInstalled: installed.test(root),
          }
        : undefined;
    this.#ofRoot.set(root, scope);
    return scope;
  }
}

/** What a `package.json` says; nothing if it is not there, or is no JSON. */
function readPackage(file: string): { readonly name?: unknown; readonly version?: unknown } {
  try {
    const data: unknown = JSON.parse(fs().readFileSync(file, 'utf8'));
    return typeof data === 'object' && data !== null ? data : {};
  } catch {
    return {};
  }
}
