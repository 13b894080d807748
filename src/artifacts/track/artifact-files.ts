/**
 * Making the bytes of artifacts, and values of their files.
 *
 * **Bound:** no file is read whose path leaves the folder of what it belongs to, by its name or by a link.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { type MaybePromise, whenThere } from '../../base/maybe-promise.ts';
import { once } from '../../base/once.ts';
import { isPromiseLike } from '../../base/promise-like.ts';
import { sha256HexOfLong } from '../../codec/canonical/sha256.ts';
import { type PythonJsonObject, printPythonJson } from '../formats/python-json.ts';
import type { HandlerOptions } from '../handlers/handler.ts';
import type { Handlers } from '../handlers/handlers.ts';
import { Content } from './artifact-content.ts';
import type { ArtifactEntry } from './artifact-entry.ts';
import { joinBelow, leadsInside } from './contained-path.ts';
import { ArtifactLoadError, ArtifactLogError } from './errors.ts';

const fs = once(() => process.getBuiltinModule('node:fs'));

/** Where the file of an artifact is. */
export interface ArtifactPlace {
  /** The folder that it may not leave. */
  readonly root: string;
  /** Its way below that, each name by itself: none of them may go up. */
  readonly names: readonly string[];
}

/** How an artifact is loaded. */
export interface LoadArtifactOptions {
  /**
   * Whether what the handler needs, such as the version of a package, must be what it was when the artifact was written.
   *
   * @defaultValue `true`
   */
  readonly validate?: boolean | undefined;
  /** For the handler. */
  readonly options?: HandlerOptions | undefined;
}

/** What an artifact is made of before it has a file. */
export interface EncodedArtifact {
  readonly alias: string;
  readonly suffix: string;
  readonly noted: PythonJsonObject;
  readonly content: Content;
}

/**
 * Encodes a value. Where that takes a promise, whoever logs it waits for the content to be encoded.
 *
 * @throws {UnknownHandlerError} If there is no such handler.
 * @throws {ArtifactLogError} If the value is none that it can keep.
 */
export function encodeArtifact(
  name: string,
  value: unknown,
  handlers: Handlers,
  { handler: alias, options }: { readonly handler: string; readonly options?: HandlerOptions | undefined },
): EncodedArtifact {
  if (typeof name !== 'string' || name === '')
    throw new TypeError(`Cannot log an artifact as it needs a name: received ${inspectShort(name)}`);
  const verb = `log the artifact '${name}'`;
  const handler = handlers.get(alias, verb);
  const refuse = (cause: unknown): ArtifactLogError =>
    new ArtifactLogError(`Cannot ${verb} as ${alias} cannot hold it: ${messageOf(cause)}`, { cause });
  const checked = (encoded: unknown): Uint8Array => {
    if (encoded instanceof Uint8Array) return encoded;
    throw new ArtifactLogError(
      `Cannot ${verb} as 'encode' of the handler ${alias} must give a Uint8Array: received ${inspectShort(encoded)}`,
    );
  };
  let bytes: MaybePromise<Uint8Array>;
  try {
    bytes = handler.encode(value, options);
  } catch (cause) {
    throw refuse(cause);
  }
  bytes = isPromiseLike(bytes)
    ? Promise.resolve(bytes).then(checked, (cause: unknown) => {
        throw refuse(cause);
      })
    : checked(bytes);
  const { suffix } = handler;
  return { alias: handler.alias, suffix, noted: handler.environment?.() ?? {}, content: new Content(bytes) };
}

/** Gives the path of a file. @returns `undefined` if it would leave its folder by its name */
export function pathOf({ root, names }: ArtifactPlace): string | undefined {
  return joinBelow(root, ...names);
}

/**
 * Reads the bytes of an artifact, or gives those that are not saved yet. They are the caller's own.
 *
 * @throws {ArtifactLoadError} If its file is not there, or would be elsewhere.
 */
