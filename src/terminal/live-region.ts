/**
 * The last lines of a terminal, drawn again and again, while finished lines and the program's own output
 * scroll away above.
 *
 * **One write a frame**, marked as one update (CSI ? 2026, ignored by terminals that do not know it); a frame
 * that changes nothing is not written. New text is written over old text, and only then is the rest erased,
 * so that nothing flickers. The cursor is hidden while the region is there and stands on the line below it.
 */

import { once } from '../base/once.ts';
import { fit, type MeasureText, widthOf } from '../observe/fit.ts';
import type { Line } from '../observe/line.ts';
import { guardCursor } from './cursor-guard.ts';
import type { Paint } from './paint.ts';
import { StreamWriter, type TextStream } from './stream-writer.ts';
import { knownSize, type Surface } from './surface.ts';
import { watchWrites } from './write-watch.ts';

const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const ERASE_LINE_END = '\u001b[K';
const ERASE_BELOW = '\u001b[J';

/** Of a terminal that does not tell its size. */
const USUAL_COLUMNS = 80;
const USUAL_ROWS = 24;
/** How often the region is put back at once after others wrote, until the next frame (arbitrary). */
const MOST_RETURNS = 50;
/** A line that others have begun is kept only if it is plain: it has to be written again. */
const plainText = once(() => new RegExp(String.raw`^\P{Cc}*$`, 'u'));

/** What a region is drawn with. */
export interface RegionLook {
  readonly paint: Paint;
  readonly measure: MeasureText;
  readonly ellipsis: string;
}

/** Owns the last lines of a terminal from its construction until disposed. */
export class LiveRegion implements Surface {
  readonly #stream: TextStream;
  readonly #look: RegionLook;
  readonly #writer: StreamWriter;
  readonly #owned: readonly Disposable[];
  /** The widths of the lines on the screen, so that a terminal made narrower meanwhile can be reckoned with. */
  #drawn: readonly number[] = [];
  /** The live lines as they were last painted. */
  #body = '';
  #widths: readonly number[] = [];
  /** What others have written since their last line break; the region stands below it. */
  #openLine = '';
  #isBelowOpenLine = false;
  #returns = 0;
  #isCursorHidden = false;
  #isDisposed = false;

  /** @param others - other streams that may end on the same terminal */
  constructor(stream: TextStream, others: readonly TextStream[], look: RegionLook) {
    this.#stream = stream;
    this.#look = look;
    // The writer takes the stream's own `write` before the watch wraps it.
    this.#writer = new StreamWriter(stream);
    this.#owned = [
      guardCursor(() => this.#showCursor()),
      watchWrites([stream, ...others], {
        before: () => this.#stepAside(),
        after: (tail, isNewLine) => this.#comeBack(tail, isNewLine),
      }),
    ];
  }

