/**
 * One experiment as the file of its project has it: its head at once, all else when it is asked for.
 *
 * As long as nobody changes it, it is the text it was read from, and is written as that. What belongs to the format and is
 * not known here is kept. What users may do with it is in `experiment.ts`.
 */

import { compactTimeText, naiveTimeText, readNaiveTime } from '../formats/naive-time.ts';
import type { PythonJson, PythonJsonObject } from '../formats/python-json.ts';
import { shortened, slugOf } from '../formats/slug.ts';
import { Content } from './artifact-content.ts';
import { type ArtifactEntry, entryOf } from './artifact-entry.ts';
import { samePath } from './free-name.ts';
import {
  type FileRecord,
  listIn,
  objectIn,
  orUnreadable,
  recordOf,
  recordText,
  textIn,
} from './record-file.ts';

/** What a test of an experiment holds. */
export interface TestState {
  name: string;
  description: PythonJson;
  metrics: Map<string, PythonJson>;
  parameters: Map<string, PythonJson>;
  artifacts: ArtifactEntry[];
  /** Members of a kind that is not known. */
  extra: PythonJsonObject;
}

/** What an experiment holds beside its head. */
export interface ExperimentState {
  metrics: Map<string, PythonJson>;
  parameters: Map<string, PythonJson>;
  tags: readonly PythonJson[];
  tests: readonly TestState[];
  artifacts: readonly ArtifactEntry[];
  dependencies: readonly PythonJson[];
  extra: PythonJsonObject;
}

/** The members of an experiment, and of a test, that are known. */
const ownMembers: ReadonlySet<string> = new Set([
  'artifacts',
  'author',
  'created_at',
  'dependencies',
  'last_updated',
  'last_updated_by',
  'metrics',
  'name',
  'parameters',
  'short_slug',
  'slug',
  'tags',
  'tests',
]);
const ownTestMembers: ReadonlySet<string> = new Set([
  'artifacts',
  'description',
  'metrics',
  'name',
  'parameters',
]);

/** What a new experiment begins with. */
export interface NewExperiment {
  readonly name: string;
  readonly author: string;
  readonly nowMs: number;
  readonly slug: string;
  /** The folder of its project. */
  readonly home: string;
}

/** Where a record comes from. */
interface GivenRecord {
  readonly home: string;
  readonly path?: string;
  readonly text?: string;
  readonly state?: ExperimentState;
}

/** An experiment of a file. */
export class ExperimentRecord {
  name: string;
  author: string;
  shortSlug: string;
  createdMs: number;
  slug: string;
  lastUpdatedMs: number;
  lastUpdatedBy: string;
  /** The folder in which `homeSlug` is the folder of its artifacts. */
  readonly home: string;
  homeSlug: string;
  /** Whether it may not be changed. */
  readonly isReadOnly: boolean;
  /** Whether it is in no file yet: so its slug may still change. */
  isNew: boolean;
  /** Whether it was changed since it was loaded or saved. */
  isDirty: boolean;
  /** Its text when it was last saved anywhere. */
  savedText: string | undefined;
  /** Whether another writer has taken it from the project: what is written to it would be saved nowhere. */
  isRemoved = false;
  /** Tests that are being logged: their files are taken, and they are not in the record yet. */
  readonly openTests: Set<TestState> = new Set();
  /** How often it was changed: so that what is made of it is known to be old. */
  changes = 0;
  #createdText: string;
  readonly #path: string;
  readonly #place: string;
  #lastUpdatedText: string;
  #text: string | undefined;
  #state: ExperimentState | undefined;
  /** What `hasFile` knows. */
  #paths: Set<string> | undefined;

