/**
 * Lineage as W3C PROV, in its JSON serialization: https://www.w3.org/submissions/prov-json/
 *
 * Values are entities, calls are activities, tasks are plans, and heddle is the agent that carried them out. Identifiers are
 * made of digests, so that documents of several lineages can be joined. Nothing but what is in the lineage is told.
 */

import { digestOfText } from '../../codec/canonical/byte-digest.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import type { Lineage, LineageCall, LineageValue } from './lineage-graph.ts';

/** A literal of PROV-JSON that is no text. */
export interface ProvLiteral {
  readonly $: string;
  readonly type: string;
}

/** Attributes of PROV-JSON, by qualified names. */
export type ProvAttributes = Readonly<
  Record<string, string | ProvLiteral | readonly (string | ProvLiteral)[]>
>;

type Members = Readonly<Record<string, ProvAttributes>>;

/** A document of PROV-JSON. Its keys are qualified names; those of relations are blank. */
export interface ProvDocument {
  readonly prefix: Readonly<Record<string, string>>;
  readonly entity: Members;
  readonly activity: Members;
  readonly agent: Members;
  readonly used: Members;
  readonly wasGeneratedBy: Members;
  readonly wasAssociatedWith: Members;
  readonly hadMember: Members;
}

const agentId = 'heddle:heddle';

/**
 * Gives a lineage as a document of PROV-JSON: plain data for `JSON.stringify`.
 *
 * @example
 * ```ts
 * import { openCache, run, task, tasks } from 'heddle';
 * import { toProv } from 'heddle/cache';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * await using cache = await openCache(':memory:');
 * await run(square(3), { cache });
 * const document = toProv(await cache.lineage(9));
 * assert.equal(Object.keys(document.activity).length, 1);
 * assert.equal(Object.values(document.wasGeneratedBy)[0]?.['prov:activity'], Object.keys(document.activity)[0]);
 * ```
 */
export function toProv(lineage: Lineage): ProvDocument {
  const { values, calls, edges } = lineage;
  const plans = new Map(calls.map((call) => [planId(call), planOf(call)]));
  const settledMs = new Map(calls.map((call) => [call.digest, call.settledMs]));
  const used: Record<string, ProvAttributes> = {};
  const wasGeneratedBy: Record<string, ProvAttributes> = {};
  const hadMember: Record<string, ProvAttributes> = {};
  for (const [index, edge] of edges.entries()) {
    const id = `_:r${index}`;
    switch (edge.kind) {
      case 'used':
        used[id] = {
          'prov:activity': callId(edge.call),
          'prov:entity': valueId(edge.value),
          'prov:role': edge.name,
        };
        break;
      case 'gave':
        wasGeneratedBy[id] = {
          'prov:entity': valueId(edge.value),
          'prov:activity': callId(edge.call),
          ...timeAt('prov:time', settledMs.get(edge.call)),
        };
        break;
      case 'part':
        hadMember[id] = { 'prov:collection': valueId(edge.whole), 'prov:entity': valueId(edge.value) };
        break;
    }
  }
  const wholes = new Set(edges.flatMap((edge) => (edge.kind === 'part' ? [edge.whole] : [])));
  return {
    prefix: {
      xsd: 'http://www.w3.org/2001/XMLSchema#',
      heddle: 'urn:heddle:',
      value: 'urn:heddle:value:',
      call: 'urn:heddle:call:',
      task: 'urn:heddle:task:',
    },
    entity: {
      ...Object.fromEntries(plans),
      ...Object.fromEntries(
        values.map((value) => [valueId(value.digest), entityOf(value, wholes.has(value.digest))]),
      ),
    },
    activity: Object.fromEntries(calls.map((call) => [callId(call.digest), activityOf(call)])),
    agent: { [agentId]: { 'prov:type': qualified('prov:SoftwareAgent'), 'prov:label': 'heddle' } },
    used,
    wasGeneratedBy,
    wasAssociatedWith: Object.fromEntries(
      calls.map((call, index) => [
        `_:a${index}`,
        { 'prov:activity': callId(call.digest), 'prov:agent': agentId, 'prov:plan': planId(call) },
      ]),
    ),
    hadMember,
  };
}

function entityOf({ digest, address, bytes }: LineageValue, isWhole: boolean): ProvAttributes {
  return {
    ...(isWhole ? { 'prov:type': qualified('prov:Collection') } : {}),
    'heddle:digest': digest,
    ...(address === undefined
      ? {}
      : { 'heddle:storedAs': address, 'heddle:bytes': { $: String(bytes), type: 'xsd:long' } }),
  };
}

function activityOf({
  startedMs,
  settledMs,
  task,
  state,
  failure,
  run,
  metadata,
}: LineageCall): ProvAttributes {
  return {
    ...timeAt('prov:startTime', startedMs),
    ...timeAt('prov:endTime', settledMs),
    'prov:label': task,
    'heddle:state': state,
    ...(failure === undefined ? {} : { 'heddle:failure': failure }),
    ...(run === undefined ? {} : { 'heddle:run': run }),
    ...(Object.keys(metadata).length === 0 ? {} : { 'heddle:metadata': JSON.stringify(metadata) }),
  };
}

function planOf({ task, identity, version }: LineageCall): ProvAttributes {
  return {
    'prov:type': qualified('prov:Plan'),
    'prov:label': task,
    'heddle:identity': identity,
    'heddle:version': version,
  };
}

/** An identity has signs that a qualified name may not have; so it stands there by its digest. */
function planId({ identity, version }: LineageCall): string {
  return `task:${digestOfText(JSON.stringify([identity, version]))}`;
}

function callId(digest: Digest): string {
  return `call:${digest}`;
}

function valueId(digest: Digest): string {
  return `value:${digest}`;
}

function timeAt(name: string, ms: number | undefined): ProvAttributes {
  return ms === undefined ? {} : { [name]: new Date(ms).toISOString() };
}

function qualified(name: string): ProvLiteral {
  return { $: name, type: 'prov:QUALIFIED_NAME' };
}
