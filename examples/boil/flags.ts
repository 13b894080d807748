/**
 * Splits a line of flags into words as a POSIX shell does: blanks separate, quotes and backslashes keep together.
 *
 * Nothing is expanded: no variables, no wildcards, no commands.
 */

import { BoilError } from './boil-error.ts';

/** A word goes on over all of these: plain text, an escaped character, a single-quoted and a double-quoted part. */
const part = /([^\s'"\\]+)|\\([^])|'([^']*)'|"((?:[^"\\]|\\[^])*)"|(\s+)/y;

/**
 * Splits `text` into words.
 *
 * @throws {BoilError} If a quote is not closed, or the text ends in a backslash.
 * @example
 * ```ts no-run
 * splitWords(`-DNAME='"a b"' -I "my headers" -lm`); // ['-DNAME="a b"', '-I', 'my headers', '-lm']
 * ```
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (part.lastIndex = 0; part.lastIndex < text.length; ) {
    const found = part.exec(text);
    if (found === null) {
      throw new BoilError(`Cannot split flags as a quote or a backslash has no partner: received ${text}`);
    }
    const [, plain, escaped, single, double, blank] = found;
    if (blank !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    // A backslash before a line's end joins the lines; within double quotes it escapes these few characters only.
    const unescaped = escaped === '\n' ? '' : escaped;
    const unquoted = double?.replace(/\\\n/g, '').replace(/\\([$`"\\])/g, '$1');
    const added = plain ?? unescaped ?? single ?? unquoted ?? '';
    if (word !== undefined || escaped !== '\n') word = (word ?? '') + added;
  }
  if (word !== undefined) words.push(word);
  return words;
}
