/**
 * An experiment of a project: what was tried, what came of it, and the artifacts it made.
 *
 * All that is logged is copied at once, and is in a file when the project is saved. Experiments that a project keeps as they
 * are refuse to be changed. What one looks at is frozen: it changes by the methods alone, which note who and when; and by a
 * save, which brings what other writers changed. What another writer has removed refuses to be changed from then on.
 *
 * It is a source of values by name, for cadets and runs: it has `has`, `load` and `versionOf`.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import { isPromiseLike } from '../../base/promise-like.ts';
import { toPythonJson } from '../formats/python-json.ts';
import { type ArtifactEntry, type ArtifactMetadata, metadataOf } from './artifact-entry.ts';
import { type LoadArtifactOptions, loadArtifact, readArtifact, versionText } from './artifact-files.ts';
import { ArtifactLoadError, ReadOnlyError } from './errors.ts';
import { type ExperimentRecord, folderOfTest, type TestState } from './experiment-record.ts';
import { ExperimentTest, type TestAccess } from './experiment-test.ts';
import { placeOf, withArtifact } from './log-artifact.ts';
import {
  checkedFunction,
  checkedName,
  checkedTags,
  checkedText,
  type ExperimentSurroundings,
  type LogExperimentArtifactOptions,
  type LogTestOptions,
  type MetricValue,
} from './log-options.ts';
import { frozenMembers, frozenView, plainJson } from './plain-values.ts';
import type { PromotionTarget } from './promotion.ts';

/** An experiment. Projects make them: see `Project.log`. */
export class Experiment {
  /** @internal */
  readonly record: ExperimentRecord;
  /** Experiments that this one depends on, by their short slugs. @internal */
  readonly upstream: Map<string, Experiment> = new Map();
  readonly #surroundings: ExperimentSurroundings;
  #seen: { readonly changes: number; readonly views: Map<string, unknown> } | undefined;

  /** @internal */
  constructor(record: ExperimentRecord, surroundings: ExperimentSurroundings) {
    this.record = record;
    this.#surroundings = surroundings;
  }

  get name(): string {
    return this.record.name;
  }

  /** Unique in its project. It may get a number when the project is saved, if another writer has taken it meanwhile. */
  get slug(): string {
    return this.record.slug;
  }

  /** The slug of the name alone. */
  get shortSlug(): string {
    return this.record.shortSlug;
  }

  get author(): string {
    return this.record.author;
  }

  get lastUpdatedBy(): string {
    return this.record.lastUpdatedBy;
  }

  /** To the second. */
  get createdAt(): Date {
    return new Date(this.record.createdMs);
  }

  /** To the second. */
  get lastUpdated(): Date {
    return new Date(this.record.lastUpdatedMs);
  }

  /** Whether a project made it, so that nobody else holds it in another file. @internal */
  belongsTo(surroundings: ExperimentSurroundings): boolean {
    return this.#surroundings === surroundings;
  }

  /** Whether it may only be looked at. */
  get isReadOnly(): boolean {
    return this.record.isReadOnly;
  }

  /** Integers beyond 2^53 are `bigint`s. */
  get metrics(): Readonly<Record<string, unknown>> {
    return this.#view('metrics', ({ metrics }) => frozenMembers(metrics));
  }

  /** Integers beyond 2^53 are `bigint`s. */
  get parameters(): Readonly<Record<string, unknown>> {
    return this.#view('parameters', ({ parameters }) => frozenMembers(parameters));
  }

  get tags(): readonly string[] {
    return this.#view('tags', ({ tags }) => frozenView(tags) as readonly string[]);
  }

