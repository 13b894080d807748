/**
 * Lineage as an RO-Crate: the metadata of a folder of results, by the profile of Process Run Crates 0.5 over RO-Crate 1.1.
 *
 * See https://w3id.org/ro/crate/1.1 and https://w3id.org/ro/wfrun/process/0.5. Each call is an action, each task a tool, each
 * value a file if it is in one, and otherwise a property with its value or its digest.
 */

import { digestOfText } from '../../codec/canonical/byte-digest.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import type { Json } from '../../codec/json-writer.ts';
import type { Lineage, LineageCall, LineageValue } from './lineage-graph.ts';

/** The file of the metadata, by the specification. */
export const crateFile = 'ro-crate-metadata.json';

const crate = 'https://w3id.org/ro/crate/1.1';
const profile = 'https://w3id.org/ro/wfrun/process/0.5';

/** The metadata of a crate: JSON-LD, flattened. */
export interface RoCrate {
  readonly '@context': readonly (string | Readonly<Record<string, string>>)[];
  readonly '@graph': readonly RoCrateEntity[];
}

export interface RoCrateEntity {
  readonly '@id': string;
  readonly '@type': string | readonly string[];
  readonly [property: string]: Json;
}

/** What is not in the lineage. */
export interface RoCrateOptions {
  /** @defaultValue `'Results of heddle'` */
  readonly name?: string;
  /** @defaultValue how many calls there are */
  readonly description?: string;
  /**
   * The URL of a licence.
   *
   * @defaultValue none: the specification asks for one where a crate is published
   */
  readonly license?: string;
  /** Who made the calls. @defaultValue nobody is told */
  readonly agent?: { readonly id: string; readonly name: string };
  /** Where values are, from the folder of the crate, by their digests: those that are in files. */
  readonly files?: ReadonlyMap<Digest, CrateFile>;
  /** When the crate is published: milliseconds since the Unix epoch. @defaultValue when the last of the calls ended */
  readonly publishedMs?: number;
}

/** A value in a file. */
export interface CrateFile {
  /** From the folder of the crate, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly encodingFormat: string;
  /** SHA-256 of the file. */
  readonly sha256: string;
}

/**
 * Gives the metadata of an RO-Crate for a lineage: plain data for `ro-crate-metadata.json`. `cache.writeRoCrate` writes it,
 * with the values.
 *
 * @example
 * ```ts
 * import { openCache, run, task, tasks } from 'heddle';
 * import { toRoCrate } from 'heddle/cache';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * await using cache = await openCache(':memory:');
 * await run(square(3), { cache });
 * const crate = toRoCrate(await cache.lineage(9), { name: 'Squares', license: 'https://spdx.org/licenses/CC0-1.0' });
 * const action = crate['@graph'].find((entity) => entity['@type'] === 'CreateAction');
 * assert.equal(action?.['name'], 'square');
 * ```
 */
