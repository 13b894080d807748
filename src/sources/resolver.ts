/**
 * Which file or package a module means by what it imports.
 *
 * Packages are found by Node.js itself, in the way of this process: by `resolve-import.ts`.
 * Relative paths are taken as Node.js takes them and, where that finds nothing, as loaders of TypeScript and bundlers do:
 * './x.js' may be './x.ts', and './x' may lack its extension, or be a folder with an index. What a loader makes of other
 * names, such as aliases of `tsconfig.json`, is not known here. What was found is kept until `forget`.
 */

import { once } from '../base/once.ts';
import { isOwn } from './own-package.ts';
import type { PackageScope, PackageScopes } from './package-scopes.ts';
import type { ImportRequest, RequestKind } from './read-imports.ts';
import { resolveImport } from './resolve-import.ts';

/** What was meant. */
export type Target =
  | { readonly kind: 'file'; readonly path: string; readonly isAsset: boolean }
  | { readonly kind: 'package'; readonly scope: PackageScope }
  /** It does not count: a module of Node.js, or one whose address is its content. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unknown'; readonly reason: string };

const fs = once(() => process.getBuiltinModule('node:fs'));
const nodeModule = once(() => process.getBuiltinModule('node:module'));
const nodePath = once(() => process.getBuiltinModule('node:path'));
const url = once(() => process.getBuiltinModule('node:url'));

const nothing: Target = { kind: 'nothing' };

/** By which extensions of TypeScript a file of JavaScript may be meant. */
const written: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
  '.jsx': ['.tsx'],
};
const extensions = ['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.jsx', '.json'];

/** Resolves what modules ask for, and remembers it. */
export class Resolver {
  readonly #scopes: PackageScopes;
  readonly #packages = new Map<string, PackageScope | undefined>();
  /** What was asked for from a folder: modules beside each other mostly ask for the same. */
  readonly #ofFolder = new Map<string, Map<string, Target>>();
  /** By path as it was asked for; of assets, behind a mark. */
  readonly #files = new Map<string, Target>();
  /** Real paths of folders. */
  readonly #folders = new Map<string, string>();

  constructor(scopes: PackageScopes) {
    this.#scopes = scopes;
  }

  /**
   * Says what a module means by what it asks for.
   *
   * @param from - the real path of the module
   */
  resolve(requests: readonly ImportRequest[], from: string): readonly Target[] {
    const folder = nodePath().dirname(from);
    let known = this.#ofFolder.get(folder);
    if (known === undefined) this.#ofFolder.set(folder, (known = new Map<string, Target>()));
    const targets: Target[] = [];
    for (const request of requests) {
      const { specifier, kind } = request;
      const key = kind === 'import' ? specifier : `${kind}\0${specifier}`;
      let target = known.get(key);
      if (target === undefined) known.set(key, (target = this.#tryResolve(request, from)));
      if (target.kind !== 'nothing') targets.push(target);
    }
    return targets;
  }

  /**
   * Says what a file is: one that counts by its content, or a part of a package that counts by its version.
   *
   * @param path - a real path
   */
  targetAt(path: string, isAsset: boolean): Target {
    if (isOwn(path)) {
      const scope = this.#scopes.of(path);
      if (scope !== undefined) return { kind: 'package', scope };
    }
    if (path.includes('node_modules')) {
      const scope = this.#scopes.of(path);
      if (scope?.isInstalled) return { kind: 'package', scope };
    }
    return { kind: 'file', path, isAsset };
  }

  /** Lets go of what was found. */
  forget(): void {
    this.#packages.clear();
    this.#ofFolder.clear();
    this.#files.clear();
    this.#folders.clear();
  }

  /** Folders may be closed to us. */
  #tryResolve(request: ImportRequest, from: string): Target {
    try {
      return this.#resolveOne(request, from);
    } catch (error) {
      return unknown(`imports '${request.specifier}', which cannot be looked at: ${String(error)}`);
    }
  }

  #resolveOne(request: ImportRequest, from: string): Target {
    const { specifier, kind } = request;
    if (kind === 'beside' || /^(?:\.{0,2}\/|\.{1,2}$|file:)/.test(specifier))
      return this.#relative(request, from);
    if (nodeModule().isBuiltin(specifier) || /^(?:data|node):/.test(specifier)) return nothing;
    if (/^[a-z][a-z\d+.-]+:/i.test(specifier)) return unknown(`imports '${specifier}', which is no file`);
    return this.#resolveBare(request, from);
  }

