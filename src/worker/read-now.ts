/**
 * Reading what is in a pipe already, at once.
 */

import type { Socket } from 'node:net';
import { once } from '../base/once.ts';

/** How much is read at once. What Node.js reads at most. */
const readBytes = 65_536;
const fs = once(() => process.getBuiltinModule('node:fs'));
const buffer = once(() => Buffer.allocUnsafeSlow(readBytes));

/**
 * Tells the listeners of a pipe, also if it is paused, of all that is in it. Leaves its end, and errors, to the pipe.
 *
 * Does nothing but empty the pipe's own buffer where the pipe has no file descriptor, as on Windows.
 */
export function readNow(pipe: Socket): void {
  while (pipe.read() !== null) {
    // Its listeners have been told.
  }
  const { fd = -1 } =
    (pipe as unknown as { readonly _handle?: { readonly fd?: number } | null })._handle ?? {};
  if (fd < 0) return;
  for (let length = read(fd); length > 0; length = read(fd)) {
    pipe.emit('data', Buffer.from(buffer().subarray(0, length)));
  }
}

/** @returns how much was read; 0 if there is nothing now, or nothing will come */
function read(fd: number): number {
  const { stackTraceLimit } = Error;
  // That there is nothing is told by an error, and its stack is most of what that costs.
  Reflect.set(Error, 'stackTraceLimit', 0);
  try {
    return fs().readSync(fd, buffer());
  } catch {
    return 0;
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  }
}
