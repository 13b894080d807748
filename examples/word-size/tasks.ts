/**
 * The tasks of the word counter. The last two give graphs, which the run goes on into.
 */

import { type Delayed, lift, task, tasks } from 'heddle';

export const { wordSize, fillIn, wordSizePhrase, wordSizeRecord } = tasks(import.meta, {
  wordSize: (word: string) => word.length,

  /** Puts values into the gaps of a template, in order: `{} {}, {}`. */
  fillIn: (template: string, values: readonly number[]): string => {
    const left = values.values();
    return template.replaceAll('{}', () => String(left.next().value));
  },

  /** A task that packs a graph: what is remembered of it is remembered of the whole. */
  wordSizePhrase: task((phrase: string): Delayed<string> => sizesOf(phrase), { version: '1.0' }),

  /** The sizes under their words: data in which parts are delayed, lifted to one delayed value. */
  wordSizeRecord: (phrase: string): Delayed<Record<string, number>> =>
    lift(Object.fromEntries(callsOf(wordsOf(phrase)))),
});

/** The graph of a phrase in which each word is replaced by its size. */
export function sizesOf(phrase: string): Delayed<string> {
  const words = wordsOf(phrase);
  const template = phrase.replaceAll(/\w+/g, '{}');
  const calls = callsOf(words);
  return fillIn(
    template,
    words.map((word) => calls.get(word) ?? word.length),
  );
}

/** A call for each word. Equal words share one, and a call that is needed in several places is run once. */
function callsOf(words: readonly string[]): ReadonlyMap<string, Delayed<number>> {
  return new Map([...new Set(words)].map((word) => [word, wordSize(word)]));
}

function wordsOf(phrase: string): readonly string[] {
  return phrase.match(/\w+/g) ?? [];
}
