/**
 * The sizes of the words of a phrase, a call for each word: equal words make equal calls.
 */

import { type Delayed, lift, task, tasks } from 'heddle';

export const { wordSize, fillIn, wordSizePhrase, wordSizeRecord, wordSizeLie } = tasks(import.meta, {
  wordSize: task((word: string) => word.length, { cache: true }),

  /** Puts values into the gaps of a template, in order: `{} {}, {}`. */
  fillIn: task(
    (template: string, ...values: readonly number[]): string => {
      const left = values.values();
      return template.replaceAll('{}', () => String(left.next().value));
    },
    { cache: true },
  ),

  /** A task that gives a graph: what is remembered of it is the value of the graph. */
  wordSizePhrase: task((phrase: string): Delayed<string> => sizesOf(phrase), {
    name: 'wordSizePhrase',
    version: '1.0',
    cache: true,
  }),

  /** The sizes under their words. Its version is that of this module: it changes with it. */
  wordSizeRecord: task(
    (phrase: string): Delayed<Record<string, number>> =>
      lift(Object.fromEntries(wordsOf(phrase).map((word) => [word, wordSize(word)]))),
    { cache: true },
  ),

  /** Gives a record too, but passes itself off as the task above: heddle believes the version that it is told. */
  wordSizeLie: task(
    (phrase: string): Delayed<Record<string, number>> =>
      lift(Object.fromEntries(wordsOf(phrase).map((word) => [word, wordSize(word)]))),
    { name: 'wordSizePhrase', version: '1.0', cache: true },
  ),
});

/** The graph of a phrase in which each word is replaced by its size. */
export function sizesOf(phrase: string): Delayed<string> {
  return fillIn(phrase.replaceAll(/\w+/g, '{}'), ...wordsOf(phrase).map((word) => wordSize(word)));
}

function wordsOf(phrase: string): readonly string[] {
  return phrase.match(/\w+/g) ?? [];
}
