/**
 * `heddle track show`: all that is known of one experiment, or of one version of an artifact; or the very bytes of a file.
 */

import type { Command } from 'commander';
import type { ArtifactMetadata, Experiment, Repository } from '../../artifacts.ts';
import { timeText, valueText } from '../cell-text.ts';
import { jsonText } from '../json-text.ts';
import { oneLine, textTable } from '../text-table.ts';
import { openTracked, versionQuery } from '../tracked-file.ts';

interface ShowFlags {
  readonly bytes?: boolean;
  readonly json?: boolean;
}

export function addTrackShow(track: Command): void {
  track
    .command('show')
    .description('tell all of one experiment, or of one version of an artifact')
    .argument('<file>', 'a project, a repository, or the folder of one')
    .argument('<name>', 'the slug of an experiment, also without its time; the name of an artifact')
    .argument(
      '[which]',
      "in a project, an artifact of the experiment; in a repository a version: 2, a time, '@2026-04-20' for as of then",
    )
    .option('--bytes', 'write the file of the artifact, as it is')
    .option('--json', 'as JSON')
    .action(async (file: string, name: string, which: string | undefined, flags: ShowFlags) => {
      const tracked = await openTracked(file);
      if (tracked.kind === 'repository') return await showVersion(tracked.repository, name, which, flags);
      const experiment = tracked.project.require(name);
      if (which === undefined) showExperiment(experiment, flags);
      else await showArtifact(experiment, which, flags);
    });
}

function showExperiment(experiment: Experiment, { bytes, json }: ShowFlags): void {
  if (bytes === true)
    throw new Error(
      `Cannot write the bytes of an experiment as only artifacts have some: received '${experiment.slug}'\n  heddle track show FILE ${experiment.slug} ARTIFACT --bytes`,
    );
  if (json === true) {
    process.stdout.write(`${jsonText(experiment.toJSON(), 2)}\n`);
    return;
  }
  const { name, slug, author, createdAt, lastUpdated, lastUpdatedBy, tags, dependencyNames } = experiment;
  const lines = [
    `experiment    ${slug}`,
    `name          ${name}`,
    `created       ${timeText(createdAt)} by ${author}`,
    `last updated  ${timeText(lastUpdated)} by ${lastUpdatedBy}`,
    ...(tags.length === 0 ? [] : [`tags          ${tags.join(', ')}`]),
    ...dependencyNames.map((dependency) => `depends on    ${dependency}`),
    ...memberLines('parameter', experiment.parameters),
    ...memberLines('metric', experiment.metrics),
  ];
  for (const test of experiment.tests) {
    lines.push(`test          ${test.name}${test.description === undefined ? '' : `: ${test.description}`}`);
    lines.push(
      ...[...memberLines('parameter', test.parameters), ...memberLines('metric', test.metrics)].map(inset),
    );
    lines.push(
      ...test.artifacts.map(({ name: artifact, handler }) => inset(`artifact      ${artifact} (${handler})`)),
    );
  }
  process.stdout.write(`${lines.map(oneLine).join('\n')}\n`);
  if (experiment.artifacts.length > 0) process.stdout.write(`\n${artifactTable(experiment.artifacts)}`);
}

function memberLines(kind: string, members: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(members).map(([name, value]) => `${kind.padEnd(12)}  ${name} = ${valueText(value)}`);
}

function inset(line: string): string {
  return `  ${line}`;
}

function artifactTable(artifacts: readonly ArtifactMetadata[]): string {
  return textTable(
    ['artifact', 'handler', 'logged (UTC)', 'file'],
    artifacts.map(({ name, handler, createdAt, fname }) => [name, handler, timeText(createdAt), fname]),
  );
}

async function showArtifact(experiment: Experiment, name: string, flags: ShowFlags): Promise<void> {
  const metadata = experiment.artifacts.find((artifact) => artifact.name === name);
  const bytes = await experiment.loadBytes(name);
  if (metadata !== undefined)
    await show(metadata, bytes, () => experiment.load(name, { validate: false }), flags);
}

async function showVersion(
  repository: Repository,
  name: string,
  which: string | undefined,
  flags: ShowFlags,
): Promise<void> {
  const query = versionQuery(which);
  const metadata = await repository.getMetadata(name, query);
  const bytes = await repository.loadBytes(name, query);
  await show(metadata, bytes, () => repository.load(name, { ...query, validate: false }), flags);
}

async function show(
  metadata: ArtifactMetadata,
  bytes: Uint8Array,
  load: () => Promise<unknown>,
  flags: ShowFlags,
): Promise<void> {
  if (flags.bytes === true) {
    process.stdout.write(bytes);
    return;
  }
  const { name, version, handler, fname, createdAt, expiry, ...noted } = metadata;
  if (flags.json === true) {
    process.stdout.write(`${jsonText({ ...metadata, bytes: bytes.length }, 2)}\n`);
    return;
  }
  const { inspect } = await import('node:util');
  const lines = [
    `artifact  ${name}`,
    `version   ${version}`,
    `logged    ${timeText(createdAt)}`,
    ...(expiry === undefined ? [] : [`expires   ${timeText(expiry)}`]),
    `handler   ${handler}`,
    ...Object.entries(noted).map(([note, value]) => `          ${note}: ${valueText(value)}`),
    `file      ${fname}, ${bytes.length} bytes`,
  ];
  const value = await load().catch(
    (error: unknown) => `(${error instanceof Error ? error.message : String(error)})`,
  );
  const shown = typeof value === 'string' ? value : inspect(value, { depth: 6, maxArrayLength: 100 });
  process.stdout.write(`${lines.map(oneLine).join('\n')}\n\n${shown}${shown.endsWith('\n') ? '' : '\n'}`);
}
