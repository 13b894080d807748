/**
 * One artifact as a file of records has it: what it is called, where its file is, how it was written.
 *
 * An entry does not change: an edited one takes its place. What it holds may be in memory only, until it is saved.
 */

import { compactTimeText, naiveTimeText, readNaiveTime } from '../formats/naive-time.ts';
import { fromPythonJson, type PythonJson, type PythonJsonObject } from '../formats/python-json.ts';
import { shortened, slugOf } from '../formats/slug.ts';
import type { Content } from './artifact-content.ts';
import { freeName } from './free-name.ts';
import { objectIn, textIn } from './record-file.ts';

/** What is known of an artifact. */
export interface ArtifactMetadata {
  readonly name: string;
  /** Its file, in the folder of its experiment, or of its name in a repository. */
  readonly fname: string;
  /** The alias of what wrote it: `json`, `csv`, `pickle`, … */
  readonly handler: string;
  /** Counted from 0 in a repository; 0 in an experiment. */
  readonly version: number;
  /** When it was logged, to the second. */
  readonly createdAt: Date;
  /** From when on it is not the latest any more; `undefined` for never. */
  readonly expiry: Date | undefined;
  /** What else the handler noted, such as `python_version`. */
  readonly [field: string]: unknown;
}

/** An artifact in a file of records. */
export interface ArtifactEntry {
  readonly name: string;
  readonly fname: string;
  readonly handler: string;
  readonly version: number;
  readonly createdMs: number;
  readonly expiryMs: number | undefined;
  /** All members of the record. */
  readonly json: PythonJsonObject;
  readonly content: Content;
}

/** The members that all artifacts have; those that a handler adds have other names. */
const ownMembers: readonly string[] = ['created_at', 'expiry', 'fname', 'handler', 'name', 'version'];

/** What a new artifact is made of. */
export interface NewArtifact {
  readonly name: string;
  readonly fname: string;
  readonly handler: string;
  readonly version: number;
  readonly createdMs: number;
  readonly expiryMs?: number | undefined;
  /** What its handler notes beside it. */
  readonly noted: PythonJsonObject;
  readonly content: Content;
}

/** Makes an entry that is in no file yet. */
export function newEntry(artifact: NewArtifact): ArtifactEntry {
  const { name, fname, handler, version, createdMs, expiryMs, noted, content } = artifact;
  const json: PythonJsonObject = {
    ...noted,
    created_at: naiveTimeText(new Date(createdMs)),
    expiry: expiryMs === undefined ? null : naiveTimeText(new Date(expiryMs)),
    fname,
    handler,
    name,
    version,
  };
  return { name, fname, handler, version, createdMs, expiryMs, json, content };
}

/** Gives an entry with other members. */
export function changedEntry(
  entry: ArtifactEntry,
  change: Partial<Pick<ArtifactEntry, 'fname' | 'version' | 'expiryMs'>>,
): ArtifactEntry {
  const { name, handler, createdMs, json, content } = entry;
  const noted = Object.fromEntries(Object.entries(json).filter(([member]) => !ownMembers.includes(member)));
  const { fname, version, expiryMs } = { ...entry, ...change };
  return {
    ...newEntry({ name, handler, createdMs, noted, content, fname, version, expiryMs }),
    // To the second in the text. As it was read otherwise.
    createdMs,
  };
}

/**
 * Reads an entry.
 *
 * @throws {DecodeError} If a member is missing that every version of the format has.
 */
export function entryOf(value: PythonJson, place: string, content: Content): ArtifactEntry {
  const json = objectIn(value, 'artifact', place);
  const name = textIn(json, 'name', place);
  const { version = 0, expiry } = json;
  const inName = `artifact '${name}' of ${place}`;
  return {
    name,
    fname: textIn(json, 'fname', inName),
    handler: textIn(json, 'handler', inName),
    version: typeof version === 'number' ? version : 0,
    createdMs: readNaiveTime(json['created_at'], `created_at of ${inName}`).getTime(),
    expiryMs:
      expiry === null || expiry === undefined
        ? undefined
        : readNaiveTime(expiry, `expiry of ${inName}`).getTime(),
    json,
    content,
  };
}

/** Gives what users see of an entry: a copy of their own. */
export function metadataOf(entry: ArtifactEntry): ArtifactMetadata {
  const { name, fname, handler, version, createdMs, expiryMs, json } = entry;
  const noted = Object.entries(json).filter(([member]) => !ownMembers.includes(member));
  return {
    ...(fromPythonJson(Object.fromEntries(noted)) as Record<string, unknown>),
    name,
    fname,
    handler,
    version,
    createdAt: new Date(createdMs),
    expiry: expiryMs === undefined ? undefined : new Date(expiryMs),
  };
}

/** The name that lazyscribe gives to an artifact's file, if it is free. One that no file can have is cut. */
export function defaultFname(
  name: string,
  createdMs: number,
  suffix: string,
  isTaken: (fname: string) => boolean,
): string {
  return freeName(
    `${shortened(slugOf(name))}-${compactTimeText(new Date(createdMs))}`,
    `.${suffix}`,
    isTaken,
  );
}
