/**
 * Writing to a pipe, so that it is there when this returns.
 */

const { writeSync } = process.getBuiltinModule('node:fs');

/** Writes all bytes, waiting for the other end if the pipe is full. What cannot be written as nobody reads is dropped. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  let left = bytes;
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(fd, left));
    } catch (error) {
      // A full pipe is waited for, should it have been made one that does not wait. Any other error: the host is gone.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
