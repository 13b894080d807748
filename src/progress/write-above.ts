/**
 * Writes a text above the bars.
 */

import { StreamWriter, type TextStream } from '../terminal/stream-writer.ts';

/**
 * Writes a text, and a line break if it does not end in one. A closed stream drops it.
 *
 * It is written as the rest of the program writes: whoever draws on the stream sees it coming, and steps aside.
 */
export function writeAbove(stream: TextStream, text: string): void {
  new StreamWriter(stream).end(text.endsWith('\n') ? text : `${text}\n`);
}