export function readArtifact(entry: ArtifactEntry, place: ArtifactPlace): MaybePromise<Uint8Array> {
  const { unsaved } = entry.content;
  // A copy: what is to be saved must stay as it is.
  if (unsaved !== undefined) return whenThere(unsaved, (bytes) => Uint8Array.from(bytes));
  return readFileOf(entry, place);
}

/**
 * Loads an artifact.
 *
 * @throws {ArtifactLoadError} If its file is not there, would be elsewhere, cannot be read, or was written by a handler that
 *   needs something else than there is.
 */
export async function loadArtifact(
  entry: ArtifactEntry,
  place: ArtifactPlace,
  handlers: Handlers,
  { validate = true, options }: LoadArtifactOptions = {},
): Promise<unknown> {
  const handler = handlers.forReading(entry.handler);
  if (validate) compareEnvironment(entry, handler.environment?.() ?? {});
  const bytes = await readArtifact(entry, place);
  try {
    return await handler.decode(bytes, options);
  } catch (cause) {
    throw new ArtifactLoadError(
      `Cannot load the artifact '${entry.name}' as '${place.names.join('/')}' cannot be read as ${entry.handler}: ${messageOf(cause)}`,
      { cause },
    );
  }
}

/**
 * Gives a text that says which version of an artifact this is: another one if other bytes are in its file.
 *
 * @param label - says where it is: `exp-20260110093000/features`
 */
export async function versionText(
  entry: ArtifactEntry,
  place: ArtifactPlace,
  label: string,
): Promise<string> {
  return `${label} ${entry.handler} sha256:${await digestOf(entry, place)}`;
}

/** SHA-256 of what is in the file of an artifact, or will be. */
export async function digestOf(entry: ArtifactEntry, place: ArtifactPlace): Promise<string> {
  const { content } = entry;
  if (content.unsaved !== undefined) return sha256HexOfLong(await content.unsaved);
  const path = checkedPath(entry, place);
  const stat = statText(path);
  if (content.digest?.stat !== stat || stat === '')
    content.digest = { stat, sha256: sha256HexOfLong(await readFileOf(entry, place)) };
  return content.digest.sha256;
}

async function readFileOf(entry: ArtifactEntry, place: ArtifactPlace): Promise<Uint8Array> {
  const path = checkedPath(entry, place);
  try {
    const { buffer, byteOffset, length } = await fs().promises.readFile(path);
    return new Uint8Array(buffer, byteOffset, length);
  } catch (cause) {
    throw new ArtifactLoadError(
      `Cannot load the artifact '${entry.name}' as its file cannot be read: ${messageOf(cause)}`,
      { cause },
    );
  }
}

/** @throws {ArtifactLoadError} If the path leaves its folder, or cannot be followed. */
export function checkedPath({ name }: ArtifactEntry, place: ArtifactPlace): string {
  const path = pathOf(place);
  try {
    if (path !== undefined && (fs().existsSync(place.root) ? leadsInside(place.root, path) : true))
      return path;
  } catch (cause) {
    throw new ArtifactLoadError(
      `Cannot reach the file of the artifact '${name}' as its path cannot be followed: ${messageOf(cause)}`,
      { cause },
    );
  }
  throw new ArtifactLoadError(
    `Cannot reach the file of the artifact '${name}' as its path leaves the folder '${place.root}': received '${place.names.join('/')}'`,
  );
}

function compareEnvironment({ name, json }: ArtifactEntry, now: PythonJsonObject): void {
  // What is missing was written by a version that did not note it.
  const other = Object.keys(now).filter(
    (field) => field in json && printPythonJson(json[field] ?? null) !== printPythonJson(now[field] ?? null),
  );
  if (other.length === 0) return;
  const show = (from: PythonJsonObject): string =>
    other.map((field) => `${field} ${printPythonJson(from[field] ?? null)}`).join(', ');
  throw new ArtifactLoadError(
    `Cannot load the artifact '${name}' as it was written with ${show(json)}: received ${show(now)}\n` +
      '  load it with { validate: false } to read it all the same',
  );
}

function statText(path: string): string {
  const stat = fs().statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? '' : `${stat.ino}/${stat.size}/${stat.mtimeNs}/${stat.ctimeNs}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
