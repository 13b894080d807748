/**
 * Releases of the repositories that a package names, under its version: one step of publishing it.
 *
 * What Python's lazyscribe reads from `pyproject.toml`, this reads from `package.json`:
 *
 * ```json
 * { "version": "1.2.0", "heddle": { "repositories": ["models/repository.json"], "release": "v{version}" } }
 * ```
 *
 * A package without a version of its own may have `heddle.version`.
 */

import { type Clock, systemClock } from '../../base/clock.ts';
import { inspectShort } from '../../base/inspect-short.ts';
import { once } from '../../base/once.ts';
import { isPlainObject } from '../../base/plain.ts';
import { UnreadableFileError } from './errors.ts';
import { readText } from './record-file.ts';
import { createRelease, type Release, saveRelease } from './release.ts';
import { openRepository } from './repository.ts';

const nodePath = once(() => process.getBuiltinModule('node:path'));

/** A release of one repository of a package. */
export interface PackageRelease {
  /** The file of the repository; absolute. */
  readonly repository: string;
  /** The file of its releases; absolute. */
  readonly path: string;
  readonly release: Release;
  /** Whether it is new: `false` if there was a release of the tag, which is left as it is. */
  readonly isNew: boolean;
}

/**
 * Makes a release of each repository that a package names, in the file `releases.json` beside it.
 *
 * The tag is `heddle.release` of the package, in which `{version}`, `{year}`, `{month}` and `{day}` are filled in; `v{version}`
 * if it has none. Paths are relative to the package.
 *
 * @param path - of `package.json`
 * @throws {UnreadableFileError} If that is not there, or does not say which version and repositories, or a repository cannot
 *   be read.
 * @throws {SaveError} If a release cannot be saved.
 */
export async function releaseFromPackage(
  path = 'package.json',
  options: { readonly clock?: Clock | undefined } = {},
): Promise<readonly PackageRelease[]> {
  const { clock = systemClock } = options;
  const { dirname, join, resolve } = nodePath();
  const file = resolve(path);
  const { version, repositories, format } = await readPackage(file);
  const releases: PackageRelease[] = [];
  for (const name of repositories) {
    const repository = await openRepository(resolve(dirname(file), name), { mode: 'r' });
    const made = await createRelease(repository, 'untagged', { clock });
    const release = { ...made, tag: tagOf(format, version, made.createdAt) };
    const target = join(dirname(repository.path), 'releases.json');
    const kept = await saveRelease(target, release);
    releases.push({ repository: repository.path, path: target, release: kept, isNew: kept === release });
  }
  return releases;
}

async function readPackage(
  file: string,
): Promise<{ readonly version: string; readonly repositories: readonly string[]; readonly format: string }> {
  const refuse = (reason: string, received: unknown, cause?: unknown): UnreadableFileError =>
    new UnreadableFileError(file, `Cannot read '${file}' as ${reason}: received ${inspectShort(received)}`, {
      cause,
    });
  const text = await readText(file);
  if (text === undefined) throw refuse('it is not there', file);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw refuse('it is no JSON', text, cause);
  }
  const { version: own, heddle } = objectOf(json);
  const { repositories, release: format = 'v{version}', version: other } = objectOf(heddle);
  const version = own ?? other;
  if (typeof version !== 'string') throw refuse("its 'version' must be a text", version);
  if (!Array.isArray(repositories) || !repositories.every((name) => typeof name === 'string'))
    throw refuse("its 'heddle.repositories' must be a list of paths", repositories);
  if (typeof format !== 'string') throw refuse("its 'heddle.release' must be a text", format);
  return { version, repositories: repositories as readonly string[], format };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && isPlainObject(value)
    ? (value as Record<string, unknown>)
    : {};
}

function tagOf(format: string, version: string, time: Date): string {
  return format
    .replaceAll('{version}', () => version)
    .replaceAll('{year}', String(time.getUTCFullYear()))
    .replaceAll('{month}', String(time.getUTCMonth() + 1))
    .replaceAll('{day}', String(time.getUTCDate()));
}
