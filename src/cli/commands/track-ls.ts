/**
 * `heddle track ls`: the experiments of a project, the newest first, or the artifacts of a repository.
 */

import type { Command } from 'commander';
import type { ArtifactMetadata, Project, Repository } from '../../artifacts.ts';
import { cellText, membersText, timeText } from '../cell-text.ts';
import { jsonText } from '../json-text.ts';
import { textTable } from '../text-table.ts';
import { openTracked } from '../tracked-file.ts';
import { countOf } from './cache-ls.ts';

interface LsFlags {
  readonly limit: number;
  readonly tag?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

export function addTrackLs(track: Command): void {
  track
    .command('ls')
    .description('list experiments, the newest first, or artifacts')
    .argument('[file]', 'a project, a repository, or the folder of one', '.')
    .option('-n, --limit <count>', 'at most that many', countOf, 50)
    .option('-t, --tag <tag>', 'of a project: experiments with this tag')
    .option('-a, --all', 'of a repository: every version')
    .option('--json', 'a line of JSON for each')
    .action(async (file: string, flags: LsFlags) => {
      const tracked = await openTracked(file);
      if (tracked.kind === 'project') listExperiments(tracked.project, flags);
      else await listArtifacts(tracked.repository, flags);
    });
}

function listExperiments(project: Project, { limit, tag, json }: LsFlags): void {
  const found = project.experiments.filter(({ tags }) => tag === undefined || tags.includes(tag));
  const shown = found.toReversed().slice(0, limit);
  if (json === true) {
    for (const experiment of shown) process.stdout.write(`${jsonText(experiment.toJSON())}\n`);
    return;
  }
  const rows = shown.map(({ slug, createdAt, author, artifacts, tags, metrics }) => [
    slug,
    timeText(createdAt),
    author,
    String(artifacts.length),
    tags.join(', '),
    membersText(metrics),
  ]);
  process.stdout.write(
    textTable(['experiment', 'created (UTC)', 'author', 'artifacts', 'tags', 'metrics'], rows),
  );
  if (rows.length === 0) process.stderr.write('no experiment fits\n');
  tellRest(found.length - shown.length);
}

async function listArtifacts(repository: Repository, { limit, all, json }: LsFlags): Promise<void> {
  const named = repository.names.map(async (name) =>
    all === true ? repository.versions(name) : latestOf(repository, name),
  );
  const every = (await Promise.all(named)).flat();
  const shown = every.slice(0, limit);
  if (json === true) {
    for (const metadata of shown) process.stdout.write(`${jsonText(metadata)}\n`);
    return;
  }
  const rows = shown.map((metadata) => artifactCells(metadata));
  process.stdout.write(
    textTable(['artifact', 'version', 'logged (UTC)', 'handler', 'expires (UTC)', 'file'], rows),
  );
  tellRest(every.length - shown.length);
}

/** That which is loaded if no version is asked for; the last one if all have expired. */
async function latestOf(repository: Repository, name: string): Promise<readonly ArtifactMetadata[]> {
  try {
    return [await repository.getMetadata(name)];
  } catch {
    return repository.versions(name).slice(-1);
  }
}

function artifactCells({ name, version, createdAt, handler, expiry, fname }: ArtifactMetadata): string[] {
  return [name, String(version), timeText(createdAt), handler, timeText(expiry), cellText(fname)];
}

function tellRest(more: number): void {
  if (more > 0) process.stderr.write(`and ${more} more; see --limit\n`);
}
