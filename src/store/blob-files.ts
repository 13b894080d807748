/**
 * Bytes by digest in files of a folder, `aa/bb…`, named by SHA-256 of what they hold.
 *
 * - **Whole or not at all:** a file is written under another name, and renamed when all of it is there.
 * - **Never wrong:** what is read is digested, and is not there if it is not what its name says. Such a file is removed, so
 *   that the bytes can be put again.
 * - **Cost:** files up to 1 MiB are read and written at once; longer ones without holding up the event loop.
 * - **Failure:** what the system refuses to write is thrown as it is. What cannot be read is not there.
 *
 * Nothing is made before the first `put`, so a folder that may only be read can be read from. Stores are built on it: it
 * leaves to them what errors are called, and what is done when.
 */

import * as fs from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../base/clock.ts';
import { makeFolders } from '../base/make-folders.ts';
import type { MaybePromise } from '../base/maybe-promise.ts';
import { randomSerial } from '../base/random.ts';
import { isDigest } from '../codec/canonical/digest-text.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import { feed, sha256Hex, startSha256 } from '../codec/canonical/sha256.ts';
import type { StoreEntry } from './store.ts';

/** Longer files are read and written without holding up the event loop. That of 1 MiB takes about a millisecond. */
const mostAtOnceBytes = 2 ** 20;
/** What is read and digested at a time of longer ones: about 4 ms. */
const pieceBytes = 2 ** 23;
/** When a file was read is noted no more often than that: to read should not write. */
const noteUseMs = 3_600_000;
/** When a file was put again is noted no more often than that: as exactly as a store promises. */
const notePutMs = 1000;
/** A file that a process left behind half written is removed when it is older than that, if the process is known to be gone. */
const abandonedMs = 3_600_000;
/** The same where that is not known, as the process is on another machine: nothing takes that long between two writes. */
const surelyAbandonedMs = 86_400_000;

export interface BlobFilesOptions {
  /**
   * `'full'`: what is put survives a loss of power. `'normal'`: it survives the end of the process; after a loss of power
   * the latest may not be there.
   *
   * @defaultValue `'normal'`
   */
  readonly durability?: 'normal' | 'full';
  readonly clock?: Clock;
  /** Told of each step of writing before it is done, so that a test can end the process there. */
  readonly atStep?: (step: BlobStep) => void;
}

/** The steps of writing a file, in their order. */
export type BlobStep = 'blob:create' | 'blob:write' | 'blob:rename' | 'blob:renamed';

/** A folder of files named by their digests. */
export class BlobFiles {
  /** Absolute, or as it was given. */
  readonly folder: string;
  readonly #temporary: string;
  readonly #isDurable: boolean;
  readonly #clock: Clock;
  readonly #atStep: (step: BlobStep) => void;
  #isSwept = false;
  /** How many files were begun: with the process and a random number it makes their names unique. */
  #begun = 0;
  readonly #serial = randomSerial().toString(36);

  constructor(folder: string, { durability = 'normal', clock = systemClock, atStep }: BlobFilesOptions = {}) {
    this.folder = folder;
    this.#temporary = join(folder, 'temporary');
    this.#isDurable = durability === 'full';
    this.#clock = clock;
    this.#atStep = atStep ?? (() => undefined);
  }

  /** Where the file of a digest is, if it is there. */
  pathOf(digest: Digest): string {
    if (!isDigest(digest)) {
      throw new TypeError(
        `Cannot find stored bytes as a digest is 64 hexadecimal digits in lower case: received '${String(digest)}'`,
      );
    }
    return join(this.folder, digest.slice(0, 2), digest.slice(2));
  }

  get(digest: Digest): MaybePromise<Uint8Array | undefined> {
    const path = this.pathOf(digest);
    let file: number;
    try {
      file = fs.openSync(path, 'r');
    } catch {
      return undefined;
    }
    let isOpen = true;
    try {
      const stat = fs.fstatSync(file);
      if (stat.size > mostAtOnceBytes) {
        isOpen = false; // It is closed there.
        return this.#readLong(digest, path, file, stat);
      }
      const bytes = new Uint8Array(stat.size);
      let length = 0;
      for (let read = -1; read !== 0 && length < bytes.length; length += read) {
        read = fs.readSync(file, bytes, length, bytes.length - length, length);
      }
      if (length === bytes.length && sha256Hex(bytes) === digest) {
        this.#noteUse(path, stat);
        return bytes;
      }
      this.#removeDamaged(path, stat);
      return undefined;
    } catch {
      return undefined;
    } finally {
      if (isOpen) fs.closeSync(file);
    }
  }

