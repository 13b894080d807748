/**
 * Releases: which version of each artifact of a repository a program was released with, under a tag.
 *
 * They are in a file `releases.json` beside the repository, in lazyscribe's format.
 */

import { type Clock, systemClock } from '../../base/clock.ts';
import { inspectShort } from '../../base/inspect-short.ts';
import { isPlainObject } from '../../base/plain.ts';
import { DecodeError } from '../../codec/decode-error.ts';
import { naiveTimeText, readNaiveTime } from '../formats/naive-time.ts';
import { fromPythonJson, parsePythonJson, printPythonJson } from '../formats/python-json.ts';
import { UnreadableFileError, UnsavedError, VersionNotFoundError } from './errors.ts';
import { toTheSecond } from './log-artifact.ts';
import { readText } from './record-file.ts';
import type { Repository } from './repository.ts';
import { saveText } from './save-together.ts';
import { timeMs } from './version-query.ts';

/** A release. */
export interface Release {
  readonly tag: string;
  /** Names and versions, in the order of the names. */
  readonly artifacts: readonly (readonly [name: string, version: number])[];
  /** To the second. */
  readonly createdAt: Date;
}

/** Says which release is meant: by its tag, the time at which it was made, the latest as of a time, or the latest by none. */
export interface ReleaseQuery {
  readonly tag?: string | undefined;
  readonly exact?: Date | string | undefined;
  readonly asOf?: Date | string | undefined;
}

/** How a release is made. */
export interface CreateReleaseOptions {
  /** @internal */
  readonly clock?: Clock | undefined;
}

/**
 * Makes a release of the latest version of each artifact that has not expired. It is in no file: see `saveReleases`.
 *
 * @throws {UnsavedError} If the repository has what is not in its file.
 * @throws {VersionNotFoundError} If all versions of an artifact have expired.
 */
export async function createRelease(
  repository: Repository,
  tag: string,
  { clock = systemClock }: CreateReleaseOptions = {},
): Promise<Release> {
  if (typeof tag !== 'string' || tag === '')
    throw new TypeError(`Cannot create a release as it needs a tag: received ${inspectShort(tag)}`);
  if (!repository.isSaved) {
    throw new UnsavedError(
      `Cannot create a release as the repository '${repository.path}' has what is not in its file: received '${tag}'\n  save it before`,
    );
  }
  const names = repository.names.toSorted(byCodePoints);
  const artifacts = await Promise.all(
    names.map(async (name) => [name, (await repository.getMetadata(name)).version] as const),
  );
  return { tag, artifacts, createdAt: new Date(toTheSecond(clock.epochMs())) };
}

/**
 * Finds a release.
 *
 * @param wanted - a tag, or how to find one; the latest if none is given
 * @throws {VersionNotFoundError} If there is none.
 * @throws {InvalidVersionError} If a time is none.
 */
export function findRelease(releases: readonly Release[], wanted: string | ReleaseQuery = {}): Release {
  const { tag, exact, asOf } = typeof wanted === 'string' ? { tag: wanted } : (wanted as ReleaseQuery);
  if ([tag, exact, asOf].filter((way) => way !== undefined).length > 1) {
    throw new TypeError(
      `Cannot find a release as only one of tag, exact and asOf can say which: received ${inspectShort(wanted)}`,
    );
  }
  const inOrder = releases.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  const exactMs = exact === undefined ? undefined : timeMs(exact, 'exact');
  const latestMs = asOf === undefined ? Number.POSITIVE_INFINITY : timeMs(asOf, 'asOf');
  let found: Release | undefined;
  if (tag !== undefined) found = inOrder.find((release) => release.tag === tag);
  else if (exactMs !== undefined) found = inOrder.find(({ createdAt }) => createdAt.getTime() === exactMs);
  else found = inOrder.findLast(({ createdAt }) => createdAt.getTime() <= latestMs);
  if (found !== undefined) return found;
  throw new VersionNotFoundError(
    `Cannot find a release as there is no such one: received ${inspectShort(wanted)}\n  there are ${inspectShort(
      inOrder.map((release) => `${release.tag} of ${naiveTimeText(release.createdAt)}`),
    )}`,
  );
}

/** Writes releases as text. @param indent - blanks for each level; none writes all on one line */
export function printReleases(releases: readonly Release[], indent?: number): string {
  return printPythonJson(
    releases.map(({ tag, artifacts, createdAt }) => ({
      tag,
      artifacts: artifacts.map(([name, version]) => [name, version]),
      created_at: naiveTimeText(createdAt),
    })),
    indent === undefined ? {} : { indent },
  );
}

/**
 * Reads releases from text.
 *
 * @param name - what is read, for messages
 * @throws {DecodeError} If they are none.
 */
export function parseReleases(text: string, name = 'releases'): readonly Release[] {
  const list = fromPythonJson(parsePythonJson(text, name));
  if (!Array.isArray(list)) throw faultOf(name, 'it must be a list', list);
  return list.map((value: unknown, at) => releaseOf(value, `release ${at + 1} of ${name}`));
}

/**
 * Reads a file of releases.
 *
 * @returns none if it is not there
 * @throws {UnreadableFileError} If it is not what it should be.
 */
export async function openReleases(path: string): Promise<readonly Release[]> {
  const text = await readText(path);
  if (text === undefined) return [];
  try {
    return parseReleases(text, `'${path}'`);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new UnreadableFileError(path, cause.message, { cause });
  }
}

/**
 * Adds a release to a file, as the only writer of it, unless that has one of the tag.
 *
 * @returns the release of that tag that the file has now
 * @throws {SaveError} If it cannot be saved. Then the file is as it was.
 */
export async function saveRelease(path: string, release: Release): Promise<Release> {
  let kept = release;
  await saveText(path, (before) => {
    const releases = before === undefined ? [] : parseReleases(before, `'${path}'`);
    kept = releases.find(({ tag }) => tag === release.tag) ?? release;
    return kept === release ? printReleases([...releases, release], 4) : undefined;
  });
  return kept;
}

function releaseOf(value: unknown, place: string): Release {
  if (typeof value !== 'object' || value === null || !isPlainObject(value))
    throw faultOf(place, 'it must be an object', value);
  const { tag, artifacts, created_at: createdAt } = value;
  if (typeof tag !== 'string') throw faultOf(place, "its 'tag' must be a text", tag);
  if (!Array.isArray(artifacts)) throw faultOf(place, "its 'artifacts' must be a list", artifacts);
  return {
    tag,
    artifacts: artifacts.map((pair: unknown) => {
      if (Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'number')
        return [pair[0], pair[1]];
      throw faultOf(place, "its 'artifacts' must be pairs of a name and a version", pair);
    }),
    createdAt: readNaiveTime(createdAt, `created_at of ${place}`),
  };
}

function faultOf(place: string, reason: string, received: unknown): DecodeError {
  return new DecodeError(place, `Cannot read ${place} as ${reason}: received ${inspectShort(received)}`);
}

/** As Python sorts texts: the bytes of UTF-8 have the order of the characters. */
function byCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
