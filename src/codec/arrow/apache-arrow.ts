/**
 * The package `apache-arrow`, loaded at the first use: it takes some tens of milliseconds, and programs without tables need
 * not have it.
 */

import { once } from '../../base/once.ts';
import { requirePeer } from '../../base/peer.ts';

type ApacheArrow = typeof import('apache-arrow');

const loaded = once(() => new Map<string, ApacheArrow>());

/**
 * Gives the package.
 *
 * @param verb - what it is needed for
 * @throws {MissingPackageError} If it is not installed.
 */
export function apacheArrow(verb: string): ApacheArrow {
  const known = loaded().get('apache-arrow');
  if (known !== undefined) return known;
  const made = requirePeer('apache-arrow', verb) as ApacheArrow;
  loaded().set('apache-arrow', made);
  return made;
}
