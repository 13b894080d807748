/**
 * Saving a repository: what it has is joined with what other writers have saved meanwhile, and all of it is in place, or
 * nothing. See `save-together.ts` for how, and `project-save.ts` for the same of projects.
 */

import { once } from '../../base/once.ts';
import { checkedPath, pathOf } from './artifact-files.ts';
import { leadsInside } from './contained-path.ts';
import { SaveError } from './errors.ts';
import { freePath, samePath } from './free-name.ts';
import type { RecordSurroundings } from './log-options.ts';
import { matchRecords } from './match-records.ts';
import type { ConflictChoice } from './merge-states.ts';
import { cutRecords, type FileRecord } from './record-file.ts';
import { placeIn, RepositoryRecord } from './repository-record.ts';
import { type SaveOptions, saveTogether } from './save-together.ts';
import type { NewFile } from './write-set.ts';

const fs = once(() => process.getBuiltinModule('node:fs'));

/** A repository, as it is saved. Its public side is `Repository`. */
export interface RepositoryState {
  readonly path: string;
  /** The folder of the file. */
  readonly root: string;
  readonly mode: 'r' | 'w' | 'w+';
  readonly surroundings: RecordSurroundings;
  /** In the order in which they were logged. */
  records: readonly RepositoryRecord[];
  /** The text of the file as it was read or saved last. */
  fileText: string | undefined;
  /** The texts that its records have in that file. */
  base: Map<RepositoryRecord, string>;
  /** What was in the file when it was opened to be begun anew. */
  replaced: readonly FileRecord[];
}

export interface SaveRepositoryOptions extends SaveOptions {
  /**
   * What becomes of a version whose expiry another writer has set since the repository was opened, if it was set here to
   * another time: `'fail'` saves nothing; `'ours'` and `'theirs'` keep one of the two.
   *
   * @defaultValue `'fail'`
   */
  readonly conflicts?: ConflictChoice | undefined;
}

/** @throws {SaveError} If it cannot be saved. Then its files are as they were. */
export async function saveRepository(
  repository: RepositoryState,
  options: SaveRepositoryOptions,
): Promise<void> {
  const { path, root } = repository;
  let files: readonly PlannedFile[] = [];
  // As they are written: they may be changed, and others logged, before that has ended.
  let written: ReadonlyMap<RepositoryRecord, string> = new Map();
  await saveTogether(
    {
      path,
      root,
      isAnew: repository.mode === 'w' && repository.fileText === undefined,
      encode: async () => {
        for (const { entry } of repository.records) await entry.content.encoded();
      },
      join: (before) => {
        if (before !== repository.fileText) joinTheirs(repository, before, options.conflicts ?? 'fail');
      },
      files: () => {
        files = planFiles(repository);
        return files.map(({ file }) => file);
      },
      records: () => {
        written = new Map(repository.records.map((record) => [record, record.text]));
        return [...written.values()];
      },
      done: (text) => {
        for (const { record } of files) record.entry.content.noteSaved();
        for (const [record, saved] of written) record.savedText = saved;
        repository.base = new Map(written);
        repository.fileText = text;
        repository.replaced = [];
      },
    },
    options,
  );
}

