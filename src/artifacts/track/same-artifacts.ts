/**
 * Whether two experiments hold the same artifacts: to the last byte, as two of one name and one second may differ.
 *
 * **Cost:** reads both files of each pair that has one size, one pair at a time. What is in one place, or in memory once, is
 * not read. Leaves it to the caller to compare the records.
 */

import { once } from '../../base/once.ts';
import { pathOf } from './artifact-files.ts';
import { isInside } from './contained-path.ts';
import type { ExperimentRecord, RecordedFile } from './experiment-record.ts';

const fs = once(() => process.getBuiltinModule('node:fs'));

/** Where the bytes of an artifact are; `undefined` if there are none. */
type Held = Uint8Array | string | undefined;

/** Whether the artifacts of two records of the same text, in their order, are the same. */
export function hasSameArtifacts(one: ExperimentRecord, two: ExperimentRecord): boolean {
  const [own, other] = [one.files(), two.files()];
  return own.length === other.length && own.every((file, at) => isSame(one, file, two, other[at]));
}

/** Whether two files are there, and hold the same. */
export function isSameFile(path: string, other: string): boolean {
  const [a, b] = [path, other].map((each) => fs().statSync(each, { throwIfNoEntry: false }));
  if (a === undefined || b === undefined || a.size !== b.size) return false;
  return fs().readFileSync(path).equals(fs().readFileSync(other));
}

function isSame(
  one: ExperimentRecord,
  file: RecordedFile,
  two: ExperimentRecord,
  other: RecordedFile | undefined,
): boolean {
  if (other === undefined) return false;
  if (file.entry.content === other.entry.content) return true;
  // What is still being encoded is not known yet.
  for (const { content } of [file.entry, other.entry])
    if (content.unsaved !== undefined && content.encodedBytes === undefined) return false;
  const [a, b] = [heldOf(one, file), heldOf(two, other)];
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  if (typeof a === 'string' && typeof b === 'string') return isSameFile(a, b);
  const bytes = (held: Uint8Array | string): Uint8Array =>
    typeof held === 'string' ? fs().readFileSync(held) : held;
  return Buffer.compare(bytes(a), bytes(b)) === 0;
}

function heldOf({ home, homeSlug }: ExperimentRecord, { names, entry }: RecordedFile): Held {
  if (entry.content.encodedBytes !== undefined) return entry.content.encodedBytes;
  const path = pathOf({ root: home, names: [homeSlug, ...names] });
  if (path === undefined || fs().statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    return undefined;
  return isInside(home, path) ? path : undefined;
}
