/**
 * Values as readable text and back: data, errors, failures, tasks, graphs, and instances of classes with codecs.
 */

import { inspectShort } from '../base/inspect-short.ts';
import type { Codecs } from '../codec/codecs.ts';
import { DecodeError } from '../codec/decode-error.ts';
import { fromJsonData } from '../codec/json-reader.ts';
import { type Json, toJsonData } from '../codec/json-writer.ts';
import { Border } from './border.ts';
import { FolderReferences } from './folder-references.ts';

/** The version of the format; see `docs/formats/json.md`. */
const version = 1;

/** Options of `toJSON`. */
export interface ToJsonOptions {
  /** How instances of classes are written. */
  readonly codecs?: Codecs;
  /**
   * By how many spaces members are set in, on lines of their own.
   *
   * @defaultValue 0: all on one line
   */
  readonly indent?: number;
  /**
   * A folder for large data: there it is written by its digest, once however often it is written, and the text refers to it.
   * So do instances of classes whose codec was registered with `ref: true`. Nothing is ever removed from it.
   *
   * @defaultValue none: all is in the text
   */
  readonly references?: string;
  /**
   * From how many bytes on memory goes to that folder; an integer, at least 1.
   *
   * @defaultValue 1,048,576
   */
  readonly leastBytes?: number;
}

/** Options of `fromJSON`. */
export interface FromJsonOptions {
  /** Those that the value was written with. */
  readonly codecs?: Codecs;
  /** The folder in which large data was written. */
  readonly references?: string;
  /**
   * Whether what the text refers to is read. Otherwise a `Reference` stands in its place, which `toJSON` writes as it was, so
   * that a text can be looked at or changed without it.
   *
   * @defaultValue `true` if `references` is given; otherwise `false`
   */
  readonly dereference?: boolean;
}

/**
 * Writes a value as JSON text that a person can read, and that `fromJSON` reads back exactly: all that can be sent to
 * a worker, and only that. Objects that stand in several places, or in themselves, do so again.
 *
 * - **Large data** is in the text, as base64, unless `references` names a folder for it.
 * - **Files** made with `path` are their paths.
 *
 * @throws {NotCloneableError} If it holds what cannot be written, such as a function, naming the way to it.
 * @throws {RangeError} If `leastBytes` is no positive integer.
 * @throws what the file system says, if data cannot be written to the folder.
 *
 * @example
 * ```ts
 * import { fromJSON, toJSON } from 'heddle';
 * const text = toJSON(new Map([['limits', [1n, -0, Number.NaN]]]));
 * const back = fromJSON(text) as Map<string, unknown[]>;
 * assert.ok(Object.is(back.get('limits')?.[1], -0));
 * assert.equal(toJSON([1, 'two']), '{"heddle":1,"value":[1,"two"]}');
 * ```
 */
export function toJSON(
  value: unknown,
  { codecs, indent = 0, references, leastBytes = 2 ** 20 }: ToJsonOptions = {},
): string {
  const { packer } = new Border('j');
  packer.use(codecs);
  if (!Number.isSafeInteger(leastBytes) || leastBytes < 1) {
    throw new RangeError(
      `Cannot write a value as JSON as 'leastBytes' must be a positive integer: received ${String(leastBytes)}`,
    );
  }
  const refs = references === undefined ? undefined : new FolderReferences(references, leastBytes);
  const { data, isPacked } = packer.pack(value, 'value', refs);
  const json: Json = { heddle: version, ...(isPacked ? { packed: true } : {}), value: toJsonData(data) };
  return JSON.stringify(json, undefined, indent);
}

/**
 * Reads what `toJSON` wrote. Nothing in the text is run: classes are made by the given codecs alone, tasks are found
 * among those that have been defined.
 *
 * @throws {DecodeError} If the text is not what was written: cut off, changed, of a later version, or with classes for
 *   which there is no codec. If data to which it refers is not in the folder, or damaged.
 * @throws {TypeError} If it is to be dereferenced, and no folder is given.
 *
 * @example
 * ```ts
 * import { fromJSON, Reference, toJSON } from 'heddle';
 * import { mkdtempSync, rmSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * const references = mkdtempSync(`${tmpdir()}/heddle-`);
 * const text = toJSON({ name: 'noise', samples: new Float32Array(500_000) }, { references });
 * assert.ok(text.length < 300);
 * const light = fromJSON(text) as { samples: unknown };
 * assert.ok(light.samples instanceof Reference && light.samples.type === 'Float32Array');
 * assert.equal(toJSON(light), text);
 * const whole = fromJSON(text, { references }) as { samples: Float32Array };
 * assert.equal(whole.samples.length, 500_000);
 * rmSync(references, { recursive: true });
 * ```
 */
export function fromJSON(
  text: string,
  { codecs, references, dereference = references !== undefined }: FromJsonOptions = {},
): unknown {
  if (dereference && references === undefined) {
    throw new TypeError(
      "Cannot read a value with 'dereference' as the folder must be given in which its data is\n  give it: { references: folder }",
    );
  }
  const { packed = false, value } = parsed(text);
  const { packer } = new Border('j');
  packer.use(codecs);
  const refs = references === undefined || !dereference ? 'keep' : new FolderReferences(references, 1);
  return packer.unpack({ data: fromJsonData(value), isPacked: packed }, refs);
}

function parsed(text: string): { readonly packed?: boolean; readonly value: unknown } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new DecodeError('', `Cannot read the text as it is no JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
  const { heddle, packed, value } = (json ?? {}) as Readonly<Record<string, unknown>>;
  if (heddle === undefined) {
    throw new DecodeError(
      '',
      'Cannot read the text as it was not written by toJSON\n  JSON.parse reads plain JSON',
    );
  }
  if (heddle !== version) {
    throw new DecodeError(
      '',
      `Cannot read the text as it is of version ${inspectShort(heddle)}: this heddle reads version ${version}`,
    );
  }
  return { packed: packed === true, value };
}
