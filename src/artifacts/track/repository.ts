/**
 * Repositories: files of artifacts in versions, that Python's lazyscribe reads and writes, too.
 *
 * Each time an artifact is logged under a name, it is the next version of it, with a file of its own. Programs that serve
 * models load the latest that has not expired, or exactly that which they were tested with.
 *
 * What is promised of files is as for projects: see `project.ts`. It is a source of values by name, for cadets and runs.
 */

import { type Clock, systemClock } from '../../base/clock.ts';
import { ClosedError } from '../../base/errors.ts';
import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import { once } from '../../base/once.ts';
import { Turns } from '../../base/turns.ts';
import { sha256HexOfLong } from '../../codec/canonical/sha256.ts';
import type { ArtifactHandler } from '../handlers/handler.ts';
import { handlersOf } from '../handlers/handlers.ts';
import { Content } from './artifact-content.ts';
import {
  type ArtifactEntry,
  type ArtifactMetadata,
  changedEntry,
  defaultFname,
  metadataOf,
  newEntry,
} from './artifact-entry.ts';
import {
  type ArtifactPlace,
  digestOf,
  encodeArtifact,
  type LoadArtifactOptions,
  loadArtifact,
  readArtifact,
  versionText,
} from './artifact-files.ts';
import { joinBelow } from './contained-path.ts';
import { ArtifactLoadError, ArtifactLogError, ReadOnlyError, VersionNotFoundError } from './errors.ts';
import { freePath, samePath } from './free-name.ts';
import { checkedFname, checkedLength, toTheSecond } from './log-artifact.ts';
import type { LogArtifactOptions } from './log-options.ts';
import { checkedMode, openRecords } from './open-records.ts';
import { plainJson } from './plain-values.ts';
import type { PromotionTarget } from './promotion.ts';
import { placeIn, RepositoryRecord } from './repository-record.ts';
import { type RepositoryState, type SaveRepositoryOptions, saveRepository } from './repository-save.ts';
import { checkSaveOptions } from './save-together.ts';
import { unifiedDiff } from './text-diff.ts';
import { findVersion, timeMs, type VersionQuery } from './version-query.ts';

const nodePath = once(() => process.getBuiltinModule('node:path'));

/** What may be done with a repository: `r` reads it; `w` begins anew; `w+` adds to it. */
export type RepositoryMode = 'r' | 'w' | 'w+';

export interface OpenRepositoryOptions {
  /** @defaultValue `'w+'` */
  readonly mode?: RepositoryMode | undefined;
  /**
   * Handlers of artifacts beside those of this library.
   *
   * @defaultValue none
   */
  readonly handlers?: readonly ArtifactHandler[] | undefined;
  /**
   * Whether a file that is not there is an empty repository also in mode `r`. In the other modes it is.
   *
   * @defaultValue `false`
   */
  readonly allowMissing?: boolean | undefined;
  /** @internal */
  readonly clock?: Clock | undefined;
}

/** How an artifact is logged to a repository. */
export interface LogVersionOptions extends LogArtifactOptions {
  /**
   * Whether nothing is logged if the latest version has the same bytes, and was written by the same handler.
   *
   * @defaultValue `false`
   */
  readonly onlyIfChanged?: boolean | undefined;
  /**
   * From when on it is not the latest any more.
   *
   * @defaultValue never
   */
  readonly expiry?: Date | string | undefined;
}

/** Which version is loaded, and how. */
export interface LoadVersionOptions extends VersionQuery, LoadArtifactOptions {}

/** Of which version the expiry is set, and to when. */
export interface SetExpiryOptions extends VersionQuery {
  /** @defaultValue now */
  readonly expiry?: Date | string | undefined;
}

/** The ways to say which version is meant. */
const ways = ['version', 'exact', 'asOf'];

const modes: readonly RepositoryMode[] = ['r', 'w', 'w+'];

/**
 * Opens a repository.
 *
 * @param path - of its file, `repository.json` in this folder unless it is given; the artifacts are in folders beside it
 * @throws {UnreadableFileError} If the file is not what it should be, or is not there in mode `r`.
 * @throws {RangeError} If there is no such mode.
 *
 * @example
 * ```ts
 * import { mkdtempSync, rmSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { openRepository } from 'heddle/artifacts';
 *
 * const folder = mkdtempSync(join(tmpdir(), 'repository-'));
 * const repository = await openRepository(join(folder, 'repository.json'));
 * await repository.logArtifact('features', ['a'], { handler: 'json' });
 * await repository.logArtifact('features', ['a', 'b'], { handler: 'json' });
 * await repository.save();
 * assert.deepEqual(await repository.load('features'), ['a', 'b']);
 * assert.deepEqual(await repository.load('features', { version: 0 }), ['a']);
 * rmSync(folder, { recursive: true });
 * ```
 */
