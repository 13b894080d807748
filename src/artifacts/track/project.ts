/**
 * Projects: files of experiments that Python's lazyscribe reads and writes, too.
 *
 * - **Nothing is lost:** what was not changed is written as it was read; what others saved meanwhile is kept; what two
 *   experiments of one second would both be called, only one of them is.
 * - **All or nothing:** if it cannot be saved, the files are as they were. See `project-save.ts`.
 * - **Memory:** what is logged is in memory until it is saved, the artifacts as they will be in their files.
 *
 * A project holds no file open. Leaves it to its user to save.
 */

import type { Clock } from '../../base/clock.ts';
import { systemClock } from '../../base/clock.ts';
import { ClosedError } from '../../base/errors.ts';
import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import { once } from '../../base/once.ts';
import { Turns } from '../../base/turns.ts';
import type { ArtifactHandler } from '../handlers/handler.ts';
import { handlersOf } from '../handlers/handlers.ts';
import { ExperimentNotFoundError, ReadOnlyError, SaveError } from './errors.ts';
import { Experiment } from './experiment.ts';
import { ExperimentRecord, slugAt } from './experiment-record.ts';
import { freeName } from './free-name.ts';
import { toTheSecond } from './log-artifact.ts';
import { checkedFunction, checkedName, checkedText, type ExperimentSurroundings } from './log-options.ts';
import { mergeExperiments } from './merge-projects.ts';
import { checkedMode, openRecords } from './open-records.ts';
import { insert, type ProjectState, type SaveProjectOptions, saveProject } from './project-save.ts';
import type { ProjectRegistry } from './registry.ts';
import { checkSaveOptions } from './save-together.ts';
import { linkUpstream } from './upstream.ts';
import { userName } from './user-name.ts';

const nodePath = once(() => process.getBuiltinModule('node:path'));

/**
 * What may be done with a project: `r` reads it; `a` keeps what is there as it is and adds to it; `w` begins anew; `w+`
 * changes what is there, too.
 */
export type ProjectMode = 'r' | 'a' | 'w' | 'w+';

export interface OpenProjectOptions {
  /** @defaultValue `'a'` */
  readonly mode?: ProjectMode | undefined;
  /**
   * Whose name new experiments bear, and those that are changed.
   *
   * @defaultValue the name of the user of this process
   */
  readonly author?: string | undefined;
  /**
   * Handlers of artifacts beside those of this library.
   *
   * @defaultValue none
   */
  readonly handlers?: readonly ArtifactHandler[] | undefined;
  /**
   * Whether a file that is not there is an empty project also in mode `r`. In the other modes it is.
   *
   * @defaultValue `false`
   */
  readonly allowMissing?: boolean | undefined;
  /**
   * Projects by name, for dependencies.
   *
   * @defaultValue none
   */
  readonly registry?: ProjectRegistry | undefined;
  /** @internal */
  readonly clock?: Clock | undefined;
}

const modes: readonly ProjectMode[] = ['r', 'a', 'w', 'w+'];
const optionNames = ['mode', 'author', 'handlers', 'allowMissing', 'registry', 'clock'];

/**
 * Opens a project.
 *
 * @param path - of its file, `project.json` in this folder unless it is given; the artifacts are in folders beside it
 * @throws {UnreadableFileError} If the file is not what it should be, or is not there in mode `r`.
 * @throws {RangeError} If there is no such mode.
 * @throws {TypeError} If the author is no text, or an option is not known.
 *
 * @example
 * ```ts
 * import { mkdtempSync, rmSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { openProject } from 'heddle/artifacts';
 *
 * const folder = mkdtempSync(join(tmpdir(), 'project-'));
 * const path = join(folder, 'project.json');
 * const project = await openProject(path, { mode: 'w', author: 'ada' });
 * await project.log('Base performance', (exp) => {
 *   exp.logMetric('auc', 0.93);
 *   exp.logArtifact('features', ['a', 'b'], { handler: 'json' });
 * });
 * await project.save();
 *
 * const again = await openProject(path, { mode: 'r' });
 * const exp = again.require('base-performance');
 * assert.equal(exp.metrics.auc, 0.93);
 * assert.deepEqual(await exp.load('features'), ['a', 'b']);
 * rmSync(folder, { recursive: true });
 * ```
 */
export async function openProject(
  path: string | URL = 'project.json',
  options: OpenProjectOptions = {},
): Promise<Project> {
  const project = await load(path, options);
  const { handlers, registry } = options;
  if (project.mode !== 'w') {
    await linkUpstream(project, {
      registry,
      open: (upstream) => load(upstream, { mode: 'r', handlers, registry }),
    });
  }
  return project;
}

