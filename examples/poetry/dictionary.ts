/**
 * A dictionary from English, read from `dictionary.json` beside this file: word by word, knowing no grammar.
 */

import { readFileSync } from 'node:fs';

type Words = Readonly<Record<string, string>>;
type Languages = Readonly<Record<string, Words>>;

/** Translates English words into one language. */
export class Dictionary {
  readonly language: string;
  readonly #words: Words;

  constructor(language: string) {
    const file = new URL('dictionary.json', import.meta.url);
    const words = (JSON.parse(readFileSync(file, 'utf8')) as Languages)[language];
    if (words === undefined)
      throw new RangeError(`Cannot translate as there is no dictionary: received '${language}'`);
    this.language = language;
    this.#words = words;
  }

  /** Translates a word, keeping its capital. A word that is not in the dictionary is given back as `<word>`. */
  word(word: string): string {
    const translation = this.#words[word.toLowerCase()];
    if (translation === undefined) return `<${word}>`;
    const isCapital = word.charAt(0) !== word.charAt(0).toLowerCase();
    return isCapital ? translation.charAt(0).toUpperCase() + translation.slice(1) : translation;
  }
}
