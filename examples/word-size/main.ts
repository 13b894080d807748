/**
 * Repetition: the sizes of the words of a phrase, each word measured once however often it comes.
 *
 * A sink of a few lines counts the calls that were really run. Remembering values from one run to the next is the
 * cache's part.
 */

import assert from 'node:assert/strict';
import { type Event, run, type Sink } from 'heddle';
import { sizesOf, wordSizePhrase, wordSizeRecord } from './tasks.ts';

/** Counts the words that were measured. */
class WordCount implements Sink {
  measured = 0;

  emit(event: Event): void {
    if (event.kind === 'call-settled' && event.task === 'wordSize') this.measured++;
  }
}

const words = new WordCount();
const boe = await run(sizesOf('Oote oote oote, Boe'), { threads: 2, sinks: words });
console.log(`Oote oote oote, Boe: ${boe} (${words.measured} words measured)`);
assert.equal(boe, '4 4 4, 3');
assert.equal(words.measured, 3);

const oe = await run(sizesOf('Oe oe oote oote oote'), { threads: 2 });
console.log(`Oe oe oote oote oote: ${oe}`);
assert.equal(oe, '2 2 4 4 4');

const phrase = 'Kneu kneu kneu kneu ote kneu eur';
const [kneu, sizes] = await run([wordSizePhrase(phrase), wordSizeRecord(phrase)], { threads: 2 });
console.log(`${phrase}: ${kneu}`);
console.log(sizes);
assert.equal(kneu, '4 4 4 4 3 4 3');
assert.deepEqual(sizes, { Kneu: 4, kneu: 4, ote: 3, eur: 3 });
