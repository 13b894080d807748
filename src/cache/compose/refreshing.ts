/**
 * A backend in which nothing is found, so that all is computed and kept anew: after a machine was found to compute wrongly, say.
 */

import type { Backend } from '../backend.ts';
import { descriptorOf } from './descriptors.ts';
import { recordsLike } from './records-like.ts';

/**
 * Makes a backend that finds no record by its key, and keeps all that it is given in place of what was there.
 *
 * Bytes are found, as those of a digest cannot be out of date; and `select` and `runs` tell what is there.
 */
export function refreshing({ values: store, calls: records }: Backend): Backend {
  return {
    values: store,
    calls: recordsLike(records, {
      name: `refreshing ${records.name}`,
      descriptor: descriptorOf('refreshing', [records]),
      get: () => undefined,
    }),
  };
}
