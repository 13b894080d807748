/**
 * Descriptors of compositions: how another process makes the same one of the same parts.
 */

import type { RecordsDescriptor } from '../records.ts';

/** What stores and records have in common here. */
interface Described {
  readonly descriptor: RecordsDescriptor | undefined;
}

/** Describes what is made of several parts; `undefined` if one of them can be opened by no other process. */
export function descriptorOf(
  kind: string,
  parts: readonly Described[],
  options: Readonly<Record<string, unknown>> = {},
): RecordsDescriptor | undefined {
  const of = parts.map(({ descriptor }) => descriptor);
  return of.includes(undefined) ? undefined : { kind, of, ...options };
}
