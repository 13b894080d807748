/**
 * Saving a project: what it has is joined with what other writers have saved meanwhile, and all of it is in place, or nothing.
 *
 * In this order, as the only writer: the file is read again if it is another one than was read; what others did is joined;
 * names that others took meanwhile get numbers; files of artifacts are written; then the file of the project. If any of it
 * fails, the folder is as it was.
 */

import { once } from '../../base/once.ts';
import { printPythonJson } from '../formats/python-json.ts';
import type { Content } from './artifact-content.ts';
import { type ArtifactEntry, changedEntry } from './artifact-entry.ts';
import { type ArtifactPlace, checkedPath, pathOf } from './artifact-files.ts';
import { isInside } from './contained-path.ts';
import { SaveError } from './errors.ts';
import { Experiment } from './experiment.ts';
import { insertInOrder } from './experiment-order.ts';
import { ExperimentRecord, type RecordedFile, stateOf } from './experiment-record.ts';
import { freeName, freePath, samePath } from './free-name.ts';
import type { ExperimentSurroundings } from './log-options.ts';
import { matchRecords } from './match-records.ts';
import { type ConflictChoice, StateMerge } from './merge-states.ts';
import { cutRecords, type FileRecord, recordOf } from './record-file.ts';
import { hasSameArtifacts, isSameFile } from './same-artifacts.ts';
import { type SaveOptions, saveTogether } from './save-together.ts';
import type { NewFile } from './write-set.ts';

const fs = once(() => process.getBuiltinModule('node:fs'));

/** A project, as it is saved. Its public side is `Project`. */
export interface ProjectState {
  readonly path: string;
  /** The folder of the file. */
  readonly root: string;
  readonly mode: 'r' | 'a' | 'w' | 'w+';
  readonly author: string;
  readonly surroundings: ExperimentSurroundings;
  readonly experiments: Experiment[];
  /** The slugs of all its experiments, and those that are being logged. */
  readonly slugs: Set<string>;
  /** The text of the file as it was read or saved last. */
  fileText: string | undefined;
  /** The texts that its experiments have in that file. */
  base: Map<ExperimentRecord, string>;
  /** What was in the file when it was opened to be begun anew. */
  replaced: readonly FileRecord[];
  /** What is in files of this project, though the experiment belongs to another one. */
  readonly copied: WeakSet<Content>;
}

export interface SaveProjectOptions extends SaveOptions {
  /**
   * What becomes of what another writer has changed since the project was opened, if it was changed here in another way:
   * `'fail'` saves nothing; `'ours'` and `'theirs'` keep one of the two. What differs otherwise is joined in any case.
   *
   * @defaultValue `'fail'`
   */
  readonly conflicts?: ConflictChoice | undefined;
}

/** @throws {SaveError} If it cannot be saved. Then its files are as they were. */
export async function saveProject(project: ProjectState, options: SaveProjectOptions): Promise<void> {
  const { path, root } = project;
  let files: readonly PlannedFile[] = [];
  // As they are written: they may be changed, and others logged, before that has ended.
  let written: ReadonlyMap<ExperimentRecord, string> = new Map();
  await saveTogether(
    {
      path,
      root,
      isAnew: project.mode === 'w' && project.fileText === undefined,
      encode: () => encodeAll(project),
      join: (before) => {
        if (before !== project.fileText) joinTheirs(project, before, options.conflicts ?? 'fail');
        signEdited(project);
      },
      files: () => {
        files = planFiles(project);
        return files.map(({ file }) => file);
      },
      records: () => {
        written = new Map(project.experiments.map(({ record }) => [record, record.text]));
        return [...written.values()];
      },
      done: (text) => noteSaved(project, text, written, files),
    },
    options,
  );
}

/** Whether the file of the project has an experiment as it is now, and the folder its artifacts. */
function isSaved(project: ProjectState, record: ExperimentRecord): boolean {
  if (project.base.get(record) !== record.text) return false;
  // Another artifact of the same second, in the same file, has the same text. What is not read yet was not changed.
  return !record.isRead || !record.files().some(({ entry }) => isUnsaved(project, entry.content));
}

