import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toSvg } from '../../../src/graph/draw/to-svg.ts';
import { anyPicture, diamond, empty, hardWords, largePicture, single } from './pictures.ts';

test('toSvg() of an empty picture is a blank sheet', () => {
  const svg = toSvg(empty);
  expect(faultOf(svg)).toBe(undefined);
  expect(svg).toContain('viewBox="0 0 48 48"');
  expect(svg).toContain('<title>Graph of 0 boxes and 0 edges</title>');
});

test('toSvg() of one box has its title, name and text', () => {
  const svg = toSvg(single('add', '(5, 4)'));
  expect(faultOf(svg)).toBe(undefined);
  expect(svg).toMatch(/<g id="heddle-c0" class="box call"><title>add\n\(5, 4\)<\/title><rect [^>]*\/>/);
  expect(svg).toMatch(/<text class="name" [^>]*>add<\/text><text class="text" [^>]*>\(5, 4\)<\/text>/);
});

test('toSvg() draws an arrow and a label for each edge of the diamond', () => {
  const svg = toSvg(diamond);
  expect(svg.match(/<path class="edge" /g)).toHaveLength(4);
  expect(svg.match(/<text class="label" [^>]*>[ab]<\/text>/g)).toHaveLength(4);
  expect(svg).toContain('class="box target"');
});

test.each([
  ['<b>&"', '&lt;b&gt;&amp;&quot;'],
  [']]>', ']]&gt;'],
  ['a\0b\x1b', 'a\ufffdb\ufffd'],
  ['\ud800x', '\ufffdx'],
  ['\ufffe', '\ufffd'],
  ['a\nb', 'a↵b'],
  ['a\tb', 'a b'],
  ['x'.repeat(60), `${'x'.repeat(47)}…`],
  ['語'.repeat(60), `${'語'.repeat(23)}…`],
])('toSvg() writes the name %j as %s', (name, written) => {
  expect(toSvg(single(name))).toContain(`>${written}</text>`);
});

test.each(hardWords)('toSvg() is well-formed XML with %j in it', (word) => {
  const nodes = [{ id: 0, name: word, text: word }];
  expect(faultOf(toSvg({ nodes, edges: [{ from: 0, to: 0, label: word }] }))).toBe(undefined);
});

test('toSvg() is well-formed XML, without NaN, whatever the words and the graph', () => {
  const words = fc.string({ unit: 'binary', maxLength: 20 });
  fc.assert(
    fc.property(anyPicture, words, fc.constantFrom('down', 'right'), (picture, word, direction) => {
      const nodes = picture.nodes.map((node) => ({ ...node, text: word }));
      const svg = toSvg({ nodes, edges: picture.edges }, { direction });
      expect(faultOf(svg)).toBe(undefined);
      expect(svg).not.toMatch(/="[^"]*(NaN|Infinity|e-\d)/);
    }),
  );
});

test('toSvg() gives equal text for equal pictures', () => {
  const copy = structuredClone(diamond);
  expect(toSvg(copy)).toBe(toSvg(diamond));
});

test('toSvg() refers to nothing outside itself and reads light and dark', () => {
  const svg = toSvg(diamond);
  expect(svg).toContain('@media (prefers-color-scheme:dark)');
  expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:|href|@import|<script/);
});

test('toSvg() gives painted boxes an ink that is readable on them', () => {
  const inkOn = (fill: string): string | undefined =>
    /class="box call( on-\w+)?"/.exec(toSvg(single('f'), { paint: () => ({ fill }) }))?.[1];
  expect(['#ffe', '#102030', 'tomato', '#10203040'].map(inkOn)).toEqual([
    ' on-dark',
    ' on-light',
    ' on-any',
    ' on-any',
  ]);
});

test('toSvg() draws 10 000 boxes', { timeout: 30_000 }, () => {
  const svg = toSvg(largePicture(10_000));
  expect(svg.match(/<g id=/g)).toHaveLength(10_000);
});

/**
 * Reads text as XML 1.0 by its grammar, without doctypes and processing instructions, which drawings have none of.
 *
 * @returns what is wrong, or `undefined`
 */
function faultOf(xml: string): string | undefined {
  if (!xml.isWellFormed()) return 'half a surrogate pair';
  // oxlint-disable-next-line eslint/no-control-regex -- XML forbids them
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(xml)) return 'a forbidden character';
  const tag = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[a-zA-Z][\w:-]*="[^"<]*")*)\s*(\/?)>/y;
  const open: string[] = [];
  let roots = 0;
  let at = 0;
  while (at < xml.length) {
    const next = xml.indexOf('<', at);
    const text = xml.slice(at, next < 0 ? undefined : next);
    if (/&(?!(?:amp|lt|gt|quot);)|\]\]>/.test(text)) return `bad text: ${text}`;
    if (open.length === 0 && text.trim() !== '') return `text outside: ${text}`;
    if (next < 0) break;
    tag.lastIndex = next;
    const match = tag.exec(xml);
    if (match === null) return `bad tag: ${xml.slice(next, next + 80)}`;
    const [, end, name, attributes, alone] = match;
    const names = [...attributes!.matchAll(/([\w:-]+)="/g)].map(([, attribute]) => attribute);
    if (new Set(names).size < names.length) return `attribute given twice: ${match[0]}`;
    if (/&(?!(?:amp|lt|gt|quot);)/.test(attributes!)) return `bad attribute: ${match[0]}`;
    if (end === '/') {
      if (open.pop() !== name) return `unexpected end: ${match[0]}`;
    } else {
      if (open.length === 0) roots += 1;
      if (alone === '') open.push(name!);
    }
    at = tag.lastIndex;
  }
  if (open.length > 0) return `not ended: ${open.join(', ')}`;
  return roots === 1 ? undefined : `${roots} roots`;
}
