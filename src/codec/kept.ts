/**
 * What the structured clone algorithm keeps.
 */

const keptPrototypes = new Set<unknown>([
  Date.prototype,
  RegExp.prototype,
  ArrayBuffer.prototype,
  SharedArrayBuffer.prototype,
  DataView.prototype,
  Map.prototype,
  Set.prototype,
  Boolean.prototype,
  Number.prototype,
  String.prototype,
]);

/** Whether the clone algorithm keeps an instance exactly as it is. */
export function isKept(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (keptPrototypes.has(prototype)) return true;
  return (
    ArrayBuffer.isView(value) &&
    prototype !== Buffer.prototype &&
    Object.getPrototypeOf(prototype) === Object.getPrototypeOf(Uint8Array.prototype)
  );
}
