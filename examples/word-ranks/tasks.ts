/**
 * The stages of a word count: a text is read and counted anywhere; counts are added up in one place.
 */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { delayedInit, skip, tasks } from 'heddle';

/** How often a word occurs. */
export type Count = readonly [word: string, times: number];

/** What the ranking is in the end. */
export interface Ranking {
  readonly words: number;
  readonly distinct: number;
  readonly top: readonly Count[];
}

/** Debian compresses larger documents. */
function textOf(file: string): string {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
}

export const { countWords, Ranker } = tasks(import.meta, {
  /** Of some files; `undefined`, the end of the input, goes on as it is. */
  countWords: (files: readonly string[] | undefined) => {
    if (files === undefined) return undefined;
    const counts = new Map<string, number>();
    for (const file of files) {
      for (const [word] of textOf(file)
        .toLowerCase()
        .matchAll(/\p{L}+/gu)) {
        counts.set(word, (counts.get(word) ?? 0) + 1);
      }
    }
    return counts;
  },
  /** Gives nothing before the end of its input. */
  Ranker: delayedInit(
    class {
      readonly #size: number;
      readonly #all = new Map<string, number>();
      #words = 0;

      constructor(size: number) {
        this.#size = size;
      }

      call(counts: ReadonlyMap<string, number> | undefined): Ranking | typeof skip {
        if (counts === undefined) return this.#ranking();
        for (const [word, times] of counts) {
          this.#all.set(word, (this.#all.get(word) ?? 0) + times);
          this.#words += times;
        }
        return skip;
      }

      #ranking(): Ranking {
        const ranked = [...this.#all].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
        return { words: this.#words, distinct: ranked.length, top: ranked.slice(0, this.#size) };
      }
    },
  ),
});
