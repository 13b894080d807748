/**
 * What kind of object a value is, as far as copying is concerned.
 */

const objectPrototype = Object.prototype;

/** Whether a value is an object made by `{}`, of this realm or another one, and of no class. */
export function isPlainObject(value: object): value is Record<PropertyKey, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === objectPrototype || prototype === null) return true;
  // Another realm (`node:vm`) has its own Object.prototype: the one above which nothing stands.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf');
}

/** The name of a value's class, for messages: `Model`, `Array`, `null-prototype object`. */
export function classNameOf(value: object): string {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null;
  if (prototype === null) return 'null-prototype object';
  const name = prototype.constructor?.name;
  return typeof name === 'string' && name !== '' ? name : 'anonymous class';
}
