/**
 * What a build came to, and the text that tells of it.
 */

import { stripVTControlCharacters, styleText } from 'node:util';

/** What a build came to. */
export interface Report {
  readonly status: 'success' | 'nothing-to-do' | 'failed';
  /** What failed, each in the compiler's own words, in the order of the sources. */
  readonly failures: readonly string[];
  /** What the compiler said of what it compiled: warnings. */
  readonly remarks: readonly string[];
}

/**
 * Gives the text for a report: all failures and remarks between lines. Empty if all is well.
 *
 * @param isColoured - without it the text has no colours, not even those that compilers were told to use by their flags
 */
export function reportText(
  { failures, remarks }: Report,
  { isColoured }: { readonly isColoured: boolean },
): string {
  const rule = '─'.repeat(80);
  const ruleOf = (tone: 'red' | 'yellow'): string =>
    isColoured ? styleText(tone, rule, { validateStream: false }) : rule;
  const framed = (text: string, tone: 'red' | 'yellow'): string =>
    `${ruleOf(tone)}\n${isColoured ? text : stripVTControlCharacters(text)}\n`;
  const parts = [
    ...remarks.map((text) => framed(text, 'yellow')),
    ...failures.map((text) => framed(text, 'red')),
  ];
  return parts.length === 0 ? '' : `${parts.join('')}${ruleOf(failures.length > 0 ? 'red' : 'yellow')}\n`;
}
