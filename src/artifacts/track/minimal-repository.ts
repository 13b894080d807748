/**
 * A repository with nothing but the versions of a release: what a program is shipped with.
 */

import { Content } from './artifact-content.ts';
import type { Release } from './release.ts';
import { type OpenRepositoryOptions, openRepository, type Repository } from './repository.ts';
import { RepositoryRecord } from './repository-record.ts';

/**
 * Copies the versions of a release, and their files, to a new repository, which is saved. They keep their numbers. What was
 * there is begun anew.
 *
 * @param release - a release, or names and versions
 * @param path - of the file of the new repository
 * @throws {VersionNotFoundError} If a version is not there.
 * @throws {SaveError} If it cannot be saved.
 */
export async function minimalRepository(
  repository: Repository,
  release: Pick<Release, 'artifacts'> | Release['artifacts'],
  path: string | URL,
  options: Omit<OpenRepositoryOptions, 'mode'> = {},
): Promise<Repository> {
  const artifacts = 'artifacts' in release ? release.artifacts : release;
  const records = artifacts.map(([name, version]) => {
    const { entry, place } = repository.placed(name, version);
    const { unsaved } = entry.content;
    const copy = { ...entry, content: new Content(unsaved) };
    return new RepositoryRecord(copy, unsaved === undefined ? { source: place } : {});
  });
  const minimal = await openRepository(path, { ...options, mode: 'w' });
  minimal.replaceRecords(records);
  await minimal.save();
  return minimal;
}
