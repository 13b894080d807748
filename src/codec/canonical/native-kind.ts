/**
 * Which of the language's own classes a prototype belongs to.
 *
 * By prototype and not by `instanceof`, since an instance of a subclass may hold more than its base class shows; nor by
 * name, since names can be given to anything. Classes of another realm (`node:vm`) are known by being native code.
 */

import { once } from '../../base/once.ts';
import { elementCode } from './format.ts';

const errorNames = new Set([
  'Error',
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SuppressedError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'DOMException',
]);

const names = new Set([
  ...errorNames,
  ...Object.keys(elementCode),
  'Array',
  'ArrayBuffer',
  'BigInt',
  'Boolean',
  'Buffer',
  'DataView',
  'Date',
  'Map',
  'Number',
  'RegExp',
  'Set',
  'SharedArrayBuffer',
  'String',
]);

const byPrototype = once(() => {
  const known = new Map<unknown, string>();
  for (const name of names) {
    const Class = (globalThis as Record<string, unknown>)[name] as { prototype?: unknown } | undefined;
    // Some are not in every version of Node.js.
    if (Class?.prototype !== undefined) known.set(Class.prototype, name);
  }
  return known;
});

/** The name of the class whose `prototype` this is; `undefined` if it is none of those that are known here. */
export function nativeKindOf(prototype: object | null): string | undefined {
  return byPrototype().get(prototype) ?? (prototype === null ? undefined : foreignKindOf(prototype));
}

/** Whether a kind is a class of errors. */
export function isErrorKind(kind: string): boolean {
  return errorNames.has(kind);
}

function foreignKindOf(prototype: object): string | undefined {
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  if (typeof constructor !== 'function' || constructor.prototype !== prototype) return undefined;
  const text = Function.prototype.toString.call(constructor);
  const name = /^function (\w+)\(\) \{ \[native code\] \}$/.exec(text)?.[1];
  return name !== undefined && names.has(name) ? name : undefined;
}
