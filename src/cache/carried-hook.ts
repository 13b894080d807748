/**
 * Hooks that note metadata, as data, so that workers note the same.
 */

import type { Json } from '../codec/json-writer.ts';
import type { MetadataHook } from './metadata.ts';

/** Plain data, by which a hook is made again elsewhere. */
export interface HookDescriptor {
  /** Notes the same of every call. */
  readonly kind: 'constant';
  readonly name: string;
  readonly note: Json;
}

/** Makes a hook again. */
export function hookOf({ name, note }: HookDescriptor): MetadataHook {
  return { name, before: () => note };
}
