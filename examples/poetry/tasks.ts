/**
 * The tasks of the translator. Each worker thread opens a dictionary when it is asked for a word of it first.
 */

import { tasks } from 'heddle';
import { Dictionary } from './dictionary.ts';

const dictionaries = new Map<string, Dictionary>();

export const { translate, fillIn } = tasks(import.meta, {
  /** Translates one English word. */
  translate: (word: string, language: string): string => {
    const dictionary = dictionaries.get(language) ?? new Dictionary(language);
    dictionaries.set(language, dictionary);
    return dictionary.word(word);
  },

  /** Puts words into the gaps of a template, in order: `{} {}, {}`. */
  fillIn: (template: string, words: readonly string[]): string => {
    const left = words.values();
    return template.replaceAll('{}', () => left.next().value ?? '');
  },
});
