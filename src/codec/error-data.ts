/**
 * Errors as data, for places where an error object would lose its class, name, code and causes.
 *
 * Built-in classes come back as themselves, errors of heddle as such; an error of another class comes
 * back as an `Error` with its name, message, stack and own properties.
 */

import { HeddleError } from '../base/errors.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { expectList, expectRecord, expectText, expectTextOrNone, unexpected } from './expect.ts';

/** An error as data. Its parts are plain or packed values. */
export interface ErrorData {
  readonly className: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Whether there is a cause: `undefined` is one too. */
  readonly hasCause: boolean;
  readonly cause: unknown;
  /** The errors of an `AggregateError`. */
  readonly errors: readonly unknown[] | undefined;
  /** Own enumerable properties, such as `code`, that can be packed. */
  readonly properties: Readonly<Record<string, unknown>>;
}

type ErrorClass = new (message?: string, options?: ErrorOptions) => Error;

const classes = new Map<string, ErrorClass>(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((Class) => [
    Class.name,
    Class,
  ]),
);

/** Members that are not among the properties. */
const ownParts: readonly string[] = ['name', 'message', 'stack', 'cause', 'errors'];

/**
 * Takes an error apart.
 *
 * @param pack - packs a part; a part for which it throws is left out, since a lesser error says more than none
 */
export function toErrorData(error: Error, pack: (value: unknown) => unknown): ErrorData {
  const properties: Record<string, unknown> = {};
  for (const key of Object.keys(error)) {
    if (ownParts.includes(key)) continue;
    const packed = tryPack((error as unknown as Record<string, unknown>)[key], pack);
    if (packed !== undefined) properties[key] = packed.value;
  }
  const hasCause = 'cause' in error;
  return {
    className: error.constructor?.name ?? 'Error',
    name: String(error.name),
    message: String(error.message),
    stack: typeof error.stack === 'string' ? error.stack : undefined,
    hasCause,
    cause: hasCause ? packOrText(error.cause, pack) : undefined,
    errors:
      error instanceof AggregateError
        ? error.errors.map((inner: unknown) => packOrText(inner, pack))
        : undefined,
    properties,
  };
}

/** What cannot be packed is told as text: less than it was, but more than nothing. */
function packOrText(value: unknown, pack: (value: unknown) => unknown): unknown {
  const packed = tryPack(value, pack);
  return packed === undefined ? inspectShort(value) : packed.value;
}

function tryPack(value: unknown, pack: (value: unknown) => unknown): { readonly value: unknown } | undefined {
  try {
    return { value: pack(value) };
  } catch {
    return undefined;
  }
}

/**
 * Puts an error together again.
 *
 * @throws {DecodeError} If the data is not what `toErrorData` gives.
 */
export function fromErrorData(given: unknown, unpack: (value: unknown) => unknown): Error {
  const data = checked(given);
  const error = makeError(data, unpack);
  if (error.name !== data.name) {
    Object.defineProperty(error, 'name', { value: data.name, configurable: true, writable: true });
  }
  if (data.stack !== undefined) {
    Object.defineProperty(error, 'stack', { value: data.stack, configurable: true, writable: true });
  }
  for (const [key, value] of Object.entries(data.properties)) {
    Object.defineProperty(error, key, {
      value: unpack(value),
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
  return error;
}

function checked(given: unknown): ErrorData {
  const data = expectRecord(given, 'error');
  const { errors } = data;
  const properties = expectRecord(data['properties'], 'error.properties');
  // Whoever shows an error takes these for texts.
  for (const part of ownParts)
    if (Object.hasOwn(properties, part))
      throw unexpected(properties, 'error.properties', `without '${part}'`);
  return {
    className: expectText(data['className'], 'error.className'),
    name: expectText(data['name'], 'error.name'),
    message: expectText(data['message'], 'error.message'),
    stack: expectTextOrNone(data['stack'], 'error.stack'),
    hasCause: data['hasCause'] === true,
    cause: data['cause'],
    errors: errors === undefined ? undefined : expectList(errors, 'error.errors'),
    properties,
  };
}

function makeError(
  { className, name, message, hasCause, cause, errors, properties }: ErrorData,
  unpack: (value: unknown) => unknown,
): Error {
  const options = hasCause ? { cause: unpack(cause) } : undefined;
  if (errors !== undefined) return new AggregateError(errors.map(unpack), message, options);
  if (className === 'DOMException') return new DOMException(message, name);
  const { code } = properties;
  if (typeof code === 'string' && code.startsWith('HEDDLE_')) return new HeddleError(code, message, options);
  return new (classes.get(className) ?? Error)(message, options);
}