/** Joins what others did to the file. */
function joinTheirs(repository: RepositoryState, text: string | undefined, choice: ConflictChoice): void {
  const { path, base } = repository;
  const theirs = text === undefined ? [] : cutRecords(path, text);
  const loaded = new Map(theirs.map((record) => [record, RepositoryRecord.load(record)]));
  const keyOf = (record: FileRecord): string => (loaded.get(record) as RepositoryRecord).key;
  const old = matchRecords(new Map(repository.replaced.map((record) => [record, record.text])), theirs, {
    own: ({ text: own }) => own,
    theirs: ({ text: other }) => other,
  });
  const begun = new Set(old.unchanged.values());
  const matched = matchRecords(
    base,
    theirs.filter((record) => !begun.has(record)),
    { own: ({ key }) => key, theirs: keyOf },
  );
  const isChanged = (own: RepositoryRecord): boolean => own.text !== base.get(own);
  const conflicts = [...matched.changed]
    .filter(([own, { text: other }]) => isChanged(own) && own.text !== other)
    .map(([{ entry }]) => `version ${entry.version} of '${entry.name}'`);
  if (choice === 'fail' && conflicts.length > 0) {
    throw new SaveError(
      `Cannot save '${path}' as another writer has changed the same in another way: received ${conflicts.join(', ')}\n` +
        "  save({ conflicts: 'ours' }) or save({ conflicts: 'theirs' }) decides for one of the two",
      { conflicts },
    );
  }
  const keeps = (own: RepositoryRecord): boolean => isChanged(own) && choice !== 'theirs';
  const ownOf = new Map<FileRecord, RepositoryRecord>();
  for (const [own, record] of matched.unchanged) ownOf.set(record, own);
  for (const [own, record] of matched.changed)
    ownOf.set(record, keeps(own) ? own : (loaded.get(record) as RepositoryRecord));
  const unsaved = repository.records.filter((own) => !base.has(own));
  for (const record of matched.added) {
    const own = unsaved.find(({ savedText }) => savedText === record.text);
    ownOf.set(record, own ?? (loaded.get(record) as RepositoryRecord));
  }
  // Those of the file in its order, and then what is new here.
  const inFile = theirs.flatMap((record) => ownOf.get(record) ?? []);
  const left = [...matched.removed.filter(isChanged), ...unsaved].filter((own) => !inFile.includes(own));
  repository.base = new Map([...ownOf].map(([record, own]) => [own, record.text]));
  const all = [...inFile];
  for (const own of left) {
    const { name, version } = own.entry;
    const named = all.filter(({ entry }) => entry.name === name).map(({ entry }) => entry.version);
    if (named.includes(version)) own.change({ version: Math.max(...named) + 1 });
    all.push(own);
  }
  repository.records = all;
  repository.fileText = text;
}

interface PlannedFile {
  readonly file: NewFile;
  readonly record: RepositoryRecord;
}

/** Says which files are to be written, and gives free names to those whose names are taken. */
function planFiles(repository: RepositoryState): readonly PlannedFile[] {
  const { root, path } = repository;
  const taken = new Map<string, RepositoryRecord>();
  for (const record of repository.records) taken.set(wayOf(record), record);
  const planned: PlannedFile[] = [];
  for (const record of repository.records) {
    const { entry, source } = record;
    const { content } = entry;
    // One that is in the file has its own file.
    if (repository.base.has(record) || (content.unsaved === undefined && source === undefined)) continue;
    const folder = pathOf({ root, names: [entry.name] });
    if (folder === undefined || !leadsInside(root, folder)) {
      throw new SaveError(
        `Cannot save the artifact '${entry.name}' as its path leaves the folder '${root}': received '${entry.name}/${entry.fname}'`,
      );
    }
    const isTaken = (fname: string): boolean => {
      const target = checkedPath(entry, placeIn(root, { ...entry, fname }));
      const other = taken.get(samePath(`${entry.name}/${fname}`));
      return (other !== undefined && other !== record) || target === path || isThere(target);
    };
    const fname = freePath(entry.fname, isTaken);
    if (fname !== entry.fname) {
      record.change({ fname });
      taken.set(wayOf(record), record);
    }
    const file: NewFile = {
      path: checkedPath(record.entry, placeIn(root, record.entry)),
      content: content.encodedBytes ?? { copyOf: checkedPath(entry, source as NonNullable<typeof source>) },
      replace: false,
    };
    planned.push({ file, record });
  }
  return planned;
}

function wayOf({ entry }: RepositoryRecord): string {
  return samePath(`${entry.name}/${entry.fname}`);
}

function isThere(path: string): boolean {
  return fs().lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
