/**
 * Cuts bytes as they come into whole lines.
 */

/** A longer line goes out in parts, in bytes. Arbitrary: much more than anybody reads. */
const longestLine = 4_194_304;
export const lineBreak = 10;

export class LineCutter {
  /** The beginning of a line whose end has not come. */
  #rest: Buffer[] = [];
  #restLength = 0;

  get hasRest(): boolean {
    return this.#restLength > 0;
  }

  /**
   * Takes the next bytes, which it may keep.
   *
   * @returns the lines that are complete now; the beginning of one that has become too long, too
   */
  push(chunk: Buffer): Buffer | undefined {
    const isTooLong = this.#restLength + chunk.length > longestLine;
    const end = isTooLong ? chunk.length : chunk.lastIndexOf(lineBreak) + 1;
    let whole: Buffer | undefined;
    if (end > 0) {
      this.#keep(chunk.subarray(0, end));
      whole = this.takeRest();
    }
    this.#keep(chunk.subarray(end));
    return whole;
  }

  /** Takes the line that has no end. */
  takeRest(): Buffer | undefined {
    const [first, ...others] = this.#rest;
    this.#rest = [];
    this.#restLength = 0;
    return others.length === 0 ? first : Buffer.concat([first as Buffer, ...others]);
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#rest.push(part);
    this.#restLength += part.length;
  }
}
