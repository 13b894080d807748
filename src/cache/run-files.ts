/**
 * Runs in files of a folder: one file for what is known of a run as a whole, and one to which its entries are added.
 *
 * Entries are lines of JSON, each with the version of its form and a CRC-32 of its own, added by one write for all that
 * come at once. A line that was cut off as the process was killed is left out, and so is a damaged one.
 */

import { once } from '../base/once.ts';
import { isMissing, withFolder } from '../store/whole-file.ts';
import type { RunEntry, RunRecord } from './record.ts';
import { runText, toEntry, toRun } from './record-json.ts';
import { sealed, unsealed } from './sealed-file.ts';

const fs = once(() => process.getBuiltinModule('node:fs').promises);
const zlib = once(() => process.getBuiltinModule('node:zlib'));

const entryVersion = 1;
/** Ends each line: `,"crc32":"` and eight hexadecimal digits, of all before it. */
const tailLength = ',"crc32":"00000000"}'.length;
/** Names of files are no longer than that, with what is added to them. */
const longestId = 200;

/** The runs in a folder. */
export class RunFiles {
  readonly #folder: string;
  readonly #write: (path: string, text: string) => Promise<void>;

  /** @param write - writes a file whole or not at all */
  constructor(folder: string, write: (path: string, text: string) => Promise<void>) {
    this.#folder = folder;
    this.#write = write;
  }

  async put(run: RunRecord): Promise<void> {
    await this.#write(`${this.#pathOf(run.id)}.json`, sealed(runText(run)));
  }

  async add(run: string, entries: readonly RunEntry[]): Promise<void> {
    if (entries.length === 0) return;
    // A line that was cut off before is ended by the first sign.
    const lines = `\n${entries.map(lineOf).join('\n')}\n`;
    await withFolder(this.#folder, () => fs().appendFile(`${this.#pathOf(run)}.jsonl`, lines));
  }

  /** The newest first. */
  async *all(): AsyncGenerator<RunRecord, void, undefined> {
    const runs: RunRecord[] = [];
    for (const name of await namesIn(this.#folder)) {
      if (!name.endsWith('.json')) continue;
      const run = unsealed(await textOf(`${this.#folder}/${name}`), toRun);
      if (run !== undefined && `${fileNameOf(run.id)}.json` === name) runs.push(run);
    }
    yield* runs.sort((one, other) => other.startedMs - one.startedMs || (one.id < other.id ? 1 : -1));
  }

  async *entriesOf(run: string): AsyncGenerator<RunEntry, void, undefined> {
    const text = await textOf(`${this.#pathOf(run)}.jsonl`);
    for (const line of text?.split('\n') ?? []) {
      const entry = entryOf(line);
      if (entry !== undefined) yield entry;
    }
  }

  /** @returns whether there was one */
  async delete(run: string): Promise<boolean> {
    const isGone = await removeFile(`${this.#pathOf(run)}.json`);
    await removeFile(`${this.#pathOf(run)}.jsonl`);
    return isGone;
  }

  #pathOf(run: string): string {
    return `${this.#folder}/${fileNameOf(run)}`;
  }
}

/** Removes a file. @returns whether it was there */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await fs().unlink(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** The text of a file; `undefined` if it is not there or cannot be read. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await fs().readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The text of a short file, at once; `undefined` if it is not there or cannot be read. */
export function textNow(path: string): string | undefined {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The names in a folder; none if it is not there or cannot be read. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await fs().readdir(folder);
  } catch {
    return [];
  }
}

/** @throws {RangeError} If it is longer than the name of a file may be. */
function fileNameOf(run: string): string {
  // Signs that a file's name cannot have everywhere, and names such as `..`, are no trouble when they are escaped.
  const name = encodeURIComponent(run).replaceAll('*', '%2A').replaceAll('.', '%2E');
  if (name.length > longestId || name === '') {
    throw new RangeError(
      `Cannot name a file by a run as its id must have 1 to ${longestId} signs: received '${run}'`,
    );
  }
  return name;
}

function lineOf({ key, task, how, startedMs, durationMs }: RunEntry): string {
  const body = JSON.stringify({ version: entryVersion, key, task, how, startedMs, durationMs }).slice(0, -1);
  return `${body},"crc32":"${crc32(body)}"}`;
}

function entryOf(line: string): RunEntry | undefined {
  const body = line.slice(0, -tailLength);
  if (body === '' || !line.endsWith(`,"crc32":"${crc32(body)}"}`)) return undefined;
  try {
    const data: unknown = JSON.parse(`${body}}`);
    return (data as { version?: unknown }).version === entryVersion ? toEntry(data) : undefined;
  } catch {
    // Of another form, though whole: no entry of ours.
    return undefined;
  }
}

function crc32(text: string): string {
  return zlib().crc32(text).toString(16).padStart(8, '0');
}
