/**
 * One version of an artifact as the file of a repository has it.
 *
 * As long as nobody changes it, it is the text it was read from, and is written as that.
 */

import { Content } from './artifact-content.ts';
import { type ArtifactEntry, changedEntry, entryOf } from './artifact-entry.ts';
import type { ArtifactPlace } from './artifact-files.ts';
import { type FileRecord, orUnreadable, recordOf, recordText } from './record-file.ts';

/** A version of an artifact. */
export class RepositoryRecord {
  /** Where its file is, if that is not in the repository: then it is copied when that is saved. */
  readonly source: ArtifactPlace | undefined;
  /** Its text when it was last saved anywhere. */
  savedText: string | undefined;
  #entry: ArtifactEntry;
  #text: string | undefined;

  constructor(entry: ArtifactEntry, given: { readonly text?: string; readonly source?: ArtifactPlace } = {}) {
    this.#entry = entry;
    this.#text = given.text;
    this.savedText = given.text;
    this.source = given.source;
  }

  /** @throws {UnreadableFileError} If a member is missing that every version of the format has. */
  static load(record: FileRecord): RepositoryRecord {
    const { path, place, text } = record;
    const entry = orUnreadable(path, () => entryOf(recordOf(record), place, new Content()));
    return new RepositoryRecord(entry, { text });
  }

  get entry(): ArtifactEntry {
    return this.#entry;
  }

  /** Its text in a file. */
  get text(): string {
    this.#text ??= recordText(this.#entry.json);
    return this.#text;
  }

  change(change: Parameters<typeof changedEntry>[1]): void {
    this.#entry = changedEntry(this.#entry, change);
    this.#text = undefined;
  }

  /** By what it is known again in a file that others have changed. */
  get key(): string {
    const { name, version, createdMs } = this.#entry;
    return `${name}|${version}|${createdMs}`;
  }
}

/** Where the file of a version is in a repository. */
export function placeIn(root: string, { name, fname }: ArtifactEntry): ArtifactPlace {
  return { root, names: [name, fname] };
}