function isUnsaved({ copied }: ProjectState, content: Content): boolean {
  return content.unsaved !== undefined && !copied.has(content);
}

/** Whether the artifacts of an experiment are, or will be, where its record in this project says. */
function isAtHome(root: string, record: ExperimentRecord): boolean {
  return record.home === root && record.homeSlug === record.slug;
}

async function encodeAll(project: ProjectState): Promise<void> {
  for (const { record } of project.experiments) {
    if (isSaved(project, record)) continue;
    for (const { entry } of record.files()) await entry.content.encoded();
  }
}

/** Joins what others did to the file. */
function joinTheirs(project: ProjectState, text: string | undefined, choice: ConflictChoice): void {
  const { path, root, mode, base, experiments, surroundings } = project;
  const isReadOnly = mode !== 'w+';
  const load = (record: FileRecord): ExperimentRecord => ExperimentRecord.load(record, root, { isReadOnly });
  const theirs = text === undefined ? [] : cutRecords(path, text);
  const slugOfRecord = (record: FileRecord): string => String(record.head['slug']);
  // What was there when all was begun anew is not anybody's work since.
  const old = matchRecords(new Map(project.replaced.map((record) => [record, record.text])), theirs, {
    own: slugOfRecord,
    theirs: slugOfRecord,
  });
  const begun = new Set(old.unchanged.values());
  const matched = matchRecords(
    base,
    theirs.filter((record) => !begun.has(record)),
    { own: ({ slug }) => slug, theirs: slugOfRecord },
  );
  const merging = new StateMerge(choice, ({ content }) => isUnsaved(project, content));
  const joined: {
    readonly record: ExperimentRecord;
    readonly theirs: ExperimentRecord;
    readonly apply: () => void;
  }[] = [];
  for (const [record, changed] of matched.changed) {
    const loaded = load(changed);
    const baseText = base.get(record) as string;
    if (isSaved(project, record)) {
      joined.push({ record, theirs: loaded, apply: () => takeSaved(project, record, loaded) });
      continue;
    }
    const was = stateOf(recordOf({ text: baseText, place: changed.place }), changed.place);
    const state = merging.states(`experiment '${record.slug}'`, was, record.state, loaded.state);
    const latest = loaded.lastUpdatedMs > record.lastUpdatedMs ? loaded : record;
    const { lastUpdatedBy, lastUpdated } = latest;
    joined.push({
      record,
      theirs: loaded,
      apply: () => {
        record.state = state;
        record.setUpdated(lastUpdatedBy, lastUpdated);
        base.set(record, changed.text);
      },
    });
  }
  if (merging.conflicts.length > 0) {
    throw new SaveError(
      `Cannot save '${path}' as another writer has changed the same in another way: received ${merging.conflicts.join(', ')}\n` +
        "  save({ conflicts: 'ours' }) or save({ conflicts: 'theirs' }) decides for one of the two",
      { conflicts: merging.conflicts },
    );
  }
  for (const { apply } of joined) apply();
  for (const record of matched.removed) {
    // What was changed here stays, as if it were new.
    if (isSaved(project, record)) {
      if (isOwnRecord(project, record)) record.isRemoved = true;
      remove(project, record);
    }
    base.delete(record);
  }
  const ownByText = new Map(
    experiments
      .map((experiment) => experiment.record)
      .filter((record) => !base.has(record) && record.savedText !== undefined)
      .map((record) => [record.savedText, record]),
  );
  // What is new here comes after what was saved before it, if both are of one second.
  const unsaved = experiments.filter(({ record }) => !base.has(record));
  for (const experiment of unsaved) remove(project, experiment.record);
  for (const added of matched.added) {
    const own = ownByText.get(added.text);
    const record = load(added);
    // What is of another folder may have the same text, and other artifacts.
    if (own === undefined || !(isAtHome(root, own) || hasSameArtifacts(own, record))) {
      insert(project, new Experiment(record, surroundings));
      base.set(record, added.text);
    } else base.set(own, added.text);
  }
  for (const experiment of unsaved) insert(project, experiment);
  project.fileText = text;
  renameCollided(project, new Set(theirs.filter((record) => !begun.has(record)).map(slugOfRecord)));
}

