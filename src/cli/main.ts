#!/usr/bin/env node
/**
 * The command `heddle`.
 *
 * - **Codes:** it exits with 0 if all is well, with 2 for what it does not understand, after the usage on stderr, and
 *   with 1 for what it cannot do; a command may have codes of its own.
 * - **Quick:** it loads what parses arguments, and nothing of the library before a command needs it.
 * - **Pipes:** whoever reads its output may stop reading, as `head` does: it then ends without a word.
 *
 * A command is a file in `commands/`, and a line here.
 */

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addCache } from './commands/cache.ts';
import { addDashboard } from './commands/dashboard.ts';
import { addExplain } from './commands/explain.ts';
import { addGraph } from './commands/graph.ts';
import { addReport } from './commands/report.ts';
import { addRun } from './commands/run.ts';
import { addTrace } from './commands/trace.ts';
import { addTrack } from './commands/track.ts';
import { addWorker } from './commands/worker.ts';

/** What is not understood. */
const usageCode = 2;
const failedCode = 1;

const commands: readonly ((program: Command) => void)[] = [
  addRun,
  addGraph,
  addCache,
  addExplain,
  addDashboard,
  addReport,
  addTrace,
  addTrack,
  addWorker,
];

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const program = new Command('heddle')
  .description('Runs ordinary typed functions in parallel')
  .version(versionHere(), '-V, --version', 'tell the version')
  .helpOption('-h, --help', 'tell what there is')
  .showHelpAfterError()
  .exitOverride();
for (const add of commands) add(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and the version are asked for with code 0; all else is a word that it does not know.
    process.exitCode = error.exitCode === 0 ? 0 : usageCode;
  } else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = failedCode;
  }
}

/** It is as far from here in `src/` as in `dist/`. */
function versionHere(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