  /** How wide a line may be: the last column stays free, since some terminals break the line there. */
  get columns(): number {
    return Math.max(1, knownSize(this.#stream.columns, USUAL_COLUMNS) - 1);
  }

  /** How many lines the region may have. */
  get rows(): number {
    return Math.max(1, knownSize(this.#stream.rows, USUAL_ROWS) - 2);
  }

  /**
   * Draws a frame.
   *
   * @param finished - lines that go above the region for good
   * @param live - lines of the region, in place of those there
   */
  draw(finished: readonly Line[], live: readonly Line[]): void {
    if (this.#isDisposed) return;
    // A reader that lags behind gets fewer frames, but every finished line.
    if (finished.length === 0 && !this.#writer.isFree) return;
    this.#returns = 0;
    const lines = live.map((line) => this.#cut(line));
    const body = lines.map((line) => this.#painted(line)).join('');
    const isUnchanged = body === this.#body && this.#drawn.length === lines.length;
    if (isUnchanged && finished.length === 0) return;
    this.#body = body;
    this.#widths = lines.map((line) => widthOf(line, this.#look.measure));
    const lead = this.#up() + this.#leaveOpenLine(finished.length > 0);
    const canDraw = this.#openLine === '' || this.#isBelowOpenLine;
    this.#drawn = canDraw ? this.#widths : [];
    if (!canDraw) return;
    const above = this.#paintedAll(finished);
    this.#writer.write(BEGIN + this.#hideCursor() + lead + above + body + ERASE_BELOW + END);
  }

  /** Draws the last lines, takes the region away, and gives the terminal back. Idempotent. */
  end(finished: readonly Line[]): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    for (const owned of this.#owned) owned[Symbol.dispose]();
    const lead = this.#up() + this.#leaveOpenLine(finished.length > 0);
    const above = this.#paintedAll(finished);
    const cursor = this.#isCursorHidden ? SHOW_CURSOR : '';
    this.#isCursorHidden = false;
    this.#writer.end(BEGIN + lead + above + ERASE_BELOW + cursor + END);
  }

  [Symbol.dispose](): void {
    this.end([]);
  }

  #cut(line: Line): Line {
    return fit(line, this.columns, this.#look.measure, this.#look.ellipsis);
  }

  #painted(line: Line): string {
    return `${this.#look.paint(line)}${ERASE_LINE_END}\n`;
  }

  #paintedAll(lines: readonly Line[]): string {
    return lines.map((line) => this.#painted(this.#cut(line))).join('');
  }

  /** Moves to the first line of the region. */
  #up(): string {
    const columns = this.columns + 1;
    let height = 0;
    for (const width of this.#drawn) height += Math.max(1, Math.ceil(width / columns));
    // The rows above the screen are out of reach.
    height = Math.min(height, knownSize(this.#stream.rows, USUAL_ROWS) - 1);
    return height === 0 ? '' : `\u001b[${height}A\r`;
  }

  /**
   * Goes below a line that others have begun, so that theirs is not overwritten. A line that could not be
   * written again later is left alone: the region waits until it ends.
   *
   * @param forGood - whether lines follow that stay: then their line has ended
   */
  #leaveOpenLine(forGood: boolean): string {
    if (this.#openLine === '') return '';
    const isBelow = this.#isBelowOpenLine;
    if (forGood) {
      this.#openLine = '';
      this.#isBelowOpenLine = false;
      return isBelow ? '' : '\n';
    }
    const canReturn = plainText().test(this.#openLine) && this.#look.measure(this.#openLine) <= this.columns;
    if (isBelow || !canReturn || this.#isDisposed) return '';
    this.#isBelowOpenLine = true;
    return '\n';
  }

  /** Takes the region away before others write, and goes back to the line they have begun. */
  #stepAside(): void {
    const lead = this.#up();
    const isBelow = this.#isBelowOpenLine;
    this.#drawn = [];
    this.#isBelowOpenLine = false;
    if (lead === '' && !isBelow) return;
    this.#writer.write(BEGIN + lead + (isBelow ? `\u001b[1A\r${ERASE_BELOW}${this.#openLine}` : ERASE_BELOW));
  }

  /** Puts the region back after others wrote a whole line. */
  #comeBack(tail: string, isNewLine: boolean): void {
    this.#openLine = isNewLine ? tail : this.#openLine + tail;
    this.#returns += 1;
    if (this.#openLine !== '' || this.#body === '' || this.#returns > MOST_RETURNS) {
      this.#writer.write(END);
      return;
    }
    this.#drawn = this.#widths;
    this.#writer.write(this.#body + ERASE_BELOW + END);
  }

  #hideCursor(): string {
    if (this.#isCursorHidden) return '';
    this.#isCursorHidden = true;
    return HIDE_CURSOR;
  }

  #showCursor(): void {
    if (!this.#isCursorHidden) return;
    this.#isCursorHidden = false;
    this.#writer.write(SHOW_CURSOR + END);
  }
}
