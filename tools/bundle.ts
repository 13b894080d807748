/**
 * Bundles `src/` into as few modules as can be: each entry of the package and of its workers, what workers need in one
 * chunk, what few programs need in another, all else in a third.
 *
 * Promises that every class and every piece of state is in one chunk only, so that the entries share them, and that
 * the names of the files are known without loading the bundler. Leaves types and declarations to the compiler. The
 * reasons are in `docs/design/0005-why-dist-is-bundled.md`.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { ChunkingContext } from 'rolldown';

const root = join(import.meta.dirname, '..');

/** What is imported from outside: by users, and by threads, processes and commands that start. */
const ENTRIES = ['src/*.ts', 'src/worker/inside/*main.ts', 'src/cli/main.ts'];
/** What workers load as they start, or for pipelines. */
const INSIDE_ENTRY = /\/src\/(?:worker\/inside\/[^/]*main|stages)\.ts$/;
/** What is not in the chunks: the entries, and what one of them has for itself (of the streams, pools and pipelines use two). */
const NOT_SHARED =
  /\/src\/(?:[^/]+\.ts$|testing\/|traces\/|dashboard\/|observe\/calls\/|cli\/|codec\/(?:npy|arrow\/|hdf5\/|zarr\/)|cache\/(?:hdf5|postgres|redis)\/|executor\/cluster\/|streams\/(?!(?:merge|open-source)\.ts$)|worker\/inside\/[^/]*main\.ts$)/;

/** Packages that programs install if they want them, loaded when they are used. */
const PEERS = [
  'apache-arrow',
  'bullmq',
  'h5wasm',
  'h5wasm/node',
  'hyparquet',
  'hyparquet-writer',
  'papaparse',
  'pg',
  'redis',
  'yaml',
  'zarrita',
];

/** Entries of which most programs import none. What they alone need, or what is only imported when it is used, is a chunk of its own. */
const LATE_ENTRY =
  /\/src\/(?:(?:cache|codecs)(?:-\w+)?|cluster|testing|traces|dashboard|carrier|stages|artifacts|cli\/main)\.ts$/;

/** By these names the library knows its own files: see `src/base/site.ts`. */
const CHUNKS = ['core', 'host', 'late'] as const;

/** The files that {@link bundle} writes, below its folder. Source maps are beside them. */
export function bundleNames(): string[] {
  return [
    ...entries().map((entry) => `${nameOf(entry)}.js`),
    ...CHUNKS.map((chunk) => `chunks/heddle-${chunk}.js`),
  ];
}

/**
 * Writes the bundles into a folder.
 *
 * @throws {Error} If a module cannot be read or found.
 *
 * @example
 * ```ts no-run
 * await bundle(join(root, 'dist'));
 * ```
 */
export async function bundle(folder: string): Promise<void> {
  const { rolldown } = await import('rolldown');
  const bundler = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries().map((entry) => [nameOf(entry), join(root, entry)])),
    platform: 'node',
    external: [/^node:/, 'commander', /^(?:@hono\/node-server|hono)(?:\/|$)/, ...PEERS],
    tsconfig: false,
    transform: { target: 'es2023' },
  });
  try {
    await bundler.write({
      dir: folder,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: 'chunks/heddle-[name].js',
      sourcemap: true,
      comments: false,
      // V8 keeps text with one other character in it at twice the size.
      charset: 'ascii',
      codeSplitting: {
        groups: [
          {
            debugName: 'shared',
            test: (id) => !NOT_SHARED.test(plain(id)),
            name: (id, context): (typeof CHUNKS)[number] => {
              if (isNeededBy((importer) => INSIDE_ENTRY.test(importer), id, context, new Set()))
                return 'core';
              return isNeededBy(isEarlyEntry, id, context, new Set()) ? 'host' : 'late';
            },
          },
        ],
      },
    });
  } finally {
    await bundler.close();
  }
}

/** Whether an entry imports a module as it is loaded, by however many others. */
function isNeededBy(
  isEntry: (id: string) => boolean,
  id: string,
  context: ChunkingContext,
  seen: Set<string>,
): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const importers = context.getModuleInfo(id)?.importers ?? [];
  return importers.some(
    (importer) => isEntry(plain(importer)) || isNeededBy(isEntry, importer, context, seen),
  );
}

/** Whether it is an entry that programs import to run anything. */
function isEarlyEntry(id: string): boolean {
  return /\/src\/[^/]+\.ts$/.test(id) && !LATE_ENTRY.test(id);
}

function entries(): string[] {
  return ENTRIES.flatMap((pattern) => globSync(pattern, { cwd: root }))
    .map(plain)
    .sort();
}

/** Windows has paths with backslashes. */
function plain(path: string): string {
  return path.replaceAll('\\', '/');
}

function nameOf(entry: string): string {
  return entry.replace(/^src\//, '').replace(/\.ts$/, '');
}

if (import.meta.main) {
  const [folder = join(root, 'dist')] = process.argv.slice(2);
  await bundle(folder);
}
