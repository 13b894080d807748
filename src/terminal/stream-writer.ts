/**
 * Writes text to a stream that may be closed by the other side at any time (`| head`).
 *
 * A closed stream neither crashes nor stops the program: from then on, what is written is dropped.
 */

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
    // An error is told after the fact, so the listener stays until the last write is through.
    if (!this.#isOpen) this.#leave(true);
    else {
      try {
        const onWritten = (error?: Error | null): void => this.#leave(error !== undefined && error !== null);
        this.#write.call(this.#stream, text, 'utf8', onWritten);
      } catch {
        this.#leave(true);
      }
    }
    this.#isLost = true;
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #leave(hasFailed: boolean): void {
    // The error of a closed stream may come later still: one listener for all writers stays with it for good.
    if (hasFailed && !this.#stream.listeners('error').includes(ignoreError)) {
      this.#stream.on('error', ignoreError);
    }
    this.#stream.off('error', this.#onError);
  }

  get #isOpen(): boolean {
    return !this.#isLost && this.#stream.destroyed !== true && this.#stream.writableEnded !== true;
  }
}

function ignoreError(): void {}
