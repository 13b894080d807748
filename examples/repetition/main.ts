/**
 * Repetition and versions: which calls are computed, which are attached to an equal one, and which are retrieved.
 *
 * The log shows each call. Results are kept in a folder that is made for this program, and removed at its end; to see what
 * a second run of the program would find, it opens the cache twice.
 */

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cache, callLog, openCache, run } from 'heddle';
import { sizesOf, wordSizeLie, wordSizePhrase, wordSizeRecord } from './tasks.ts';

const folder = await mkdtemp(join(tmpdir(), 'repetition-'));
try {
  let cache = await openCache(folder);
  console.log('A word that comes twice is measured once: the second call is attached to the first.');
  assert.equal(await log(sizesOf('Oote oote oote, Boe'), cache), '4 4 4, 3');
  await cache.close();

  cache = await openCache(folder);
  console.log('\nAnother phrase, later: what was measured before is retrieved.');
  assert.equal(await log(sizesOf('Oe oe oote oote oote'), cache), '2 2 4 4 4');

  const phrase = 'Kneu kneu kneu kneu ote kneu eur';
  console.log('\nA task that gives a graph: the run goes on into it …');
  assert.equal(await log(wordSizePhrase(phrase), cache), '4 4 4 4 3 4 3');
  console.log('\n… and the next time its value is there at once.');
  assert.equal(await log(wordSizePhrase(phrase), cache), '4 4 4 4 3 4 3');

  console.log('\nAnother task over the same words.');
  assert.deepEqual(await log(wordSizeRecord(phrase), cache), { Kneu: 4, kneu: 4, ote: 3, eur: 3 });

  console.log(
    '\nA lie: a task of the same name and version that computes something else gets what the other one gave.',
  );
  assert.equal(await log(wordSizeLie(phrase), cache), '4 4 4 4 3 4 3');
  await cache.close();
} finally {
  await rm(folder, { recursive: true });
}

async function log<T>(target: T, cache: Cache): Promise<unknown> {
  const value = await run(target, { threads: 4, cache, sinks: callLog({ stream: process.stdout }) });
  console.log(value);
  return value;
}
