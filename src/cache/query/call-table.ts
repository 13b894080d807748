/**
 * Calls as rows of plain data, for tables.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import type { Json } from '../../codec/json-writer.ts';
import type { CallEntry } from './call-entry.ts';

/** A call in a table. Entries of its metadata are columns of their own, such as `git.branch`. */
export interface CallRow {
  /** As many signs of its digest as are mostly enough. */
  readonly digest: string;
  readonly task: string;
  /** `lr: 0.1, epochs: 3`, values in short; or the beginnings of their digests. */
  readonly args: string;
  /** The value in short, if it was asked for. */
  readonly result?: string;
  readonly state: string;
  /** When it began: a date and time as in ISO 8601. */
  readonly when: string;
  /** Milliseconds. */
  readonly durationMs: number | undefined;
  readonly [metadata: string]: Json | undefined;
}

export interface TableOptions {
  /**
   * Whether values are loaded, to be shown in short.
   *
   * @defaultValue `false`
   */
  readonly values?: boolean;
}

/** How much of a digest is shown. */
export const shownDigits = 8;

/** Makes the row of a call. Loads nothing unless it is to show values. */
export async function rowOf(entry: CallEntry, { values = false }: TableOptions): Promise<CallRow> {
  const args: string[] = [];
  for (const { name, digest, address } of entry.args) {
    const isShown = values && address !== undefined;
    const shown = isShown ? await shortOr(() => entry.argument(name)) : digest.slice(0, shownDigits);
    args.push(`${name}: ${shown}`);
  }
  const result = values && entry.state === 'success' ? { result: await shortOr(() => entry.result()) } : {};
  return {
    digest: entry.digest.slice(0, shownDigits),
    task: entry.task,
    args: args.join(', '),
    ...result,
    state: entry.state,
    when: new Date(entry.startedMs).toISOString(),
    durationMs: entry.durationMs,
    ...columnsOf(entry.metadata),
  };
}

async function shortOr(load: () => Promise<unknown>): Promise<string> {
  try {
    return inspectShort(await load());
  } catch {
    return '?';
  }
}

function columnsOf(metadata: Readonly<Record<string, Json>>): Record<string, Json> {
  const columns: Record<string, Json> = {};
  const add = (name: string, value: Json): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) columns[name] = value;
    else for (const [key, member] of Object.entries(value)) add(`${name}.${key}`, member);
  };
  for (const [name, value] of Object.entries(metadata)) add(name, value);
  return columns;
}
