/**
 * How values are written in arguments of commands.
 */

/**
 * Reads JSON; what is none stands for itself, so that a word needs no quotes.
 *
 * @throws {Error} If it begins as a list, a record or a quoted text, and is none: a slip, not a word.
 */
export function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (!/^\s*[[{"]/.test(text)) return text;
    throw new Error(`Cannot read a value as it begins as JSON and is none: received '${text}'`);
  }
}
