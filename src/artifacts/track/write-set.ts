/**
 * Files that are written together: all of them, or the folder is as it was before.
 *
 * - **Order:** artifacts first, each in a file of its own that no record names yet; last of all the file of records, by one
 *   renaming. So whoever reads sees the old records with their files, or the new ones with theirs.
 * - **Failure:** what was written is removed, what was replaced is put back, and folders that were made are removed.
 * - **Killed meanwhile:** the records are the old ones. Files that nobody names may be left.
 * - **Bound:** no path leaves the folder, by its name or by a link. Nothing is written over a file unless that was asked for.
 *
 * As with all files of heddle, nothing is forced to the disk: after a loss of power the latest may not be there.
 */

import { makeFolders } from '../../base/make-folders.ts';
import { once } from '../../base/once.ts';
import { randomSerial } from '../../base/random.ts';
import { codeOf } from '../../store/whole-file.ts';
import { leadsInside } from './contained-path.ts';

const fs = once(() => process.getBuiltinModule('node:fs'));
const nodePath = once(() => process.getBuiltinModule('node:path'));

/** A file to write. */
export interface NewFile {
  readonly path: string;
  readonly content: Uint8Array | { readonly copyOf: string };
  /** Whether it takes the place of a file that is there, which is an error otherwise. */
  readonly replace: boolean;
}

/** How many files are written at once. Measured: four times as fast as one by one, and more gain nothing. */
const atOnce = 32;

/** Files that are written together. */
export class WriteSet {
  readonly #root: string;
  readonly #written: string[] = [];
  readonly #madeFolders: string[] = [];
  readonly #known = new Set<string>();
  /** What was replaced, and where it is kept until all is done. */
  readonly #replaced: { readonly path: string; readonly kept: string }[] = [];
  readonly #serial: string = `${process.pid}-${randomSerial().toString(36)}`;
  #begun = 0;

  /** @param root - the folder that no file leaves; made if it is missing */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Writes files, some at a time.
   *
   * @throws What the file system says, after all that were begun have ended. Then call `undo`.
   */
  async write(files: readonly NewFile[]): Promise<void> {
    for (const folder of new Set(files.map(({ path }) => nodePath().dirname(path)))) this.#makeFolder(folder);
    let next = 0;
    let failed: { readonly error: unknown } | undefined;
    const lane = async (): Promise<void> => {
      for (let file = files[next++]; file !== undefined && failed === undefined; file = files[next++]) {
        try {
          await this.#write(file);
        } catch (error) {
          failed ??= { error };
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, files.length) }, lane));
    if (failed !== undefined) throw failed.error;
  }

  /** Puts the file of records in place: after it, all is done. */
  async finish(path: string, text: string): Promise<void> {
    const { writeFile, rename } = fs().promises;
    // A link to it stays one. It was the user who named it, wherever it leads.
    const target = realPathOf(path);
    const hidden = this.#hiddenBeside(target);
    this.#written.push(hidden);
    await writeFile(hidden, text, { flag: 'wx', mode: modeOf(target) });
    await rename(hidden, target);
    // It is done: what cannot be removed takes room, and no more.
    for (const { kept } of this.#replaced) attempt(() => fs().rmSync(kept, { force: true }));
  }

  /** Makes the folder as it was before. What cannot be is left. */
  undo(): void {
    const { rmSync, rmdirSync, renameSync } = fs();
    for (const path of this.#written) attempt(() => rmSync(path, { force: true }));
    for (const { path, kept } of this.#replaced) attempt(() => renameSync(kept, path));
    for (const folder of this.#madeFolders.toReversed()) attempt(() => rmdirSync(folder));
  }

  async #write({ path, content, replace }: NewFile): Promise<void> {
    const { copyFile, link, rename } = fs().promises;
    const { COPYFILE_EXCL, COPYFILE_FICLONE } = fs().constants;
    const target = replace ? this.#hiddenBeside(path) : path;
    try {
      if (content instanceof Uint8Array) await writeNew(target, content);
      else await copyFile(content.copyOf, target, COPYFILE_EXCL | COPYFILE_FICLONE);
    } catch (error) {
      // What is there of it is removed: not what was there before.
      if (codeOf(error) !== 'EEXIST') this.#written.push(target);
      throw error;
    }
    this.#written.push(target);
    if (!replace) return;
    const kept = this.#hiddenBeside(path);
    let isReplaced = true;
    try {
      await link(path, kept);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') isReplaced = false;
      // Where there are no links, a copy does.
      else await copyFile(path, kept, COPYFILE_EXCL | COPYFILE_FICLONE);
    }
    if (isReplaced) this.#replaced.push({ path, kept });
    else this.#written.push(path);
    await rename(target, path);
  }

  #makeFolder(folder: string): void {
    if (this.#known.has(folder)) return;
    const { mkdirSync } = fs();
    const parent = nodePath().dirname(folder);
    if (folder === this.#root) {
      makeFolders(folder);
    } else {
      if (parent !== folder) this.#makeFolder(parent);
      try {
        // In a folder that is known, so what is made now is no link.
        mkdirSync(folder);
        this.#madeFolders.push(folder);
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        if (!leadsInside(this.#root, folder)) {
          throw new RangeError(`Cannot write to a folder as a link leads out of it: received '${folder}'`);
        }
      }
    }
    this.#known.add(folder);
  }

  #hiddenBeside(path: string): string {
    const { dirname, join } = nodePath();
    return join(dirname(path), `.heddle-${this.#serial}-${this.#begun++}`);
  }
}

/** Costs half of what `fs.promises.writeFile` does, which makes an object for each file that is open. */
function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    fs().writeFile(path, bytes, { flag: 'wx' }, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

function realPathOf(path: string): string {
  try {
    return fs().realpathSync.native(path);
  } catch {
    return path;
  }
}

/** The mode of a file that is there: what takes its place may be read by the same people. */
function modeOf(path: string): number {
  const found = fs().statSync(path, { throwIfNoEntry: false });
  return found === undefined ? 0o666 : found.mode & 0o777;
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // It is left.
  }
}
