/**
 * A file that text is appended to without waiting.
 *
 * - **Bound:** what the disk has not taken yet is at most so many bytes; what comes then is dropped, and counted.
 * - **Failure:** nothing throws before the end, which tells what went wrong with the file.
 */

import type { WriteStream } from 'node:fs';
import type { Gzip } from 'node:zlib';
import { systemClock } from '../base/clock.ts';
import { HeddleError } from '../base/errors.ts';
import { makeFolders } from '../base/make-folders.ts';

/** Arbitrary: some hundred thousand events. */
const mostWaitingBytes = 64 * 2 ** 20;
/** Text is handed over in pieces of about this size: a write costs more than a join. */
const pieceLength = 64 * 1024;
/** A piece that is not full waits no longer, so that who reads the file meanwhile keeps up. */
const periodMs = 250;

/** A file of events could not be written. */
export class TraceFileError extends HeddleError {
  override readonly name = 'TraceFileError';
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super('HEDDLE_TRACE_FILE', `Cannot write events to a file: received '${path}': ${String(cause)}`, {
      cause,
    });
    this.path = path;
  }
}

export class BoundedFile {
  readonly #path: string;
  readonly #mostWaiting: number;
  #file: WriteStream | undefined;
  #zip: Gzip | undefined;
  #piece: string[] = [];
  #pieceLength = 0;
  #timer: Disposable | undefined;
  #dropped = 0;
  #failure: { readonly error: unknown } | undefined;
  #closing: Promise<void> | undefined;

  /** @param path - of a file that is made anew when something is written; one that ends with `.gz` is compressed */
  constructor(path: string, mostWaiting: number = mostWaitingBytes) {
    this.#path = path;
    this.#mostWaiting = mostWaiting;
  }

  /** How many texts were not written. */
  get dropped(): number {
    return this.#dropped;
  }

  append(text: string): void {
    if (this.#failure !== undefined || this.#closing !== undefined) {
      this.#dropped++;
      return;
    }
    this.#piece.push(text);
    this.#pieceLength += text.length;
    if (this.#pieceLength >= pieceLength) this.flush();
    else this.#timer ??= systemClock.after(periodMs, () => this.flush(), { ref: false });
  }

  /** Hands over what was appended. */
  flush(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    if (this.#piece.length === 0 || this.#failure !== undefined) return;
    const texts = this.#piece;
    const text = texts.join('');
    this.#piece = [];
    this.#pieceLength = 0;
    try {
      const stream = this.#open();
      const waiting =
        stream.writableLength + (this.#zip === undefined ? 0 : (this.#file?.writableLength ?? 0));
      if (waiting > this.#mostWaiting) this.#dropped += texts.length;
      else stream.write(text);
    } catch (error) {
      this.#failure = { error };
      this.#dropped += texts.length;
    }
  }

  /** Waits until the disk has taken what was appended, or cannot. */
  async drained(): Promise<void> {
    this.flush();
    const stream = this.#zip ?? this.#file;
    if (stream === undefined || this.#failure !== undefined || !stream.writableNeedDrain) return;
    const { once } = process.getBuiltinModule('node:events');
    await once(stream, 'drain').catch(() => undefined);
  }

  /**
   * Writes a last text, which is never dropped, and closes the file.
   *
   * @throws {TraceFileError} If the file is not whole.
   */
  close(last: () => string): Promise<void> {
    this.#closing ??= this.#close(last);
    return this.#closing;
  }

  async #close(last: () => string): Promise<void> {
    this.flush();
    if (this.#failure === undefined) {
      try {
        const stream = this.#open();
        const { finished } = process.getBuiltinModule('node:stream/promises');
        const written = finished(this.#file as WriteStream);
        stream.end(last());
        await written;
      } catch (error) {
        this.#failure ??= { error };
      }
    }
    if (this.#failure !== undefined) throw new TraceFileError(this.#path, this.#failure.error);
  }

  #open(): WriteStream | Gzip {
    if (this.#file === undefined) {
      const { createWriteStream } = process.getBuiltinModule('node:fs');
      const { dirname } = process.getBuiltinModule('node:path');
      makeFolders(dirname(this.#path));
      const file = createWriteStream(this.#path);
      const onError = (error: Error): void => {
        this.#failure ??= { error };
      };
      file.on('error', onError);
      this.#file = file;
      if (this.#path.endsWith('.gz')) {
        this.#zip = process.getBuiltinModule('node:zlib').createGzip({ level: 1 });
        this.#zip.on('error', onError);
        this.#zip.pipe(file);
      }
    }
    return this.#zip ?? this.#file;
  }
}
