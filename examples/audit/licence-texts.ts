/**
 * Recognizes licences by sentences that occur in their texts and nowhere else.
 *
 * Case, punctuation, line breaks and comment characters make no difference. A text may hold several licences, as
 * collections of notices do. No lawyer was asked.
 */

/** What tells that a text holds a licence. */
interface Mark {
  /** The SPDX identifier. */
  readonly licence: string;
  /** All of them occur. */
  readonly has: readonly string[];
  /** It does not occur. */
  readonly lacks?: string;
}

const grant = 'Permission is hereby granted, free of charge, to any person obtaining a copy';
const feeless = 'distribute this software for any purpose with or without fee is hereby granted';
const redistribution =
  'Redistribution and use in source and binary forms, with or without modification, are permitted';
const endorsement = 'may be used to endorse or promote products derived from this software';
const advertising = 'All advertising materials mentioning features or use of this software';

const marks: readonly Mark[] = [
  { licence: 'MIT', has: [grant, 'shall be included in all copies or substantial portions of the Software'] },
  { licence: 'MIT-0', has: [grant, 'furnished to do so. THE SOFTWARE IS PROVIDED "AS IS"'] },
  { licence: 'ISC', has: [`${feeless}, provided that the above copyright notice`] },
  { licence: '0BSD', has: [`${feeless}. THE SOFTWARE IS PROVIDED`] },
  { licence: 'BSD-2-Clause', has: [redistribution], lacks: endorsement },
  { licence: 'BSD-3-Clause', has: [redistribution, endorsement], lacks: advertising },
  { licence: 'BSD-4-Clause', has: [redistribution, endorsement, advertising] },
  {
    licence: 'Apache-2.0',
    has: ['Apache License Version 2.0', 'TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION'],
  },
  {
    licence: 'BlueOak-1.0.0',
    has: ['Each contributor licenses you to do everything with this software that would otherwise infringe'],
  },
  {
    licence: 'Unlicense',
    has: ['This is free and unencumbered software released into the public domain'],
  },
  { licence: 'CC0-1.0', has: ['CC0 1.0 Universal', 'Affirmer'] },
  { licence: 'CC-BY-4.0', has: ['Attribution 4.0 International', 'Licensed Material'] },
  { licence: 'CC-BY-3.0', has: ['Attribution 3.0', 'Licensor offers the Work'] },
  { licence: 'MPL-2.0', has: ['Mozilla Public License', 'version 2.0', 'Covered Software'] },
  { licence: 'GPL-2.0', has: ['GNU GENERAL PUBLIC LICENSE Version 2, June 1991'] },
  { licence: 'GPL-3.0', has: ['GNU GENERAL PUBLIC LICENSE Version 3, 29 June 2007'] },
  { licence: 'LGPL-2.1', has: ['GNU LESSER GENERAL PUBLIC LICENSE Version 2.1, February 1999'] },
  { licence: 'LGPL-3.0', has: ['GNU LESSER GENERAL PUBLIC LICENSE Version 3, 29 June 2007'] },
  { licence: 'AGPL-3.0', has: ['GNU AFFERO GENERAL PUBLIC LICENSE Version 3, 19 November 2007'] },
  { licence: 'EPL-2.0', has: ['Eclipse Public License - v 2.0', 'Program'] },
  { licence: 'Artistic-2.0', has: ['The Artistic License 2.0'] },
  { licence: 'Python-2.0', has: ['PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2'] },
  { licence: 'BSL-1.0', has: ['Boost Software License - Version 1.0'] },
  {
    licence: 'Zlib',
    has: [
      'This software is provided as-is, without any express or implied warranty. In no event will the authors',
    ],
  },
  { licence: 'Unicode-3.0', has: ['UNICODE LICENSE V3'] },
  { licence: 'WTFPL', has: ['DO WHAT THE FUCK YOU WANT TO PUBLIC LICENSE'] },
];

const plainMarks = marks.map(({ licence, has, lacks }) => ({
  licence,
  has: has.map(plainWords),
  lacks: lacks === undefined ? undefined : plainWords(lacks),
}));

/** Whether a file of that name may hold the text of a licence. */
export function mayHoldLicence(path: string): boolean {
  return /(licen[cs]e|copying|copyright|notice|readme)[^/]*$/i.test(path);
}

/**
 * Gives the licences whose text is found in a text, as SPDX identifiers. Order: that of the list above.
 */
export function licencesIn(text: string): string[] {
  const words = plainWords(text);
  return plainMarks
    .filter(
      ({ has, lacks }) =>
        has.every((part) => words.includes(part)) && !(lacks !== undefined && words.includes(lacks)),
    )
    .map(({ licence }) => licence);
}

/** Lowercase words with a space around each. */
function plainWords(text: string): string {
  return ` ${text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()} `;
}