export async function openRepository(
  path: string | URL = 'repository.json',
  options: OpenRepositoryOptions = {},
): Promise<Repository> {
  refuseUnknownOptions(options, ['mode', 'handlers', 'allowMissing', 'clock'], 'open a repository');
  const { allowMissing = false, clock = systemClock } = options;
  const mode = checkedMode(options.mode ?? 'w+', modes, 'repository');
  const handlers = handlersOf(options.handlers);
  const { file, text, records } = await openRecords(path, { mode, allowMissing, what: 'repository' });
  const loaded = mode === 'w' ? [] : records.map((record) => RepositoryRecord.load(record));
  return new Repository({
    path: file,
    root: nodePath().dirname(file),
    mode,
    surroundings: { clock, handlers },
    records: loaded,
    fileText: text,
    base: new Map(loaded.map((record) => [record, record.text])),
    replaced: mode === 'w' ? records : [],
  });
}

/** A repository: see `openRepository`. */
export class Repository implements PromotionTarget {
  readonly #state: RepositoryState;
  readonly #saving = new Turns(1);
  /** What is compared with the latest version, or still being encoded, is logged in the order in which it came. */
  readonly #comparing = new Turns(1);
  #isDisposed = false;
  /** The paths of its files, as they are compared. What others have saved is known when it is saved. */
  #paths: Set<string> | undefined;

  /** @internal */
  constructor(state: RepositoryState) {
    this.#state = state;
  }

  /** Of its file; absolute. */
  get path(): string {
    return this.#state.path;
  }

  get mode(): RepositoryMode {
    return this.#state.mode;
  }

  /** How many versions it has, of all names. */
  get size(): number {
    return this.#state.records.length;
  }

