/**
 * The version of a module by its source: a digest that changes when the module changes, or anything that it imports.
 *
 * Promises to see what imports say in the text. Does not see what is only known when the program runs, such as
 * `import(name)`, files that are read, or variables of the environment; of the first it tells. Leaves to others which
 * task is in the module, and where manifests are kept.
 */

import { once } from '../base/once.ts';
import { digestOfText } from '../codec/canonical/byte-digest.ts';
import { nameOfFile } from './changes-between.ts';
import { identityIn, parseUrl, posix, realPathOf } from './module-identity.ts';
import { type PackageScope, PackageScopes } from './package-scopes.ts';
import { Resolver, type Target } from './resolver.ts';
import { SourceFiles } from './source-files.ts';
import {
  buildManifest,
  type SourceFile,
  type SourceManifest,
  type UnknownSource,
} from './source-manifest.ts';

const nodePath = once(() => process.getBuiltinModule('node:path'));

/**
 * Tells what modules are made of.
 *
 * - **Files of the project** count by their content, comments included: the module itself, and what it imports or
 *   re-exports, directly or by others, with `import`, `import('…')` or `require('…')`; `new URL('…', import.meta.url)`; JSON,
 *   WebAssembly and other assets. So do those of packages that are linked to, as in a workspace.
 * - **Packages** that are installed count by name and version, without what they depend on in turn; so does heddle.
 * - **Not counted:** imports of types alone, and modules of Node.js.
 * - **Unknown**, and told of: `import(name)`, what is missing or cannot be found, text that cannot be read as a module.
 * - **Once:** what a file was when it was first asked for holds until `refresh`, since the code that runs does not change
 *   either. If a file was changed after it was imported and before it was asked for here, nobody can see that.
 * - **Cost:** the first 300 modules of 1.3 MB take twice as long as to read and to lex them, some 30 ms; each further module
 *   that shares them takes 2 ms, to ask again nothing. It reads files while the caller waits.
 */
export class SourceDigests {
  readonly #scopes = new PackageScopes();
  readonly #resolver = new Resolver(this.#scopes);
  readonly #files = new SourceFiles(this.#resolver);
  readonly #manifests = new Map<string, SourceManifest>();

  /**
   * Tells what a module is made of. It does not throw for what it cannot read or find: that is in `unknown`.
   *
   * @param moduleUrl - as in `import.meta.url`
   * @throws {TypeError} If it is no URL.
   */
  of(moduleUrl: string): SourceManifest {
    let manifest = this.#manifests.get(moduleUrl);
    if (manifest === undefined) this.#manifests.set(moduleUrl, (manifest = this.#make(moduleUrl)));
    return manifest;
  }

  /** Forgets what modules are made of, so that changed files are seen. Files that are as they were are not read again. */
  refresh(): void {
    this.#manifests.clear();
    this.#files.forget();
    this.#resolver.forget();
    this.#scopes.forget();
  }

  #make(moduleUrl: string): SourceManifest {
    const { protocol } = parseUrl(moduleUrl);
    if (protocol === 'file:') return this.#gather(realPathOf(moduleUrl));
    const { text } = identityIn(this.#scopes, moduleUrl);
    return buildManifest({
      files: protocol === 'data:' ? [{ path: text, digest: digestOfText(moduleUrl) }] : [],
      packages: [],
      unknown: /^(?:data|node):$/.test(protocol) ? [] : [{ path: text, reason: 'is no file' }],
    });
  }

  /** Collects what can be reached from a file. */
  #gather(entry: string): SourceManifest {
    const files = new Map<string, SourceFile>();
    const packages = new Set<PackageScope>();
    const unknown: UnknownSource[] = [];
    const waiting: { readonly path: string; readonly isAsset: boolean }[] = [];
    /** By whether they are run: a file that is also read is followed all the same. */
    const met = { run: new Set<string>(), read: new Set<string>() };
    const root = this.#scopes.of(entry)?.root ?? nodePath().dirname(entry);
    const tell = (path: string, reason: string): void => {
      unknown.push({ path: nameOfFile(this.#place(path, root)), reason });
    };
    const meet = (target: Target, from: string): void => {
      if (target.kind === 'unknown') tell(from, target.reason);
      if (target.kind === 'package') {
        packages.add(target.scope);
        if (target.scope.version === '')
          tell(from, `imports package '${target.scope.name}', which has no version`);
      }
      if (target.kind !== 'file') return;
      const others = target.isAsset ? met.read : met.run;
      if (others.has(target.path)) return;
      others.add(target.path);
      waiting.push(target);
    };

    meet(this.#resolver.targetAt(entry, false), entry);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { path, isAsset } = next;
      const known = this.#files.at(path);
      if (known === undefined) {
        tell(path, 'is missing, or cannot be read');
        continue;
      }
      if (!files.has(path)) files.set(path, { ...this.#place(path, root), digest: known.digest });
      if (isAsset) continue;
      for (const reason of known.unknown) tell(path, reason);
      for (const target of known.targets) meet(target, path);
    }
    return buildManifest({
      files: [...files.values()],
      packages: Array.from(packages, ({ name, version }) => ({ name, version })),
      unknown,
    });
  }

  /** Where a file is, seen from the package of the module, or from its folder. */
  #place(path: string, root: string): Omit<SourceFile, 'digest'> {
    const scope = this.#scopes.of(path);
    if (scope !== undefined && scope.root !== root) {
      return { package: scope.name, path: posix(nodePath().relative(scope.root, path)) };
    }
    const isBelow = path.startsWith(root) && path[root.length] === nodePath().sep;
    return { path: posix(isBelow ? path.slice(root.length + 1) : nodePath().relative(root, path)) };
  }
}
