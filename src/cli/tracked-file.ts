/**
 * The file that a command on tracked artifacts is about: a project or a repository, to be read.
 *
 * Which of the two it is, its records tell; of a file without any, its name.
 */

import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Project, Repository, VersionQuery } from '../artifacts.ts';

/** What a file turned out to be. */
export type Tracked =
  | { readonly kind: 'project'; readonly file: string; readonly project: Project }
  | { readonly kind: 'repository'; readonly file: string; readonly repository: Repository };

/** What a folder is looked through for. */
const usualNames = ['project.json', 'repository.json'];

/**
 * Opens a file.
 *
 * @param path - of the file, or of a folder with a `project.json` or a `repository.json`
 * @throws {Error} If there is none, or it is neither.
 */
export async function openTracked(path: string): Promise<Tracked> {
  const file = fileAt(resolve(path));
  const { openProject, openRepository } = await import('../artifacts.ts');
  const asProject = async (): Promise<Tracked> => ({
    kind: 'project',
    file,
    project: await openProject(file, { mode: 'r' }),
  });
  const asRepository = async (): Promise<Tracked> => ({
    kind: 'repository',
    file,
    repository: await openRepository(file, { mode: 'r' }),
  });
  const isLikelyRepository = /repo/i.test(basename(file));
  const [first, second] = isLikelyRepository ? [asRepository, asProject] : [asProject, asRepository];
  try {
    return await first();
  } catch (error) {
    // What the likely one says of the file tells more, if it is none of them.
    return await second().catch(() => {
      throw error;
    });
  }
}

/**
 * Reads which version is meant: `2` by its number, `2026-04-20T00:00:00` by the time at which it was logged, `@2026-04-20` as of
 * a time, `latest`.
 */
export function versionQuery(text: string | undefined): VersionQuery {
  if (text === undefined || text === 'latest') return {};
  if (/^\d+$/.test(text)) return { version: Number(text) };
  return text.startsWith('@') ? { asOf: text.slice(1) } : { exact: text };
}

function fileAt(path: string): string {
  if (!existsSync(path)) {
    throw new Error(
      `Cannot open a project or a repository as there is none: received '${path}'\n  heddle track ls project.json`,
    );
  }
  if (!statSync(path).isDirectory()) return path;
  const found = usualNames.map((name) => join(path, name)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new Error(
    `Cannot open a project or a repository as the folder has no ${usualNames.join(' and no ')}: received '${path}'`,
  );
}
