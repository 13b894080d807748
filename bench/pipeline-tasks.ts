/**
 * Stages for the section `pipeline`: some that do nothing, and those of a word count.
 */

import { tasks } from 'heddle';

export const { first, second, third, running, wordsOf } = tasks(import.meta, {
  first: (x: number) => x,
  second: (x: number) => x,
  third: (x: number) => x,
  /** In its place in a pipeline it has a state, in effect: it takes all items in order. */
  running: (x: number) => x,
  wordsOf: countWords,
});

/** How often each word is in a text. */
export function countWords(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [word] of text.toLowerCase().matchAll(/\p{L}+/gu)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
