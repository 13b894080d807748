/**
 * A surface that only goes on: for terminals that cannot move the cursor, and for displays whose form was
 * asked for though they are no terminal. Live lines are not shown, and only terminals have lines cut.
 */

import { fit, type MeasureText } from '../observe/fit.ts';
import type { Line } from '../observe/line.ts';
import type { Paint } from './paint.ts';
import { StreamWriter, type TextStream } from './stream-writer.ts';
import { knownSize, type Surface } from './surface.ts';

/** What lines are written with. */
interface LogLook {
  readonly paint: Paint;
  readonly measure: MeasureText;
  readonly ellipsis: string;
}

/** Writes finished lines one after the other, from its construction until disposed. */
export class LineLog implements Surface {
  readonly rows = 0;
  readonly columns: number;
  readonly #writer: StreamWriter;
  readonly #look: LogLook;

  constructor(stream: TextStream, look: LogLook) {
    this.#writer = new StreamWriter(stream);
    this.#look = look;
    this.columns = knownSize(stream.columns, Number.POSITIVE_INFINITY);
  }

  draw(finished: readonly Line[]): void {
    if (finished.length > 0) this.#writer.write(this.#text(finished));
  }

  end(finished: readonly Line[]): void {
    this.#writer.end(this.#text(finished));
  }

  [Symbol.dispose](): void {
    this.end([]);
  }

  #text(lines: readonly Line[]): string {
    const { paint, measure, ellipsis } = this.#look;
    return lines.map((line) => `${paint(fit(line, this.columns, measure, ellipsis)).trimEnd()}\n`).join('');
  }
}
