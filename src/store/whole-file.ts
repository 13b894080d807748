/**
 * Writes files that are there whole or not at all: under another name first, and renamed when all of it is written.
 *
 * Whoever reads sees the old file or the new one, also if this process is killed at any step: then a file is left under the
 * other name, which `removeLeftovers` takes away after a day. Nothing is forced to the disk. So if the machine itself stops,
 * a file may come back short or empty: readers must know by a checksum.
 */

import { type Clock, systemClock } from '../base/clock.ts';
import { makeFolders } from '../base/make-folders.ts';
import { once } from '../base/once.ts';
import { randomSerial } from '../base/random.ts';

const fs = once(() => process.getBuiltinModule('node:fs').promises);

/** How old a file under another name must be to be nobody's any more. Arbitrary: no write takes a day. */
const leftAfterMs = 24 * 3600 * 1000;

/** What comes next when a file is written: it is made, filled, closed, renamed; then it is there. */
export type WriteStep = 'make' | 'fill' | 'close' | 'rename' | 'there';

/** Is told before each step. What it throws is as if the step had failed: for tests of what happens then. */
export type OnWriteStep = (step: WriteStep) => void;

/** Where, and how. */
export interface WholeFileOptions {
  /** Where files are under another name until they are whole: on the same file system. Made if it is missing. */
  readonly temporary: string;
  readonly onStep?: OnWriteStep | undefined;
}

/**
 * Writes a file in place of what was there, and makes the folder it stands in if that is missing.
 *
 * @throws What the file system says. Then the file is as it was before, and nothing is left.
 */
export async function writeWhole(
  path: string,
  bytes: Uint8Array | string,
  { temporary, onStep }: WholeFileOptions,
): Promise<void> {
  const { open, rename, rm } = fs();
  const hidden = newName(temporary);
  try {
    onStep?.('make');
    const file = await withFolder(temporary, () => open(hidden, 'wx'));
    try {
      onStep?.('fill');
      await file.writeFile(bytes);
      onStep?.('close');
    } finally {
      await file.close();
    }
    onStep?.('rename');
    await withFolder(parentOf(path), () => rename(hidden, path));
  } catch (error) {
    await rm(hidden, { force: true });
    throw error;
  }
  onStep?.('there');
}

/** A name in a folder that no other process uses. */
export function newName(folder: string): string {
  return `${folder}/${process.pid}-${randomSerial().toString(36)}`;
}

/** Acts, and if that fails as a folder is missing, makes it and acts again. */
export async function withFolder<T>(folder: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!isMissing(error)) throw error;
    makeFolders(folder);
    return action();
  }
}

/** Removes what killed processes left in the folder of files under another name. Whatever fails is left. */
export async function removeLeftovers(temporary: string, clock: Clock = systemClock): Promise<void> {
  const { readdir, rm, stat } = fs();
  const names = await readdir(temporary).catch(() => []);
  for (const name of names) {
    try {
      const path = `${temporary}/${name}`;
      const { mtimeMs } = await stat(path);
      if (clock.epochMs() - mtimeMs > leftAfterMs) await rm(path, { recursive: true, force: true });
    } catch {
      // Somebody else removed it.
    }
  }
}

/** Whether a file or a folder on the way to it is not there. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

/** The code of an error of the system. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
