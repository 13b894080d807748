/**
 * Writes text to a stream that may be closed by the other side at any time (`| head`).
 *
 * A closed stream neither crashes nor stops the program: from then on, what is written is dropped.
 */

import { StreamMark } from './stream-mark.ts';

/** A stream that text can be shown on: `process.stderr`, `process.stdout`, or any writable stream. */
export interface TextStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean | undefined;
  /** Width and height of the terminal, in characters. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  readonly destroyed?: boolean | undefined;
  readonly writableEnded?: boolean | undefined;
  readonly writableNeedDrain?: boolean | undefined;
}

/** Writes to a stream, from its construction until disposed. */
export class StreamWriter implements Disposable {
  readonly #stream: TextStream;
  readonly #write: TextStream['write'];
  #isLost = false;
  #hasEnded = false;
  readonly #onError = (): void => {
    this.#isLost = true;
  };

  /** @param stream - its `write` is taken as it is now: wrapping it later does not change this writer */
  constructor(stream: TextStream) {
    this.#stream = stream;
    this.#write = stream.write;
    stream.on('error', this.#onError);
  }

  /** Whether the reader keeps up; when it does not, what can be left out should be. */
  get isFree(): boolean {
    return this.#stream.writableNeedDrain !== true;
  }

  /** Writes a text, or drops it if the stream is closed. */
  write(text: string): void {
    if (!this.#isOpen) return;
    try {
      this.#write.call(this.#stream, text);
    } catch {
      this.#isLost = true;
    }
  }

  /** Writes a last text, and leaves the stream alone. Idempotent. */
  end(text = ''): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const parting = part(this.#stream);
    this.#stream.off('error', this.#onError);
    if (!this.#isOpen) parting(true);
    else {
      try {
        const onWritten = (error?: Error | null): void => parting(error !== undefined && error !== null);
        this.#write.call(this.#stream, text, 'utf8', onWritten);
      } catch {
        parting(true);
      }
    }
    this.#isLost = true;
  }

  [Symbol.dispose](): void {
    this.end();
  }

  get #isOpen(): boolean {
    return !this.#isLost && this.#stream.destroyed !== true && this.#stream.writableEnded !== true;
  }
}

/** The writers of a stream that have ended, and whose last text is on its way. */
interface Partings {
  pending: number;
  hasFailed: boolean;
}

const partings = new StreamMark<Partings>();

/**
 * Ignores the errors of a stream from now on, until told how the last text of a writer went: an error is told after the
 * fact, and that of a closed stream may come later still. Then the listener stays for good.
 *
 * One listener does for all writers: a program may end many of them before the first is told.
 */
function part(stream: TextStream): (hasFailed: boolean) => void {
  const found = partings.find(stream);
  const here = found ?? { pending: 0, hasFailed: false };
  if (found === undefined) {
    partings.put(stream, here);
    stream.on('error', ignoreError);
  }
  here.pending += 1;
  return (hasFailed) => {
    here.pending -= 1;
    here.hasFailed ||= hasFailed;
    if (here.pending > 0 || here.hasFailed) return;
    partings.remove(stream, here);
    stream.off('error', ignoreError);
  };
}

function ignoreError(): void {}
