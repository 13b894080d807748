/**
 * Hooks that note metadata, as data, so that workers note the same.
 */

import type { Json } from '../codec/json-writer.ts';
import type { MetadataHook } from './metadata.ts';
import { environment } from './notes/environment.ts';
import { git } from './notes/git.ts';
import { machine } from './notes/machine.ts';
import { runtime } from './notes/runtime.ts';

/** Plain data, by which a hook is made again elsewhere: one that notes the same of every call, or one of heddle's own. */
export type HookDescriptor =
  | { readonly kind: 'constant'; readonly name: string; readonly note: Json }
  | { readonly kind: 'runtime' }
  | { readonly kind: 'machine' }
  | { readonly kind: 'environment'; readonly names: readonly string[] }
  | { readonly kind: 'git'; readonly folder: string };

/** Makes a hook again. */
export function hookOf(descriptor: HookDescriptor): MetadataHook {
  switch (descriptor.kind) {
    case 'constant':
      return { name: descriptor.name, descriptor, before: () => descriptor.note };
    case 'runtime':
      return runtime();
    case 'machine':
      return machine();
    case 'environment':
      return environment(descriptor.names);
    case 'git':
      return git({ folder: descriptor.folder });
  }
}
