/**
 * A cache as data, by which a worker opens the same one.
 *
 * Opened once in each thread, however many tasks are bound to it.
 */

import { inspectShort } from '../base/inspect-short.ts';
import type { CodecsModule } from '../codec/codecs.ts';
import { loadCodecs } from '../worker/inside/load-task.ts';
import { type BackendDescriptor, describeBackend } from './backend-descriptor.ts';
import type { Cache } from './cache.ts';
import { cacheOver } from './open-cache.ts';
import type { ValueFormat } from './value-codec.ts';

/** Plain data. */
export interface CacheDescriptor {
  readonly backend: BackendDescriptor;
  /** Where the codecs are defined that values are written with. */
  readonly codecs: readonly CodecsModule[];
  readonly format: ValueFormat;
  readonly storeArguments: boolean;
}

/** Tells how a worker opens a cache; or, as text, why none can. */
export function describeCache({ engine, name }: Cache): CacheDescriptor | string {
  const { backend, codec, storesArguments } = engine.parts;
  const described = describeBackend(backend);
  if (described === undefined) {
    return `its cache, ${inspectShort(name)}, is of this process alone\n  open one that others can open, such as openCache('.heddle')`;
  }
  const { codecs, format } = codec;
  if (codecs !== undefined && codecs.modules.length === 0) {
    return "the codecs of its cache stay in this process\n  define them at the top level of a module, with codecs(import.meta, 'name')";
  }
  return { backend: described, codecs: codecs?.modules ?? [], format, storeArguments: storesArguments };
}

/** Shared by all copies of the library in this thread that describe caches in the same way. */
const holderKey = Symbol.for('heddle.described-caches.1');

interface Holder {
  [holderKey]?: Map<string, Promise<Cache>>;
}

/** Gives the cache of a descriptor, which is opened unless it is open. It is open for as long as the thread lives. */
export function describedCache(descriptor: CacheDescriptor): Promise<Cache> {
  const holder = globalThis as Holder;
  holder[holderKey] ??= new Map();
  const open = holder[holderKey];
  const text = JSON.stringify(descriptor);
  let cache = open.get(text);
  if (cache === undefined) {
    cache = openDescribed(descriptor);
    open.set(text, cache);
    // It may be possible the next time.
    cache.catch(() => open.delete(text));
  }
  return cache;
}

async function openDescribed({ backend, codecs, format, storeArguments }: CacheDescriptor): Promise<Cache> {
  const { openDescriptor } = await import('./descriptors.ts');
  const all = codecs.length === 0 ? undefined : await loadCodecs(codecs);
  return cacheOver(await openDescriptor(backend), {
    format,
    storeArguments,
    ...(all === undefined ? {} : { codecs: all }),
  });
}
