/**
 * Pictures of values: lines of text that are equal if two values are, with their classes, the order of their members,
 * holes, and what is shared in them. Two pictures are compared where values of two processes cannot be.
 *
 * Not in a picture: the stacks of errors, which tell where a call ran.
 */

import { createHash } from 'node:crypto';
import { encodeSymbol, isDelayed, Quoted } from '../../src/index.ts';

/** Longer texts and bytes are shown by their length and digest. */
const longest = 200;

/** Draws a value. */
export function pictureOf(value: unknown): string[] {
  const drawing = new Drawing();
  drawing.draw('', value);
  return drawing.lines;
}

class Drawing {
  readonly lines: string[] = [];
  readonly #numbers = new Map<object, number>();
  #indent = '';

  draw(label: string, value: unknown): void {
    const head = `${this.#indent}${label === '' ? '' : `${label}: `}`;
    if (typeof value !== 'object' || value === null || value instanceof Quoted) {
      this.lines.push(head + textOf(value));
      return;
    }
    const known = this.#numbers.get(value);
    if (known !== undefined) {
      this.lines.push(`${head}#${known} again`);
      return;
    }
    this.#numbers.set(value, this.#numbers.size);
    this.lines.push(`${head}#${this.#numbers.size - 1} ${classOf(value)}${contentOf(value)}`);
    const before = this.#indent;
    this.#indent += '  ';
    for (const [name, part] of partsOf(value)) this.draw(name, part);
    this.#indent = before;
  }
}

function textOf(value: unknown): string {
  if (isDelayed(value)) return 'a delayed value';
  if (value instanceof Quoted) return 'a quoted graph';
  if (typeof value === 'string') return value.length > longest ? digestOf(value) : JSON.stringify(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'bigint') return `${value}n`;
  return Object.is(value, -0) ? '-0' : String(value);
}

function digestOf(content: string | Uint8Array): string {
  return `${content.length} of ${createHash('sha256').update(content).digest('hex')}`;
}

/** The name of its class; of one that has the name of a class of JavaScript's own without being it, so much. */
function classOf(value: object): string {
  const prototype = Object.getPrototypeOf(value) as {
    readonly constructor: { readonly name: string };
  } | null;
  if (prototype === null) return 'without a class';
  const { name } = prototype.constructor;
  const own = (globalThis as unknown as Record<string, { readonly prototype?: unknown } | undefined>)[name];
  return own === undefined || own.prototype === prototype ? name : `another ${name}`;
}

/** What is in a value besides its members. */
function contentOf(value: object): string {
  if (Array.isArray(value)) return ` of ${value.length}`;
  if (value instanceof Date) return ` ${value.getTime()}`;
  if (value instanceof RegExp) return ` ${String(value)}`;
  if (ArrayBuffer.isView(value)) return bytesText(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return bytesText(value, 0, value.byteLength);
  if (value instanceof Error) return ` ${value.name}`;
  if (value instanceof Number || value instanceof String || value instanceof Boolean)
    return ` ${textOf(value.valueOf())}`;
  return '';
}

function bytesText(buffer: ArrayBufferLike, offset: number, length: number): string {
  const bytes = new Uint8Array(buffer, offset, length);
  return ` ${length > longest ? digestOf(bytes) : `<${Buffer.from(bytes).toString('hex')}>`}`;
}

/** Members and entries, in order. */
function* partsOf(value: object): Generator<readonly [string, unknown]> {
  if (value instanceof Map) {
    for (const [key, item] of value) {
      yield ['key', key];
      yield ['value', item];
    }
  }
  if (value instanceof Set) for (const item of value) yield ['item', item];
  // What is private to an instance is known by its codec only.
  if (encodeSymbol in value) yield ['encoded', (value[encodeSymbol] as () => unknown)()];
  if (ArrayBuffer.isView(value) || value instanceof String) return;
  const hidden = value instanceof Error ? ['stack', 'name'] : ['length'];
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key === 'string' && hidden.includes(key) && !isRecordMember(value, key)) continue;
    yield [String(key), (value as Readonly<Record<PropertyKey, unknown>>)[key]];
  }
}

function isRecordMember(value: object, key: string): boolean {
  return !(value instanceof Error) && Object.prototype.propertyIsEnumerable.call(value, key);
}
