/**
 * Notes variables of the environment.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import type { MetadataHook } from '../metadata.ts';

/** What may change results, and is no secret. */
const harmless: readonly string[] = [
  'NODE_ENV',
  'TZ',
  'LANG',
  'LC_ALL',
  'OMP_NUM_THREADS',
  'UV_THREADPOOL_SIZE',
];

/**
 * Notes variables of the environment, as `environment`, as they are when a call begins. Those that are not set are left out.
 *
 * Only those that are named: others may hold passwords.
 *
 * @param names - if they are not given: `NODE_ENV`, `TZ`, `LANG`, `LC_ALL`, `OMP_NUM_THREADS` and `UV_THREADPOOL_SIZE`
 *
 * @example
 * ```ts
 * import { environment } from 'heddle';
 * process.env['MODEL'] = 'small';
 * assert.deepEqual(environment(['MODEL']).before?.({ digest: '', task: 'fit', run: undefined, kind: 'call' }), { MODEL: 'small' });
 * ```
 */
export function environment(names: readonly string[] = harmless): MetadataHook {
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string' && name !== ''))
    throw new TypeError(
      `Cannot note the environment as names of variables must be given: received ${inspectShort(names)}`,
    );
  return {
    name: 'environment',
    descriptor: { kind: 'environment', names },
    before() {
      const found = names.filter((name) => process.env[name] !== undefined);
      return Object.fromEntries(found.map((name) => [name, process.env[name]]));
    },
  };
}
