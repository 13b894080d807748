/**
 * Digests of files, read again only when a file may have changed.
 *
 * A file is taken for unchanged, unread, if its stamp is: modification and change time, size, and inode. Since the
 * change time cannot be set by programs, a file that was replaced under an old date is noticed.
 */

import { hash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';

/** What is known of a file: the digest of its bytes, as long as its stamp is this. */
export interface KnownFile {
  readonly stamp: string;
  readonly digest: string;
}

/**
 * A file changed less than this ago might change again without a change of its stamp, as clocks of file systems tick
 * slowly. FAT's tick, the slowest.
 */
const tickMs = 2_000;

/** The digests of files. Within one build each file is looked at once. */
export class FileDigests {
  readonly #known: Map<string, KnownFile>;
  readonly #learned: (path: string, known: KnownFile) => void;
  readonly #nowMs: () => number;
  readonly #looked = new Map<string, Promise<string | undefined>>();

  /**
   * @param known - by path; what is learned is added
   * @param learned - is told of it
   * @param nowMs - the clock of the file system, in milliseconds since the Unix epoch
   */
  constructor(
    known: Map<string, KnownFile>,
    learned: (path: string, known: KnownFile) => void,
    nowMs: () => number = Date.now,
  ) {
    this.#known = known;
    this.#learned = learned;
    this.#nowMs = nowMs;
  }

  /** Gives the digest of a file as it was when first asked for, or `undefined` if there is none. */
  digestOf(path: string): Promise<string | undefined> {
    const looked = this.#looked.get(path) ?? this.#look(path);
    this.#looked.set(path, looked);
    return looked;
  }

  /** Says that a file was written, so that it is looked at again. */
  written(path: string): void {
    this.#looked.delete(path);
  }

  async #look(path: string): Promise<string | undefined> {
    try {
      // The stamp is taken first: if the file changes meanwhile, the stamp is outdated, and the file is read next time.
      const { mtimeNs, ctimeNs, ctimeMs, size, ino } = await stat(path, { bigint: true });
      const stamp = [mtimeNs, ctimeNs, size, ino].join(':');
      const known = this.#known.get(path);
      if (known?.stamp === stamp) return known.digest;
      const digest = hash('sha256', await readFile(path), 'hex');
      if (this.#nowMs() - Number(ctimeMs) > tickMs) {
        this.#known.set(path, { stamp, digest });
        this.#learned(path, { stamp, digest });
      }
      return digest;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw error;
    }
  }
}
