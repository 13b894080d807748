/**
 * All that a dashboard shows, as bytes: what a report holds.
 *
 * The length of the head (4 bytes, little endian), the head as JSON, and a frame for each run, each at a multiple of 8.
 */

import type { WatchedState } from '../watched-state.ts';

interface PackHead {
  readonly version: 1;
  readonly state: WatchedState;
  readonly frames: readonly (readonly [run: number, length: number])[];
}

/** What was packed. */
export interface Unpacked {
  readonly state: WatchedState;
  /** By run. */
  readonly frames: ReadonlyMap<number, Uint8Array<ArrayBuffer>>;
}

/** Packs the state, and frames since revision 0. */
export function packReport(
  state: WatchedState,
  frames: ReadonlyMap<number, Uint8Array>,
): Uint8Array<ArrayBuffer> {
  const head: PackHead = {
    version: 1,
    state,
    frames: Array.from(frames, ([run, { length }]) => [run, length]),
  };
  const text = new TextEncoder().encode(JSON.stringify(head));
  let length = padded(4 + text.length);
  for (const frame of frames.values()) length += padded(frame.length);
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  let at = padded(4 + text.length);
  for (const frame of frames.values()) {
    bytes.set(frame, at);
    at += padded(frame.length);
  }
  return bytes;
}

/** @throws {RangeError} If they are of another version. */
export function unpackReport(bytes: Uint8Array<ArrayBuffer>): Unpacked {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as PackHead;
  if (head.version !== 1)
    throw new RangeError(
      `Cannot read a report as its version is not 1: received ${String((head as { version: unknown }).version)}`,
    );
  const frames = new Map<number, Uint8Array<ArrayBuffer>>();
  let at = padded(4 + length);
  for (const [run, frameLength] of head.frames) {
    frames.set(run, bytes.subarray(at, at + frameLength));
    at += padded(frameLength);
  }
  return { state: head.state, frames };
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}
