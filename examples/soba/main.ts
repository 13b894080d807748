/**
 * Runs a list of commands, as many at once as there are jobs, except those that exclude each other.
 *
 * `main.ts [-j N] [FILE]`. The commands run in an empty folder of their own. Exits with 1 if one of them fails; the
 * others are run all the same.
 */

import { exec } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type Delayed, type Failure, failed, gatherAll, hint, maybe, run, task, terminal } from 'heddle';
import { type Entry, readEntries, sharedThings } from './kitchen.ts';

const { values: options, positionals } = parseArgs({
  options: { jobs: { type: 'string', short: 'j', default: '4' } },
  allowPositionals: true,
});
const [file = join(import.meta.dirname, 'kitchen.json')] = positionals;

const entries = await readEntries(file);
const things = sharedThings(entries);
const oneOfEach = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries(names.map((name) => [name, 1]));

const execute = promisify(exec);
const shell = task(
  maybe(async (_name: string, command: string, cwd: string): Promise<string> => {
    const { stdout } = await execute(command, { cwd });
    return stdout.trim();
  }),
  { name: 'shell', params: ['name', 'command', 'cwd'], display: '{name} ...', confirm: true },
);

/** The call of a command, with what it must not share while it runs. */
function commandCall({ task: name, command, exclusive }: Entry, cwd: string): Delayed<string | Failure> {
  const resources = oneOfEach(things.get(name) ?? []);
  return hint(shell(name, command, cwd), { resources, ...(exclusive === undefined ? {} : { exclusive }) });
}

const folder = await mkdtemp(join(tmpdir(), 'soba-'));
try {
  const outputs = await run(gatherAll(entries.map((entry) => commandCall(entry, folder))), {
    concurrency: Number(options.jobs),
    resources: oneOfEach([...things.values()].flat()),
    sinks: terminal({ title: 'soba' }),
  });
  entries.forEach(({ task: name }, index) => console.log(`${name}: ${String(outputs[index])}`));
  if (outputs.some((output) => failed(output))) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
