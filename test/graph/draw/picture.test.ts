import { describe, expect, test } from 'vitest';
import type { DrawOptions, Picture } from '../../../src/graph/draw/picture.ts';
import { toDot } from '../../../src/graph/draw/to-dot.ts';
import { toMermaid } from '../../../src/graph/draw/to-mermaid.ts';
import { toSvg } from '../../../src/graph/draw/to-svg.ts';
import { diamond } from './pictures.ts';

describe.each([
  ['toDot', toDot],
  ['toMermaid', toMermaid],
  ['toSvg', toSvg],
])('%s()', (_, draw: (picture: Picture, options?: DrawOptions) => string) => {
  const node = (id: number): Picture['nodes'][number] => ({ id, name: 'add', text: '' });

  test.each([
    [-1, "Cannot draw node 'add' as its id is no whole number from 0 up: received -1"],
    [0.5, "Cannot draw node 'add' as its id is no whole number from 0 up: received 0.5"],
    [Number.NaN, "Cannot draw node 'add' as its id is no whole number from 0 up: received NaN"],
  ])('refuses the id %d', (id, message) => {
    expect(() => draw({ nodes: [node(id)], edges: [] })).toThrow(new RangeError(message));
  });

  test('refuses an id given twice', () => {
    expect(() => draw({ nodes: [node(4), node(4)], edges: [] })).toThrow(
      new RangeError("Cannot draw node 'add' as its id is taken by another node: received 4"),
    );
  });

  test('refuses an edge to nowhere', () => {
    expect(() => draw({ nodes: [node(4)], edges: [{ from: 4, to: 9, label: 'a' }] })).toThrow(
      new RangeError("Cannot draw edge 'a' as no node has the id at its end: received 9"),
    );
  });

  test('refuses a direction it does not know', () => {
    expect(() => draw(diamond, { direction: 'up' as 'down' })).toThrow(
      new RangeError("Cannot draw a graph as its direction is neither 'down' nor 'right': received 'up'"),
    );
  });

  test.each(['red;x:y', '"', 'rgb(0, 0, 0)', '#12', 'url(x)', ''])('refuses the colour %j', (fill) => {
    expect(() => draw(diamond, { paint: () => ({ fill }) })).toThrow(
      new RangeError(
        `Cannot paint node 'add' as its colour is neither '#rrggbb' nor a name: received '${fill}'`,
      ),
    );
  });

  test('asks paint once for each node, in order', () => {
    const asked: number[] = [];
    draw(diamond, {
      paint: ({ id }) => {
        asked.push(id);
        return undefined;
      },
    });
    expect(asked).toEqual([0, 1, 2, 3]);
  });

  test('names boxes after their ids', () => {
    expect(draw({ nodes: [node(77)], edges: [] })).toContain('c77');
  });
});