  private constructor(
    head: Readonly<Record<string, unknown>>,
    place: string,
    given: GivenRecord,
    isReadOnly: boolean,
  ) {
    this.#path = given.path ?? given.home;
    this.#place = place;
    this.name = textIn(head, 'name', place);
    this.slug = textIn(head, 'slug', place);
    this.homeSlug = this.slug;
    this.#createdText = textIn(head, 'created_at', place);
    this.createdMs = readNaiveTime(this.#createdText, `created_at of ${place}`).getTime();
    this.#lastUpdatedText = textIn(
      'last_updated' in head ? head : { last_updated: this.#createdText },
      'last_updated',
      place,
    );
    this.lastUpdatedMs = readNaiveTime(this.#lastUpdatedText, `last_updated of ${place}`).getTime();
    // Files of older versions leave these out.
    this.author = typeof head['author'] === 'string' ? head['author'] : '';
    this.lastUpdatedBy = typeof head['last_updated_by'] === 'string' ? head['last_updated_by'] : this.author;
    this.shortSlug = typeof head['short_slug'] === 'string' ? head['short_slug'] : slugOf(this.name);
    this.home = given.home;
    this.isReadOnly = isReadOnly;
    this.isNew = given.text === undefined;
    this.isDirty = this.isNew;
    this.#text = given.text;
    this.#state = given.state;
  }

  /** Makes one that is in no file yet. */
  static begin({ name, author, nowMs, slug, home }: NewExperiment): ExperimentRecord {
    const now = naiveTimeText(new Date(nowMs));
    const head = { name, author, slug, created_at: now, last_updated: now };
    const state: ExperimentState = {
      metrics: new Map(),
      parameters: new Map(),
      tags: [],
      tests: [],
      artifacts: [],
      dependencies: [],
      extra: {},
    };
    return new ExperimentRecord(head, `experiment '${slug}'`, { home, state }, false);
  }

  /**
   * Takes one from a file.
   *
   * @throws {UnreadableFileError} If a member is missing that every version of the format has.
   */
  static load(record: FileRecord, home: string, options: { readonly isReadOnly: boolean }): ExperimentRecord {
    const { head, path, place, text } = record;
    const loaded = orUnreadable(
      path,
      () => new ExperimentRecord(head, place, { path, text, home }, options.isReadOnly),
    );
    loaded.savedText = text;
    return loaded;
  }

  /** Whether more than its head has been read. */
  get isRead(): boolean {
    return this.#state !== undefined;
  }

  /** All but its head. Change it only after `touch`. */
  get state(): ExperimentState {
    this.#state ??= orUnreadable(this.#path, () =>
      stateOf(recordOf({ text: this.#text as string, place: this.#place }), this.#place),
    );
    return this.#state;
  }

  set state(state: ExperimentState) {
    this.#state = this.#withOwnTests(state);
    this.#paths = undefined;
    this.#changed();
  }

  /** Its text in a file. */
  get text(): string {
    this.#text ??= recordText(this.tree());
    return this.#text;
  }

  /** Notes that it is changed now. */
  touch(nowMs: number): void {
    void this.state;
    this.#lastUpdatedText = naiveTimeText(new Date(nowMs));
    this.lastUpdatedMs = readNaiveTime(this.#lastUpdatedText).getTime();
    this.isDirty = true;
    this.#changed();
  }

  /** Notes who changed it. */
  setUpdated(by: string, { lastUpdatedMs, lastUpdatedText }: LastUpdated = this.lastUpdated): void {
    void this.state;
    this.lastUpdatedBy = by;
    this.lastUpdatedMs = lastUpdatedMs;
    this.#lastUpdatedText = lastUpdatedText;
    this.#changed();
  }

  get lastUpdated(): LastUpdated {
    return { lastUpdatedMs: this.lastUpdatedMs, lastUpdatedText: this.#lastUpdatedText };
  }

  /** Makes it what another writer has saved of it, where it is: whoever holds it sees that, and may go on changing it. */
  takeSaved(theirs: ExperimentRecord): void {
    this.name = theirs.name;
    this.author = theirs.author;
    this.shortSlug = theirs.shortSlug;
    this.createdMs = theirs.createdMs;
    this.#createdText = theirs.#createdText;
    this.lastUpdatedMs = theirs.lastUpdatedMs;
    this.#lastUpdatedText = theirs.#lastUpdatedText;
    this.lastUpdatedBy = theirs.lastUpdatedBy;
    // What nobody has looked at is read when somebody does.
    this.#state = this.isRead ? this.#withOwnTests(theirs.state) : undefined;
    this.#paths = undefined;
    this.#changed();
    this.#text = theirs.text;
    this.savedText = theirs.text;
    this.isDirty = false;
  }

  /** Gives it another slug, as it is in no file yet. */
  rename(slug: string): void {
    void this.state;
    this.slug = slug;
    this.homeSlug = slug;
    this.#changed();
  }

  /** The same under another slug, whose artifacts are where they were. */
  copyAs(slug: string): ExperimentRecord {
    const { name, author, home } = this;
    // Maps of its own: the two go different ways from now on.
    const state = stateOf(this.tree(), this.#place);
    const head = {
      name,
      author,
      slug,
      short_slug: this.shortSlug,
      created_at: this.#createdText,
      last_updated: this.#lastUpdatedText,
      last_updated_by: this.lastUpdatedBy,
    };
    const copy = new ExperimentRecord(head, this.#place, { home, state }, this.isReadOnly);
    copy.#takeContents(this);
    copy.homeSlug = this.homeSlug;
    copy.isNew = this.isNew;
    copy.isDirty = this.isDirty;
    return copy;
  }

  /** What it says, under whatever slug, and whoever put it into a file: of a copy and its origin this is the same. */
  get copiedText(): string {
    return recordText({ ...this.tree(), slug: '', last_updated_by: '' });
  }

  /** Its members, with their numbers as they were. */
  tree(): PythonJsonObject {
    const { metrics, parameters, tags, tests, artifacts, dependencies, extra } = this.state;
    return {
      ...extra,
      artifacts: artifacts.map(({ json }) => json),
      author: this.author,
      created_at: this.#createdText,
      dependencies,
      last_updated: this.#lastUpdatedText,
      last_updated_by: this.lastUpdatedBy,
      metrics: Object.fromEntries(metrics),
      name: this.name,
      parameters: Object.fromEntries(parameters),
      short_slug: this.shortSlug,
      slug: this.slug,
      tags,
      tests: tests.map(testTree),
    };
  }

  /** Whether an artifact has, or had since it was loaded, a file of this path below its folder. */
  hasFile(path: string): boolean {
    this.#paths ??= new Set(
      [...this.files(), ...[...this.openTests].flatMap(filesOfTest)].map((file) => samePath(file.path)),
    );
    return this.#paths.has(samePath(path));
  }

  /** Notes that an artifact has a file. */
  addFile(path: string): void {
    this.#paths?.add(samePath(path));
  }

  /** All its artifacts, those of its tests too. */
  files(): readonly RecordedFile[] {
    const { artifacts, tests } = this.state;
    const own = artifacts.map((entry) => ({ path: entry.fname, names: [entry.fname], entry }));
    return tests.length === 0 ? own : [...own, ...tests.flatMap(filesOfTest)];
  }

  /** Puts an artifact in place of another one. */
  replaceEntry({ entry: before }: RecordedFile, entry: ArtifactEntry): void {
    const replaced = (entries: readonly ArtifactEntry[]): ArtifactEntry[] =>
      entries.map((other) => (other.content === before.content ? entry : other));
    this.state.artifacts = replaced(this.state.artifacts);
    for (const test of this.state.tests) test.artifacts = replaced(test.artifacts);
    this.#paths = undefined;
    this.#changed();
  }

  /** Makes the artifacts hold what those of another one hold, of which this is a copy. */
  #takeContents(other: ExperimentRecord): void {
    const { artifacts, tests } = this.state;
    const contents = (from: readonly ArtifactEntry[], to: readonly ArtifactEntry[]): ArtifactEntry[] =>
      to.map((entry, at) => ({ ...entry, content: from[at]?.content ?? entry.content }));
    this.state.artifacts = contents(other.state.artifacts, artifacts);
    for (const [at, test] of tests.entries())
      test.artifacts = contents(other.state.tests[at]?.artifacts ?? [], test.artifacts);
  }

  /** Puts what tests hold into those of this record that have their names: somebody may hold those. */
  #withOwnTests(state: ExperimentState): ExperimentState {
    const before = this.#state?.tests ?? [];
    const left = before.filter((test) => !state.tests.includes(test));
    const tests = state.tests.map((test) => {
      const at = before.includes(test) ? -1 : left.findIndex(({ name }) => name === test.name);
      const own = at === -1 ? undefined : left.splice(at, 1)[0];
      return own === undefined ? test : Object.assign(own, test);
    });
    return { ...state, tests };
  }

  #changed(): void {
    this.#text = undefined;
    this.changes++;
  }
}

/** An artifact of an experiment, and where its file is below the folder of the experiment. */
export interface RecordedFile {
  readonly path: string;
  readonly names: readonly string[];
  readonly entry: ArtifactEntry;
}

/** The folder of a test's artifacts, below that of its experiment. It may be empty. */
export function folderOfTest(test: TestState): string {
  return slugOf(test.name);
}

function filesOfTest(test: TestState): readonly RecordedFile[] {
  const folder = folderOfTest(test);
  return test.artifacts.map((entry) => ({
    path: folder === '' ? entry.fname : `${folder}/${entry.fname}`,
    names: [folder, entry.fname],
    entry,
  }));
}

/** When an experiment was changed last: as it is compared, and as it is written. */
export interface LastUpdated {
  readonly lastUpdatedMs: number;
  readonly lastUpdatedText: string;
}

/** The slug that lazyscribe gives to an experiment, if it is free. It names a folder, so one that is too long is cut. */
export function slugAt(name: string, createdMs: number): string {
  const time = compactTimeText(new Date(createdMs));
  const slug = slugOf(`${name}-${time}`);
  const cut = shortened(slug);
  return cut === slug ? slug : `${cut}-${time}`;
}

/** Reads what an experiment holds. */
export function stateOf(tree: PythonJsonObject, place: string): ExperimentState {
  return {
    metrics: new Map(Object.entries(objectIn(tree['metrics'], 'metrics', place))),
    parameters: new Map(Object.entries(objectIn(tree['parameters'], 'parameters', place))),
    tags: listIn(tree, 'tags', place),
    tests: listIn(tree, 'tests', place).map((test) => testOf(test, place)),
    artifacts: entriesIn(tree, place),
    dependencies: listIn(tree, 'dependencies', place),
    extra: extraOf(tree, ownMembers),
  };
}

function testOf(value: PythonJson, place: string): TestState {
  const tree = objectIn(value, 'tests', place);
  const name = textIn(tree, 'name', `a test of ${place}`);
  const inTest = `test '${name}' of ${place}`;
  return {
    name,
    description: tree['description'] ?? null,
    metrics: new Map(Object.entries(objectIn(tree['metrics'], 'metrics', inTest))),
    parameters: new Map(Object.entries(objectIn(tree['parameters'], 'parameters', inTest))),
    artifacts: entriesIn(tree, inTest),
    extra: extraOf(tree, ownTestMembers),
  };
}

/** A test as it stands in a file. */
export function testTree(test: TestState): PythonJsonObject {
  return {
    ...test.extra,
    artifacts: test.artifacts.map(({ json }) => json),
    description: test.description,
    metrics: Object.fromEntries(test.metrics),
    name: test.name,
    parameters: Object.fromEntries(test.parameters),
  };
}

function entriesIn(tree: PythonJsonObject, place: string): ArtifactEntry[] {
  return listIn(tree, 'artifacts', place).map((entry) => entryOf(entry, place, new Content()));
}

function extraOf(tree: PythonJsonObject, own: ReadonlySet<string>): PythonJsonObject {
  return Object.fromEntries(Object.entries(tree).filter(([name]) => !own.has(name)));
}
