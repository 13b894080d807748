/**
 * `heddle track`: what projects and repositories hold, from the shell.
 */

import type { Command } from 'commander';
import { addTrackCompare } from './track-compare.ts';
import { addTrackDiff } from './track-diff.ts';
import { addTrackLs } from './track-ls.ts';
import { addTrackShow } from './track-show.ts';

/** Adds the command to the program. */
export function addTrack(program: Command): void {
  const track = program
    .command('track')
    .description(
      'look at experiments and artifacts: files of projects and repositories, also those of lazyscribe',
    );
  for (const add of [addTrackLs, addTrackShow, addTrackDiff, addTrackCompare]) add(track);
}
