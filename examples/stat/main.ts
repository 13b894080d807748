/**
 * Asks for the status of several files at once, by starting the program `stat` for each. One of them is missing.
 */

import assert from 'node:assert/strict';
import { type Failure, failed, gatherAll, run } from 'heddle';
import { statFile } from './tasks.ts';

const files = ['/dev/null', 'does-not-exist', '/home', '/usr/bin/env'];
const statuses = await run(gatherAll(files.map((file) => statFile(file))), { threads: 4 });

files.forEach((file, index) => {
  const status = statuses[index];
  console.log(`stat ${file.padEnd(18)} -> ${failed(status) ? `failed: ${complaintOf(status)}` : status}`);
});
assert.deepEqual(
  statuses.map((status) => failed(status)),
  [false, true, false, false],
);

/** What the program wrote before it gave up. */
function complaintOf({ error }: Failure): string {
  const { stderr } = error as { stderr?: string };
  return stderr?.trim() ?? String(error);
}