  /** In the order in which they were logged. */
  get tests(): readonly ExperimentTest[] {
    return this.#view('tests', ({ tests }) =>
      Object.freeze(tests.map((test) => new ExperimentTest(test, this.#accessOf(test)))),
    );
  }

  /** In the order in which they were logged. */
  get artifacts(): readonly ArtifactMetadata[] {
    return this.#view('artifacts', ({ artifacts }) => Object.freeze(artifacts.map(metadataOf)));
  }

  /**
   * The experiments of other projects on which this one depends, by their short slugs. One whose project was not found where
   * this project was opened is not among them, only in `dependencyNames`.
   */
  get dependencies(): Readonly<Record<string, Experiment>> {
    return Object.freeze(Object.fromEntries(this.upstream));
  }

  /** The dependencies as the file has them: `<path of the project, or its name in the registry>|<slug>`. */
  get dependencyNames(): readonly string[] {
    return this.#view('dependencies', ({ dependencies }) => frozenView(dependencies) as readonly string[]);
  }

  /**
   * Sets a metric, in place of one of the same name.
   *
   * @throws {TypeError} If JSON has no such value, as for `NaN`.
   * @throws {ReadOnlyError} If the experiment may only be looked at.
   */
  logMetric(name: string, value: MetricValue): void {
    const json = toPythonJson(value, `log the metric '${checkedName(name, 'metric')}'`);
    this.#change(`log the metric '${name}'`).metrics.set(name, json);
  }

  /**
   * Sets a parameter, in place of one of the same name: any value that JSON has.
   *
   * @throws {TypeError} If JSON has no such value.
   * @throws {ReadOnlyError} If the experiment may only be looked at.
   */
  logParameter(name: string, value: unknown): void {
    const json = toPythonJson(value, `log the parameter '${checkedName(name, 'parameter')}'`);
    this.#change(`log the parameter '${name}'`).parameters.set(name, json);
  }

  /**
   * Adds tags, also such as are there.
   *
   * @throws {TypeError} If one is no text.
   * @throws {ReadOnlyError} If the experiment may only be looked at.
   */
  tag(...tags: readonly string[]): void {
    const added = checkedTags(tags);
    const state = this.#change('tag it');
    state.tags = [...state.tags, ...added];
  }

  /**
   * Gives it these tags in place of those it has.
   *
   * @throws {TypeError} If they are no list of texts.
   * @throws {ReadOnlyError} If the experiment may only be looked at.
   */
  setTags(tags: readonly string[]): void {
    const given = checkedTags(tags);
    this.#change('tag it').tags = given;
  }

  /**
   * Logs an artifact. It is encoded now, and is in a file when the project is saved. Of a handler that takes its time, such
   * as `csv` or `parquet`, `project.log` rejects if it cannot hold the value; outside of that, `project.save` does.
   *
   * @throws {ArtifactLogError} If there is one of the name and it is not to be overwritten, if its file would leave the
   *   folder of the experiment, or if the handler cannot hold the value.
   * @throws {UnknownHandlerError} If there is no such handler.
   * @throws {ReadOnlyError} If the experiment may only be looked at.
   */
  logArtifact(name: string, value: unknown, options: LogExperimentArtifactOptions): void {
    const verb = `log the artifact '${String(name)}'`;
    this.#refuseReadOnly(verb);
    const record = this.record;
    const artifacts = withArtifact(record.state.artifacts, name, value, options, {
      ...this.#surroundings,
      verb,
      folder: '',
      hasFile: (path) => record.hasFile(path),
      addFile: (path) => record.addFile(path),
    });
    this.#change(verb).artifacts = artifacts;
  }

  /**
   * Tells whether an artifact could be logged, before there is its value. Changes nothing.
   *
   * @throws what `logArtifact` would throw whatever the value
   */
  checkArtifact(name: string, options: LogExperimentArtifactOptions): void {
    const verb = `log the artifact '${String(name)}'`;
    this.#refuseReadOnly(verb);
    placeOf(this.record.state.artifacts, name, options, { handlers: this.#surroundings.handlers, verb });
  }

  /**
   * Logs a test: metrics, parameters and artifacts of a part of the whole. It is added when the function has ended well.
   *
   * @returns a promise that rejects as the function does; a function that does not wait has added it when this returns
   * @throws {TypeError} If its name or its description is no text, or there is no function.
   * @throws {ReadOnlyError} If the experiment may only be looked at.
   */
  logTest(
    name: string,
    log: (test: ExperimentTest) => void | PromiseLike<void>,
    options: LogTestOptions = {},
  ): Promise<void> {
    const verb = `log the test '${checkedName(name, 'test')}'`;
    checkedFunction(log, verb);
    refuseUnknownOptions(options, ['description'], verb);
    this.#refuseReadOnly(verb);
    const state: TestState = {
      name,
      description: checkedText(options.description, 'description', verb) ?? null,
      metrics: new Map(),
      parameters: new Map(),
      artifacts: [],
      extra: {},
    };
    // Its files are nobody else's already while it is being logged.
    const { openTests } = this.record;
    openTests.add(state);
    const add = (): void => {
      const own = this.#change(verb);
      own.tests = [...own.tests, state];
      openTests.delete(state);
    };
    const fail = (error: unknown): never => {
      openTests.delete(state);
      throw error;
    };
    try {
      const logged = log(new ExperimentTest(state, this.#accessOf(state)));
      if (isPromiseLike(logged)) {
        const addEncoded = async (): Promise<void> => {
          for (const { content } of state.artifacts) await content.encoded();
          add();
        };
        return Promise.resolve(logged).then(addEncoded).catch(fail);
      }
      add();
      return Promise.resolve();
    } catch (error) {
      openTests.delete(state);
      return Promise.reject(error);
    }
  }

  /**
   * Notes that this experiment depends on one of another project, in place of one with the same short slug.
   *
   * @throws {TypeError} If it is no experiment.
   * @throws {ReadOnlyError} If the experiment may only be looked at.
   */
  dependOn(upstream: Experiment): void {
    if (!(upstream instanceof Experiment)) {
      throw new TypeError(
        `Cannot depend on an experiment as it is none: received ${inspectShort(upstream)}\n` +
          '  give one of a project, such as project.require(slug)',
      );
    }
    const before = this.upstream.get(upstream.shortSlug);
    const name = dependencyName(upstream);
    const state = this.#change(`depend on '${upstream.slug}'`);
    const old = before === undefined ? undefined : dependencyName(before);
    state.dependencies = [...state.dependencies.filter((other) => other !== old && other !== name), name];
    this.upstream.set(upstream.shortSlug, upstream);
  }

  /** Whether there is an artifact of this name. */
  has(name: string): boolean {
    return this.record.state.artifacts.some((entry) => entry.name === name);
  }

  /** As `loadArtifact`. */
  load(name: string, options?: LoadArtifactOptions): Promise<unknown> {
    return this.loadArtifact(name, options);
  }

  /**
   * Loads an artifact, from memory if it is not saved yet. One whose handler is not known here is given as bytes.
   *
   * @throws {ArtifactLoadError} If there is none, its file cannot be read, or it was written with other versions.
   */
  async loadArtifact(name: string, options: LoadArtifactOptions = {}): Promise<unknown> {
    refuseUnknownOptions(options, ['validate', 'options'], 'load an artifact');
    const entry = this.#entry(name);
    return loadArtifact(entry, this.#placeOf(entry), this.#surroundings.handlers, options);
  }

  /**
   * Gives the bytes of an artifact's file.
   *
   * @throws {ArtifactLoadError} If there is none, or its file cannot be read.
   */
  async loadBytes(name: string): Promise<Uint8Array> {
    const entry = this.#entry(name);
    return readArtifact(entry, this.#placeOf(entry));
  }

  /** Says which version of an artifact this is, by where it is and a digest of its bytes; `undefined` if there is none. */
  async versionOf(name: string): Promise<string | undefined> {
    if (!this.has(name)) return undefined;
    const entry = this.#entry(name);
    return versionText(entry, this.#placeOf(entry), `${this.slug}/${name}`);
  }

  /**
   * Makes an artifact the next version of its name in a repository. One that is saved is copied, and the repository saved;
   * one that is not is saved when the repository is. It keeps the time at which it was logged.
   *
   * @throws {TypeError} If it is no repository.
   * @throws {ArtifactLoadError} If there is no such artifact.
   * @throws {ArtifactLogError} If the repository has a version that is as new.
   * @throws {SaveError} If the repository cannot be saved: then it is as before.
   * @throws {ReadOnlyError} If the repository may only be read.
   */
  async promoteArtifact(repository: PromotionTarget, name: string): Promise<ArtifactMetadata> {
    if (typeof (repository as PromotionTarget | undefined)?.adopt !== 'function') {
      throw new TypeError(
        `Cannot promote an artifact as it needs a repository: received ${inspectShort(repository)}\n` +
          '  openRepository(path) gives one',
      );
    }
    const entry = this.#entry(name);
    return repository.adopt(entry, this.#placeOf(entry));
  }

  /** The experiment as its file has it, for `JSON.stringify`, which writes integers of any size exactly. */
  toJSON(): Record<string, unknown> {
    return plainJson(this.record.tree());
  }

  #entry(name: string): ArtifactEntry {
    const found = this.record.state.artifacts.find((entry) => entry.name === name);
    if (found !== undefined) return found;
    const names = this.record.state.artifacts.map((entry) => `'${entry.name}'`);
    throw new ArtifactLoadError(
      `Cannot load an artifact as experiment '${this.slug}' has none of this name: received ${inspectShort(name)}\n` +
        `  it has ${names.length === 0 ? 'none' : names.join(', ')}`,
    );
  }

  #placeOf(
    { fname }: ArtifactEntry,
    ...folders: readonly string[]
  ): {
    readonly root: string;
    readonly names: readonly string[];
  } {
    const { home, homeSlug } = this.record;
    return { root: home, names: [homeSlug, ...folders, fname] };
  }

  #accessOf(test: TestState): TestAccess {
    const folder = folderOfTest(test);
    const record = this.record;
    return {
      surroundings: this.#surroundings,
      folder,
      placeOf: (entry) => this.#placeOf(entry, folder),
      hasFile: (path) => record.hasFile(path),
      addFile: (path) => record.addFile(path),
      change: (verb) => {
        // While the test is being logged, the experiment is changed when it is added.
        if (record.openTests.has(test)) this.#refuseReadOnly(verb);
        else if (record.state.tests.includes(test)) this.#change(verb);
        else
          throw new ReadOnlyError(
            `Cannot ${verb} as experiment '${this.slug}' does not have the test '${test.name}' any more`,
          );
      },
    };
  }

  #view<View>(name: string, make: (state: ExperimentRecord['state']) => View): View {
    const record = this.record;
    if (this.#seen?.changes !== record.changes) this.#seen = { changes: record.changes, views: new Map() };
    const { views } = this.#seen;
    if (!views.has(name)) views.set(name, make(record.state));
    return views.get(name) as View;
  }

  #refuseReadOnly(verb: string): void {
    if (this.record.isRemoved) {
      throw new ReadOnlyError(
        `Cannot ${verb} as another writer has removed experiment '${this.slug}' from its project\n` +
          '  append it to the project to have it there again',
      );
    }
    if (!this.isReadOnly) return;
    throw new ReadOnlyError(
      `Cannot ${verb} as experiment '${this.slug}' is kept as it is\n  open the project with { mode: 'w+' } to change it`,
    );
  }

  #change(verb: string): ExperimentRecord['state'] {
    this.#refuseReadOnly(verb);
    const record = this.record;
    record.touch(this.#surroundings.clock.epochMs());
    return record.state;
  }

  /**
   * Waits until what was logged is encoded.
   *
   * @throws {ArtifactLogError} If a handler cannot hold a value.
   * @internal
   */
  async encoded(): Promise<void> {
    // What is not read yet was not logged here.
    if (!this.record.isRead) return;
    for (const { entry } of this.record.files()) if (entry.content.isPending) await entry.content.encoded();
  }

  /** What a dependency on it is called. @internal */
  get projectName(): string {
    return this.#surroundings.projectName;
  }
}

function dependencyName(upstream: Experiment): string {
  return `${upstream.projectName}|${upstream.slug}`;
}
