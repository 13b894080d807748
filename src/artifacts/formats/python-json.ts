/**
 * JSON the way Python's `json` reads and writes it, without loss: what is read and not changed is written again byte by byte.
 *
 * Numbers are why `JSON.parse` does not do. Python tells `1.0` from `1`, has integers of any size, writes `1e-07`, and reads
 * and writes a bare `NaN`, which is no JSON. So a number is a `number` where that writes the same token again, a `bigint`
 * where it is an integer beyond 2^53, and else a {@link PythonFloat}, which keeps its token.
 *
 * A bare `NaN` is read and never written: it becomes `null`, as `JSON.stringify` does it. The infinities become `1e999` and
 * `-1e999`: JSON, which both languages read as infinity again.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { pathText, type Step } from '../../base/path.ts';
import { classNameOf, isPlainObject } from '../../base/plain.ts';
import { PythonJsonReader } from './python-json-reader.ts';

/** A number with a fraction in Python, whose token a `number` would not write again: `1.0`, `1.50`, `1E5`. */
export class PythonFloat {
  readonly value: number;
  /** The token of JSON. */
  readonly text: string;

  /**
   * @param text - what is written
   * @defaultValue what Python writes
   */
  constructor(value: number, text: string = pythonFloatText(value)) {
    this.value = value;
    this.text = text;
  }

  valueOf(): number {
    return this.value;
  }

  toJSON(): number {
    return this.value;
  }
}

/** What was read from JSON, with its numbers as they were. */
export type PythonJson =
  | null
  | boolean
  | number
  | bigint
  | string
  | PythonFloat
  | readonly PythonJson[]
  | PythonJsonObject;

/** Has no members but its own; one may be called `__proto__`: copy it with `Object.fromEntries`, not by assignments. */
export interface PythonJsonObject {
  readonly [name: string]: PythonJson;
}

/** Nested deeper is no data that anybody logs; Python gives up at a depth of some 1,000. */
export const deepestPythonJson = 500;

/** How JSON is written. */
export interface PrintPythonJsonOptions {
  /**
   * Blanks for each level, as Python's `indent`; none writes all on one line, with `, ` and `: `.
   *
   * @defaultValue none
   */
  readonly indent?: number;
  /**
   * Sorts the members of objects by the code points of their names, as Python's `sort_keys`.
   *
   * @defaultValue `false`
   */
  readonly sortKeys?: boolean;
}

/**
 * Reads JSON, and the bare `NaN`, `Infinity` and `-Infinity` that Python writes. Of members of the same name the last counts.
 *
 * @param name - what is read, for messages: a file's path
 * @throws {DecodeError} With the line and the column, if it is no JSON, or nested more than 500 levels deep.
 */
export function parsePythonJson(text: string, name = 'JSON'): PythonJson {
  const quick = tryQuickly(text);
  if (quick !== undefined) return quick;
  return new PythonJsonReader(text, name, {
    deepest: deepestPythonJson,
    integer: integerOf,
    float: floatOf,
  }).read() as PythonJson;
}

/**
 * Writes JSON as Python's `json.dumps` does it, byte by byte: other characters than ASCII escaped, no newline at the end.
 *
 * @param value - what was read, or what {@link toPythonJson} took
 */
export function printPythonJson(value: PythonJson, options: PrintPythonJsonOptions = {}): string {
  const { indent, sortKeys = false } = options;
  return print(value, indent === undefined ? undefined : ' '.repeat(indent), sortKeys, '\n');
}

/**
 * Copies a value of a program as JSON, so that it may change afterwards. Members that are `undefined` are left out.
 *
 * @param verb - what is attempted, for the message: `log the metric 'auc'`
 * @throws {TypeError} If JSON has no such value: `NaN` and the infinities, functions, symbols, `undefined` in lists, objects
 *   of classes, objects that contain themselves, or more than 500 levels. It names the part.
 *
 * @example
 * ```ts no-run
 * toPythonJson({ lr: 0.1, layers: [64, 32] }, "log the parameter 'net'");
 * ```
 */
export function toPythonJson(value: unknown, verb: string): PythonJson {
  return new Taker(verb).take(value);
}

/**
 * Gives what a program works with: each number as a `number`, integers beyond 2^53 as a `bigint`. The copy is its own.
 */
export function fromPythonJson(json: PythonJson): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (json instanceof PythonFloat) return json.value;
  if (isList(json)) return json.map(fromPythonJson);
  return objectOf(Object.entries(json).map(([name, member]) => [name, fromPythonJson(member)]));
}

/** Writes a number with a fraction as Python's `repr` does: `1.0`, `1e-07`, `1e+16`. It must be finite. */
export function pythonFloatText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const [digits = '', exponent] = value.toExponential().split('e');
  const power = Number(exponent);
  // Python has exponents below 1e-4 and from 1e16 on, of at least two digits; JavaScript below 1e-6 and from 1e21 on.
  if (power < -4 || power >= 16)
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** A number as it is written. A `number` that is an integer is one there too, up to 2^53. */
function numberText(value: number): string {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
  if (Number.isFinite(value)) return pythonFloatText(value);
  if (Number.isNaN(value)) return 'null';
  return value > 0 ? '1e999' : '-1e999';
}

/**
 * Reads by the engine's own parser, some five times as fast, what loses nothing by it. What it cannot read is left to the
 * other one, which can tell where it goes wrong.
 *
 * @returns `undefined` if it might lose something
 */
