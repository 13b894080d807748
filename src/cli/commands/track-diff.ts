/**
 * `heddle track diff`: what differs between two versions of an artifact, line by line, or between two experiments.
 */

import type { Command } from 'commander';
import type { Experiment, Repository } from '../../artifacts.ts';
import { valueText } from '../cell-text.ts';
import { jsonText } from '../json-text.ts';
import { oneLine } from '../text-table.ts';
import { openTracked, versionQuery } from '../tracked-file.ts';

interface DiffFlags {
  readonly json?: boolean;
}

/** One thing that differs; a side that does not have it is `undefined`. */
interface Difference {
  readonly what: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

export function addTrackDiff(track: Command): void {
  track
    .command('diff')
    .description('tell what differs between two experiments, or two versions of an artifact')
    .argument('<file>', 'a project, a repository, or the folder of one')
    .argument('<name>', 'an experiment, or the name of an artifact')
    .argument(
      '[from]',
      'in a project, the other experiment; in a repository the older version, the last but one if none is given',
    )
    .argument('[to]', 'in a repository, the newer version, the latest if none is given')
    .option('--json', 'as JSON')
    .action(
      async (
        file: string,
        name: string,
        from: string | undefined,
        to: string | undefined,
        flags: DiffFlags,
      ) => {
        const tracked = await openTracked(file);
        if (tracked.kind === 'repository')
          return await diffVersions(tracked.repository, name, { from, to }, flags);
        if (from === undefined)
          throw new Error(
            `Cannot compare experiments as it takes two: received '${name}' alone\n  heddle track diff ${file} ${name} OTHER`,
          );
        await diffExperiments(tracked.project.require(name), tracked.project.require(from), flags);
      },
    );
}

async function diffVersions(
  repository: Repository,
  name: string,
  given: { readonly from: string | undefined; readonly to: string | undefined },
  { json }: DiffFlags,
): Promise<void> {
  const to = await repository.getMetadata(name, versionQuery(given.to));
  const before = repository.versions(name).filter(({ version }) => version < to.version);
  const last = before.reduce<number | undefined>(
    (most, { version }) => (most === undefined || version > most ? version : most),
    undefined,
  );
  if (given.from === undefined && last === undefined)
    throw new Error(
      `Cannot compare versions of '${name}' as there is none before: received version ${to.version}`,
    );
  const from = await repository.getMetadata(
    name,
    given.from === undefined ? { version: last } : versionQuery(given.from),
  );
  const diff = await repository.diff(name, { version: from.version }, { version: to.version });
  if (json === true)
    process.stdout.write(`${jsonText({ name, from: from.version, to: to.version, diff }, 2)}\n`);
  else if (diff !== '') process.stdout.write(`${diff}\n`);
}

async function diffExperiments(from: Experiment, to: Experiment, { json }: DiffFlags): Promise<void> {
  const differences = differencesOf(await factsOf(from), await factsOf(to));
  if (json === true) {
    process.stdout.write(`${jsonText({ from: from.slug, to: to.slug, differences }, 2)}\n`);
    return;
  }
  if (differences.length === 0) return;
  const lines = differences.flatMap(({ what, from: old, to: latest }) => [
    ...(old === undefined ? [] : [oneLine(`- ${what} = ${valueText(old)}`)]),
    ...(latest === undefined ? [] : [oneLine(`+ ${what} = ${valueText(latest)}`)]),
  ]);
  process.stdout.write([`--- ${from.slug}`, `+++ ${to.slug}`, ...lines, ''].join('\n'));
}

/** What was logged, by what it is called: `parameter net.layers`. Of artifacts a digest of what is in their files. */
async function factsOf(experiment: Experiment): Promise<ReadonlyMap<string, unknown>> {
  const facts = new Map<string, unknown>();
  const add = (what: string, value: unknown): void => {
    if (!isNested(value)) {
      facts.set(what, value);
      return;
    }
    for (const [name, member] of Object.entries(value)) add(`${what}.${name}`, member);
  };
  const addAll = (what: string, members: Readonly<Record<string, unknown>>): void => {
    for (const [name, value] of Object.entries(members)) add(`${what} ${name}`, value);
  };
  add('tags', experiment.tags);
  addAll('parameter', experiment.parameters);
  addAll('metric', experiment.metrics);
  const addArtifacts = async (
    what: string,
    owner: Pick<Experiment, 'artifacts' | 'loadBytes'>,
  ): Promise<void> => {
    for (const { name, handler } of owner.artifacts)
      add(`${what} ${name}`, `${handler} ${await contentText(owner, name)}`);
  };
  add('dependencies', experiment.dependencyNames);
  for (const test of experiment.tests) {
    add(`test ${test.name}: description`, test.description ?? '');
    addAll(`test ${test.name}: parameter`, test.parameters);
    addAll(`test ${test.name}: metric`, test.metrics);
    await addArtifacts(`test ${test.name}: artifact`, test);
  }
  await addArtifacts('artifact', experiment);
  return facts;
}

/** Says what the file of an artifact holds. One that is gone does not keep the others from being compared. */
async function contentText(owner: Pick<Experiment, 'loadBytes'>, name: string): Promise<string> {
  try {
    const { createHash } = process.getBuiltinModule('node:crypto');
    const bytes = await owner.loadBytes(name);
    return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  } catch {
    return '(its file cannot be read)';
  }
}

/** Lists are compared as a whole. */
function isNested(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
  );
}

function differencesOf(
  from: ReadonlyMap<string, unknown>,
  to: ReadonlyMap<string, unknown>,
): readonly Difference[] {
  return [...new Set([...from.keys(), ...to.keys()])]
    .map((what) => ({ what, from: from.get(what), to: to.get(what) }))
    .filter(({ from: old, to: latest }) => valueText(old) !== valueText(latest));
}
