/**
 * Whether a worker may import a module for its tasks: not if that would start the program again.
 */

import { readFileSync, realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { HeddleError } from '../base/errors.ts';

/** A worker imported a module for its tasks, and the module started a program. */
export class ProgramInWorkerError extends HeddleError {
  override readonly name: string = 'ProgramInWorkerError';
  constructor(message: string) {
    super('HEDDLE_PROGRAM_IN_WORKER', message);
  }
}

/** What a program may ask to find out whether it is the one that was started. */
const guards = /\bimport\.meta\.main\b|\bisMainThread\b|\bprocess\.argv\[1\]|\brequire\.main\b/;

/** Knows the entry module of this program. One per executor: the entry does not change, its file may. */
export class EntryModule {
  #refusal: string | undefined | 'unknown' = 'unknown';
  readonly #url: string | undefined = entryUrl();

  /**
   * Says why a worker must not import a module; `undefined` if it may.
   *
   * @param url - of the module
   * @param task - the task that is wanted, for the message
   */
  refusal(url: string, task: string): string | undefined {
    if (url !== this.#url) return undefined;
    if (this.#refusal === 'unknown') this.#refusal = guards.test(sourceOf(url)) ? undefined : 'unguarded';
    if (this.#refusal === undefined) return undefined;
    return (
      `Cannot send task '${task}' to a worker as it is defined in the entry module of the program, ${url}, ` +
      'which would start the program again there\n' +
      '  define the tasks in a module of their own, or start the program under: if (import.meta.main) { … }'
    );
  }
}

function entryUrl(): string | undefined {
  const [, entry] = process.argv;
  if (entry === undefined) return undefined;
  try {
    return pathToFileURL(realpathSync(entry)).href;
  } catch {
    return undefined;
  }
}

function sourceOf(url: string): string {
  try {
    // Comments speak of guards without being any.
    return readFileSync(new URL(url), 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\n]*/g, '');
  } catch {
    return '';
  }
}

/** Set while a worker imports the module of a task: its URL. Shared by all copies of the library. */
const importingKey = Symbol.for('heddle.importing');

/** Says, inside a worker, that the module of a task is being imported; `undefined` when it is done. */
export function setImporting(url: string | undefined): void {
  (globalThis as { [importingKey]?: string | undefined })[importingKey] = url;
}

/**
 * Refuses to start anything while a worker imports a module for its tasks.
 *
 * @param what - what would be started: `run a graph`
 * @throws {ProgramInWorkerError} If a worker is importing.
 */
export function refuseWhileImporting(what: string): void {
  const url = (globalThis as { [importingKey]?: string | undefined })[importingKey];
  if (url === undefined) return;
  throw new ProgramInWorkerError(
    `Cannot ${what} as a worker is importing the module ${url} to find its tasks, and the module starts a program\n` +
      '  define the tasks in a module of their own, or start the program under: if (import.meta.main) { … }',
  );
}
