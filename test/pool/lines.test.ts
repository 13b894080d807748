/** The waiting lines of a pool: one for all workers, and one for each that calls are pinned to. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Lines } from '../../src/pool/lines.ts';
import type { Piece, Work, WorkOwner } from '../../src/pool/work.ts';

const task = { url: 'file:///tasks.js', name: 'a' };
const nobody: WorkOwner = { succeeded: () => undefined, failed: () => undefined };

interface PieceParts {
  readonly pin?: number | undefined;
  readonly count?: number;
  readonly addedAtMs?: number;
  readonly slots?: number;
  readonly owner?: WorkOwner;
}

function pieceOf({ pin, count = 1, addedAtMs = 0, slots = 1, owner = nobody }: PieceParts): Piece {
  const inputs = Array.from({ length: count }, (_, index) => index);
  const work: Work = { task, inputs, isSingle: true, slots, timeoutMs: undefined, pin, owner };
  return { work, start: 0, end: count, isSuspect: false, addedAtMs };
}

/** Takes the works that a worker would run, in order. */
function taken(lines: Lines, worker: number): Work[] {
  const works: Work[] = [];
  for (let line = lines.lineFor(worker); line !== undefined; line = lines.lineFor(worker)) {
    works.push((line.cut(1).pieces[0] as Piece).work);
  }
  return works;
}

describe('Lines', () => {
  test('gives a worker what is pinned to it, and what is pinned to none', () => {
    const lines = new Lines(2);
    const [even, odd, any] = [pieceOf({ pin: 4 }), pieceOf({ pin: 7 }), pieceOf({ addedAtMs: 1 })];
    for (const piece of [any, odd, even]) lines.push(piece);
    expect(new Set(lines.wanted)).toEqual(new Set([0, 1]));
    expect([lines.length, lines.slots]).toEqual([3, 3]);
    expect(taken(lines, 0)).toEqual([even.work, any.work]);
    expect(lines.wanted).toEqual([1]);
    expect(taken(lines, 1)).toEqual([odd.work]);
    expect([lines.length, lines.slots, lines.wanted]).toEqual([0, 0, []]);
    expect(lines.lineFor(0)).toBeUndefined();
  });

  test('gives first what was added first, whichever line it stands in', () => {
    const lines = new Lines(1);
    const pieces = [3, 1, undefined, 2, undefined].map((pin, at) => pieceOf({ pin, addedAtMs: at }));
    for (const piece of pieces) lines.push(piece);
    expect(taken(lines, 0)).toEqual(pieces.map(({ work }) => work));
  });

  test('resize() pins anew', () => {
    const lines = new Lines(3);
    const pieces = [0, 1, 2, 3, 4, 5].map((pin) => pieceOf({ pin, addedAtMs: pin }));
    for (const piece of pieces) lines.push(piece);
    lines.resize(2);
    expect(new Set(lines.wanted)).toEqual(new Set([0, 1]));
    expect(new Set(taken(lines, 0).map(({ pin }) => pin))).toEqual(new Set([0, 2, 4]));
    expect(new Set(taken(lines, 1).map(({ pin }) => pin))).toEqual(new Set([1, 3, 5]));
  });

  test('resize() keeps the order of calls of one key', () => {
    const lines = new Lines(3);
    const pieces = [5, 2, 5, 0, 2, 5].map((pin, at) => pieceOf({ pin, addedAtMs: at }));
    for (const piece of pieces) lines.push(piece);
    for (const size of [1, 4, 2]) lines.resize(size);
    for (const pin of [0, 2, 5]) {
      const own = pieces.filter(({ work }) => work.pin === pin).map(({ work }) => work);
      const all = lines.takeAll();
      for (const piece of all) lines.push(piece);
      expect(all.filter(({ work }) => work.pin === pin).map(({ work }) => work)).toEqual(own);
    }
  });

  test('putBack() puts each in front of its own line, in order', () => {
    const lines = new Lines(2);
    const [later, laterPinned] = [pieceOf({ addedAtMs: 2 }), pieceOf({ pin: 0, addedAtMs: 2 })];
    lines.push(later);
    lines.push(laterPinned);
    const back = [pieceOf({ pin: 0 }), pieceOf({}), pieceOf({ pin: 0 }), pieceOf({})];
    lines.putBack(back);
    expect(lines.length).toBe(6);
    expect(taken(lines, 0)).toEqual(
      [back[0], back[2], back[1], back[3], laterPinned, later].map((piece) => piece?.work),
    );
  });

  test('removes pieces wherever they stand', () => {
    const owner: WorkOwner = { ...nobody };
    const lines = new Lines(2);
    const [first, second] = [pieceOf({ pin: 1, owner }), pieceOf({ owner, count: 3 })];
    for (const piece of [pieceOf({}), first, second, pieceOf({ pin: 1 })]) lines.push(piece);
    expect(lines.removeFirst(({ work }) => work === first.work)).toBe(true);
    expect(lines.removeFirst(({ work }) => work === first.work)).toBe(false);
    expect(lines.length).toBe(5);
    lines.removeOf(owner);
    expect([lines.length, lines.slots]).toEqual([2, 2]);
    expect(lines.removeAll(() => true)).toHaveLength(2);
    expect([lines.length, lines.lineFor(0), lines.lineFor(1)]).toEqual([0, undefined, undefined]);
  });

  test('loses and repeats nothing, and keeps the order of each key', () => {
    const pin = fc.option(fc.nat(6), { nil: undefined });
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant('push' as const), pin }) },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('cut' as const), worker: fc.nat(3), most: fc.nat(3) }),
      },
      fc.record({ do: fc.constant('put back' as const) }),
      fc.record({ do: fc.constant('resize' as const), size: fc.integer({ min: 1, max: 4 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const lines = new Lines(3);
        let size = 3;
        const waiting: Work[] = [];
        let out: readonly Piece[] = [];
        steps.forEach((next, atMs) => {
          if (next.do === 'push') {
            const piece = pieceOf({ pin: next.pin, addedAtMs: atMs });
            waiting.push(piece.work);
            lines.push(piece);
          } else if (next.do === 'cut') {
            const line = lines.lineFor(next.worker);
            if (line === undefined) return;
            out = line.cut(next.most + 1).pieces;
            for (const { work } of out) {
              assert.ok(work.pin === undefined || work.pin % size === next.worker);
              // Of its key it was the first.
              assert.equal(
                waiting.find((other) => other.pin === work.pin),
                work,
              );
              waiting.splice(waiting.indexOf(work), 1);
            }
          } else if (next.do === 'put back') {
            lines.putBack(out);
            waiting.unshift(...out.map(({ work }) => work));
            out = [];
          } else {
            size = next.size;
            lines.resize(size);
          }
          assert.deepEqual([lines.length, lines.slots], [waiting.length, waiting.length]);
        });
        assert.equal(new Set(lines.takeAll().map(({ work }) => work)).size, waiting.length);
        assert.deepEqual([lines.length, lines.wanted], [0, []]);
      }),
      { numRuns: 300 },
    );
  });
});
