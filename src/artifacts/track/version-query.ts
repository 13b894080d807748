/**
 * Which version of an artifact is meant: its number, the time at which it was logged, the latest as of a time, or the latest.
 *
 * The latest is that which was logged last, of those that have not expired: at the time that is asked for, or now. A number
 * and an exact time find a version also if it has expired.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { naiveTimeText, tryReadNaiveTime } from '../formats/naive-time.ts';
import type { ArtifactEntry } from './artifact-entry.ts';
import { ArtifactLoadError, InvalidVersionError, VersionNotFoundError } from './errors.ts';

/** Says which version is meant: by one of these, or the latest by none. Times without a zone are UTC. */
export interface VersionQuery {
  /** Counted from 0. */
  readonly version?: number | undefined;
  /** The time at which it was logged, to the second; of several the first. */
  readonly exact?: Date | string | undefined;
  /** The latest that was there then, and had not expired then. */
  readonly asOf?: Date | string | undefined;
}

/**
 * Finds a version.
 *
 * @param entries - those of all names
 * @throws {ArtifactLoadError} If there is none of the name.
 * @throws {VersionNotFoundError} If none of them is meant.
 * @throws {InvalidVersionError} If the number or the time is none.
 * @throws {TypeError} If more than one way is given.
 */
export function findVersion(
  entries: readonly ArtifactEntry[],
  name: string,
  query: VersionQuery,
  nowMs: number,
): ArtifactEntry {
  const { version, exact, asOf } = query;
  if ([version, exact, asOf].filter((way) => way !== undefined).length > 1) {
    throw new TypeError(
      `Cannot find a version as only one of version, exact and asOf can say which: received ${inspectShort(query)}`,
    );
  }
  // By time; of one time in the order in which they were logged.
  const named = entries.filter((entry) => entry.name === name).sort((a, b) => a.createdMs - b.createdMs);
  if (named.length === 0) {
    const names = [...new Set(entries.map((entry) => entry.name))];
    throw new ArtifactLoadError(
      `Cannot find an artifact as there is none of this name: received ${inspectShort(name)}\n  there are ${inspectShort(names)}`,
    );
  }
  const found = choose(named, { version, exact, asOf }, nowMs);
  if (found !== undefined) return found;
  throw new VersionNotFoundError(
    `Cannot find a version of '${name}' as ${reasonFor(named, query)}\n  there are ${named
      .map((entry) => `${entry.version} of ${textOf(entry.createdMs)}${expiryText(entry)}`)
      .join(', ')}`,
  );
}

function choose(
  named: readonly ArtifactEntry[],
  { version, exact, asOf }: VersionQuery,
  nowMs: number,
): ArtifactEntry | undefined {
  if (version !== undefined) {
    if (!Number.isInteger(version) || version < 0)
      throw new InvalidVersionError(
        `Cannot find a version as its number must be an integer from 0: received ${inspectShort(version)}`,
      );
    return named.find((entry) => entry.version === version);
  }
  if (exact !== undefined) {
    const exactMs = timeMs(exact, 'exact');
    return named.find(({ createdMs }) => createdMs === exactMs);
  }
  const atMs = asOf === undefined ? nowMs : timeMs(asOf, 'asOf');
  return named.findLast(
    ({ createdMs, expiryMs }) =>
      // The latest of all may be of a clock that is ahead of this one.
      (asOf === undefined || createdMs <= atMs) && (expiryMs === undefined || atMs < expiryMs),
  );
}

/** Reads a time. @throws {InvalidVersionError} If it is none. */
export function timeMs(time: Date | string, what: string): number {
  const date = typeof time === 'string' ? tryReadNaiveTime(time) : time;
  if (date instanceof Date && !Number.isNaN(date.getTime())) return date.getTime();
  throw new InvalidVersionError(
    `Cannot take '${what}' as it must be a Date, or a time such as '2026-01-10T09:30:00': received ${inspectShort(time)}`,
  );
}

function reasonFor(named: readonly ArtifactEntry[], { version, exact, asOf }: VersionQuery): string {
  if (version !== undefined) return `none has this number: received ${version}`;
  if (exact !== undefined) return `none was logged at this time: received ${textOf(timeMs(exact, 'exact'))}`;
  if (asOf === undefined) return 'all have expired';
  const atMs = timeMs(asOf, 'asOf');
  const isBefore = named.every(({ createdMs }) => createdMs > atMs);
  return `${isBefore ? 'the first was logged later' : 'those of that time had expired'}: received ${textOf(atMs)}`;
}

function expiryText({ expiryMs }: ArtifactEntry): string {
  return expiryMs === undefined ? '' : ` (until ${textOf(expiryMs)})`;
}

function textOf(ms: number): string {
  return naiveTimeText(new Date(ms));
}
