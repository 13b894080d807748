/**
 * The task that asks the program `stat` about a file.
 */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { maybe, tasks } from 'heddle';

const execute = promisify(execFile);
const inEnglish = { env: { ...process.env, LC_ALL: 'C' } };

export const { statFile } = tasks(import.meta, {
  /** Gives mode, size and name in a line. Fails with what `stat` says, as member `stderr` of the error. */
  statFile: maybe(async (file: string): Promise<string> => {
    const { stdout } = await execute('stat', ['-t', '-c', '%A %10s %n', file], inEnglish);
    return stdout.trim();
  }),
});
