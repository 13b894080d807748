/**
 * Codecs as an option of whatever has workers.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { Codecs } from '../codec/codecs.ts';
import { EntryModule } from './entry-module.ts';

export interface CodecsOptions {
  /**
   * How instances of classes cross to the workers and back, made with `codecs(import.meta, 'name')`. In this thread
   * instances are passed on as they are.
   *
   * @defaultValue none: instances of classes are refused, but for those of the platform, and errors
   */
  readonly codecs?: Codecs;
}

/**
 * Checks that workers can find the codecs.
 *
 * @param verb - what is attempted, for the message: `open a pool`
 * @throws {TypeError} If they are no codecs, or cannot be found by workers.
 */
export function checkCodecs(value: unknown, workers: 'threads' | 'processes', verb: string): void {
  if (value === undefined) return;
  if (!(value instanceof Codecs)) {
    throw new TypeError(
      `Cannot ${verb} as 'codecs' must be made with codecs(import.meta, 'name'): received ${inspectShort(value)}`,
    );
  }
  if (value.modules.length === 0) {
    throw new TypeError(
      `Cannot ${verb} as workers cannot find its codecs: received some that stay in their process\n` +
        "  define them at the top level of a module, with codecs(import.meta, 'name')",
    );
  }
  const entry = new EntryModule(workers);
  for (const { url, name } of value.modules) {
    const refusal = entry.refusal(url, name);
    if (refusal !== undefined)
      throw new TypeError(refusal.replace(`send task '${name}'`, `send codecs '${name}'`));
  }
}
