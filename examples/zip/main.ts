/**
 * Packs all files of a folder into a ZIP archive, on all cores.
 *
 * `main.ts [--kind threads|processes] [--workers N] [FOLDER [ARCHIVE]]`. Without the name of an archive it only tells how
 * large it would be. Files that cannot be read are left out and told; then it exits with 1.
 */

import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { failed, openPool } from 'heddle';
import { filesIn } from './files-in.ts';
import { packFile } from './tasks.ts';
import { ZipWriter } from './zip-writer.ts';

const usage = 'usage: main.ts [--kind threads|processes] [--workers N] [FOLDER [ARCHIVE]]';
const { kind, workers, positionals } = readArguments();
/** A tool that this project uses: some twenty megabytes. */
const usual = join(import.meta.dirname, '..', '..', 'node_modules', '@arethetypeswrong');
const [folder = usual, archive] = positionals;

const startMs = performance.now();
await using file = archive === undefined ? undefined : await open(archive, 'w');
const zip = new ZipWriter(async (bytes) => file?.writeFile(bytes));
await using pool = openPool(packFile, { kind, workers });

/** The names of the files that are on their way: results come in their order. */
const names: string[] = [];
let size = 0;
let count = 0;
const leftOut: string[] = [];
const bar = { desc: 'packing', unit: 'file', postfix: { MB: 0 } };
for await (const result of pool.map(noted(filesIn(folder)), { errors: 'yield', progress: bar })) {
  const name = names.shift() as string;
  if (failed(result)) {
    leftOut.push((result.error as Error).message);
    continue;
  }
  await zip.add(name, result);
  count++;
  size += result.size;
  bar.postfix.MB = Math.round(zip.length / 1e6);
}
await zip.end();

for (const reason of leftOut) console.log(`left out: ${reason}`);
const seconds = (performance.now() - startMs) / 1000;
console.log(`${count} files, ${megabytes(size)}, packed to ${megabytes(zip.length)}`);
console.log(
  `by ${workers} ${kind}: ${seconds.toFixed(2)} s, of which they packed for ${packingSeconds().toFixed(2)} s`,
);
if (leftOut.length > 0) process.exitCode = 1;

/** Ends the program, with 2, if they make no sense. */
function readArguments(): {
  readonly kind: 'threads' | 'processes';
  readonly workers: number;
  readonly positionals: readonly string[];
} {
  try {
    const { values, positionals } = parseArgs({
      options: {
        kind: { type: 'string', default: 'threads' },
        workers: { type: 'string', default: String(availableParallelism()) },
      },
      allowPositionals: true,
    });
    const { kind } = values;
    const workers = Number(values.workers);
    if (kind !== 'threads' && kind !== 'processes')
      throw new RangeError(`'--kind' must be threads or processes: received '${kind}'`);
    if (!Number.isInteger(workers) || workers < 1)
      throw new RangeError(`'--workers' must be a positive integer: received '${values.workers}'`);
    const [folder] = positionals;
    if (folder !== undefined && !statSync(folder, { throwIfNoEntry: false })?.isDirectory())
      throw new RangeError(`there is no folder '${folder}'`);
    return { kind, workers, positionals };
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

/** Notes what is taken, under the name that it will have in the archive. */
async function* noted(files: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const path of files) {
    names.push(relative(folder, path).split(sep).join('/'));
    yield path;
  }
}

function packingSeconds(): number {
  const { runMs } = pool.stats();
  return (runMs.count * runMs.mean) / 1000;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
