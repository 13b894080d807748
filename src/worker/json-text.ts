/**
 * Values as readable text and back: data, errors, failures, tasks, graphs, and instances of classes with codecs.
 */

import { inspectShort } from '../base/inspect-short.ts';
import type { Codecs } from '../codec/codecs.ts';
import { DecodeError } from '../codec/decode-error.ts';
import { fromJsonData } from '../codec/json-reader.ts';
import { type Json, toJsonData } from '../codec/json-writer.ts';
import { Border } from './border.ts';

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
}

/** Options of `fromJSON`. */
export interface FromJsonOptions {
  /** Those that the value was written with. */
  readonly codecs?: Codecs;
}

/**
 * Writes a value as JSON text that a person can read, and that `fromJSON` reads back exactly: all that can be sent to
 * a worker, and only that. Objects that stand in several places, or in themselves, do so again.
 *
 * @throws {NotCloneableError} If it holds what cannot be written, such as a function, naming the way to it.
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
export function toJSON(value: unknown, { codecs, indent = 0 }: ToJsonOptions = {}): string {
  const { packer } = new Border('j');
  packer.use(codecs);
  const { data, isPacked } = packer.pack(value, 'value');
  const json: Json = { heddle: version, ...(isPacked ? { packed: true } : {}), value: toJsonData(data) };
  return JSON.stringify(json, undefined, indent);
}

/**
 * Reads what `toJSON` wrote. Nothing in the text is run: classes are made by the given codecs alone, tasks are found
 * among those that have been defined.
 *
 * @throws {DecodeError} If the text is not what was written: cut off, changed, of a later version, or with classes for
 *   which there is no codec.
 */
export function fromJSON(text: string, { codecs }: FromJsonOptions = {}): unknown {
  const { packed = false, value } = parsed(text);
  const { packer } = new Border('j');
  packer.use(codecs);
  return packer.unpack({ data: fromJsonData(value), isPacked: packed });
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
