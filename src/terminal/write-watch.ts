/**
 * Notices what the rest of the program writes to the terminal while a live region is drawn.
 *
 * `console.log` and friends end in `process.stdout.write` and `process.stderr.write`. While a watch is active,
 * these are wrapped: the text goes out unchanged, in order, at once, through the same stream; the owner of
 * the region is told before and after, so that it can step aside. Disposing puts back what was there.
 */

import type { TextStream } from './stream-writer.ts';

/** Told about writes of others. */
export interface WriteListener {
  /** Someone is about to write. */
  before(): void;
  /**
   * Someone has written.
   *
   * @param tail - what follows the last line break of the text, or all of it
   * @param isNewLine - whether the text has a line break
   */
  after(tail: string, isNewLine: boolean): void;
}

/** Watches the streams among `streams` that are terminals. */
export function watchWrites(streams: readonly TextStream[], listener: WriteListener): Disposable {
  const watched = [...new Set(streams)].filter((stream) => stream.isTTY === true);
  const releases = watched.map((stream) => wrap(stream, listener));
  return {
    [Symbol.dispose]: () => {
      for (const release of releases) release();
    },
  };
}

/** Tells whether a stream is being watched: then a live region is drawn on its terminal. */
export function isWatched(stream: TextStream): boolean {
  return Reflect.get(stream.write, WATCHES) === true;
}

/** Set on the wrapper while it is active; the same for every copy of heddle in the process. */
const WATCHES = Symbol.for('heddle.terminal.watches');

function wrap(stream: TextStream, listener: WriteListener): () => void {
  const original = stream.write;
  const isOwn = Object.hasOwn(stream, 'write');
  let isActive = true;
  const wrapped = function (this: unknown, ...args: Parameters<TextStream['write']>): boolean {
    if (!isActive) return Reflect.apply(original, stream, args);
    listener.before();
    try {
      return Reflect.apply(original, stream, args);
    } finally {
      const text = textOf(args[0]);
      const end = text.lastIndexOf('\n');
      listener.after(text.slice(end + 1), end >= 0);
    }
  };
  Reflect.set(wrapped, WATCHES, true);
  stream.write = wrapped as TextStream['write'];
  return () => {
    isActive = false;
    Reflect.set(wrapped, WATCHES, false);
    // Someone else may have wrapped our wrapper since; then it stays, and passes everything on.
    if (stream.write !== wrapped) return;
    if (isOwn) stream.write = original;
    else Reflect.deleteProperty(stream, 'write');
  };
}

function textOf(chunk: unknown): string {
  if (typeof chunk === 'string') return chunk;
  return chunk instanceof Uint8Array
    ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString()
    : '';
}
