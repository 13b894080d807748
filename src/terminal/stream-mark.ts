/**
 * Something that a stream has while it is shown on: found by whoever holds the stream, and by nobody else.
 *
 * A terminal is one for all of the process, so those who draw on it must find each other. What they find hangs on the
 * stream itself and leaves with it. Two copies of heddle do not find each other's: their insides may differ.
 */

import type { TextStream } from './stream-writer.ts';

/** A kind of mark; a stream has at most one of it. */
export class StreamMark<Value> {
  readonly #key = Symbol('heddle.terminal.mark');

  find(stream: TextStream): Value | undefined {
    return Reflect.get(stream, this.#key) as Value | undefined; // Nobody else has the key.
  }

  put(stream: TextStream, value: Value): void {
    Object.defineProperty(stream, this.#key, { value, configurable: true });
  }

  /** Takes the mark away if it is still this one. */
  remove(stream: TextStream, value: Value): void {
    if (this.find(stream) === value) Reflect.deleteProperty(stream, this.#key);
  }
}
