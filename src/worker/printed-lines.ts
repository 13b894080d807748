/**
 * What workers print, handed on in whole lines, so that lines of several workers do not mix.
 *
 * Nothing is changed or lost: bytes go out in order; a line that has no end goes out when its worker ends,
 * and gets one. Waiting for a slow target is passed on to the worker.
 */

import type { Readable, Writable } from 'node:stream';

/** A longer line goes out in parts, in bytes. Arbitrary. */
const longestLine = 65_536;
const lineBreak = 10;

/** Where lines go. Asked for each time, since a program may exchange its streams. */
export type LineTarget = () => Writable;

/** The lines of several workers to the same targets. */
export class PrintedLines {
  /** What waits for a target. One listener each, however many workers wait. */
  readonly #waiting = new Map<Writable, Set<Readable>>();

  /**
   * Hands on what comes from a source.
   *
   * @returns ends it: hands on what is left of a line
   */
  forward(source: Readable, target: LineTarget): () => void {
    let rest: Buffer[] = [];
    let restLength = 0;
    const write = (last: Buffer): void => {
      const bytes = rest.length === 0 ? last : Buffer.concat([...rest, last]);
      rest = [];
      restLength = 0;
      this.#write(bytes, source, target());
    };
    const keep = (part: Buffer): void => {
      if (part.length === 0) return;
      rest.push(part);
      restLength += part.length;
    };
    source.on('data', (chunk: Buffer) => {
      const end = restLength + chunk.length > longestLine ? chunk.length : chunk.lastIndexOf(lineBreak) + 1;
      if (end > 0) write(chunk.subarray(0, end));
      keep(chunk.subarray(end));
    });
    return () => {
      if (restLength > 0) write(Buffer.from([lineBreak]));
    };
  }

  #write(bytes: Buffer, source: Readable, target: Writable): void {
    if (!target.writable) return;
    // As for the console: a reader that went away does not end the program.
    target.once('error', ignore);
    try {
      const hasRoom = target.write(bytes, (error) => {
        if (error instanceof Error && target.listenerCount('error') === 0) target.once('error', ignore);
      });
      if (!hasRoom) this.#wait(source, target);
    } finally {
      target.removeListener('error', ignore);
    }
  }

  #wait(source: Readable, target: Writable): void {
    source.pause();
    const waiting = this.#waiting.get(target);
    if (waiting !== undefined) {
      waiting.add(source);
      return;
    }
    const sources = new Set([source]);
    this.#waiting.set(target, sources);
    const goOn = (): void => {
      target.removeListener('drain', goOn).removeListener('close', goOn);
      this.#waiting.delete(target);
      for (const waiter of sources) waiter.resume();
    };
    target.once('drain', goOn).once('close', goOn);
  }
}

function ignore(): void {
  // On purpose.
}
