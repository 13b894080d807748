/**
 * Translates poetry in the worst possible way: every word is a call of its own, and a sentence is built from words
 * that are still delayed. All languages are one graph, run on worker threads.
 */

import assert from 'node:assert/strict';
import { type Delayed, delay, gatherAll, run } from 'heddle';
import { Dictionary } from './dictionary.ts';
import { fillIn, translate } from './tasks.ts';

const shakespeare = [
  'If music be the food of love, play on,',
  'Give me excess of it; that surfeiting,',
  'The appetite may sicken, and so die.',
];

/** The graph of a translated sentence: the words, and a call that puts them where the words were. */
function sentence(line: string, language: string): Delayed<string> {
  const words = line.match(/\w+/g) ?? [];
  const template = line.replaceAll(/\w+/g, '{}');
  return fillIn(
    template,
    words.map((word) => translate(word, language)),
  );
}

function poem(language: string): Delayed<string[]> {
  return gatherAll(shakespeare.map((line) => sentence(line, language)));
}

function printPoem(intro: string, lines: readonly string[]): void {
  console.log([intro, ...lines.map((line) => `  ${line}`), ''].join('\n'));
}

printPoem('Original:', shakespeare);

const poems = { de: poem('de'), fy: poem('fy'), da: poem('da'), eo: poem('eo') };
const { de, fy, da, eo } = await run(poems, { threads: 2 });
printPoem('Auf Deutsch:', de);
printPoem('Yn it Frysk:', fy);
printPoem('På Dansk:', da);
printPoem('Shakespeare en Esperanto:', eo);

// A method of an object is a call like any other, once the object is delayed. It runs in this thread, where the object is.
const love = delay(new Dictionary('fy')).word('love');
console.log(`Love is ${await run(love)}.`);

assert.equal(de[0], 'Wenn Musik sein der Essen von Minne, spielen an,');
assert.equal(fy[1], 'Jaan <me> by fersin fan it; dat <surfeiting>,');
assert.equal(da[2], 'De appetit må <sicken>, og så dø.');
assert.equal(eo[0], 'Se muziko esti la manĝaĵo de ami, ludi sur,');
assert.equal(await run(love), 'leafde');
