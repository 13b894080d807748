/**
 * Packs all files of a folder into a ZIP archive, on all cores.
 *
 * `main.ts [--kind threads|processes] [--workers N] [FOLDER [ARCHIVE]]`. Without the name of an archive it only tells how
 * large it would be. Files that cannot be read are left out and told; then it exits with 1.
 */

import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { failed, openPool } from 'heddle';
import { filesIn } from './files-in.ts';
import { packFile } from './tasks.ts';
import { ZipWriter } from './zip-writer.ts';

const { values: options, positionals } = parseArgs({
  options: {
    kind: { type: 'string', default: 'threads' },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
  allowPositionals: true,
});
/** A tool that this project uses: some twenty megabytes. */
const usual = join(import.meta.dirname, '..', '..', 'node_modules', '@arethetypeswrong');
const [folder = usual, archive] = positionals;

const startMs = performance.now();
await using file = archive === undefined ? undefined : await open(archive, 'w');
const zip = new ZipWriter(async (bytes) => file?.writeFile(bytes));
await using pool = openPool(packFile, {
  kind: options.kind as 'threads' | 'processes',
  workers: Number(options.workers),
});

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
const workers = `${options.workers} ${options.kind}`;
console.log(`${count} files, ${megabytes(size)}, packed to ${megabytes(zip.length)}`);
console.log(
  `by ${workers}: ${seconds.toFixed(2)} s, of which they packed for ${packingSeconds().toFixed(2)} s`,
);
if (leftOut.length > 0) process.exitCode = 1;

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
