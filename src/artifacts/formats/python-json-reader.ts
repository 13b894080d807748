/**
 * Reads the grammar of JSON, with the bare `NaN`, `Infinity` and `-Infinity` of Python, and gives the tokens of its numbers
 * to who knows what to make of them.
 *
 * Recursive descent over the units of the text, in one pass. It allows exactly what Python's `json.loads` allows, but for
 * control characters in strings, which both refuse. A member called `__proto__` is a member like others.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { DecodeError } from '../../codec/decode-error.ts';

/** What is made of numbers, and how deep lists and objects may be nested. */
export interface ReadingRules {
  readonly deepest: number;
  /** Makes a number of a token without fraction and exponent. */
  readonly integer: (token: string) => unknown;
  /** Makes a number of a token with one of them. */
  readonly float: (token: string) => unknown;
}

const numberPattern = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const spacePattern = /[ \t\n\r]*/y;
const wordPattern = /[-+.\w]+/y;

const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openList = 0x5b;
const backslash = 0x5c;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/** Words that stand for values. */
const words: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** Reads one text, once. */
export class PythonJsonReader {
  readonly #text: string;
  readonly #name: string;
  readonly #rules: ReadingRules;
  #at = 0;
  #depth = 0;

  constructor(text: string, name: string, rules: ReadingRules) {
    this.#text = text;
    this.#name = name;
    this.#rules = rules;
  }

  /** @throws {DecodeError} */
  read(): unknown {
    const value = this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#fault('there is more after its end');
    return value;
  }

  #value(): unknown {
    this.#skipSpace();
    switch (this.#text.charCodeAt(this.#at)) {
      case quote:
        return this.#string();
      case openObject:
        return this.#nested(() => this.#object());
      case openList:
        return this.#nested(() => this.#list());
      default:
        return this.#numberOrWord();
    }
  }

  #nested(read: () => unknown): unknown {
    if (this.#depth >= this.#rules.deepest)
      throw this.#fault(`it is nested more than ${this.#rules.deepest} levels deep`);
    this.#depth++;
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#at++;
    if (this.#accept(closeObject)) return object;
    while (true) {
      this.#skipSpace();
      if (this.#text.charCodeAt(this.#at) !== quote) throw this.#fault("a name in '\"' is missing");
      const name = this.#string();
      if (!this.#accept(colon)) throw this.#fault("a ':' is missing");
      const value = this.#value();
      if (name === '__proto__')
        Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
      else object[name] = value;
      if (this.#accept(comma)) continue;
      if (this.#accept(closeObject)) return object;
      throw this.#fault("a ',' or '}' is missing");
    }
  }

  #list(): unknown[] {
    const list: unknown[] = [];
    this.#at++;
    if (this.#accept(closeList)) return list;
    while (true) {
      list.push(this.#value());
      if (this.#accept(comma)) continue;
      if (this.#accept(closeList)) return list;
      throw this.#fault("a ',' or ']' is missing");
    }
  }

  #string(): string {
    const start = this.#at;
    let hasEscapes = false;
    for (let at = start + 1; at < this.#text.length; at++) {
      const unit = this.#text.charCodeAt(at);
      if (unit === quote) {
        this.#at = at + 1;
        if (!hasEscapes) return this.#text.slice(start + 1, at);
        return this.#unescape(start, at + 1);
      }
      if (unit === backslash) {
        hasEscapes = true;
        at++;
      } else if (unit < space) {
        this.#at = at;
        throw this.#fault('a string has a control character');
      }
    }
    throw this.#fault('a string has no end');
  }

  #unescape(start: number, end: number): string {
    try {
      return JSON.parse(this.#text.slice(start, end)) as string;
    } catch {
      this.#at = start;
      throw this.#fault('a string has an escape that is none');
    }
  }

  #numberOrWord(): unknown {
    numberPattern.lastIndex = this.#at;
    const number = numberPattern.exec(this.#text);
    if (number !== null) {
      const [token, fraction, exponent] = number;
      this.#at += token.length;
      return fraction === undefined && exponent === undefined
        ? this.#rules.integer(token)
        : this.#rules.float(token);
    }
    wordPattern.lastIndex = this.#at;
    const [word = ''] = wordPattern.exec(this.#text) ?? [];
    if (!words.has(word)) throw this.#fault('a value is missing');
    this.#at += word.length;
    return words.get(word);
  }

  #accept(unit: number): boolean {
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#at) !== unit) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    if (this.#text.charCodeAt(this.#at) > space) return;
    spacePattern.lastIndex = this.#at;
    this.#at += (spacePattern.exec(this.#text) ?? [''])[0].length;
  }

  #fault(reason: string): DecodeError {
    const before = this.#text.slice(0, this.#at);
    const line = before.split('\n').length;
    const column = this.#at - before.lastIndexOf('\n');
    const rest = this.#text.slice(this.#at, this.#at + 20);
    const received = rest === '' ? 'the end' : inspectShort(rest);
    const place = `line ${line}, column ${column}`;
    return new DecodeError(place, `Cannot read ${this.#name} as ${reason} at ${place}: received ${received}`);
  }
}