export function toRoCrate(lineage: Lineage, options: RoCrateOptions = {}): RoCrate {
  const { values, calls } = lineage;
  const { files = new Map<Digest, CrateFile>(), agent } = options;
  const usedBy = new Map<Digest, Digest[]>();
  const gaveBy = new Map<Digest, Digest[]>();
  const names = new Map<Digest, string[]>();
  for (const edge of lineage.edges) {
    if (edge.kind === 'part') continue;
    add(edge.kind === 'used' ? usedBy : gaveBy, edge.call, edge.value);
    if (edge.kind === 'used') add(names, edge.call, edge.name);
  }
  const tools = new Map(calls.map((call) => [toolId(call), toolOf(call)]));
  const ids = new Map(values.map(({ digest }) => [digest, files.get(digest)?.path ?? `#value-${digest}`]));
  const lastMs = Math.max(0, ...calls.map(({ startedMs, settledMs = startedMs }) => settledMs));
  const inFiles = values.filter(({ digest }) => files.has(digest));
  const root: RoCrateEntity = {
    '@id': './',
    '@type': 'Dataset',
    conformsTo: { '@id': profile },
    name: options.name ?? 'Results of heddle',
    description: options.description ?? `Values of ${calls.length} calls, and where they come from`,
    datePublished: new Date(options.publishedMs ?? lastMs).toISOString(),
    ...(options.license === undefined ? {} : { license: { '@id': options.license } }),
    hasPart: inFiles.map(({ digest }) => reference(ids.get(digest) as string)),
    mentions: calls.map((call) => reference(actionId(call))),
  };
  return {
    '@context': [
      `${crate}/context`,
      'https://w3id.org/ro/terms/workflow-run/context',
      // A later term of schema.org than RO-Crate 1.1 has.
      { sha256: 'http://schema.org/sha256' },
    ],
    '@graph': [
      {
        '@id': crateFile,
        '@type': 'CreativeWork',
        conformsTo: { '@id': crate },
        about: { '@id': './' },
      },
      root,
      { '@id': profile, '@type': 'CreativeWork', name: 'Process Run Crate', version: '0.5' },
      ...(options.license === undefined
        ? []
        : [{ '@id': options.license, '@type': 'CreativeWork', name: options.license }]),
      ...(agent === undefined ? [] : [{ '@id': agent.id, '@type': 'Person', name: agent.name }]),
      ...tools.values(),
      ...calls.map((call) => ({
        ...actionOf(call, names.get(call.digest) ?? []),
        ...(agent === undefined ? {} : { agent: reference(agent.id) }),
        object: (usedBy.get(call.digest) ?? []).map((value) => reference(ids.get(value) as string)),
        result: (gaveBy.get(call.digest) ?? []).map((value) => reference(ids.get(value) as string)),
      })),
      ...values.map((value) => valueOf(value, ids.get(value.digest) as string, files.get(value.digest))),
    ],
  };
}

function actionOf(call: LineageCall, names: readonly string[]): RoCrateEntity {
  const { task, startedMs, settledMs, state, failure, run } = call;
  const statuses = { success: 'Completed', failure: 'Failed', begun: 'Active' } as const;
  return {
    '@id': actionId(call),
    '@type': 'CreateAction',
    name: task,
    description: `${task}(${names.join(', ')})${run === undefined ? '' : ` in run ${run}`}`,
    startTime: new Date(startedMs).toISOString(),
    ...(settledMs === undefined ? {} : { endTime: new Date(settledMs).toISOString() }),
    instrument: reference(toolId(call)),
    actionStatus: reference(`http://schema.org/${statuses[state]}ActionStatus`),
    ...(state === 'failure' && failure !== undefined ? { error: failure } : {}),
  };
}

function toolOf(call: LineageCall): RoCrateEntity {
  return {
    '@id': toolId(call),
    '@type': 'SoftwareApplication',
    name: call.task,
    softwareVersion: call.version,
    identifier: call.identity,
  };
}

function valueOf({ digest, bytes }: LineageValue, id: string, file: CrateFile | undefined): RoCrateEntity {
  if (file === undefined)
    return { '@id': id, '@type': 'PropertyValue', name: `value ${digest.slice(0, 8)}`, value: digest };
  return {
    '@id': id,
    '@type': 'File',
    name: `value ${digest.slice(0, 8)}`,
    contentSize: String(file.bytes),
    encodingFormat: file.encodingFormat,
    sha256: file.sha256,
    identifier: digest,
    description: `A value of ${bytes} bytes as it is stored`,
  };
}

function toolId({ identity, version }: LineageCall): string {
  return `#task-${digestOfText(JSON.stringify([identity, version]))}`;
}

function actionId({ digest }: LineageCall): string {
  return `#call-${digest}`;
}

function add<T>(lists: Map<Digest, T[]>, key: Digest, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

function reference(id: string): { readonly '@id': string } {
  return { '@id': id };
}
