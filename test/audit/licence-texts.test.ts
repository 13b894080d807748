/** Licences are told by their sentences. */

import { describe, expect, test } from 'vitest';
import { licencesIn, mayHoldLicence } from '../../examples/audit/licence-texts.ts';
import { bsd2, bsd3, isc, mit, zeroBsd } from './licences.ts';

describe('licencesIn()', () => {
  test.each([
    ['MIT', mit],
    ['ISC', isc],
    ['0BSD', zeroBsd],
    ['BSD-2-Clause', bsd2],
    ['BSD-3-Clause', bsd3],
    ['Unlicense', '<p>This is free and unencumbered software released into the public domain.</p>'],
    ['GPL-3.0', 'GNU GENERAL PUBLIC LICENSE\n   Version 3, 29 June 2007'],
    ['LGPL-3.0', 'GNU LESSER GENERAL PUBLIC LICENSE\n   Version 3, 29 June 2007'],
  ])('recognizes %s', (licence, text) => {
    expect(licencesIn(text)).toEqual([licence]);
    expect(licencesIn(text.toUpperCase().replaceAll('\n', '\r\n * '))).toEqual([licence]);
  });

  test('finds several licences in one text', () => {
    expect(licencesIn(`${isc}\n---\n${mit}`)).toEqual(['MIT', 'ISC']);
  });

  test('finds none in a text that only names one', () => {
    expect(licencesIn('MIT © Somebody. See the Apache License Version 2.0')).toEqual([]);
  });
});

test.each([
  ['LICENSE', true],
  ['a/LICENCE-MIT.txt', true],
  ['ThirdPartyNoticeText.txt', true],
  ['readme.md', true],
  ['licenses/index.js', false],
  ['index.js', false],
])('mayHoldLicence() tells by the name of the file: %s', (path, may) => {
  expect(mayHoldLicence(path)).toBe(may);
});
