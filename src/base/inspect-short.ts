/**
 * Any value as a few characters, for messages and pictures.
 *
 * Never throws, never runs code of the user (no getters, no `toString`, no `toJSON`), and costs no
 * more than the characters it shows.
 */

import { classNameOf, isPlainObject } from './plain.ts';

export interface InspectShortOptions {
  /**
   * The most characters shown of a string, and elements of a list.
   *
   * @defaultValue 40 characters, 4 elements
   */
  readonly characters?: number;
  readonly elements?: number;
  /** How a value that this function does not know is shown; `undefined` for the default. */
  readonly show?: (value: object) => string | undefined;
}

/** Shows a value in short: `'Oote'`, `[1, 2, 3, 4, …96 more]`, `{ a: 1 }`, `Map(3)`, `Uint8Array(4096)`. */
export function inspectShort(value: unknown, options: InspectShortOptions = {}): string {
  return show(value, options, 2);
}

function show(value: unknown, options: InspectShortOptions, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quoteShort(value, options.characters ?? 40);
    case 'bigint': {
      const digits = value < 10n ** 20n && value > -(10n ** 20n) ? String(value) : '…big integer';
      return `${digits}n`;
    }
    case 'symbol':
      return String(value);
    case 'function':
      try {
        return options.show?.(value) ?? showFunction(value);
      } catch {
        return 'function'; // A hostile proxy or a revoked one.
      }
    case 'object':
      return value === null ? 'null' : showObject(value, options, depth);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    default:
      return String(value);
  }
}

/** By descriptors, since a getter would be code of the user. */
function showError(error: Error): string {
  const message: unknown = Object.getOwnPropertyDescriptor(error, 'message')?.value;
  return `${classNameOf(error)}: ${quoteShort(typeof message === 'string' ? message : '', 60)}`;
}

/** By the descriptor: a proxy of a function may make something of a read `name`. */
function showFunction(value: object): string {
  const name: unknown = Object.getOwnPropertyDescriptor(value, 'name')?.value;
  return typeof name === 'string' && name !== '' ? `function ${name}` : 'function';
}

function quoteShort(text: string, most: number): string {
  const cut = text.length > most ? `${text.slice(0, most / 2)}…${text.slice(text.length - most / 2)}` : text;
  return `'${cut.replace(/[\\']/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r')}'`;
}

function showObject(value: object, options: InspectShortOptions, depth: number): string {
  try {
    const known = options.show?.(value);
    if (known !== undefined) return known;
    if (Array.isArray(value)) return showArray(value, options, depth);
    if (ArrayBuffer.isView(value) && 'length' in value)
      return `${classNameOf(value)}(${String(value.length)})`;
    if (value instanceof Map || value instanceof Set) return `${classNameOf(value)}(${value.size})`;
    if (value instanceof Error) return showError(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof RegExp) return value.toString();
    if (isPlainObject(value)) return showPlain(value, options, depth);
    return classNameOf(value);
  } catch {
    return 'object'; // A hostile proxy or a revoked one.
  }
}

function showArray(list: readonly unknown[], options: InspectShortOptions, depth: number): string {
  if (depth === 0 && list.length > 0) return `Array(${list.length})`;
  const most = options.elements ?? 4;
  const shown: string[] = [];
  for (let i = 0; i < Math.min(most, list.length); i++) shown.push(show(list[i], options, depth - 1));
  if (list.length > most) shown.push(`…${list.length - most} more`);
  return `[${shown.join(', ')}]`;
}

function showPlain(value: Record<PropertyKey, unknown>, options: InspectShortOptions, depth: number): string {
  const keys = Object.keys(value);
  if (keys.length === 0) return '{}';
  if (depth === 0) return '{…}';
  const most = options.elements ?? 4;
  const shown = keys.slice(0, most).map((key) => {
    const property = Object.getOwnPropertyDescriptor(value, key);
    const isData = property !== undefined && 'value' in property;
    return `${key}: ${isData ? show(property.value, options, depth - 1) : 'getter'}`;
  });
  if (keys.length > most) shown.push('…');
  return `{ ${shown.join(', ')} }`;
}
