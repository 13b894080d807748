/**
 * Gives the lines of workers to a function of the user, whatever that does.
 */

import { isPromiseLike } from '../base/promise-like.ts';
import { thrownText } from '../task/failure.ts';
import type { LineOrigin, LineSink } from './line-writer.ts';
import type { OutputLine } from './output.ts';

export class LineListener implements LineSink {
  readonly #listener: (line: OutputLine) => unknown;
  readonly #instead: LineSink;
  #hasWarned = false;

  /** @param instead - takes the lines for which the listener fails */
  constructor(listener: (line: OutputLine) => unknown, instead: LineSink) {
    this.#listener = listener;
    this.#instead = instead;
  }

  take(origin: LineOrigin, bytes: Buffer): void {
    const lines = bytes.toString().split('\n');
    // A line that was told before it had an end is told as one: what follows the last line break is one, too.
    if (lines.at(-1) === '') lines.pop();
    for (const line of lines) this.#tell(origin, line.endsWith('\r') ? line.slice(0, -1) : line);
  }

  end(): void {
    // Each line was told as a whole.
  }

  #tell(origin: LineOrigin, text: string): void {
    const { worker, stream } = origin;
    const fail = (error: unknown): void => {
      this.#instead.take(origin, Buffer.from(`${text}\n`));
      this.#warn(error);
    };
    try {
      const result = this.#listener({ text, stream, worker });
      if (isPromiseLike(result)) result.then(undefined, fail);
    } catch (error) {
      fail(error);
    }
  }

  #warn(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const text = `The function that is given lines of workers as 'output' failed, so they go to their streams: ${thrownText(error)}`;
    process.emitWarning(text, { code: 'HEDDLE_OUTPUT' });
  }
}