/** Opens a project without those that it depends on. */
async function load(path: string | URL, options: OpenProjectOptions): Promise<Project> {
  refuseUnknownOptions(options, optionNames, 'open a project');
  const { mode: wanted, allowMissing = false, registry } = options;
  const author = checkedText(options.author, 'author', 'open a project') ?? userName();
  const mode = checkedMode(wanted ?? 'a', modes, 'project');
  const { clock = systemClock } = options;
  const handlers = handlersOf(options.handlers);
  const { file, given, text, records } = await openRecords(path, { mode, allowMissing, what: 'project' });
  const root = nodePath().dirname(file);
  const surroundings: ExperimentSurroundings = {
    clock,
    handlers,
    get projectName() {
      return registry?.nameOf(file) ?? given;
    },
  };
  const state: ProjectState = {
    path: file,
    root,
    mode,
    author,
    surroundings,
    experiments: [],
    slugs: new Set(),
    fileText: text,
    base: new Map(),
    replaced: mode === 'w' ? records : [],
    copied: new WeakSet(),
  };
  if (mode !== 'w') {
    for (const found of records) {
      const record = ExperimentRecord.load(found, root, { isReadOnly: mode !== 'w+' });
      insert(state, new Experiment(record, surroundings));
      state.base.set(record, found.text);
    }
  }
  return new Project(state);
}

/** A project: see `openProject`. */
export class Project {
  readonly #state: ProjectState;
  readonly #saving = new Turns(1);
  #isDisposed = false;

  /** @internal */
  constructor(state: ProjectState) {
    this.#state = state;
  }

  /** Of its file; absolute. */
  get path(): string {
    return this.#state.path;
  }

  get mode(): ProjectMode {
    return this.#state.mode;
  }

  get author(): string {
    return this.#state.author;
  }

  /** How many experiments it has. */
  get size(): number {
    return this.#state.experiments.length;
  }

  /** In the order in which they were made. */
  get experiments(): readonly Experiment[] {
    return [...this.#state.experiments];
  }

  /** The experiments, in the order in which they were made. */
  [Symbol.iterator](): ArrayIterator<Experiment> {
    return this.experiments.values();
  }

  /** Finds the latest experiment of a slug, or of a short slug. */
  get(slug: string): Experiment | undefined {
    return this.#state.experiments.findLast(
      (experiment) => experiment.slug === slug || experiment.shortSlug === slug,
    );
  }

  /** Whether there is an experiment of a slug, or of a short slug. */
  has(slug: string): boolean {
    return this.get(slug) !== undefined;
  }

  /**
   * Finds the latest experiment of a slug, or of a short slug.
   *
   * @throws {ExperimentNotFoundError} If there is none.
   */
  require(slug: string): Experiment {
    const found = this.get(slug);
    if (found !== undefined) return found;
    throw new ExperimentNotFoundError(
      `Cannot find an experiment in '${this.path}' as none has this slug: received ${inspectShort(slug)}\n` +
        `  there are ${inspectShort(this.experiments.map((experiment) => experiment.shortSlug))}`,
    );
  }

  /**
   * Gives those experiments for which a function says so, in their order, as they are asked for.
   *
   * @throws {TypeError} If it is no function.
   */
  filter(isWanted: (experiment: Experiment) => boolean): Generator<Experiment, void, undefined> {
    if (typeof isWanted === 'function') return this.#filtered(isWanted);
    throw new TypeError(
      `Cannot filter the experiments as it needs a function that tells which: received ${inspectShort(isWanted)}\n` +
        "  such as (experiment) => experiment.tags.includes('best')",
    );
  }

