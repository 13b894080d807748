/**
 * What may be said of what is logged to experiments and their tests.
 */

import type { Clock } from '../../base/clock.ts';
import { inspectShort } from '../../base/inspect-short.ts';
import type { HandlerOptions } from '../handlers/handler.ts';
import type { Handlers } from '../handlers/handlers.ts';

/** What an experiment keeps as a metric: a number, or several, such as one for each fold. */
export type MetricValue =
  | number
  | bigint
  | boolean
  | string
  | null
  | readonly MetricValue[]
  | { readonly [name: string]: MetricValue };

/** How an artifact is logged. */
export interface LogArtifactOptions {
  /** How it is written: `json`, `text`, `bytes`, `yaml`, `csv`, `npy`, `arrow`, `parquet`, or the alias of a handler of yours. */
  readonly handler: string;
  /**
   * The name of its file, which may have folders. If it is taken, it gets a number.
   *
   * @defaultValue the name as a slug, and the time
   */
  readonly fname?: string | undefined;
  /** For the handler. */
  readonly options?: HandlerOptions | undefined;
}

/** How an artifact is logged to an experiment. */
export interface LogExperimentArtifactOptions extends LogArtifactOptions {
  /**
   * Whether it takes the place of one of the same name, which is an error otherwise.
   *
   * @defaultValue `false`
   */
  readonly overwrite?: boolean | undefined;
}

/** What a test is logged with. */
export interface LogTestOptions {
  readonly description?: string | undefined;
}

/** What all files of records need. @internal */
export interface RecordSurroundings {
  readonly clock: Clock;
  readonly handlers: Handlers;
}

/** What an experiment needs of its project. @internal */
export interface ExperimentSurroundings extends RecordSurroundings {
  /** The project's path as it was given, or its name in the registry. */
  readonly projectName: string;
}

/** @throws {TypeError} If it is no text. */
export function checkedName(name: string, kind: string): string {
  if (typeof name === 'string' && name !== '') return name;
  const article = kind === 'experiment' ? 'an' : 'a';
  throw new TypeError(`Cannot log ${article} ${kind} as it needs a name: received ${inspectShort(name)}`);
}

/** @throws {TypeError} If it is no text, nor left out. */
export function checkedText(text: string | undefined, what: string, verb: string): string | undefined {
  if (text === undefined || typeof text === 'string') return text;
  throw new TypeError(
    `Cannot ${verb} as its ${what} must be a text: received ${inspectShort(text)}\n  leave it out to have none given`,
  );
}

/** @throws {TypeError} If it is no list of texts. */
export function checkedTags(tags: readonly string[]): readonly string[] {
  if (!Array.isArray(tags)) {
    throw new TypeError(
      `Cannot tag the experiment as its tags must be a list: received ${inspectShort(tags)}\n  such as ['best']`,
    );
  }
  const bad = tags.findIndex((tag) => typeof tag !== 'string');
  if (bad === -1) return [...tags];
  throw new TypeError(
    `Cannot tag the experiment as a tag must be a text: received ${inspectShort(tags[bad])}\n  String(…) makes a text of it`,
  );
}

/** @throws {TypeError} If it is no function. */
export function checkedFunction(log: unknown, verb: string): void {
  if (typeof log === 'function') return;
  throw new TypeError(`Cannot ${verb} as it needs a function that logs to it: received ${inspectShort(log)}`);
}
