import { expect, test } from 'vitest';
import { toMermaid } from '../../../src/graph/draw/to-mermaid.ts';
import { diamond, empty, hardWords, single } from './pictures.ts';

test('toMermaid() writes the diamond as nodes, then edges, in order', () => {
  expect(toMermaid(diamond)).toBe(
    [
      'flowchart TD',
      '  c0("add<br/>(5, 4)")',
      '  c1("add<br/>(—, 3)")',
      '  c2("sub<br/>(—, 3)")',
      '  c3("mul<br/>(—, —)"):::target',
      '  c0 -->|"a"| c1',
      '  c0 -->|"a"| c2',
      '  c1 -->|"a"| c3',
      '  c2 -->|"b"| c3',
      '  classDef target stroke-width:3px',
      '',
    ].join('\n'),
  );
});

test('toMermaid() of an empty picture is the heading alone', () => {
  expect(toMermaid(empty)).toBe('flowchart TD\n');
});

test.each([
  ['"', '#34;'],
  ['#quot;', '#35;quot#59;'],
  ['<b>', '#60;b#62;'],
  ['&amp;', '#38;amp#59;'],
  ['a\\nb', 'a#92;nb'],
  ['a\nb', 'a<br/>b'],
  ['`x`', '#96;x#96;'],
  ['word_size', 'word_size'],
  ['_x_', '#95;x#95;'],
  ['**x**', '#42;#42;x#42;#42;'],
  ['%%{', '#37;#37;{'],
  ['a:b', 'a#58;b'],
  ['1. x', '1#46; x'],
  ['1.5', '1.5'],
  ['- x', '#45; x'],
  ['-1', '-1'],
  ['  x', '#160;#160;x'],
  ['', '#160;'],
  ['日本 é 👩‍👧', '日本 é 👩‍👧'],
  ['a\0\ud800', 'a#65533;#65533;'],
])('toMermaid() writes the name %j as %s', (name, written) => {
  expect(toMermaid(single(name))).toBe(`flowchart TD\n  c0("${written}")\n`);
});

test.each(hardWords)('toMermaid() keeps %j within its quotation, in the box and on the edge', (word) => {
  const text = toMermaid({
    nodes: [{ id: 0, name: word, text: word }],
    edges: [{ from: 0, to: 0, label: word }],
  });
  const lines = text.trimEnd().split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[1]).toMatch(/^ {2}c0\("[^"\\`*%$:&|~@]+"\)$/);
  expect(lines[2]).toMatch(/^ {2}c0 -->\|"[^"\\`*%$:&|~@]+"\| c0$/);
});

test('toMermaid() tells styles apart by shape and class', () => {
  const nodes = (['call', 'value', 'quoted'] as const).map((style, id) => ({
    id,
    name: 'f',
    text: '',
    style,
  }));
  const edges = [{ from: 2, to: 0, label: '', style: 'quoted' as const }];
  expect(toMermaid({ nodes, edges })).toBe(
    'flowchart TD\n  c0("f")\n  c1(["f"])\n  c2("f"):::quoted\n  c2 -.-> c0\n  classDef quoted stroke-dasharray:5 4\n',
  );
});

test('toMermaid() writes paint last', () => {
  const text = toMermaid(single('f'), {
    direction: 'right',
    paint: () => ({ fill: '#123456', stroke: 'red' }),
  });
  expect(text).toBe('flowchart LR\n  c0("f")\n  style c0 fill:#123456,stroke:red\n');
});
