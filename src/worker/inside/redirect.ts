/**
 * Sends what is written to a standard stream of a worker another way, at once.
 *
 * The stream stays what it is: it may be corked, ended, and waited for, and a task may put its own `write` in
 * the place of the stream's. Only its way out is exchanged, which is Node's own and loses what it has not
 * sent when the worker ends. What native code writes to the file descriptor does not come through here.
 */

import type { Writable } from 'node:stream';

/** @param send - has sent the bytes when it returns; they are not its own */
export function redirect(stream: Writable, send: (bytes: Uint8Array) => void): void {
  const write: Writable['_write'] = (chunk: string | Uint8Array, encoding, done) => {
    send(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    done();
  };
  // Without a way to write several at once the stream writes one by one.
  Object.assign(stream, { _write: write, _writev: null });
}
