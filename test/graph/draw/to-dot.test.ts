import { expect, test } from 'vitest';
import { toDot } from '../../../src/graph/draw/to-dot.ts';
import { diamond, empty, hardWords, single } from './pictures.ts';

test('toDot() writes the diamond as nodes, then edges, in order', () => {
  const lines = toDot(diamond).split('\n');
  expect(lines[0]).toBe('digraph heddle {');
  expect(lines[1]).toMatch(/^ {2}graph \[rankdir=TB, /);
  expect(lines.slice(4)).toEqual([
    '  c0 [label="add\\n(5, 4)"];',
    '  c1 [label="add\\n(—, 3)"];',
    '  c2 [label="sub\\n(—, 3)"];',
    '  c3 [label="mul\\n(—, —)", color="#4f46e5", fillcolor="#eef2ff", penwidth=2];',
    '  c0 -> c1 [label="a"];',
    '  c0 -> c2 [label="a"];',
    '  c1 -> c3 [label="a"];',
    '  c2 -> c3 [label="b"];',
    '}',
    '',
  ]);
});

test('toDot() of an empty picture has no nodes', () => {
  expect(toDot(empty).split('\n').slice(4)).toEqual(['}', '']);
});

test.each([
  ['a "b"', 'a \\"b\\"'],
  ['a\\b', 'a\\\\b'],
  ['\\N', '\\\\N'],
  ['\\', '\\\\'],
  ['a\nb', 'a\\nb'],
  ['a\r\nb\rc', 'a\\nb\\nc'],
  ['&lt;', '&amp;lt;'],
  ['<b>', '<b>'],
  ['a\0b', 'a\ufffdb'],
  ['\ud83d', '\ufffd'],
  ['👩‍👧', '👩‍👧'],
])('toDot() writes the name %j as "%s"', (name, written) => {
  expect(toDot(single(name))).toContain(`c0 [label="${written}"]`);
});

test.each(hardWords)('toDot() shows %j again once quotation, escapes and entities are read', (word) => {
  const dot = toDot({
    nodes: [{ id: 0, name: '', text: word }],
    edges: [{ from: 0, to: 0, label: word }],
  });
  const shown = [...dot.matchAll(/label=("(?:[^"\\]|\\.)*")/g)].map(([, text]) => read(text!));
  // oxlint-disable-next-line eslint/no-control-regex -- they are what is replaced
  const unreadable = /[\0\x07\x1b\x7f\x85\ufffe]/g;
  const expected = word.toWellFormed().replaceAll(/\r\n?/g, '\n').replaceAll(unreadable, '\ufffd');
  expect(shown).toEqual([expected, expected]);
});

test('toDot() draws quoted edges dashed and unlabelled ones bare', () => {
  const nodes = [0, 1].map((id) => ({ id, name: 'f', text: '' }));
  const edges = [
    { from: 0, to: 1, label: '', style: 'quoted' as const },
    { from: 0, to: 1, label: '' },
  ];
  expect(toDot({ nodes, edges })).toContain('  c0 -> c1 [style=dashed];\n  c0 -> c1;\n');
});

test('toDot() paints after the style, so that paint wins', () => {
  const dot = toDot(diamond, {
    paint: (node) => (node.id === 3 ? { fill: '#fa0', stroke: 'tomato' } : undefined),
  });
  expect(dot).toContain('fillcolor="#eef2ff", penwidth=2, fillcolor="#ffaa00", color="tomato"];');
});

test('toDot() to the right turns the ranks', () => {
  expect(toDot(diamond, { direction: 'right' })).toContain('rankdir=LR');
});

/** What Graphviz does to a label: the quotation, then `escString`, then entities. */
function read(text: string): string {
  const unquoted = text.slice(1, -1).replaceAll('\\"', '"');
  const unescaped = unquoted.replace(/\\(.)/g, (_, character: string) =>
    character === 'n' ? '\n' : character,
  );
  return unescaped.replaceAll('&amp;', '&');
}
