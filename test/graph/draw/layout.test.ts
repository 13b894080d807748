import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Box, Layout, LayoutLink, Size } from '../../../src/graph/draw/layout.ts';
import { layOut } from '../../../src/graph/draw/layout.ts';
import type { DrawDirection } from '../../../src/graph/draw/picture.ts';

interface Plan {
  readonly sizes: readonly Size[];
  readonly links: readonly LayoutLink[];
  readonly direction: DrawDirection;
}

const anySize: fc.Arbitrary<Size> = fc.record({
  width: fc.integer({ min: 1, max: 300 }),
  height: fc.integer({ min: 1, max: 80 }),
});

const anyPlan: fc.Arbitrary<Plan> = fc
  .tuple(
    fc.array(
      fc.record({
        size: anySize,
        needs: fc.array(fc.record({ back: fc.nat(30), label: fc.option(anySize, { nil: undefined }) }), {
          maxLength: 6,
        }),
      }),
      { maxLength: 40 },
    ),
    fc.constantFrom<DrawDirection>('down', 'right'),
  )
  .map(([drafts, direction]) => ({
    sizes: drafts.map(({ size }) => size),
    links: drafts.flatMap(({ needs }, to) =>
      needs.filter(({ back }) => back < to).map(({ back, label }) => ({ from: to - 1 - back, to, label })),
    ),
    direction,
  }));

function drawn({ sizes, links, direction }: Plan): Layout {
  return layOut(sizes, links, direction);
}

test('layOut() lets no two boxes overlap', () => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      const { boxes } = drawn(plan);
      for (const [at, one] of boxes.entries()) {
        for (const other of boxes.slice(at + 1)) expect(apart(one, other)).toBeGreaterThan(8);
      }
    }),
  );
});

test('layOut() leads every edge in the direction of the drawing, from box to box', () => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      const { boxes, routes } = drawn(plan);
      for (const [index, { from, to }] of plan.links.entries()) {
        const points = routes[index]!.points;
        const alongs = points.map((point) => (plan.direction === 'down' ? point.y : point.x));
        for (const [at, along] of alongs.slice(1).entries())
          expect(along).toBeGreaterThanOrEqual(alongs[at]!);
        expect(apart({ ...points[0]!, width: 0, height: 0 }, boxes[from]!)).toBeCloseTo(0);
        expect(apart({ ...points.at(-1)!, width: 0, height: 0 }, boxes[to]!)).toBeCloseTo(0);
      }
    }),
  );
});

test('layOut() bends lines around boxes: none passes a box that is not at its ends', () => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      const { boxes, routes } = drawn(plan);
      for (const [index, { from, to }] of plan.links.entries()) {
        for (const point of routes[index]!.points) {
          for (const [place, box] of boxes.entries()) {
            if (place === from || place === to) continue;
            expect(apart({ ...point, width: 0, height: 0 }, box)).toBeGreaterThan(0);
          }
        }
      }
    }),
  );
});

test('layOut() lets no two labels overlap, and no label a box', () => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      const { boxes, routes } = drawn(plan);
      const labels = routes.flatMap(({ label }, index): Box[] => {
        const size = plan.links[index]!.label;
        if (label === undefined || size === undefined) return [];
        return [{ x: label.x - size.width / 2, y: label.y - size.height / 2, ...size }];
      });
      for (const [at, label] of labels.entries()) {
        for (const other of [...labels.slice(at + 1), ...boxes])
          expect(apart(label, other)).toBeGreaterThan(0);
      }
    }),
  );
});

test('layOut() keeps boxes and lines inside, and gives each box at least its size', () => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      const { boxes, routes, width, height } = drawn(plan);
      for (const [index, box] of boxes.entries()) {
        expect(box.width).toBeGreaterThanOrEqual(plan.sizes[index]!.width);
        expect(box.height).toBeGreaterThanOrEqual(plan.sizes[index]!.height);
      }
      const corners = boxes.map((box) => ({ x: box.x + box.width, y: box.y + box.height }));
      for (const point of [...boxes, ...corners, ...routes.flatMap(({ points }) => points)]) {
        expect(Math.min(point.x, point.y, width - point.x, height - point.y)).toBeGreaterThan(23);
      }
    }),
  );
});

test('layOut() gives equal coordinates for equal input', () => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      expect(drawn(structuredClone(plan))).toEqual(drawn(plan));
    }),
  );
});

test('layOut() puts a call below the middle of its two arguments, and a chain in one straight line', () => {
  const sizes = Array.from({ length: 5 }, () => ({ width: 60, height: 40 }));
  const link = (from: number, to: number): LayoutLink => ({ from, to, label: undefined });
  const { boxes, routes } = layOut(sizes, [link(0, 2), link(1, 2), link(2, 3), link(3, 4)], 'down');
  const middles = boxes.map(({ x, width }) => x + width / 2);
  expect((middles[0]! + middles[1]!) / 2).toBeCloseTo(middles[2]!);
  expect(middles[3]).toBeCloseTo(middles[2]!);
  expect(routes[3]!.points).toHaveLength(2);
});

test('layOut() draws a wide tree without crossings, in the order of its arguments', () => {
  const sizes = Array.from({ length: 31 }, () => ({ width: 60, height: 40 }));
  const links = Array.from({ length: 30 }, (_, from) => ({ from, to: 16 + (from >> 1), label: undefined }));
  const leaves = layOut(sizes, links, 'down').boxes.slice(0, 16);
  expect(leaves.toSorted((a, b) => a.x - b.x)).toEqual(leaves);
});

test('layOut() leaves labels out where more arrive than a box may grow for', () => {
  const size = { width: 60, height: 40 };
  const links = Array.from({ length: 200 }, (_, at) => ({
    from: at,
    to: 200,
    label: { width: 20, height: 12 },
  }));
  const { boxes, routes } = layOut(
    Array.from({ length: 201 }, () => size),
    links,
    'down',
  );
  expect(routes.every(({ label }) => label === undefined)).toBe(true);
  expect(boxes[200]!.width).toBeLessThan(500);
  expect(new Set(routes.map(({ points }) => points.at(-1)!.x)).size).toBe(200);
});

test('layOut() settles on a picture with cycles', () => {
  const sizes = Array.from({ length: 4 }, () => ({ width: 60, height: 40 }));
  const links = [0, 1, 2, 2].map((from, at) => ({ from, to: [1, 2, 0, 2][at]!, label: undefined }));
  const { boxes, routes } = layOut(sizes, links, 'down');
  expect(boxes.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true);
  expect(routes).toHaveLength(4);
  for (const [at, one] of boxes.entries()) {
    for (const other of boxes.slice(at + 1)) expect(apart(one, other)).toBeGreaterThan(8);
  }
});

test('layOut() lays out a chain of 100 000 whose first value is used by all, without recursion', {
  timeout: 60_000,
}, () => {
  const count = 100_000;
  const sizes = Array.from({ length: count }, () => ({ width: 60, height: 40 }));
  const links = Array.from({ length: count - 1 }, (_, at) => at + 1).flatMap((to) => [
    { from: to - 1, to, label: undefined },
    { from: 0, to, label: undefined },
  ]);
  const { boxes } = layOut(sizes, links, 'down');
  expect(boxes.findIndex((box, place) => place > 0 && box.y <= boxes[place - 1]!.y + 40)).toBe(-1);
});

/** The room between two boxes: 0 if they touch, negative if they overlap. */
function apart(one: Box, other: Box): number {
  return Math.max(
    one.x - (other.x + other.width),
    other.x - (one.x + one.width),
    one.y - (other.y + other.height),
    other.y - (one.y + one.height),
  );
}
