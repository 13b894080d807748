/**
 * Names as slugs, the way `python-slugify` makes them with `text-unidecode`: files and experiments that programs in both
 * languages write are found under the same name.
 *
 * Characters beyond ASCII become letters by the tables of Text::Unidecode, of which both sides have a copy. They are loaded
 * when a name needs them. Of all of Unicode 38 characters give another slug than in Python, signs of tones and of archaic
 * Greek among them: one copy has them, the other has not. So do some hundred that only a later version of Unicode has
 * than that of the Python which is compared with.
 */

import { once } from '../../base/once.ts';
import { namedCharacters } from './html-entities.ts';

type Unidecode = typeof import('unidecode');

const unidecode = once((): Unidecode => {
  const { createRequire } = process.getBuiltinModule('node:module');
  return createRequire(import.meta.url)('unidecode') as Unidecode;
});

/**
 * Makes a slug of a text: Latin letters in lower case and digits, with single hyphens between them.
 *
 * It may be empty, if the text has neither letters nor digits.
 */
export function slugOf(text: string): string {
  // A quote of the text is a hyphen; one that a letter becomes is dropped.
  const unquoted = text.replace(/'+/g, '-');
  const letters = isAscii(unquoted) ? unquoted : transliterate(unquoted);
  return decodeReferences(letters)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/'+/g, '')
    .replace(/(?<=\d),(?=\d)/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** The longest slug that is a part of a file's name: a time, a number and a suffix are added, and file systems take 255. */
const longest = 180;

/** Cuts a slug that is too long for the name of a file. Others stay those that lazyscribe gives. */
export function shortened(slug: string): string {
  return slug.length <= longest ? slug : slug.slice(0, longest).replace(/-$/, '');
}

function isAscii(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- they are ASCII too
  return /^[\0-\x7f]*$/.test(text);
}

/** Blocks of 256 characters of which the package has no table. Python's has: each of their characters is unknown. */
const blocksWithoutTable: readonly (readonly [number, number])[] = [
  [0x08, 0x08],
  [0x19, 0x1d],
  [0x29, 0x29],
  [0x2a, 0x2d],
  [0x34, 0x4c],
  [0xa5, 0xab],
  [0xe0, 0xf8],
];

function transliterate(text: string): string {
  let letters = '';
  for (const character of text.normalize('NFKD')) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) letters += character;
    // Controls, and what is beyond the tables.
    else if (code < 0xa0 || code > 0xffff) continue;
    else letters += isUnknown(code) ? '[?]' : unidecode()(character);
  }
  return letters;
}

function isUnknown(code: number): boolean {
  const block = code >> 8;
  return blocksWithoutTable.some(([first, last]) => block >= first && block <= last);
}

/** `&eacute;`, `&#233;` and `&#xe9;` as the character. */
function decodeReferences(text: string): string {
  if (!text.includes('&')) return text;
  const named = text.replace(
    /&(\w+);/g,
    (reference, name: string) => namedCharacters().get(name) ?? reference,
  );
  return decodeNumbers(decodeNumbers(named, /&#(\d+);/g, 10), /&#x([\da-f]+);/gi, 16);
}

/** If one number is of no character, Python leaves all as they are. */
function decodeNumbers(text: string, pattern: RegExp, base: number): string {
  const codes = [...text.matchAll(pattern)].map(([, digits = '']) => Number.parseInt(digits, base));
  if (codes.some((code) => code > 0x10ffff)) return text;
  return text.replace(pattern, () => String.fromCodePoint(codes.shift() ?? 0));
}