/** Gives other slugs to those that are new here, if others have saved such meanwhile. */
function renameCollided(project: ProjectState, theirs: ReadonlySet<string>): void {
  for (const experiment of project.experiments.slice()) {
    const { record } = experiment;
    if (project.base.has(record) || !theirs.has(record.slug)) continue;
    const slug = freeName(record.slug, '', (name) => theirs.has(name) || project.slugs.has(name));
    project.slugs.add(slug);
    if (record.isNew && record.home === project.root) record.rename(slug);
    else replace(project, record, record.copyAs(slug));
  }
}

/** Notes who changed experiments that may be changed. */
function signEdited({ mode, author, experiments }: ProjectState): void {
  if (mode !== 'w+') return;
  for (const { record } of experiments) {
    if (record.isDirty && record.lastUpdatedBy !== author) record.setUpdated(author);
  }
}

interface PlannedFile {
  readonly file: NewFile;
  readonly record: ExperimentRecord;
  /** As its record has it. */
  readonly recorded: RecordedFile;
}

/** Says which files are to be written, and gives free names to those whose names are taken. */
function planFiles(project: ProjectState): readonly PlannedFile[] {
  const { root, copied } = project;
  const planned: PlannedFile[] = [];
  for (const experiment of project.experiments.slice()) {
    let record = experiment.record;
    if (isSaved(project, record)) continue;
    const isOwn = isAtHome(root, record);
    const folderIsThere = fs().existsSync(pathOf({ root, names: [record.slug] }) ?? root);
    for (const file of record.files()) {
      const { entry } = file;
      const { content } = entry;
      if (copied.has(content) || (isOwn && content.unsaved === undefined)) continue;
      const source: NewFile['content'] =
        content.encodedBytes ??
        ({
          copyOf: checkedPath(entry, { root: record.home, names: [record.homeSlug, ...file.names] }),
        } as const);
      const place = (fname: string): ArtifactPlace => ({
        root,
        names: [record.slug, ...file.names.slice(0, -1), fname],
      });
      const replaces =
        isOwn && content.replaces !== undefined && samePath(content.replaces) === samePath(entry.fname);
      let fname = entry.fname;
      if (folderIsThere && !replaces) {
        if ('copyOf' in source && isSameFile(source.copyOf, checkedPath(entry, place(fname)))) {
          copied.add(content);
          continue;
        }
        const folder = file.path.slice(0, file.path.length - fname.length);
        const inMemory = new Set(record.files().map(({ path }) => samePath(path)));
        inMemory.delete(samePath(file.path));
        fname = freePath(
          fname,
          (name) => inMemory.has(samePath(folder + name)) || isThere(checkedPath(entry, place(name))),
        );
      }
      if (fname !== entry.fname) {
        // The record of another project stays as it is.
        if (!isOwn || record.isReadOnly) record = replace(project, record, record.copyAs(record.slug));
        record.replaceEntry(file, changedEntry(entry, { fname }));
      }
      const path = checkedTarget(entry, place(fname));
      planned.push({ file: { path, content: source, replace: replaces }, record, recorded: file });
    }
  }
  return planned;
}

function noteSaved(
  project: ProjectState,
  text: string,
  written: ReadonlyMap<ExperimentRecord, string>,
  files: readonly PlannedFile[],
): void {
  const { root, copied, base } = project;
  const left = files.flatMap(({ record, recorded }) =>
    isAtHome(root, record) ? replacedFile(root, record, recorded) : [],
  );
  for (const { record, recorded } of files) {
    const { content } = recorded.entry;
    if (isAtHome(root, record)) content.noteSaved();
    else copied.add(content);
  }
  for (const [record, saved] of written) {
    base.set(record, saved);
    record.savedText = saved;
    record.isNew = false;
    record.isDirty = record.text !== saved;
  }
  project.fileText = text;
  project.replaced = [];
  removeUnnamed(root, left);
}