  #relative({ specifier, kind }: ImportRequest, from: string): Target {
    const wanted = pathOf(specifier, kind, from);
    if (wanted === undefined) return unknown(`imports '${specifier}', which is no path`);
    const isAsset = kind === 'asset';
    const key = isAsset ? `asset ${wanted}` : wanted;
    let target = this.#files.get(key);
    if (target !== undefined) return target;
    const path = this.#findFile(wanted, kind !== 'beside');
    if (path !== undefined) this.#files.set(key, (target = this.targetAt(path, isAsset)));
    const verb = kind === 'beside' ? 'names' : 'imports';
    return target ?? unknown(`${verb} '${specifier}', which is ${isFolder(wanted) ? 'a folder' : 'missing'}`);
  }

  #resolveBare({ specifier, kind }: ImportRequest, from: string): Target {
    const name = /^(?:@[^/]+\/)?[^/#][^/]*/.exec(specifier)?.[0];
    const scope = name === undefined ? undefined : this.#packageOf(name, from);
    if (scope?.isInstalled) return { kind: 'package', scope };
    try {
      if (kind === 'require') {
        const found = nodeModule().createRequire(from).resolve(specifier);
        return this.targetAt(fs().realpathSync.native(found), false);
      }
      const found = resolveImport(specifier, from);
      if (nodeModule().isBuiltin(found)) return nothing;
      // Node.js does not look whether it is there.
      const path = this.#findFile(url().fileURLToPath(found), true);
      if (path !== undefined) return this.targetAt(path, kind === 'asset');
      return unknown(`imports '${specifier}', which is missing`);
    } catch {
      // heddle's own, before it is built.
      if (scope !== undefined && isOwn(nodePath().join(scope.root, 'src', 'index.ts')))
        return { kind: 'package', scope };
      return unknown(`imports '${specifier}', which cannot be found`);
    }
  }

  /** The real path of the file that a path means. @param isLoose - whether extensions may differ, as loaders have it */
  #findFile(wanted: string, isLoose: boolean): string | undefined {
    const found = this.#realFile(wanted);
    if (found !== undefined || !isLoose) return found;
    for (const other of otherPaths(wanted)) {
      const path = this.#realFile(other);
      if (path !== undefined) return path;
    }
    return undefined;
  }

  /** The real path of a file; `undefined` if there is none. To ask for that of each folder once saves a third of the time. */
  #realFile(path: string): string | undefined {
    const stats = fs().lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isFile()) {
      const folder = nodePath().dirname(path);
      let real = this.#folders.get(folder);
      if (real === undefined) this.#folders.set(folder, (real = fs().realpathSync.native(folder)));
      return nodePath().join(real, nodePath().basename(path));
    }
    if (!stats?.isSymbolicLink()) return undefined;
    const isFile = fs().statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
    return isFile ? fs().realpathSync.native(path) : undefined;
  }

  /** The package of a name; `undefined` if there is none. */
  #packageOf(name: string, from: string): PackageScope | undefined {
    const key = `${name} ${nodePath().dirname(from)}`;
    if (this.#packages.has(key)) return this.#packages.get(key);
    let scope: PackageScope | undefined;
    try {
      const file = nodeModule().findPackageJSON(name, from);
      if (file !== undefined) scope = this.#scopes.at(nodePath().dirname(fs().realpathSync.native(file)));
    } catch {
      // Not installed; or an alias, which only a loader knows.
    }
    this.#packages.set(key, scope);
    return scope;
  }
}

/** The path that a relative one or a URL says; `undefined` if it says none. */
function pathOf(specifier: string, kind: RequestKind, from: string): string | undefined {
  // In CommonJS a path is one, with `%20` and `?` in it. Elsewhere it is a URL, but most are paths all the same.
  const isPath = kind === 'require' ? !specifier.startsWith('file:') : /^\.{1,2}\/[\w./-]*$/.test(specifier);
  if (isPath) return nodePath().resolve(nodePath().dirname(from), specifier);
  try {
    return url().fileURLToPath(new URL(specifier, url().pathToFileURL(from)));
  } catch {
    return undefined;
  }
}

function unknown(reason: string): Target {
  return { kind: 'unknown', reason };
}

/** The paths that loaders of TypeScript and bundlers try where there is none as it is written. */
function otherPaths(wanted: string): readonly string[] {
  const extension = nodePath().extname(wanted);
  const stem = wanted.slice(0, wanted.length - extension.length);
  return [
    ...(written[extension] ?? []).map((other) => stem + other),
    ...extensions.map((other) => wanted + other),
    ...extensions.map((other) => nodePath().join(wanted, `index${other}`)),
  ];
}

function isFolder(path: string): boolean {
  return fs().statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
