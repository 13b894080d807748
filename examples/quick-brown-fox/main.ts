/**
 * A loop in parallel: each word of a sentence is turned round by a call of its own.
 */

import assert from 'node:assert/strict';
import { map, run } from 'heddle';
import { makeSentence, reverseWord } from './tasks.ts';

const sentence = 'the quick brown fox jumps over the lazy dog';
const words = map(reverseWord, sentence.split(' '));

const result = await run(makeSentence(words), { threads: 2 });
console.log(result);
assert.equal(result, 'eht kciuq nworb xof spmuj revo eht yzal god');
