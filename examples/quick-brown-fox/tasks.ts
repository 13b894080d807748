/**
 * The tasks of the fox: words turned round, and put together again.
 */

import { tasks } from 'heddle';

export const { reverseWord, makeSentence } = tasks(import.meta, {
  reverseWord: (word: string) => Array.from(word).reverse().join(''),
  makeSentence: (words: readonly string[]) => words.join(' '),
});
