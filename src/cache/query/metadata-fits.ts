/**
 * Whether metadata has what a query asks for: a part of it is enough.
 */

import { anything } from './anything.ts';

/**
 * Tells whether everything that is wanted is there.
 *
 * Members of records must be there with a value that fits in turn, so that `{}` asks only for a record to be there; lists must
 * be equal; `anything` fits whatever is there; `undefined` fits only what is not.
 */
export function metadataFits(found: unknown, wanted: unknown): boolean {
  if (wanted === anything) return found !== undefined;
  if (typeof wanted !== 'object' || wanted === null) return Object.is(found, wanted);
  if (typeof found !== 'object' || found === null) return false;
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) &&
      found.length === wanted.length &&
      wanted.every((item, index) => metadataFits(found[index], item))
    );
  }
  return Object.entries(wanted).every(([name, member]) =>
    metadataFits(Object.hasOwn(found, name) ? (found as Record<string, unknown>)[name] : undefined, member),
  );
}