  async #readLong(
    digest: Digest,
    path: string,
    file: number,
    stat: fs.Stats,
  ): Promise<Uint8Array | undefined> {
    try {
      const bytes = new Uint8Array(stat.size);
      const hash = startSha256();
      let length = 0;
      while (length < bytes.length) {
        const read = await readPiece(file, bytes, length);
        if (read === 0) break;
        feed(hash, bytes.subarray(length, length + read));
        length += read;
      }
      if (length === bytes.length && hash.digest('hex') === digest) {
        this.#noteUse(path, stat);
        return bytes;
      }
      this.#removeDamaged(path, stat);
      return undefined;
    } catch {
      return undefined; // It cannot be read, or is longer than fits into memory.
    } finally {
      fs.closeSync(file);
    }
  }

  /**
   * Writes a file, or notes that it was used if it is there.
   *
   * @param bytes - those that the digest is of; not looked into here
   */
  put(digest: Digest, bytes: Uint8Array): MaybePromise<void> {
    const path = this.pathOf(digest);
    const found = fs.statSync(path, { throwIfNoEntry: false });
    // If it is gone by now, as garbage, it is written anew.
    if (found?.size === bytes.length && this.#noteUse(path, found, notePutMs)) return;
    this.#prepare();
    const temporary = this.#newName();
    if (bytes.length > mostAtOnceBytes) return this.#writeLong(path, temporary, bytes);
    try {
      this.#atStep('blob:create');
      const file = fs.openSync(temporary, 'wx');
      try {
        this.#atStep('blob:write');
        for (let length = 0; length < bytes.length; ) length += fs.writeSync(file, bytes, length);
        if (this.#isDurable) fs.fsyncSync(file);
      } finally {
        fs.closeSync(file);
      }
      this.#putInPlace(temporary, path);
    } catch (error) {
      removeIfThere(temporary);
      throw error;
    }
  }

  async #writeLong(path: string, temporary: string, bytes: Uint8Array): Promise<void> {
    try {
      this.#atStep('blob:create');
      const file = await fs.promises.open(temporary, 'wx');
      try {
        this.#atStep('blob:write');
        await file.writeFile(bytes);
        if (this.#isDurable) await file.sync();
      } finally {
        await file.close();
      }
      this.#putInPlace(temporary, path);
    } catch (error) {
      removeIfThere(temporary);
      throw error;
    }
  }

  #putInPlace(temporary: string, path: string): void {
    const folder = join(path, '..');
    this.#atStep('blob:rename');
    try {
      fs.renameSync(temporary, path);
    } catch {
      // The folder is not there yet. Or, on Windows, the same bytes are there and somebody reads them.
      makeFolders(folder);
      try {
        fs.renameSync(temporary, path);
      } catch (error) {
        if (fs.statSync(path, { throwIfNoEntry: false }) === undefined) throw error;
        removeIfThere(temporary);
      }
      if (this.#isDurable) syncFolder(this.folder);
    }
    if (this.#isDurable) syncFolder(folder);
    this.#atStep('blob:renamed');
  }

  /** Whether a file is there. It may turn out to be damaged. */
  has(digest: Digest): boolean {
    return fs.statSync(this.pathOf(digest), { throwIfNoEntry: false }) !== undefined;
  }

  /** @returns whether it was there */
  delete(digest: Digest): boolean {
    return removeIfThere(this.pathOf(digest));
  }

  /**
   * Removes a file unless it was used since. It is renamed first, which only one can do, and looked at: whoever puts it
   * meanwhile has either noted its use before, so that it comes back, or finds it gone, and writes it anew.
   *
   * @returns whether it was removed
   */
  deleteUnused(digest: Digest, sinceMs: number): boolean {
    const path = this.pathOf(digest);
    const found = fs.statSync(path, { throwIfNoEntry: false });
    if (found === undefined || found.mtimeMs >= sinceMs) return false;
    this.#prepare();
    const aside = this.#newName();
    try {
      fs.renameSync(path, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    if (fs.statSync(aside).mtimeMs < sinceMs) return removeIfThere(aside);
    fs.renameSync(aside, path);
    return false;
  }

  /** The files that are there, in no order. */
  async *entries(): AsyncGenerator<StoreEntry, void, undefined> {
    for (const fan of await namesIn(this.folder)) {
      if (!/^[0-9a-f]{2}$/.test(fan)) continue;
      for (const name of await namesIn(join(this.folder, fan))) {
        const digest = fan + name;
        if (!isDigest(digest)) continue;
        const stat = await statOf(join(this.folder, fan, name));
        if (stat?.isFile()) yield { digest, bytes: stat.size, usedMs: stat.mtimeMs };
      }
    }
  }

  /** Before the first file is written: the folder, without what processes that are gone left in it. */
  #prepare(): void {
    if (this.#isSwept) return;
    makeFolders(this.#temporary);
    this.#isSwept = true;
    for (const name of fs.readdirSync(this.#temporary)) {
      const path = join(this.#temporary, name);
      const stat = fs.statSync(path, { throwIfNoEntry: false });
      if (stat === undefined) continue;
      const ageMs = this.#clock.epochMs() - stat.mtimeMs;
      if (ageMs > surelyAbandonedMs || (ageMs > abandonedMs && isOfProcessThatIsGone(name))) {
        removeIfThere(path);
      }
    }
  }

  #newName(): string {
    const host = encodeURIComponent(process.getBuiltinModule('node:os').hostname());
    return join(this.#temporary, `${process.pid}-${this.#serial}-${this.#begun++}-${host}`);
  }

  /** @returns whether it is still there, as far as can be seen */
  #noteUse(path: string, { mtimeMs }: fs.Stats, olderThanMs: number = noteUseMs): boolean {
    const nowMs = this.#clock.epochMs();
    if (nowMs - mtimeMs < olderThanMs) return true;
    try {
      fs.utimesSync(path, nowMs / 1000, nowMs / 1000);
      return true;
    } catch (error) {
      // It may only be read, or is gone.
      return (error as NodeJS.ErrnoException).code !== 'ENOENT';
    }
  }

  /**
   * Removes the file that was read, and no other: meanwhile another process may have put the bytes again. So it is renamed
   * first, which only one can do, and looked at.
   */
  #removeDamaged(path: string, { ino, mtimeMs }: fs.Stats): void {
    try {
      this.#prepare();
      const aside = this.#newName();
      fs.renameSync(path, aside);
      const found = fs.statSync(aside);
      if (found.ino === ino && found.mtimeMs === mtimeMs) fs.unlinkSync(aside);
      else fs.renameSync(aside, path);
    } catch {
      // It may only be read, or is gone. It is read as not there in any case.
    }
  }
}

function readPiece(file: number, bytes: Uint8Array, from: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const length = Math.min(pieceBytes, bytes.length - from);
    fs.read(file, bytes, from, length, from, (error, read) => {
      if (error === null) resolve(read);
      else reject(error);
    });
  });
}

/** @returns whether it was there */
function removeIfThere(path: string): boolean {
  try {
    fs.unlinkSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    if (fs.statSync(path, { throwIfNoEntry: false }) === undefined) return false;
    throw error;
  }
}

/** Makes the names in a folder survive a loss of power. Where folders cannot be opened, as on Windows, that is not known. */
function syncFolder(path: string): void {
  let file: number;
  try {
    file = fs.openSync(path, 'r');
  } catch {
    return;
  }
  try {
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
}

function isOfProcessThatIsGone(name: string): boolean {
  const [pid = '', , , ...host] = name.split('-');
  if (host.join('-') !== encodeURIComponent(process.getBuiltinModule('node:os').hostname())) return false;
  if (!/^[1-9]\d*$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await fs.promises.readdir(folder);
  } catch {
    return [];
  }
}

async function statOf(path: string): Promise<fs.Stats | undefined> {
  try {
    return await fs.promises.stat(path);
  } catch {
    return undefined;
  }
}
