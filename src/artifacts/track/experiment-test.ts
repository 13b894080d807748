/**
 * A test of an experiment: metrics, parameters and artifacts of a part of the whole, such as one group of people.
 *
 * Its artifacts are in a folder of its own, which two tests of the same name share: no file of one takes the place of another's.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import { toPythonJson } from '../formats/python-json.ts';
import { type ArtifactEntry, type ArtifactMetadata, metadataOf } from './artifact-entry.ts';
import {
  type ArtifactPlace,
  type LoadArtifactOptions,
  loadArtifact,
  readArtifact,
  versionText,
} from './artifact-files.ts';
import { ArtifactLoadError } from './errors.ts';
import { type TestState, testTree } from './experiment-record.ts';
import { withArtifact } from './log-artifact.ts';
import {
  checkedName,
  type ExperimentSurroundings,
  type LogExperimentArtifactOptions,
  type MetricValue,
} from './log-options.ts';
import { frozenMembers, plainJson } from './plain-values.ts';

/** What a test needs of its experiment. @internal */
export interface TestAccess {
  readonly surroundings: ExperimentSurroundings;
  /** Its folder, below that of the experiment. */
  readonly folder: string;
  readonly placeOf: (entry: ArtifactEntry) => ArtifactPlace;
  readonly hasFile: (path: string) => boolean;
  readonly addFile: (path: string) => void;
  /** Notes a change. @throws {ReadOnlyError} If the experiment may only be looked at. */
  readonly change: (verb: string) => void;
}

/** A test. Experiments make them: see `Experiment.logTest`. */
export class ExperimentTest {
  readonly #state: TestState;
  readonly #access: TestAccess;

  /** @internal */
  constructor(state: TestState, access: TestAccess) {
    this.#state = state;
    this.#access = access;
  }

  get name(): string {
    return this.#state.name;
  }

  get description(): string | undefined {
    const { description } = this.#state;
    return typeof description === 'string' ? description : undefined;
  }

  get metrics(): Readonly<Record<string, unknown>> {
    return frozenMembers(this.#state.metrics);
  }

  get parameters(): Readonly<Record<string, unknown>> {
    return frozenMembers(this.#state.parameters);
  }

  get artifacts(): readonly ArtifactMetadata[] {
    return this.#state.artifacts.map(metadataOf);
  }

  /** See `Experiment.logMetric`. */
  logMetric(name: string, value: MetricValue): void {
    const verb = `log the metric '${checkedName(name, 'metric')}'`;
    const json = toPythonJson(value, verb);
    this.#access.change(verb);
    this.#state.metrics.set(name, json);
  }

  /** See `Experiment.logParameter`. */
  logParameter(name: string, value: unknown): void {
    const verb = `log the parameter '${checkedName(name, 'parameter')}'`;
    const json = toPythonJson(value, verb);
    this.#access.change(verb);
    this.#state.parameters.set(name, json);
  }

  /** See `Experiment.logArtifact`. */
  logArtifact(name: string, value: unknown, options: LogExperimentArtifactOptions): void {
    const verb = `log the artifact '${String(name)}'`;
    this.#access.change(verb);
    const { surroundings, folder, hasFile, addFile } = this.#access;
    this.#state.artifacts = [
      ...withArtifact(this.#state.artifacts, name, value, options, {
        ...surroundings,
        verb,
        folder,
        hasFile,
        addFile,
      }),
    ];
  }

  /** Whether there is an artifact of this name. */
  has(name: string): boolean {
    return this.#state.artifacts.some((entry) => entry.name === name);
  }

  /** As `loadArtifact`. */
  load(name: string, options?: LoadArtifactOptions): Promise<unknown> {
    return this.loadArtifact(name, options);
  }

  /** See `Experiment.loadArtifact`. */
  async loadArtifact(name: string, options: LoadArtifactOptions = {}): Promise<unknown> {
    refuseUnknownOptions(options, ['validate', 'options'], 'load an artifact');
    const entry = this.#entry(name);
    return loadArtifact(entry, this.#access.placeOf(entry), this.#access.surroundings.handlers, options);
  }

  /** See `Experiment.loadBytes`. */
  async loadBytes(name: string): Promise<Uint8Array> {
    const entry = this.#entry(name);
    return readArtifact(entry, this.#access.placeOf(entry));
  }

  /** See `Experiment.versionOf`. */
  async versionOf(name: string): Promise<string | undefined> {
    if (!this.has(name)) return undefined;
    const entry = this.#entry(name);
    const place = this.#access.placeOf(entry);
    return versionText(entry, place, `${place.names.slice(0, -1).join('/')}/${name}`);
  }

  /** The test as its file has it. */
  toJSON(): Record<string, unknown> {
    return plainJson(testTree(this.#state));
  }

  #entry(name: string): ArtifactEntry {
    const found = this.#state.artifacts.find((entry) => entry.name === name);
    if (found !== undefined) return found;
    throw new ArtifactLoadError(
      `Cannot load an artifact as test '${this.name}' has none of this name: received ${inspectShort(name)}`,
    );
  }
}
