/**
 * Putting artifacts in the place of their names, in the arguments of one call that is made now.
 *
 * - **Names:** a string that is an argument, or a member of a plain object that is one, and that the source has an artifact
 *   of. Other strings, and those deeper down, stay.
 * - **Markers:** `artifact('x')` and `literal('x')`, at any depth.
 * - **Cost:** nothing is copied but what holds a name or a marker; without a source and markers, nothing at all.
 */

import { isPlainObject } from '../base/plain.ts';
import { copyValue } from '../codec/copy.ts';
import { holdsFunction } from '../codec/holds-function.ts';
import { callText } from '../task/call-text.ts';
import { callOf, isDelayed } from '../task/delayed.ts';
import { ArtifactArgumentError, loadFor } from './argument-error.ts';
import { markerOf } from './markers.ts';
import type { ArtifactSource } from './source.ts';

export interface SubstituteOptions {
  readonly source: ArtifactSource | undefined;
  /** What the arguments are of, for messages: `cadet 'report'`. */
  readonly of: string;
  /** Names of the parameters. */
  readonly params: readonly (string | undefined)[];
}

/**
 * Gives the arguments with artifacts in the place of their names.
 *
 * @returns the same list, if nothing of it is to be replaced
 * @throws {ArtifactArgumentError} In the promise, if one that there is, or must be, cannot be loaded.
 * @throws {TypeError} If a delayed value stands among the arguments that is no marker.
 */
export function substituted(
  args: readonly unknown[],
  { source, of, params }: SubstituteOptions,
): readonly unknown[] | Promise<readonly unknown[]> {
  if (source === undefined && !holdsFunction(args)) return args;
  return Promise.all(
    args.map((arg, index) => {
      const name = params[index];
      const where = `argument ${name === undefined ? index : `'${name}'`} of ${of}`;
      return new Substitution(source, where).of(arg);
    }),
  );
}

class Substitution {
  readonly #source: ArtifactSource | undefined;
  readonly #where: string;

  constructor(source: ArtifactSource | undefined, where: string) {
    this.#source = source;
    this.#where = where;
  }

  async of(arg: unknown): Promise<unknown> {
    if (typeof arg === 'string') return await this.#ofText(arg, this.#where);
    const own = holdsFunction(arg) ? await this.#ofMarked(arg) : arg;
    if (this.#source === undefined || typeof own !== 'object' || own === null || !isPlainObject(own))
      return own;
    return await this.#ofOptions(own as Readonly<Record<string, unknown>>, arg);
  }

  async #ofText(text: string, where: string): Promise<unknown> {
    const source = this.#source;
    if (source === undefined) return text;
    const has = await loadFor(text, where, (name) => source.has(name));
    return has === true ? await loadFor(text, where, (name) => source.load(name)) : text;
  }

  /** Members that are strings. Those that are not any more, since they were markers, stay. */
  async #ofOptions(options: Readonly<Record<string, unknown>>, given: unknown): Promise<unknown> {
    const before = given as Readonly<Record<string, unknown>>;
    const changes: [string, unknown][] = [];
    for (const [key, member] of Object.entries(options)) {
      if (typeof member !== 'string' || typeof before[key] !== 'string') continue;
      const value = await this.#ofText(member, `member '${key}' of ${this.#where}`);
      if (value !== member) changes.push([key, value]);
    }
    return changes.length === 0 ? options : { ...options, ...Object.fromEntries(changes) };
  }

  /** Copies what holds markers, with what they stand for in their places. */
  async #ofMarked(arg: unknown): Promise<unknown> {
    const loading: Promise<unknown>[] = [];
    copyValue(arg, (part) => {
      if (isDelayed(part)) loading.push(this.#ofMarker(part));
      return part;
    });
    if (loading.length === 0) return arg;
    const values = await Promise.all(loading);
    let next = 0;
    // In the same order again.
    return copyValue(arg, (part) => (isDelayed(part) ? values[next++] : part));
  }

  async #ofMarker(part: object): Promise<unknown> {
    const marker = markerOf(part);
    if (marker === undefined) {
      throw new TypeError(
        `Cannot take ${this.#where} as it is delayed: received ${callText(callOf(part))}\n  run(x) computes it; a cadet takes values, artifact('x') and literal('x')`,
      );
    }
    const { is, text } = marker;
    if (is === 'literal') return text;
    const source = this.#source;
    if (source === undefined)
      throw new ArtifactArgumentError(
        text,
        this.#where,
        'there is no source\n  options({ source }) gives one',
      );
    const has = await loadFor(text, this.#where, (name) => source.has(name));
    if (has !== true) throw new ArtifactArgumentError(text, this.#where, 'its source has none of that name');
    return await loadFor(text, this.#where, (name) => source.load(name));
  }
}