function tryQuickly(text: string): PythonJson | undefined {
  if (!keepsNumbers(text)) return undefined;
  try {
    const json = JSON.parse(text) as PythonJson;
    return isWithin(json, deepestPythonJson) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a `number` writes each number's token again. What looks like one inside of a text is taken for one, too. */
function keepsNumbers(text: string): boolean {
  const tokens = /(?:^|[\s:,[])(-?\d[\d.eE+-]*)(?=[\s,\]}]|$)/g;
  for (let found = tokens.exec(text); found !== null; found = tokens.exec(text)) {
    const [, token = ''] = found;
    if (numberText(Number(token)) !== token) return false;
  }
  return true;
}

/** Whether lists and objects are nested no deeper. */
function isWithin(json: PythonJson, levels: number): boolean {
  if (typeof json !== 'object' || json === null) return true;
  if (levels === 0) return false;
  return Object.values(json).every((member: PythonJson) => isWithin(member, levels - 1));
}

function integerOf(token: string): number | bigint {
  const value = Number(token);
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  return BigInt(token);
}

function floatOf(token: string): number | PythonFloat {
  const value = Number(token);
  return numberText(value) === token ? value : new PythonFloat(value, token);
}

function print(value: PythonJson, indent: string | undefined, sorted: boolean, newline: string): string {
  switch (typeof value) {
    case 'string':
      return stringText(value);
    case 'number':
      return numberText(value);
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
  }
  if (value === null) return 'null';
  if (value instanceof PythonFloat) return Number.isNaN(value.value) ? 'null' : value.text;
  const inner = indent === undefined ? '' : newline + indent;
  const between = indent === undefined ? ', ' : `,${inner}`;
  const outer = indent === undefined ? '' : newline;
  if (isList(value)) {
    if (value.length === 0) return '[]';
    return `[${inner}${value.map((item) => print(item, indent, sorted, inner)).join(between)}${outer}]`;
  }
  const names = Object.keys(value);
  if (names.length === 0) return '{}';
  if (sorted) names.sort(byCodePoints);
  const members = names.map(
    (name) => `${stringText(name)}: ${print(value[name] ?? null, indent, sorted, inner)}`,
  );
  return `{${inner}${members.join(between)}${outer}}`;
}

function stringText(text: string): string {
  const quoted = JSON.stringify(text);
  // What `JSON.stringify` leaves and Python escapes: all but the printable characters of ASCII.
  return /[^ -~]/.test(quoted)
    ? quoted.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : quoted;
}

/** The units of UTF-16 have another order: those of characters beyond U+FFFF stand before U+E000. */
function byCodePoints(a: string, b: string): number {
  if (a === b) return 0;
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
  if (Number.isNaN(left)) return -1;
  if (Number.isNaN(right)) return 1;
  return rank(left) - rank(right);
}

/** Surrogates after all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/** Copies one value. */
class Taker {
  readonly #verb: string;
  /** The way to the value that is being copied, and the objects along it. */
  readonly #path: Step[] = [];
  readonly #around: Set<object> = new Set();

  constructor(verb: string) {
    this.#verb = verb;
  }

  take(value: unknown): PythonJson {
    switch (typeof value) {
      case 'string':
      case 'boolean':
      case 'bigint':
        return value;
      case 'number':
        if (Number.isFinite(value)) return value;
        throw this.#refusal(value, 'such number', 'use null or a text instead');
      case 'object':
        return value === null || value instanceof PythonFloat ? value : this.#nested(value);
      case 'undefined':
        throw this.#refusal(value, 'undefined', 'use null instead');
      default:
        throw this.#refusal(value, `${typeof value}s`);
    }
  }

  #nested(value: object): PythonJson {
    if (this.#around.has(value)) throw this.#refusal(value, 'objects that contain themselves');
    if (this.#path.length >= deepestPythonJson)
      throw new TypeError(
        `Cannot ${this.#verb} as it must not be nested more than ${deepestPythonJson} levels deep: received one more`,
      );
    this.#around.add(value);
    const copy = Array.isArray(value) ? this.#list(value) : this.#object(value);
    this.#around.delete(value);
    return copy;
  }

  #list(list: readonly unknown[]): PythonJson {
    // With the holes of sparse ones, which are refused as `undefined`.
    return Array.from(list, (item, at) => this.#at(at, item));
  }

  #object(value: object): PythonJson {
    if (!isPlainObject(value))
      throw this.#refusal(value, `objects of the class ${classNameOf(value)}`, mendFor(value));
    return objectOf(
      Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([name, member]) => [name, this.#at(name, member)] as const),
    );
  }

  #at(step: Step, value: unknown): PythonJson {
    this.#path.push(step);
    const copy = this.take(value);
    this.#path.pop();
    return copy;
  }

  #refusal(value: unknown, what: string, mend?: string): TypeError {
    const place = this.#path.length === 0 ? '' : ` at ${pathText('value', this.#path)}`;
    const advice = mend === undefined ? '' : `\n  ${mend}`;
    return new TypeError(
      `Cannot ${this.#verb} as JSON has no ${what}: received ${inspectShort(value)}${place}${advice}`,
    );
  }
}

function mendFor(value: object): string | undefined {
  if (value instanceof Date) return 'use its toISOString()';
  if (value instanceof Map) return 'use Object.fromEntries(map)';
  if (value instanceof Set || ArrayBuffer.isView(value)) return 'use Array.from(it)';
  return undefined;
}

/** Keeps a member called `__proto__` a member. */
function objectOf<Member>(members: readonly (readonly [string, Member])[]): {
  readonly [name: string]: Member;
} {
  return Object.fromEntries(members);
}

function isList(value: PythonJson): value is readonly PythonJson[] {
  return Array.isArray(value);
}
