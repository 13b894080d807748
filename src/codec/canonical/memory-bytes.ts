/**
 * The bytes of buffers, and of views on them, as they are digested: where they lie, in the order of little-endian machines.
 */

import { elementCode, tag } from './format.ts';
import { Refusal } from './refusal.ts';

const typedArrayName = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)?.get as (this: unknown) => string | undefined;

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** What is written before the bytes, as tag, codes and counts; and the bytes. */
export interface MemoryBytes {
  readonly head: readonly number[];
  readonly bytes: Uint8Array;
}

/** The bytes of a typed array, a `Buffer`, or a `DataView` of the class of this name. */
export function bytesOfView(view: ArrayBufferView, className: string): MemoryBytes {
  refuseMovedAway(view.buffer, view.byteLength);
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  if (className === 'DataView') return { head: [tag.dataView], bytes };
  // A prototype can be changed; what an array holds cannot.
  if (typedArrayName.call(view) !== (className === 'Buffer' ? 'Uint8Array' : className))
    throw new TypeError(`it is no ${className}`);
  if (className === 'Buffer') return { head: [tag.nodeBuffer], bytes };
  const width = (view as Uint8Array).BYTES_PER_ELEMENT;
  return {
    head: [tag.typedArray, elementCode[className] as number],
    bytes: isLittleEndian ? bytes : littleEndian(bytes, width),
  };
}

/** The bytes of an `ArrayBuffer` or `SharedArrayBuffer`; the counts of one that can grow tell how far. */
export function bytesOfBuffer(
  buffer: ArrayBuffer | SharedArrayBuffer,
): MemoryBytes & { readonly most?: number } {
  refuseMovedAway(buffer, buffer.byteLength);
  const bytes = new Uint8Array(buffer);
  if (buffer instanceof SharedArrayBuffer) {
    if (!buffer.growable) return { head: [tag.sharedArrayBuffer], bytes };
    return { head: [tag.growableSharedArrayBuffer], bytes, most: buffer.maxByteLength };
  }
  if (!buffer.resizable) return { head: [tag.arrayBuffer], bytes };
  return { head: [tag.resizableArrayBuffer], bytes, most: buffer.maxByteLength };
}

/** Turns the bytes of each element around, in a copy. */
export function littleEndian(bytes: Uint8Array, width: number): Uint8Array {
  const copy = Buffer.from(bytes);
  if (width === 2) return copy.swap16();
  if (width === 4) return copy.swap32();
  return width === 8 ? copy.swap64() : copy;
}

/** Memory that was moved away reads as empty; it is not the same as empty memory. */
function refuseMovedAway(buffer: ArrayBufferLike, byteLength: number): void {
  if (byteLength === 0 && !(buffer instanceof SharedArrayBuffer) && buffer.detached)
    throw new Refusal('its memory was moved away', 'digest it before it is moved');
}
