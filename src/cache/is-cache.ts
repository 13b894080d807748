/**
 * Telling a cache from anything else.
 */

import type { Cache } from './cache.ts';

/** Whether a value is a cache, whichever copy of the library made it. */
export function isCache(value: unknown): value is Cache {
  const { engine } = (value ?? {}) as { engine?: { enter?: unknown } };
  return typeof engine?.enter === 'function';
}
