/**
 * The version of a module by its source: a digest that changes when the module changes, or anything that it imports.
 *
 * Promises to see what imports say in the text. Does not see what is only known when the program runs, such as
 * `import(name)`, files that are read, or variables of the environment; of the first it tells. Leaves to others which
 * task is in the module, and where manifests are kept.
 */

import { once } from '../base/once.ts';
import { digestOfBytes, digestOfText } from '../codec/canonical/byte-digest.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import { nameOfFile } from './changes-between.ts';
import { identityIn, parseUrl, posix, realPathOf } from './module-identity.ts';
import { PackageScopes } from './package-scopes.ts';
import { type ImportRequest, readImports } from './read-imports.ts';
import { Resolver, type Target } from './resolver.ts';
import {
  buildManifest,
  type SourceFile,
  type SourceManifest,
  type SourcePackage,
  type UnknownSource,
} from './source-manifest.ts';

/** A file as it was when it was read. */
interface ReadFile {
  readonly mtimeMs: number;
  readonly size: number;
  readonly ino: number;
  readonly digest: Digest;
  /** None of what is not code, or not run. */
  readonly requests: readonly ImportRequest[];
  readonly unknown: readonly string[];
}

/** A file, and what it asks for. */
interface KnownFile {
  readonly file: ReadFile;
  readonly targets: readonly Target[];
}

const fs = once(() => process.getBuiltinModule('node:fs'));
const nodePath = once(() => process.getBuiltinModule('node:path'));

/** What is read for imports: also programs without an extension. */
const code = /(?:\.[cm]?[jt]sx?|[\\/][^.\\/]+)$/;

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
 * - **Cost:** reading 300 modules of 1.3 MB takes some 20 ms, and each further module that shares them some 0.1 ms. It
 *   reads files while the caller waits.
 */
export class SourceDigests {
  readonly #scopes = new PackageScopes();
  readonly #resolver = new Resolver(this.#scopes);
  readonly #manifests = new Map<string, SourceManifest>();
  /** Since the last `refresh`. */
  readonly #known = new Map<string, KnownFile | undefined>();
  /** Of all times: a file that is still the same is not read again. */
  readonly #read = new Map<string, ReadFile>();

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
    this.#known.clear();
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
    const own = this.#scopes.of(entry);
    const root = own?.root ?? nodePath().dirname(entry);
    const files = new Map<string, SourceFile>();
    const packages: SourcePackage[] = [];
    const unknown: UnknownSource[] = [];
    /** By whether it is run, so that a file that is also read is followed all the same. */
    const seen = { run: new Set<string>(), read: new Set<string>() };
    const waiting: { readonly target: Target; readonly from: string }[] = [];
    const nameOf = (path: string): { readonly package?: string; readonly path: string } => {
      const scope = this.#scopes.of(path);
      if (scope === undefined || scope.root === root) return { path: posix(nodePath().relative(root, path)) };
      return { package: scope.name, path: posix(nodePath().relative(scope.root, path)) };
    };
    const tell = (path: string, reason: string): void => {
      unknown.push({ path: nameOfFile(nameOf(path)), reason });
    };

    waiting.push({ target: this.#resolver.targetAt(entry, false), from: entry });
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { target, from } = next;
      if (target.kind === 'unknown') tell(from, target.reason);
      else if (target.kind === 'package') {
        const { name, version } = target.scope;
        packages.push({ name, version });
        if (version === '') tell(from, `imports package '${name}', which has no version`);
      } else if (target.kind === 'file') {
        const { path, isAsset } = target;
        const met = isAsset ? seen.read : seen.run;
        if (met.has(path)) continue;
        met.add(path);
        const known = this.#know(path);
        if (known === undefined) {
          tell(path, 'is missing, or cannot be read');
          continue;
        }
        files.set(path, { ...nameOf(path), digest: known.file.digest });
        if (isAsset) continue;
        for (const reason of known.file.unknown) tell(path, reason);
        for (const further of known.targets) waiting.push({ target: further, from: path });
      }
    }
    return buildManifest({ files: [...files.values()], packages, unknown });
  }

  #know(path: string): KnownFile | undefined {
    if (this.#known.has(path)) return this.#known.get(path);
    const file = this.#readFile(path);
    const known =
      file === undefined
        ? undefined
        : { file, targets: file.requests.map((request) => this.#resolver.resolve(request, path)) };
    this.#known.set(path, known);
    return known;
  }

  /** Reads a file, unless it is as it was; `undefined` if it cannot be read. */
  #readFile(path: string): ReadFile | undefined {
    try {
      const { mtimeMs, size, ino } = fs().statSync(path);
      const before = this.#read.get(path);
      if (before?.mtimeMs === mtimeMs && before.size === size && before.ino === ino) return before;
      const file = { mtimeMs, size, ino, ...readContent(path) };
      this.#read.set(path, file);
      return file;
    } catch {
      return undefined;
    }
  }
}

function readContent(path: string): Pick<ReadFile, 'digest' | 'requests' | 'unknown'> {
  const bytes = fs().readFileSync(path);
  if (!code.test(path)) return { digest: digestOfBytes(bytes), requests: [], unknown: [] };
  const text = bytes.toString('utf8');
  // In JavaScript both ends of lines mean the same, even inside of template literals.
  const digest = bytes.includes(13) ? digestOfText(text.replaceAll('\r\n', '\n')) : digestOfBytes(bytes);
  return { digest, ...readImports(text) };
}
