/**
 * While a worker imports a module for the tasks in it, nothing may be started there: the module would be
 * a program, and importing it would run the program again.
 */

import { HeddleError } from '../base/errors.ts';

/** A worker imported a module for its tasks, and the module started a program. */
export class ProgramInWorkerError extends HeddleError {
  override readonly name: string = 'ProgramInWorkerError';
  constructor(message: string) {
    super('HEDDLE_PROGRAM_IN_WORKER', message);
  }
}

/** Set while a worker imports the module of a task: its URL. Shared by all copies of the library. */
const importingKey = Symbol.for('heddle.importing');

/** Says, inside a worker, that the module of a task is being imported; `undefined` when it is done. */
export function setImporting(url: string | undefined): void {
  (globalThis as { [importingKey]?: string | undefined })[importingKey] = url;
}

/** Whether this is a worker, which runs nothing but calls that it was given: it has imported modules for them. */
export function isWorker(): boolean {
  return importingKey in globalThis;
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
