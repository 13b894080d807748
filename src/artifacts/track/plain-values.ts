/**
 * What files hold, as programs have it: to look at, where it cannot be changed, and to be written as JSON.
 */

import {
  fromPythonJson,
  PythonFloat,
  type PythonJson,
  type PythonJsonObject,
} from '../formats/python-json.ts';

/** Gives a copy that is frozen to its last list: what an experiment holds is changed by its methods, which note it. */
export function frozenView(json: PythonJson): unknown {
  return freeze(fromPythonJson(json));
}

/** The same of members by name. */
export function frozenMembers(members: ReadonlyMap<string, PythonJson>): Readonly<Record<string, unknown>> {
  return frozenView(Object.fromEntries(members)) as Readonly<Record<string, unknown>>;
}

/**
 * Gives a copy that `JSON.stringify` takes, without loss for integers: one that no `number` writes as it is becomes what
 * `JSON.rawJSON` makes, as `JSON.stringify` takes no `bigint`.
 */
export function plainJson(json: PythonJsonObject): Record<string, unknown> {
  return plain(json) as Record<string, unknown>;
}

function plain(json: PythonJson): unknown {
  if (typeof json === 'bigint')
    return String(Number(json)) === String(json) ? Number(json) : rawJson(String(json));
  if (typeof json !== 'object' || json === null) return json;
  if (json instanceof PythonFloat) return json.value;
  if (Array.isArray(json)) return json.map(plain);
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, plain(value as PythonJson)]));
}

/** In all versions of Node that this library runs on; not yet among the types of TypeScript. */
function rawJson(text: string): unknown {
  return (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON(text);
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}
