/**
 * `heddle track compare`: experiments side by side, by their metrics and what was different about them; or the versions of
 * artifacts, and which of them have the same bytes.
 */

import type { Command } from 'commander';
import type { Experiment, Project, Repository } from '../../artifacts.ts';
import { cellText, timeText } from '../cell-text.ts';
import { jsonText } from '../json-text.ts';
import { textTable } from '../text-table.ts';
import { openTracked } from '../tracked-file.ts';

interface CompareFlags {
  readonly by?: string;
  readonly ascending?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

export function addTrackCompare(track: Command): void {
  track
    .command('compare')
    .description('put experiments, or versions of artifacts, side by side')
    .argument('<file>', 'a project, a repository, or the folder of one')
    .argument('[names...]', 'which experiments or artifacts; all if none is given')
    .option('-b, --by <metric>', 'of a project: the highest of this metric first')
    .option('--ascending', 'the lowest first')
    .option('-a, --all', 'of a project: parameters that are the same, too')
    .option('--json', 'a line of JSON for each')
    .action(async (file: string, names: readonly string[], flags: CompareFlags) => {
      const tracked = await openTracked(file);
      if (tracked.kind === 'project') compareExperiments(tracked.project, names, flags);
      else await compareVersions(tracked.repository, names, flags);
    });
}

function compareExperiments(project: Project, names: readonly string[], flags: CompareFlags): void {
  const given = names.length === 0 ? project.experiments : names.map((name) => project.require(name));
  const experiments = flags.by === undefined ? given : ranked(given, flags.by, flags.ascending === true);
  if (flags.json === true) {
    for (const { slug, metrics, parameters } of experiments)
      process.stdout.write(`${jsonText({ slug, metrics, parameters })}\n`);
    return;
  }
  const metrics = membersOf(experiments.map((experiment) => experiment.metrics));
  const first = flags.by === undefined ? metrics : [flags.by, ...metrics.filter((name) => name !== flags.by)];
  const parameters = membersOf(experiments.map((experiment) => experiment.parameters)).filter(
    (name) => flags.all === true || isDifferent(experiments, name),
  );
  const rows = experiments.map((experiment) => [
    experiment.slug,
    ...first.map((name) => cellText(experiment.metrics[name])),
    ...parameters.map((name) => cellText(experiment.parameters[name])),
  ]);
  process.stdout.write(textTable(['experiment', ...first, ...parameters], rows));
}

/** Those without the metric come last. */
function ranked(experiments: readonly Experiment[], by: string, isAscending: boolean): readonly Experiment[] {
  const worth = ({ metrics }: Experiment): number => {
    const value = metrics[by];
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : Number.NaN;
  };
  if (experiments.every((experiment) => Number.isNaN(worth(experiment)))) {
    const known = membersOf(experiments.map(({ metrics }) => metrics));
    throw new Error(
      `Cannot rank experiments as none has this metric: received '${by}'\n  there are ${known.join(', ')}`,
    );
  }
  return experiments.toSorted((a, b) => {
    const [left, right] = [worth(a), worth(b)];
    if (Number.isNaN(left) || Number.isNaN(right))
      return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
    return isAscending ? left - right : right - left;
  });
}

function membersOf(records: readonly Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))];
}

function isDifferent(experiments: readonly Experiment[], name: string): boolean {
  return new Set(experiments.map(({ parameters }) => jsonText(parameters[name]))).size > 1;
}

async function compareVersions(
  repository: Repository,
  names: readonly string[],
  { json }: CompareFlags,
): Promise<void> {
  const { createHash } = await import('node:crypto');
  const rows: string[][] = [];
  for (const name of names.length === 0 ? repository.names : names) {
    // Told as one that is not there, rather than by an empty table.
    if (!repository.has(name)) await repository.getMetadata(name);
    const versionByDigest = new Map<string, number>();
    for (const { version, createdAt, handler, expiry } of repository.versions(name)) {
      const bytes = await repository.loadBytes(name, { version });
      const digest = createHash('sha256').update(bytes).digest('hex');
      const same = versionByDigest.get(digest);
      if (same === undefined) versionByDigest.set(digest, version);
      if (json === true) {
        const row = { name, version, createdAt, handler, expiry, bytes: bytes.length, digest, sameAs: same };
        process.stdout.write(`${jsonText(row)}\n`);
        continue;
      }
      rows.push([
        name,
        String(version),
        timeText(createdAt),
        handler,
        timeText(expiry),
        String(bytes.length),
        same === undefined ? digest.slice(0, 12) : `as version ${same}`,
      ]);
    }
  }
  if (json === true) return;
  process.stdout.write(
    textTable(['artifact', 'version', 'logged (UTC)', 'handler', 'expires (UTC)', 'bytes', 'digest'], rows),
  );
}