  *#filtered(isWanted: (experiment: Experiment) => boolean): Generator<Experiment, void, undefined> {
    for (const experiment of this) if (isWanted(experiment)) yield experiment;
  }

  /**
   * Logs an experiment. It is in the project when the function has ended well and all its artifacts are encoded; if that
   * fails, nothing is logged.
   *
   * @returns the experiment; rejects as the function does
   * @throws {ArtifactLogError} If a handler cannot hold the value of an artifact.
   * @throws {ReadOnlyError} If the project may only be read.
   */
  async log(name: string, log: (experiment: Experiment) => void | PromiseLike<void>): Promise<Experiment> {
    this.#refuse('log an experiment');
    checkedFunction(log, `log the experiment '${checkedName(name, 'experiment')}'`);
    const { author, root, slugs, surroundings } = this.#state;
    const nowMs = toTheSecond(surroundings.clock.epochMs());
    const slug = freeName(slugAt(name, nowMs), '', (taken) => slugs.has(taken));
    // Nobody else's already while it is being logged.
    slugs.add(slug);
    const record = ExperimentRecord.begin({ name, author, nowMs, slug, home: root });
    const experiment = new Experiment(record, surroundings);
    try {
      await log(experiment);
      await experiment.encoded();
    } catch (error) {
      slugs.delete(slug);
      throw error;
    }
    // Another writer's may have come meanwhile, with a save. This one is in no file yet, and stays the one that is at hand.
    const isTaken = this.#state.experiments.some(
      (other) => other !== experiment && other.slug === record.slug,
    );
    if (isTaken) {
      record.rename(freeName(record.slug, '', (name) => slugs.has(name)));
      slugs.add(record.slug);
    }
    this.append(experiment);
    return experiment;
  }

  /**
   * Adds an experiment, such as one of another project. Its artifacts are copied when this project is saved.
   *
   * @throws {ReadOnlyError} If the project may only be read.
   */
  append(experiment: Experiment): void {
    this.#refuse('append an experiment');
    if (!(experiment instanceof Experiment))
      throw new TypeError(`Cannot append an experiment as it is none: received ${inspectShort(experiment)}`);
    const { experiments, slugs, surroundings } = this.#state;
    if (experiments.includes(experiment)) return;
    const { record } = experiment;
    const isTaken = (slug: string): boolean => experiments.some((other) => other.slug === slug);
    if (!isTaken(record.slug)) {
      insert(this.#state, experiment);
      return;
    }
    const slug = freeName(record.slug, '', (name) => slugs.has(name));
    insert(this.#state, new Experiment(record.copyAs(slug), surroundings));
  }

  /**
   * Joins this project with others: a new one, with the file, the mode and the author of this one. Of experiments with the
   * same slug the one that was changed last is kept. Two that were made in the same second and are not one are both kept,
   * one under another slug; so are two of the same text whose artifacts differ, for which those are read. To merge the same
   * again adds nothing. Nothing is saved; when it is, artifacts of the others are copied.
   *
   * @throws {TypeError} If one of them is no project.
   */
  merge(...others: readonly Project[]): Project {
    for (const other of others) {
      if (other instanceof Project) continue;
      throw new TypeError(
        `Cannot merge projects as one is none: received ${inspectShort(other)}\n  openProject(path) gives one`,
      );
    }
    const { base, experiments, replaced, slugs, surroundings } = this.#state;
    const merged = mergeExperiments(
      experiments,
      others.map((other) => other.experiments),
      surroundings,
    );
    const state: ProjectState = {
      ...this.#state,
      experiments: [...merged.experiments],
      slugs: new Set([...slugs, ...merged.experiments.map(({ slug }) => slug)]),
      base: new Map([...base].map(([record, text]) => [merged.replaced.get(record) ?? record, text])),
      replaced: [...replaced],
    };
    return new Project(state);
  }

  /**
   * Saves the project and its artifacts, and joins what others have saved in the file since it was opened.
   *
   * @throws {ReadOnlyError} If the project may only be read.
   * @throws {SaveError} If it cannot be saved. Then its files are as they were.
   * @throws {RangeError} If an option has a value that means nothing.
   */
  async save(options: SaveProjectOptions = {}): Promise<void> {
    this.#refuse('save it');
    refuseUnknownOptions(options, ['conflicts', 'waitMs'], 'save a project');
    checkSaveOptions(options, 'save a project');
    await this.#saving.take(async () => {
      await this.#encodeAll();
      await saveProject(this.#state, options);
    });
  }

  /** All experiments as the file has them. */
  toJSON(): readonly Record<string, unknown>[] {
    return this.experiments.map((experiment) => experiment.toJSON());
  }

  /** Ends its use, without saving, once what is being saved has been. Calling it again does nothing. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await this.#saving.take(async () => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** @throws {SaveError} If a handler cannot hold what was logged to an experiment that is in the project already. */
  async #encodeAll(): Promise<void> {
    for (const experiment of this.experiments) {
      try {
        await experiment.encoded();
      } catch (cause) {
        throw new SaveError(
          `Cannot save '${this.path}' as an artifact of the experiment '${experiment.slug}' has no bytes: ${(cause as Error).message}\n` +
            '  log another value under its name with { overwrite: true }',
          { cause },
        );
      }
    }
  }

  #refuse(verb: string): void {
    if (this.#isDisposed)
      throw new ClosedError(`Cannot ${verb} as the project '${this.path}' has been disposed of`);
    if (this.mode !== 'r') return;
    throw new ReadOnlyError(
      `Cannot ${verb} as the project '${this.path}' may only be read: received mode 'r'\n  open it with { mode: 'a' }`,
    );
  }
}
