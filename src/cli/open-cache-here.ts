/**
 * Opens the cache that a command is about: one that is there, since a command makes none.
 */

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import type { Cache, Codecs } from '../index.ts';

/** What all commands on caches take. */
export interface CacheFlags {
  readonly cache: string;
  readonly codecs?: string;
}

/** Adds what all commands on caches take. */
export function withCacheFlags(command: Command): Command {
  return command
    .option('-c, --cache <folder>', 'folder of the cache', '.heddle')
    .option('--codecs <module#export>', 'codecs of the classes in it: ./codecs.ts#codecs');
}

/**
 * Opens a cache, does something with it, and closes it. Tells the time, too: milliseconds since the Unix epoch.
 *
 * @throws {Error} If there is none.
 */
export async function withCacheHere<T>(
  flags: CacheFlags,
  use: (cache: Cache, nowMs: number) => Promise<T>,
): Promise<T> {
  const folder = resolve(flags.cache);
  if (!existsSync(join(folder, 'cache.db'))) {
    throw new Error(
      `Cannot open a cache as there is none in the folder: received '${folder}'\n  heddle cache ls --cache FOLDER`,
    );
  }
  const { openCache, systemClock } = await import('../index.ts');
  const codecs = flags.codecs === undefined ? undefined : await codecsOf(flags.codecs);
  const cache = await openCache(folder, codecs === undefined ? {} : { codecs });
  try {
    return await use(cache, systemClock.epochMs());
  } finally {
    await cache.close();
  }
}

async function codecsOf(text: string): Promise<Codecs> {
  const { module, name } = splitExport(text);
  const found = (await importFile(module))[name];
  if (typeof (found as { find?: unknown } | undefined)?.find === 'function') return found as Codecs;
  throw new Error(`Cannot use codecs as the module has none of that name: received '${text}'`);
}

/** Splits `./tasks.ts#fit`. */
export function splitExport(text: string): { readonly module: string; readonly name: string } {
  const at = text.lastIndexOf('#');
  if (at > 0 && at < text.length - 1) return { module: text.slice(0, at), name: text.slice(at + 1) };
  throw new Error(
    `Cannot find an export as its module and name are needed: received '${text}'\n  ./tasks.ts#fit`,
  );
}

/** Imports a module of the user by its path. */
export async function importFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const file = resolve(path);
  if (!existsSync(file)) throw new Error(`Cannot import a module as there is none: received '${file}'`);
  return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
}