/** The file that an artifact was logged in place of, if it has another one itself. */
function replacedFile(
  root: string,
  record: ExperimentRecord,
  { names, entry }: RecordedFile,
): readonly string[] {
  const { replaces } = entry.content;
  if (replaces === undefined || samePath(replaces) === samePath(entry.fname)) return [];
  const place = { root, names: [record.slug, ...names.slice(0, -1), replaces] };
  const path = pathOf(place);
  const way = samePath([...names.slice(0, -1), replaces].filter((name) => name !== '').join('/'));
  const isNamed = record.files().some((file) => samePath(file.path) === way);
  return path === undefined || isNamed || !isInside(root, path) ? [] : [path];
}

/**
 * Removes files that were overwritten, unless another project of the folder may have them, too: one that was copied and
 * edited by itself names the same files.
 */
function removeUnnamed(root: string, paths: readonly string[]): void {
  if (paths.length === 0) return;
  const { basename, join } = process.getBuiltinModule('node:path');
  try {
    const texts = fs()
      .readdirSync(root)
      .filter((name) => name.endsWith('.json'))
      .map((name) => fs().readFileSync(join(root, name), 'utf8'));
    for (const path of paths) {
      const names = [JSON.stringify(basename(path)), printPythonJson(basename(path))].map((name) =>
        name.slice(1, -1),
      );
      if (!texts.some((text) => names.some((name) => text.includes(name))))
        fs().rmSync(path, { force: true });
    }
  } catch {
    // It is saved; a file that nobody names takes room, and no more.
  }
}

/** @throws {SaveError} If the path leaves the folder of the project. */
function checkedTarget(entry: ArtifactEntry, place: ArtifactPlace): string {
  const path = pathOf(place);
  if (path !== undefined) return path;
  throw new SaveError(
    `Cannot save the artifact '${entry.name}' as its path leaves the folder '${place.root}': received '${place.names.join('/')}'`,
  );
}

function isThere(path: string): boolean {
  return fs().lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Puts an experiment where it belongs. */
export function insert(project: ProjectState, experiment: Experiment): void {
  insertInOrder(project.experiments, experiment, (other) => other.record);
  project.slugs.add(experiment.slug);
  experiment.record.isRemoved = false;
}

function remove({ experiments }: ProjectState, record: ExperimentRecord): void {
  const at = experiments.findIndex((experiment) => experiment.record === record);
  if (at !== -1) experiments.splice(at, 1);
}

/** Whether an experiment was logged in, or loaded from, this file: one that another project holds in its own is not. */
function isOwnRecord({ root, experiments, surroundings }: ProjectState, record: ExperimentRecord): boolean {
  const experiment = experiments.find((each) => each.record === record);
  return isAtHome(root, record) && experiment?.belongsTo(surroundings) === true;
}

/** Makes an experiment what others have saved of it: the same object, unless it is also in another file, as it was there. */
function takeSaved(project: ProjectState, record: ExperimentRecord, theirs: ExperimentRecord): void {
  if (!isOwnRecord(project, record)) {
    replace(project, record, theirs);
    return;
  }
  record.takeSaved(theirs);
  project.base.set(record, theirs.text);
}

/** Puts a record in place of another one, and gives it. What the file has of it is what it had of the other. */
function replace(project: ProjectState, record: ExperimentRecord, by: ExperimentRecord): ExperimentRecord {
  const { experiments, base, surroundings } = project;
  const at = experiments.findIndex((experiment) => experiment.record === record);
  experiments[at] = new Experiment(by, surroundings);
  project.slugs.add(by.slug);
  const text = base.get(record);
  base.delete(record);
  // One that was loaded has the text of the file.
  if (by.savedText !== undefined) base.set(by, by.savedText);
  else if (text !== undefined) base.set(by, text);
  return by;
}