  /** The names of its artifacts, in the order in which they were logged first. */
  get names(): readonly string[] {
    return [...new Set(this.#entries().map(({ name }) => name))];
  }

  /** All versions of a name, in the order in which they were logged; of all names if none is given. */
  versions(name?: string): readonly ArtifactMetadata[] {
    return this.#entries()
      .filter((entry) => name === undefined || entry.name === name)
      .map(metadataOf);
  }

  /** All versions, in the order in which they were logged. */
  [Symbol.iterator](): ArrayIterator<ArtifactMetadata> {
    return this.versions().values();
  }

  /** Whether there is a version of a name, if only one that has expired. */
  has(name: string): boolean {
    return this.#entries().some((entry) => entry.name === name);
  }

  /**
   * Tells whether an artifact could be logged, before there is its value. Changes nothing.
   *
   * @throws what `logArtifact` would reject with whatever the value
   */
  checkArtifact(name: string, options: LogVersionOptions): void {
    const verb = `log the artifact '${String(name)}'`;
    this.#refuse(verb);
    if (typeof options !== 'object' || options === null || typeof options.handler !== 'string')
      throw new TypeError(`Cannot ${verb} as it needs a handler\n  such as { handler: 'json' }`);
    refuseUnknownOptions(options, ['handler', 'fname', 'options', 'onlyIfChanged', 'expiry'], verb);
    this.#state.surroundings.handlers.get(options.handler, verb);
    this.#refuseFolder(name, verb);
    if (options.fname !== undefined) checkedFname(options.fname, verb);
    if (options.expiry !== undefined) timeMs(options.expiry, 'expiry');
  }

  /**
   * Logs the next version of an artifact. It is encoded now, and is in a file when the repository is saved. If that fails,
   * there is nothing of it.
   *
   * @returns what is known of it; with `onlyIfChanged`, of the latest version if that is the same
   * @throws {ArtifactLogError} If its file would leave the folder of the repository, or the handler cannot hold the value.
   * @throws {UnknownHandlerError} If there is no such handler.
   * @throws {ReadOnlyError} If the repository may only be read.
   */
  async logArtifact(name: string, value: unknown, options: LogVersionOptions): Promise<ArtifactMetadata> {
    const verb = `log the artifact '${String(name)}'`;
    this.checkArtifact(name, options);
    const { clock, handlers } = this.#state.surroundings;
    const { alias, suffix, noted, content } = encodeArtifact(name, value, handlers, options);
    const fname = options.fname === undefined ? undefined : checkedFname(options.fname, verb);
    const expiryMs = options.expiry === undefined ? undefined : toTheSecond(timeMs(options.expiry, 'expiry'));
    const createdMs = toTheSecond(clock.epochMs());
    const log = (): ArtifactMetadata => {
      const isTaken = (path: string): boolean => this.#isTaken(name, path);
      const entry = newEntry({
        name,
        fname:
          fname === undefined ? defaultFname(name, createdMs, suffix, isTaken) : freePath(fname, isTaken),
        handler: alias,
        version: this.#nextVersion(name) ?? 0,
        createdMs,
        expiryMs,
        noted,
        content,
      });
      this.#add(new RepositoryRecord(entry));
      return metadataOf(entry);
    };
    if (options.onlyIfChanged !== true && !content.isPending) return log();
    return this.#comparing.take(async () => {
      await content.encoded();
      if (options.onlyIfChanged !== true) return log();
      const latest = this.#latest(name);
      const bytes = await content.unsaved;
      const isSame =
        latest?.handler === alias &&
        bytes !== undefined &&
        (await this.#digestOf(latest)) === sha256HexOfLong(bytes);
      return isSame ? metadataOf(latest) : log();
    });
  }

  /**
   * Loads a version of an artifact, from memory if it is not saved yet; the latest that has not expired if none is given.
   * One whose handler is not known here is given as bytes.
   *
   * @throws {ArtifactLoadError} If there is none of the name, or its file cannot be read.
   * @throws {VersionNotFoundError} If there is no such version, or all have expired.
   * @throws {InvalidVersionError} If it is none.
   */
  async load(name: string, options: LoadVersionOptions = {}): Promise<unknown> {
    refuseUnknownOptions(options, [...ways, 'validate', 'options'], 'load an artifact');
    const { record, entry } = this.#find(name, options, 'load');
    return loadArtifact(entry, this.#placeOf(record), this.#state.surroundings.handlers, options);
  }

  /** As `load`. */
  loadArtifact(name: string, options: LoadVersionOptions = {}): Promise<unknown> {
    return this.load(name, options);
  }

  /** Gives the bytes of a version's file. @throws as `load` */
  async loadBytes(name: string, query: VersionQuery = {}): Promise<Uint8Array> {
    refuseUnknownOptions(query, ways, 'load an artifact');
    const { record, entry } = this.#find(name, query, 'load');
    return readArtifact(entry, this.#placeOf(record));
  }

  /** Tells what is known of a version. @throws as `load`, but for what is in its file */
  async getMetadata(name: string, query: VersionQuery = {}): Promise<ArtifactMetadata> {
    refuseUnknownOptions(query, ways, 'look at an artifact');
    return metadataOf(this.#find(name, query, 'look at').entry);
  }

  /** Says which version is the latest, by its number and a digest of its bytes; `undefined` if there is none. */
  async versionOf(name: string): Promise<string | undefined> {
    if (!this.has(name)) return undefined;
    const { record, entry } = this.#find(name, {}, 'look at');
    return versionText(entry, this.#placeOf(record), `${name}@${entry.version}`);
  }

  /**
   * Sets from when on a version is not the latest any more. It is in the file when the repository is saved.
   *
   * @throws {ReadOnlyError} If the repository may only be read.
   */
  async setExpiry(name: string, { expiry, ...query }: SetExpiryOptions = {}): Promise<ArtifactMetadata> {
    this.#refuse(`set the expiry of '${name}'`);
    refuseUnknownOptions(query, ways, 'set an expiry');
    const { record } = this.#find(name, query, 'set the expiry of');
    const ms = expiry === undefined ? this.#state.surroundings.clock.epochMs() : timeMs(expiry, 'expiry');
    record.change({ expiryMs: toTheSecond(ms) });
    return metadataOf(record.entry);
  }

  /**
   * Compares two versions of an artifact, line by line.
   *
   * @param to - the latest if none is given
   * @returns what `diff -u` writes; an empty text if they are equal
   * @throws {ArtifactLoadError} If one of them is no text.
   */
  async diff(name: string, from: VersionQuery, to: VersionQuery = {}): Promise<string> {
    const sides = await Promise.all(
      [from, to].map(async (query) => {
        refuseUnknownOptions(query, ways, 'compare versions');
        const { record, entry } = this.#find(name, query, 'compare');
        if (this.#state.surroundings.handlers.forReading(entry.handler).binary) {
          throw new ArtifactLoadError(
            `Cannot compare versions of '${name}' as version ${entry.version} is no text: received ${entry.handler}`,
          );
        }
        const bytes = await readArtifact(entry, this.#placeOf(record));
        return { title: `${name} ${entry.version}`, text: new TextDecoder().decode(bytes) };
      }),
    );
    const [old, latest] = sides as [(typeof sides)[0], (typeof sides)[0]];
    return unifiedDiff(old.text, latest.text, { from: old.title, to: latest.title });
  }

  /**
   * Gives a view of some versions, which may only be read: those as of a time, without the names that had none then; or
   * exactly those of a list, such as the artifacts of a release.
   *
   * @throws {VersionNotFoundError} If one of the list is not there.
   * @throws {TypeError} If it is neither a time nor a list.
   */
  filter(
    wanted:
      | { readonly asOf: Date | string }
      | readonly (readonly [name: string, version: number | Date | string])[],
  ): Repository {
    if (!Array.isArray(wanted)) {
      const verb = 'filter the versions';
      refuseUnknownOptions(wanted, ['asOf'], verb);
      if ((wanted as { readonly asOf?: unknown }).asOf === undefined) {
        throw new TypeError(
          `Cannot ${verb} as it needs a time or a list: received ${inspectShort(wanted)}\n` +
            "  such as { asOf: '2026-01-10' } or [['features', 2]]",
        );
      }
    } else {
      const bad = wanted.find((item) => !Array.isArray(item));
      if (bad !== undefined) {
        throw new TypeError(
          `Cannot filter the versions as the list must have pairs: received ${inspectShort(bad)}\n  such as ['features', 2]`,
        );
      }
    }
    const found =
      'asOf' in wanted
        ? this.names.flatMap((name) => this.#tryFind(name, wanted) ?? [])
        : wanted.map(
            ([name, version]) =>
              this.#find(name, typeof version === 'number' ? { version } : { exact: version }, 'filter')
                .record,
          );
    return new Repository({
      ...this.#state,
      mode: 'r',
      records: found,
      base: new Map(this.#state.base),
    });
  }

  /** Whether all versions are in files. */
  get isSaved(): boolean {
    const { base, records } = this.#state;
    return records.every((record) => base.get(record) === record.text);
  }

  /**
   * Saves the repository and its artifacts, and joins what others have saved in the file since it was opened: versions that
   * both have logged get different numbers.
   *
   * @throws {ReadOnlyError} If the repository may only be read.
   * @throws {SaveError} If it cannot be saved. Then its files are as they were.
   * @throws {RangeError} If an option has a value that means nothing.
   */
  async save(options: SaveRepositoryOptions = {}): Promise<void> {
    this.#refuse('save it');
    refuseUnknownOptions(options, ['conflicts', 'waitMs'], 'save a repository');
    checkSaveOptions(options, 'save a repository');
    // What is being compared or encoded is logged before.
    await this.#comparing.take(async () => undefined);
    await this.#saving.take(() => saveRepository(this.#state, options));
    this.#paths = undefined;
  }

  /** All versions as the file has them. */
  toJSON(): readonly Record<string, unknown>[] {
    return this.#entries().map(({ json }) => plainJson(json));
  }

  /** Ends its use, without saving, once what is being saved has been. Calling it again does nothing. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await this.#saving.take(async () => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** See `Experiment.promoteArtifact`. @internal */
  async adopt(entry: ArtifactEntry, place: ArtifactPlace): Promise<ArtifactMetadata> {
    const { name, createdMs, content } = entry;
    this.#refuse(`promote the artifact '${name}'`);
    this.#refuseFolder(name, `promote the artifact '${name}'`);
    if (content.isPending) await content.encoded();
    const latest = this.#entries()
      .filter((other) => other.name === name)
      .reduce<ArtifactEntry | undefined>(
        (a, b) => (a !== undefined && a.createdMs > b.createdMs ? a : b),
        undefined,
      );
    if (latest !== undefined && latest.createdMs >= createdMs) {
      throw new ArtifactLogError(
        `Cannot promote the artifact '${name}' as version ${latest.version} is as new: received one of ${new Date(createdMs).toISOString()}`,
      );
    }
    const version = this.#nextVersion(name) ?? entry.version;
    const fname = freePath(entry.fname, (path) => this.#isTaken(name, path));
    const { unsaved } = content;
    const promoted = { ...changedEntry(entry, { version, fname }), content: new Content(unsaved) };
    const record = new RepositoryRecord(promoted, unsaved === undefined ? { source: place } : {});
    this.#add(record);
    if (unsaved === undefined) {
      try {
        await this.save();
      } catch (error) {
        this.#state.records = this.#state.records.filter((other) => other !== record);
        throw error;
      }
    }
    return metadataOf(record.entry);
  }

  /** The versions with where their files are: for copies of it. @internal */
  placed(name: string, version: number): { readonly entry: ArtifactEntry; readonly place: ArtifactPlace } {
    const { record, entry } = this.#find(name, { version }, 'copy');
    return { entry, place: this.#placeOf(record) };
  }

  /** Has these records from now on. @internal */
  replaceRecords(records: readonly RepositoryRecord[]): void {
    this.#state.records = records;
  }

  #entries(): readonly ArtifactEntry[] {
    return this.#state.records.map(({ entry }) => entry);
  }

  #add(record: RepositoryRecord): void {
    this.#state.records = [...this.#state.records, record];
    this.#paths?.add(samePath(`${record.entry.name}/${record.entry.fname}`));
  }

  #nextVersion(name: string): number | undefined {
    const versions = this.#entries()
      .filter((entry) => entry.name === name)
      .map(({ version }) => version);
    return versions.length === 0 ? undefined : Math.max(...versions) + 1;
  }

  #latest(name: string): ArtifactEntry | undefined {
    return this.#entries()
      .filter((entry) => entry.name === name)
      .reduce<ArtifactEntry | undefined>(
        (a, b) => (a !== undefined && a.version > b.version ? a : b),
        undefined,
      );
  }

  #isTaken(name: string, fname: string): boolean {
    this.#paths ??= new Set(this.#entries().map((entry) => samePath(`${entry.name}/${entry.fname}`)));
    return this.#paths.has(samePath(`${name}/${fname}`));
  }

  #find(
    name: string,
    { version, exact, asOf }: VersionQuery,
    verb: string,
  ): { readonly record: RepositoryRecord; readonly entry: ArtifactEntry } {
    if (typeof name !== 'string')
      throw new TypeError(`Cannot ${verb} an artifact as its name must be a text: received ${String(name)}`);
    const { records, surroundings } = this.#state;
    const entry = findVersion(this.#entries(), name, { version, exact, asOf }, surroundings.clock.epochMs());
    return { record: records.find((record) => record.entry === entry) as RepositoryRecord, entry };
  }

  #tryFind(name: string, { asOf }: { readonly asOf: Date | string }): RepositoryRecord | undefined {
    try {
      return this.#find(name, { asOf }, 'filter').record;
    } catch (error) {
      if (error instanceof VersionNotFoundError) return undefined;
      throw error;
    }
  }

  #placeOf({ entry, source, savedText }: RepositoryRecord): ArtifactPlace {
    return savedText === undefined && source !== undefined ? source : placeIn(this.#state.root, entry);
  }

  async #digestOf(entry: ArtifactEntry): Promise<string | undefined> {
    const record = this.#state.records.find((other) => other.entry === entry) as RepositoryRecord;
    try {
      return await digestOf(entry, this.#placeOf(record));
    } catch {
      // A version whose file is gone is none that the new one could be the same as.
      return undefined;
    }
  }

  /** Its name is that of the folder of its files. */
  #refuseFolder(name: string, verb: string): void {
    if (joinBelow(this.#state.root, name) !== undefined) {
      checkedLength(name, 'that of its folder', verb);
      return;
    }
    throw new ArtifactLogError(
      `Cannot ${verb} as its name must be a path that stays in the folder of the repository: received '${name}'`,
    );
  }

  #refuse(verb: string): void {
    if (this.#isDisposed)
      throw new ClosedError(`Cannot ${verb} as the repository '${this.path}' has been disposed of`);
    if (this.mode !== 'r') return;
    throw new ReadOnlyError(
      `Cannot ${verb} as the repository '${this.path}' may only be read: received mode 'r'\n  open it with { mode: 'w+' }`,
    );
  }
}
