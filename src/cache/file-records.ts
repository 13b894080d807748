/**
 * Records in files of a folder, for many processes, also on file systems that are shared over a network, where SQLite cannot
 * be used: they need no more than that renaming is atomic. The layout is told in `docs/formats/store.md`.
 *
 * There is no index: a search reads the file of each record.
 */

import { resolve } from 'node:path';
import { once } from '../base/once.ts';
import { Turns } from '../base/turns.ts';
import { isDigest } from '../codec/canonical/digest-text.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import { CacheWriteError } from '../store/cache-write-error.ts';
import { type OnWriteStep, removeLeftovers, writeWhole } from '../store/whole-file.ts';
import { ClaimFolder } from './claim-folder.ts';
import { pick } from './fits.ts';
import type { CallRecord, RunEntry, RunRecord } from './record.ts';
import { callText, toCall } from './record-json.ts';
import type { Claim, RecordFilter, Records, RecordsDescriptor } from './records.ts';
import { namesIn, RunFiles, removeFile, textOf } from './run-files.ts';
import { sealed, unsealed } from './sealed-file.ts';

/** How many files are open at once, at most. Arbitrary: more than the four threads that Node uses for files. */
const mostOpen = 16;
/** How many signs of a key name the folder of its file. With 100,000 records, each folder has about 400 files. */
const fanOut = 2;

/** @internal */
export interface FileRecordsOptions {
  /** Is told before each step of writing a file: for tests. */
  readonly onStep?: OnWriteStep;
}

/**
 * Makes records in a folder. Nothing is made there before something is put or claimed.
 *
 * - **Cost:** `get`, `put` and `claim` take some tenths of a millisecond on a local disk, and do not hold up the event loop.
 *   `select` reads all records, some 20,000 in a second, or those alone whose keys begin like `prefix`, if that is given with
 *   two signs or more; it needs memory for those that fit. It loads no values.
 * - **Bound:** as many files as there are records.
 * - **Failure:** what cannot be read, or is damaged, is not there.
 *
 * @throws {CacheWriteError} By what writes, and by the `flush` after it, if the file system refuses it: the disk is full.
 */
export function fileRecords(folder: string, options: FileRecordsOptions = {}): Records {
  return new FileRecords(resolve(folder), options);
}

/** What was put or deleted last under a key and is not in its file yet. */
interface Pending {
  readonly record: CallRecord | undefined;
  readonly over: Promise<unknown>;
}

class FileRecords implements Records {
  readonly name: string;
  readonly descriptor: RecordsDescriptor;
  readonly #folder: string;
  readonly #temporary: string;
  readonly #onStep: OnWriteStep | undefined;
  readonly #turns = new Turns(mostOpen);
  readonly #claims: ClaimFolder;
  readonly #runs: RunFiles;
  /** By key: what is done under one key is done one after the other. */
  readonly #pending = new Map<string, Pending>();
  readonly #sweep = once(() => removeLeftovers(this.#temporary));
  /** The first that could not be kept since the last flush. */
  #failed: CacheWriteError | undefined;

  constructor(folder: string, { onStep }: FileRecordsOptions) {
    this.name = `files in ${folder}`;
    this.descriptor = Object.freeze({ kind: 'files', folder });
    this.#folder = folder;
    this.#temporary = `${folder}/unfinished`;
    this.#onStep = onStep;
    this.#claims = new ClaimFolder(`${folder}/claims`, this.#temporary);
    this.#runs = new RunFiles(`${folder}/runs`, (path, text) => this.#write(path, text));
  }

  async get(key: Digest): Promise<CallRecord | undefined> {
    const pending = this.#pending.get(key);
    return pending === undefined ? this.#read(this.#pathOf(key)) : pending.record;
  }

  put(record: CallRecord): Promise<void> {
    const path = this.#pathOf(record.key);
    const text = sealed(callText(record));
    return this.#inOrder(record.key, record, () => this.#write(path, text));
  }

  async delete(key: Digest): Promise<boolean> {
    const path = this.#pathOf(key);
    const isPut = this.#pending.get(key)?.record !== undefined;
    const isGone = await this.#inOrder(key, undefined, () => this.#turns.take(() => removeFile(path)));
    return isGone || isPut;
  }

