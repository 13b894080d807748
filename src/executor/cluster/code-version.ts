/**
 * Which code a task is, told so that another machine can find it and be sure that it is the same.
 *
 * A module is named by its package and its path in that, and has the digest of its source (`sources/`). Promises that a
 * module is found wherever its package is, at the same path or another, and that one of other source is refused with what
 * differs and the mend. Each side looks at a module once: what was imported does not change either. Leaves to others how
 * the two sides speak.
 */

import { HeddleError } from '../../base/errors.ts';
import { once } from '../../base/once.ts';
import { changesBetween } from '../../sources/changes-between.ts';
import { moduleIdentity } from '../../sources/module-identity.ts';
import { PackageScopes } from '../../sources/package-scopes.ts';
import { SourceDigests } from '../../sources/source-digests.ts';
import type { SourceManifest } from '../../sources/source-manifest.ts';

/** A module, as it is told to another machine. Plain data. */
export interface ModuleCode {
  /** Where it is on the machine that tells. */
  readonly url: string;
  /** The name of its package; empty if it is in none. */
  readonly package: string;
  /** From the folder of its package, with `/`. */
  readonly path: string;
  /** Of its source, and of all that it imports. */
  readonly digest: string;
}

/** The code of a task is not here, or is of another version. */
export class CodeMismatchError extends HeddleError {
  override readonly name: string = 'CodeMismatchError';
  constructor(message: string, options?: ErrorOptions) {
    super('HEDDLE_CODE_MISMATCH', message, options);
  }
}

/** How many of the files that differ are named. Arbitrary: more tell no one more. */
const mostNamed = 5;

const fs = once(() => process.getBuiltinModule('node:fs'));
const nodePath = once(() => process.getBuiltinModule('node:path'));
const nodeUrl = once(() => process.getBuiltinModule('node:url'));

/** Tells the code of modules of this machine. */
export class CodeTeller {
  readonly #sources = new SourceDigests();
  readonly #known = new Map<string, ModuleCode>();

  /** @param url - as in `import.meta.url` */
  codeOf(url: string): ModuleCode {
    let code = this.#known.get(url);
    if (code === undefined) {
      const { package: name, path } = moduleIdentity(url);
      code = { url, package: name, path, digest: this.#sources.of(url).digest };
      this.#known.set(url, code);
    }
    return code;
  }

  /** What a module is made of, in full. */
  sourcesOf(url: string): SourceManifest {
    return this.#sources.of(url);
  }
}

/** Finds the modules of another machine on this one. */
export class CodeFinder {
  readonly #root: string;
  readonly #sources = new SourceDigests();
  readonly #scopes = new PackageScopes();
  readonly #found = new Map<string, string | CodeMismatchError>();

  /** @param root - a folder of the program that has the tasks, or one below it */
  constructor(root: string) {
    this.#root = nodePath().resolve(root);
  }

  /** Where a module is that was found before. */
  known({ digest, url }: ModuleCode): string | undefined {
    const found = this.#found.get(`${digest} ${url}`);
    return typeof found === 'string' ? found : undefined;
  }

  /**
   * Finds a module.
   *
   * @param sources - asked for what the module is made of where it was told, if it is made of something else here
   * @returns its URL here
   * @throws {CodeMismatchError} If it is not here, or is made of other source.
   */
  async find(code: ModuleCode, sources?: () => Promise<SourceManifest | undefined>): Promise<string> {
    const key = `${code.digest} ${code.url}`;
    let found = this.#found.get(key);
    if (found === undefined) {
      found = await this.#look(code, sources);
      this.#found.set(key, found);
    }
    if (typeof found === 'string') return found;
    throw found;
  }

  async #look(
    code: ModuleCode,
    sources: (() => Promise<SourceManifest | undefined>) | undefined,
  ): Promise<string | CodeMismatchError> {
    const { url, digest } = code;
    const candidates = this.#candidates(code).filter(isThere);
    for (const candidate of candidates) if (this.#sources.of(candidate).digest === digest) return candidate;
    const [nearest] = candidates;
    const name = code.package === '' ? url : `${code.package}/${code.path}`;
    const machine = `on the machine '${process.getBuiltinModule('node:os').hostname()}'`;
    if (nearest === undefined) {
      return new CodeMismatchError(
        `Cannot find the module '${name}' of a task as it is not ${machine}: received no package '${code.package}' above or below ${this.#root}\n` +
          '  start the worker in the folder of the program, in the same version',
      );
    }
    const told = await sources?.();
    const changes = told === undefined ? [] : changesBetween(told, this.#sources.of(nearest));
    const more = changes.length > mostNamed ? `, and ${changes.length - mostNamed} more` : '';
    const differs =
      changes.length === 0
        ? `digest ${this.#sources.of(nearest).digest.slice(0, 12)}…, not ${digest.slice(0, 12)}…`
        : `${changes.slice(0, mostNamed).join(', ')}${more}`;
    return new CodeMismatchError(
      `Cannot run tasks of the module '${name}' as it is made of other source ${machine} than in the program: received ${differs}\n` +
        '  install the same version of the program on both, and start its workers again',
    );
  }

  /** Where the module may be, most likely first. */
  #candidates({ url, package: name, path }: ModuleCode): string[] {
    if (name === '') return [url];
    const scopes = this.#scopes;
    const { dirname, join } = nodePath();
    const below = (root: string): string => nodeUrl().pathToFileURL(join(root, path)).href;
    const candidates = [url];
    // The worker's own program, or one that has it installed.
    for (let folder = this.#root; ; folder = dirname(folder)) {
      const scope = scopes.of(join(folder, 'package.json'));
      if (scope?.name === name) candidates.push(below(scope.root));
      candidates.push(below(join(folder, 'node_modules', name)));
      if (dirname(folder) === folder) break;
    }
    return [...new Set(candidates)];
  }
}

function isThere(url: string): boolean {
  if (!url.startsWith('file:')) return true;
  try {
    return fs().statSync(nodeUrl().fileURLToPath(url)).isFile();
  } catch {
    return false;
  }
}
