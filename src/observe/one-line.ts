/**
 * Makes any text safe to show on one line of a terminal.
 *
 * Texts come from users' arguments and errors; a line break or an escape code in one must not
 * break the display, nor let it say something that is not so.
 */

import { once } from '../base/once.ts';

/** Whole escape sequences: CSI with its parameters, OSC up to its end. */
const escapeSequences = once(
  () => new RegExp(String.raw`\p{Cc}\[[0-?]*[ -/]*[@-~]|\p{Cc}\][^\p{Cc}]*(?:\p{Cc}\\?)?`, 'gu'),
);
const unprintable = once(() => new RegExp(String.raw`[\p{Cc}\p{Zl}\p{Zp}]+`, 'gu'));
/** Characters that reorder what follows them ("Trojan source", CVE-2021-42574). */
const REORDERING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const ORDINARY = /^[ -~]*$/u;

/**
 * Gives the text on one line: without escape codes, line breaks turned into spaces.
 *
 * @example
 * ```ts no-run
 * oneLine('first\nsecond'); // 'first second'
 * ```
 */
export function oneLine(text: string): string {
  if (ORDINARY.test(text)) return text;
  return text.replace(escapeSequences(), '').replace(REORDERING, '').replace(unprintable(), ' ').trimEnd();
}