  async *select(filter: RecordFilter): AsyncIterable<CallRecord> {
    await this.#settled();
    yield* pick(await this.#readAll(filter.prefix ?? ''), filter);
  }

  claim(key: Digest, claim: Claim, nowMs: number): Promise<Claim | undefined> {
    this.#pathOf(key);
    return this.#turns.take(() => this.#noting(this.#claims.claim(key, claim, nowMs)));
  }

  renew(owner: string, untilMs: number): Promise<void> {
    return this.#noting(this.#claims.renew(owner, untilMs));
  }

  release(key: Digest, owner: string): Promise<void> {
    this.#pathOf(key);
    return this.#turns.take(() => this.#noting(this.#claims.release(key, owner)));
  }

  putRun(run: RunRecord): Promise<void> {
    return this.#inOrder(`run ${run.id}`, undefined, () => this.#runs.put(run));
  }

  addEntries(run: string, entries: readonly RunEntry[]): Promise<void> {
    return this.#inOrder(`run ${run}`, undefined, () => this.#turns.take(() => this.#runs.add(run, entries)));
  }

  async *runs(): AsyncIterable<RunRecord> {
    await this.#settled();
    yield* this.#runs.all();
  }

  async *entriesOf(run: string): AsyncIterable<RunEntry> {
    await this.#settled();
    yield* this.#runs.entriesOf(run);
  }

  deleteRun(run: string): Promise<boolean> {
    return this.#inOrder(`run ${run}`, undefined, () => this.#runs.delete(run));
  }

  async flush(): Promise<void> {
    await this.#settled();
    const failed = this.#failed;
    this.#failed = undefined;
    if (failed !== undefined) throw failed;
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#claims.releaseAll();
    }
  }

  /** Acts when all that was asked for before under the same key is done. */
  #inOrder<Result>(
    key: string,
    record: CallRecord | undefined,
    action: () => Promise<Result>,
  ): Promise<Result> {
    const before = this.#pending.get(key)?.over;
    const going = this.#noting(before === undefined ? action() : before.then(action, action));
    const pending: Pending = { record, over: going };
    this.#pending.set(key, pending);
    const over = (): void => {
      if (this.#pending.get(key) === pending) this.#pending.delete(key);
    };
    // Also whoever waits for `flush` alone is told. So it is no rejection that nobody handles.
    going.then(over, over);
    return going;
  }

  /** Keeps in mind for `flush` what the file system refuses. What is wrong with what was given is thrown as it is. */
  async #noting<Result>(going: Promise<Result>): Promise<Result> {
    try {
      return await going;
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError) throw error;
      const failed = new CacheWriteError(
        `Cannot keep a record in ${this.name} as it could not be written: received ${String(error)}`,
        { cause: error },
      );
      this.#failed ??= failed;
      throw failed;
    }
  }

  async #settled(): Promise<void> {
    await Promise.allSettled([...this.#pending.values()].map(({ over }) => over));
  }

  async #write(path: string, text: string): Promise<void> {
    await this.#turns.take(async () => {
      await this.#sweep();
      await writeWhole(path, text, { temporary: this.#temporary, onStep: this.#onStep });
    });
  }

  async #read(path: string): Promise<CallRecord | undefined> {
    const record = unsealed(await this.#turns.take(() => textOf(path)), toCall);
    // A file that was copied under another name is no record of that key.
    return record !== undefined && path.endsWith(`/${record.key}.json`) ? record : undefined;
  }

  async #readAll(prefix: string): Promise<readonly CallRecord[]> {
    const fanName = prefix.slice(0, fanOut);
    const fans = (await namesIn(`${this.#folder}/calls`)).filter((fan) => fan.startsWith(fanName));
    const found: CallRecord[] = [];
    for (const fan of fans) {
      const names = (await namesIn(`${this.#folder}/calls/${fan}`)).filter((name) => name.startsWith(prefix));
      const records = await Promise.all(
        names.map((name) => this.#read(`${this.#folder}/calls/${fan}/${name}`)),
      );
      for (const record of records) if (record !== undefined) found.push(record);
    }
    return found;
  }

  #pathOf(key: Digest): string {
    if (!isDigest(key)) {
      throw new TypeError(
        `Cannot find a record as a key is 64 hexadecimal digits in lower case: received '${String(key)}'`,
      );
    }
    return `${this.#folder}/calls/${key.slice(0, fanOut)}/${key}.json`;
  }
}
