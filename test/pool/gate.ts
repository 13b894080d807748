/**
 * A gate that holds the calls that come to it, until the test opens it: in the place of durations.
 *
 * It is a folder, so that calls come to it from threads and processes alike.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { notesIn, openGate } from '../fixtures/tasks/meeting-folder.ts';

/** Makes a folder that is gone when the test is over. To be called before pools are opened, which end first then. */
export function folderForTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export class Gate {
  /** What the calls of `passGate` are applied to. */
  readonly folder: string = folderForTest();

  /** How many calls have come. */
  get arrived(): number {
    return notesIn(this.folder).length;
  }

  /** Waits until as many calls have come. */
  async whenArrived(count: number): Promise<void> {
    // oxlint-disable-next-line vitest/no-standalone-expect -- only tests call it.
    await expect
      .poll(() => this.arrived, { interval: 2, timeout: 8000 })
      .toSatisfy((now: number) => now >= count);
  }

  open(): void {
    openGate(this.folder);
  }
}
