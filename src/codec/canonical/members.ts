/**
 * What objects are made of: the members that are encoded, for lists, records, maps, sets and errors.
 *
 * Reads keys and entries, no values of members; promises that an object with something in it that would not be encoded is
 * refused.
 */

import type { Members } from './frame.ts';
import { namedMembers, sortedKeys, symbolMember } from './own-members.ts';
import { Refusal } from './refusal.ts';

const noKeys: readonly string[] = [];
const noList: readonly unknown[] = [];

export function membersOfList(list: readonly unknown[]): Members {
  refuseSymbols(list);
  const { length } = list;
  // A proxy may answer anything.
  if (!Number.isInteger(length) || length < 0 || length >= 2 ** 32)
    throw new Refusal(`its length is none: received ${String(length)}`, 'give a list');
  return { shape: 'list', list, length, keys: namedMembers(list) };
}

export function membersOfRecord(record: object): Members {
  refuseSymbols(record);
  return { shape: 'record', list: noList, length: 0, keys: sortedKeys(record) };
}

export function membersOfMap(map: Map<unknown, unknown>): Members {
  refuseOwnMembers(map);
  const list: unknown[] = [];
  Map.prototype.forEach.call(map, (value, key) => list.push(key, value));
  return { shape: 'map', list, length: list.length, keys: noKeys, sortedBy: 2 };
}

export function membersOfSet(set: Set<unknown>): Members {
  refuseOwnMembers(set);
  const list: unknown[] = [];
  Set.prototype.forEach.call(set, (member) => list.push(member));
  return { shape: 'set', list, length: list.length, keys: noKeys, sortedBy: 1 };
}

/** Members that errors have without listing them. Not `stack`: it tells where the error was made, not what it says. */
const unlisted = ['cause', 'errors', 'error', 'suppressed'];

export function membersOfError(error: Error): Members {
  refuseSymbols(error);
  const keys = new Set(['name', 'message', ...Object.keys(error)]);
  for (const key of unlisted) if (Object.hasOwn(error, key)) keys.add(key);
  keys.delete('stack');
  return { shape: 'record', list: noList, length: 0, keys: [...keys].sort() };
}

export function membersOfStandIn(kind: string, parts: unknown): Members {
  return { shape: 'stand-in', list: [parts], length: 1, keys: noKeys, label: kind };
}

/** Refuses what somebody put on an object of a class that is told by other things than members. */
export function refuseOwnMembers(value: object, own: readonly string[] = Object.keys(value)): void {
  refuseSymbols(value);
  const [name] = own;
  if (name !== undefined)
    throw new Refusal(
      `it has a member '${name}' besides what it holds`,
      'give the two side by side, in a record',
    );
}

function refuseSymbols(value: object): void {
  const symbol = symbolMember(value);
  if (symbol !== undefined)
    throw new Refusal(`it has a member under a symbol: received ${String(symbol)}`, 'give it a name');
}
