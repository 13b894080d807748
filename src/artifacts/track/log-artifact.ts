/**
 * Adding an artifact to those of an experiment or of a test, under a name and a file that nobody has yet.
 */

import type { Clock } from '../../base/clock.ts';
import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import { naiveTimeText, readNaiveTime } from '../formats/naive-time.ts';
import type { Handlers } from '../handlers/handlers.ts';
import { type ArtifactEntry, defaultFname, newEntry } from './artifact-entry.ts';
import { encodeArtifact } from './artifact-files.ts';
import { joinBelow, longestName, tooLongName } from './contained-path.ts';
import { ArtifactLogError } from './errors.ts';
import { freePath, samePath } from './free-name.ts';
import type { LogExperimentArtifactOptions } from './log-options.ts';

/** Where an artifact is logged. */
export interface LoggedWhere {
  readonly clock: Clock;
  readonly handlers: Handlers;
  /** What is attempted, for messages. */
  readonly verb: string;
  /** The folder of its file below that of the experiment; empty for that itself. */
  readonly folder: string;
  /** Whether a path below the folder of the experiment is that of another artifact. */
  readonly hasFile: (path: string) => boolean;
  readonly addFile: (path: string) => void;
}

/**
 * Gives the artifacts with one more, or with one in place of another.
 *
 * @throws {ArtifactLogError} If there is one of the name, its file would leave the folder, or the value cannot be held.
 */
export function withArtifact(
  artifacts: readonly ArtifactEntry[],
  name: string,
  value: unknown,
  options: LogExperimentArtifactOptions,
  where: LoggedWhere,
): readonly ArtifactEntry[] {
  const { clock, handlers, verb, folder, hasFile, addFile } = where;
  const before = placeOf(artifacts, name, options, where);
  checkedLength(folder, 'that of the folder of its test', verb);
  const { fname } = options;
  const { alias, suffix, noted, content } = encodeArtifact(name, value, handlers, options);
  const createdMs = toTheSecond(clock.epochMs());
  const inFolder = (path: string): string => (folder === '' ? path : `${folder}/${path}`);
  // The file of what is overwritten stays until the new one is in place, unless it is not saved either.
  const isOwn = (path: string): boolean =>
    before !== undefined &&
    samePath(path) === samePath(before.fname) &&
    (fname !== undefined || before.content.unsaved !== undefined);
  const isTaken = (path: string): boolean => hasFile(inFolder(path)) && !isOwn(path);
  const file =
    fname === undefined
      ? defaultFname(name, createdMs, suffix, isTaken)
      : freePath(checkedFname(fname, verb), isTaken);
  content.replaces = before?.content.unsaved === undefined ? before?.fname : before.content.replaces;
  addFile(inFolder(file));
  const entry = newEntry({ name, fname: file, handler: alias, version: 0, createdMs, noted, content });
  return before === undefined
    ? [...artifacts, entry]
    : artifacts.map((other) => (other === before ? entry : other));
}

/**
 * Gives the artifact whose place one of this name would take. Needs no value, so it can be asked before there is one.
 *
 * @throws {ArtifactLogError} If there is one that is not to be overwritten, or its file would leave the folder.
 * @throws {UnknownHandlerError} If there is no such handler.
 */
export function placeOf(
  artifacts: readonly ArtifactEntry[],
  name: string,
  options: LogExperimentArtifactOptions,
  { handlers, verb }: Pick<LoggedWhere, 'handlers' | 'verb'>,
): ArtifactEntry | undefined {
  if (typeof options !== 'object' || options === null || typeof options.handler !== 'string')
    throw new TypeError(`Cannot ${verb} as it needs a handler\n  such as { handler: 'json' }`);
  refuseUnknownOptions(options, ['handler', 'fname', 'options', 'overwrite'], verb);
  const { handler, fname, overwrite = false } = options;
  const before = artifacts.find((entry) => entry.name === name);
  if (before !== undefined && !overwrite) {
    throw new ArtifactLogError(
      `Cannot ${verb} as there is one of this name: received '${name}'\n` +
        '  use another name, or { overwrite: true } to put it in place of that',
    );
  }
  handlers.get(handler, verb);
  if (fname !== undefined) checkedFname(fname, verb);
  return before;
}

/** Times in files are whole seconds: what is compared with them must be, too. */
export function toTheSecond(ms: number): number {
  return readNaiveTime(naiveTimeText(new Date(ms))).getTime();
}

/** @throws {ArtifactLogError} If the path has a name that file systems do not take. */
export function checkedLength(path: string, what: string, verb: string): void {
  const name = tooLongName(path);
  if (name === undefined) return;
  throw new ArtifactLogError(
    `Cannot ${verb} as a name may have ${longestName} bytes, and ${what} has ${Buffer.byteLength(name)}: received ${inspectShort(name)}\n  give a shorter one`,
  );
}

/** @throws {ArtifactLogError} If the path would leave the folder it is in, or has a name that is too long. */
export function checkedFname(fname: string, verb: string): string {
  if (typeof fname === 'string' && joinBelow('.', fname) !== undefined && !/[/\\]$/.test(fname)) {
    checkedLength(fname, 'that of its file', verb);
    return fname;
  }
  throw new ArtifactLogError(
    `Cannot ${verb} as the name of its file must be a path that stays in its folder: received '${String(fname)}'`,
  );
}
