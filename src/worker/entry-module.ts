/**
 * Whether a worker may import a module for its tasks: not if that would start the program again.
 */

/** What a program may ask to find out whether it is the one that was started. */
const guards = {
  threads: /\bimport\.meta\.main\b|\bisMainThread\b|\bprocess\.argv\[1\]|\brequire\.main\b/,
  // In another process the thread is the main one too.
  processes: /\bimport\.meta\.main\b|\bprocess\.argv\[1\]|\brequire\.main\b/,
};

/** Knows the entry module of this program. One per executor: the entry does not change, its file may. */
export class EntryModule {
  /** Found out when it is asked for first. */
  #isGuarded: boolean | undefined;
  readonly #url: string | undefined = entryUrl();
  readonly #workers: 'threads' | 'processes';

  constructor(workers: 'threads' | 'processes') {
    this.#workers = workers;
  }

  /**
   * Says why a worker must not import a module; `undefined` if it may.
   *
   * @param url - of the module
   * @param task - the task that is wanted, for the message
   */
  refusal(url: string, task: string): string | undefined {
    if (url !== this.#url) return undefined;
    this.#isGuarded ??= guards[this.#workers].test(sourceOf(url));
    if (this.#isGuarded) return undefined;
    return (
      `Cannot send task '${task}' to a worker as it is defined in the entry module of the program, ${url}, ` +
      'which would start the program again there\n' +
      '  define the tasks in a module of their own, or start the program under: if (import.meta.main) { … }'
    );
  }
}

function entryUrl(): string | undefined {
  const { realpathSync } = process.getBuiltinModule('node:fs');
  const { createRequire } = process.getBuiltinModule('node:module');
  const { pathToFileURL } = process.getBuiltinModule('node:url');
  const [, entry] = process.argv;
  if (entry === undefined) return undefined;
  try {
    // A program may be started without its extension, or by its folder: resolved as Node.js resolves it.
    return pathToFileURL(realpathSync(createRequire(pathToFileURL(entry)).resolve(entry))).href;
  } catch {
    return undefined;
  }
}

function sourceOf(url: string): string {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  try {
    // Comments and imports speak of guards without being any.
    return readFileSync(new URL(url), 'utf8')
      .replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\n]*/g, '')
      .replace(/^\s*import\b[^;]*?\bfrom\b/gm, '');
  } catch {
    return '';
  }
}
