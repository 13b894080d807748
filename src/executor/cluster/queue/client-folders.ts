/**
 * The folders of clients of a queue, in a folder that they share with workers: one for each, for its large values.
 *
 * A client removes its own. That of one that was killed is removed by the next client of the queue, when Redis does not know of
 * it any more and nothing was written there for a while.
 */

import type { Clock } from '../../../base/clock.ts';
import { clientKeys } from './queue-keys.ts';
import type { RedisLink } from './redis-link.ts';

/** Parts names: neither those of queues nor those of clients have it. */
const mark = '@';
const prefix = `heddle-queue${mark}`;
/** A client may stand still for longer than Redis remembers it. Arbitrary. */
const leastAgeMs = 600_000;

/** The folder of a client. */
export function folderOfClient(folder: string, queue: string, client: string): string {
  return process.getBuiltinModule('node:path').join(folder, `${prefix}${queue}${mark}${client}`);
}

/** Removes the folder of a client. */
export function removeClientFolder(folder: string): void {
  try {
    process.getBuiltinModule('node:fs').rmSync(folder, { recursive: true, force: true });
  } catch {
    // Somebody writes there still: it goes with the next client.
  }
}

/** Removes the folders of clients of a queue that are gone. */
export async function removeFoldersOfTheGone(
  folder: string,
  queue: string,
  link: RedisLink,
  clock: Clock,
): Promise<void> {
  const { readdirSync, statSync } = process.getBuiltinModule('node:fs');
  const { join } = process.getBuiltinModule('node:path');
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return;
  }
  const begin = `${prefix}${queue}${mark}`;
  for (const name of names) {
    if (!name.startsWith(begin)) continue;
    const path = join(folder, name);
    try {
      if (clock.epochMs() - statSync(path).mtimeMs < leastAgeMs) continue;
      if ((await link.ask('EXISTS', clientKeys(queue, name.slice(begin.length)).about)) === 0)
        removeClientFolder(path);
    } catch {
      // Another one removes it just now.
    }
  }
}
