/**
 * Pictures that several tests draw: the diamond of the Noodles document, hard words, and random graphs.
 */
import fc from 'fast-check';
import type { Picture, PictureEdge, PictureNode } from '../../../src/graph/draw/picture.ts';

/** `mul(add(u, 3), sub(u, 3))` where `u` is `add(5, 4)`. */
export const diamond: Picture = {
  nodes: [
    { id: 0, name: 'add', text: '(5, 4)' },
    { id: 1, name: 'add', text: '(—, 3)' },
    { id: 2, name: 'sub', text: '(—, 3)' },
    { id: 3, name: 'mul', text: '(—, —)', style: 'target' },
  ],
  edges: [
    { from: 0, to: 1, label: 'a' },
    { from: 0, to: 2, label: 'a' },
    { from: 1, to: 3, label: 'a' },
    { from: 2, to: 3, label: 'b' },
  ],
};

export const empty: Picture = { nodes: [], edges: [] };

/** One box. */
export function single(name: string, text = ''): Picture {
  return { nodes: [{ id: 0, name, text }], edges: [] };
}

/** Words that mean something to one of the formats. */
export const hardWords: readonly string[] = [
  '"quoted"',
  'back\\slash',
  'ends in \\',
  '\\N \\G \\n',
  'two\nlines\r\nand three',
  '<b>&amp;</b> &lt; ]]> <!-- -->',
  '</style></svg><script>alert(1)</script>',
  '#35; #quot; ; style a:b#c;',
  '`code` *bold* _em_ ~~no~~ $$x$$ %%{init: {}}%% fa:fa-ban',
  '1. list',
  '- list',
  '    code',
  'end',
  'c0 --> c1',
  '日本語 👩‍👩‍👧 é',
  'zero\0bell\x07escape\x1b[31m\x7f\x85\ufffe',
  'lone \ud800 and \udc00 halves',
];

/** Graphs without cycles, with ids apart from places, several edges between two boxes, and labels of any length. */
export const anyPicture: fc.Arbitrary<Picture> = fc
  .array(
    fc.record({
      name: fc.string({ maxLength: 12 }),
      text: fc.string({ maxLength: 30 }),
      style: fc.constantFrom(undefined, 'call', 'target', 'value', 'quoted'),
      needs: fc.array(fc.record({ back: fc.nat(8), label: fc.string({ maxLength: 10 }) }), { maxLength: 4 }),
    }),
    { maxLength: 40 },
  )
  .map((drafts) => ({
    nodes: drafts.map(({ name, text, style }, place): PictureNode => {
      return { id: place * 3 + 1, name, text, ...(style !== undefined && { style: style as 'call' }) };
    }),
    edges: drafts.flatMap(({ needs }, place): PictureEdge[] =>
      needs
        .filter(({ back }) => back < place)
        .map(({ back, label }) => ({ from: (place - 1 - back) * 3 + 1, to: place * 3 + 1, label })),
    ),
  }));

/** Some two edges a box, to one of the twelve before it; always the same for one count. */
export function largePicture(count: number): Picture {
  const nodes: PictureNode[] = [];
  const edges: PictureEdge[] = [];
  let state = 1;
  const draw = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  for (let id = 0; id < count; id += 1) {
    nodes.push({ id, name: `task${id % 7}`, text: '(—, —)' });
    if (id === 0) continue;
    for (const label of ['a', 'b']) edges.push({ from: Math.max(0, id - 1 - draw(12)), to: id, label });
  }
  return { nodes, edges };
}
