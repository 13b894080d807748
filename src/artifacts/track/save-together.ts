/**
 * Saving a file of records with the files that its records name: as the only writer, and all of it or nothing.
 *
 * What is written is planned when the lock is held and the file has been read again: so whoever plans knows what others wrote.
 */

import { systemClock } from '../../base/clock.ts';
import { inspectShort } from '../../base/inspect-short.ts';
import { makeFolders } from '../../base/make-folders.ts';
import { codeOf } from '../../store/whole-file.ts';
import { SaveError } from './errors.ts';
import { lockFile } from './file-lock.ts';
import type { ConflictChoice } from './merge-states.ts';
import { asJson, joinRecords, readText } from './record-file.ts';
import { type NewFile, WriteSet } from './write-set.ts';

/** How something is saved. */
export interface SaveOptions {
  /**
   * How long to wait for another writer, in milliseconds: 0 or more.
   *
   * @defaultValue 10,000
   */
  readonly waitMs?: number | undefined;
}

/** What is saved. */
export interface Saving {
  /** The file of records. */
  readonly path: string;
  /** Its folder, which nothing leaves. */
  readonly root: string;
  /** Whether what is there may be anything, as it is begun anew. */
  readonly isAnew: boolean;
  /** Waits for what is not encoded yet. */
  readonly encode: () => Promise<void>;
  /** Joins what others wrote. @param before - the text of the file now, if it is there */
  readonly join: (before: string | undefined) => void;
  /** Says which files are to be written beside the records. */
  readonly files: () => readonly NewFile[];
  /** The records, in their order. */
  readonly records: () => readonly string[];
  /** Notes that all is in place. @param text - of the file of records */
  readonly done: (text: string) => void;
}

const defaultWaitMs = 10_000;

/** How often it is begun again as others write the file, or files of the same names, meanwhile. Arbitrary. */
const mostTries = 5;

const choices: readonly ConflictChoice[] = ['fail', 'ours', 'theirs'];

/**
 * Refuses values of options that mean nothing.
 *
 * @throws {RangeError} If there is no such choice, or no such time.
 */
export function checkSaveOptions(
  {
    conflicts = 'fail',
    waitMs = defaultWaitMs,
  }: SaveOptions & { readonly conflicts?: ConflictChoice | undefined },
  verb: string,
): void {
  if (!choices.includes(conflicts)) {
    throw new RangeError(
      `Cannot ${verb} as 'conflicts' must be 'fail', 'ours' or 'theirs': received ${inspectShort(conflicts)}`,
    );
  }
  if (typeof waitMs !== 'number' || !(waitMs >= 0)) {
    throw new RangeError(
      `Cannot ${verb} as 'waitMs' must be a number of milliseconds, at least 0: received ${inspectShort(waitMs)}`,
    );
  }
}

/** @throws {SaveError} If it cannot be. Then all files are as they were. */
export async function saveTogether(saving: Saving, { waitMs = defaultWaitMs }: SaveOptions): Promise<void> {
  const { path, root } = saving;
  await orSaveError(path, async () => {
    await saving.encode();
    makeFolders(root);
    await asOnlyWriter(path, waitMs, async (isHeld) => {
      for (let tries = 0; tries < mostTries; tries++) if (await trySave(saving, isHeld)) return;
      throw new SaveError(`Cannot save '${path}' as another program writes it again and again`);
    });
  });
}

/** @returns whether nobody has written the file meanwhile: otherwise all files are as they were */
async function trySave(saving: Saving, isHeld: () => Promise<void>): Promise<boolean> {
  const { path, root } = saving;
  const before = await readBefore(saving);
  saving.join(before);
  const files = saving.files();
  const records = saving.records();
  if (files.length === 0 && joinRecords(records) === before) {
    saving.done(before);
    return true;
  }
  const text = joinRecords(records.map(asJson));
  const writing = new WriteSet(root);
  try {
    await writing.write(files);
    await isHeld();
    // Python's lazyscribe waits for nobody. And whoever lost the lock may have got it again, after another writer.
    if ((await readBefore(saving)) !== before) {
      writing.undo();
      return false;
    }
    await writing.finish(path, text);
  } catch (error) {
    writing.undo();
    // A name that was free when it was looked for: another project of the folder has it now, whose lock is another one.
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  saving.done(text);
  return true;
}

async function readBefore({ path, isAnew }: Saving): Promise<string | undefined> {
  try {
    return await readText(path);
  } catch (error) {
    if (isAnew) return undefined;
    throw error;
  }
}

/**
 * Changes a file of text, as the only writer.
 *
 * @param change - gives the new text; `undefined` to leave it as it is
 * @throws {SaveError} If it cannot be. Then the file is as it was.
 */
export async function saveText(
  path: string,
  change: (before: string | undefined) => string | undefined,
): Promise<void> {
  const root = process.getBuiltinModule('node:path').dirname(path);
  await orSaveError(path, async () => {
    makeFolders(root);
    await asOnlyWriter(path, defaultWaitMs, async (isHeld) => {
      const text = change(await readText(path));
      if (text === undefined) return;
      const writing = new WriteSet(root);
      try {
        await isHeld();
        await writing.finish(path, text);
      } catch (error) {
        writing.undo();
        throw error;
      }
    });
  });
}

async function asOnlyWriter(
  path: string,
  waitMs: number,
  write: (isHeld: () => Promise<void>) => Promise<void>,
): Promise<void> {
  // The time of this machine, whatever that of the records is: others look at it.
  const lock = await lockFile(path, { clock: systemClock, waitMs });
  try {
    await write(async () => {
      if (await lock.isHeld()) return;
      throw new SaveError(
        `Cannot save '${path}' as another writer took over: this one stood still for too long`,
      );
    });
  } finally {
    await lock.release();
  }
}

async function orSaveError(path: string, save: () => Promise<void>): Promise<void> {
  try {
    await save();
  } catch (cause) {
    if (cause instanceof SaveError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SaveError(`Cannot save '${path}': ${reason}`, { cause });
  }
}
