/** The waiting line of a pool. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mustBeAlone, Waiting } from '../../src/pool/waiting.ts';
import type { Piece, Work } from '../../src/pool/work.ts';

const tasks = ['a', 'b'].map((name) => ({ url: 'file:///tasks.js', name }));

function workOf(count: number, parts: Partial<Work> & { readonly taskAt?: number } = {}): Work {
  const { taskAt = 0, ...rest } = parts;
  return {
    task: tasks[taskAt]!,
    inputs: Array.from({ length: count }, (_, index) => index),
    isSingle: true,
    slots: 1,
    timeoutMs: undefined,
    owner: { succeeded: () => undefined, failed: () => undefined },
    ...rest,
  };
}

function pieceOf(work: Work, parts: Partial<Piece> = {}): Piece {
  return { work, start: 0, end: work.inputs.length, isSuspect: false, addedAtMs: 0, ...parts };
}

/** The calls of a piece, each by its work and index. */
function callsOf(pieces: readonly Piece[]): (readonly [Work, number])[] {
  return pieces.flatMap(({ work, start, end }) =>
    Array.from({ length: end - start }, (_, at) => [work, start + at] as const),
  );
}

describe('Waiting', () => {
  test('cut() takes part of a piece and leaves the rest', () => {
    const waiting = new Waiting();
    const work = workOf(10);
    waiting.push(pieceOf(work));
    expect(callsOf(waiting.cut(4).pieces).map(([, index]) => index)).toEqual([0, 1, 2, 3]);
    expect(waiting.length).toBe(6);
    expect(callsOf(waiting.cut(100).pieces).map(([, index]) => index)).toEqual([4, 5, 6, 7, 8, 9]);
    expect([waiting.length, waiting.slots, waiting.next]).toEqual([0, 0, undefined]);
  });

  test('cut() joins single calls of the same task, and no others', () => {
    const waiting = new Waiting();
    const works = [workOf(1), workOf(1), workOf(1, { taskAt: 1 }), workOf(1, { isSingle: false })];
    for (const work of works) waiting.push(pieceOf(work));
    expect(waiting.cut(9).count).toBe(2);
    expect(waiting.cut(9).count).toBe(1);
    expect(waiting.cut(9).count).toBe(1);
  });

  test('cut() leaves alone what must be alone, first in line or not', () => {
    const waiting = new Waiting();
    waiting.push(pieceOf(workOf(1)));
    waiting.push(pieceOf(workOf(1, { timeoutMs: 5 })));
    waiting.push(pieceOf(workOf(1)));
    waiting.push(pieceOf(workOf(1), { isSuspect: true }));
    waiting.push(pieceOf(workOf(1, { slots: 2 })));
    expect(waiting.slots).toBe(6);
    expect([1, 2, 3, 4, 5].map(() => waiting.cut(9).count)).toEqual([1, 1, 1, 1, 1]);
    expect([waiting.length, waiting.slots]).toEqual([0, 0]);
  });

  test('putBack() puts in front, in order', () => {
    const waiting = new Waiting();
    const [first, second, third] = [workOf(2), workOf(1), workOf(1)];
    waiting.push(pieceOf(third));
    waiting.putBack([pieceOf(first), pieceOf(second)]);
    expect(callsOf(waiting.takeAll())).toEqual([
      [first, 0],
      [first, 1],
      [second, 0],
      [third, 0],
    ]);
  });

  test('removeFirst() takes one, removeAll() takes all', () => {
    const waiting = new Waiting();
    const [kept, gone] = [workOf(3), workOf(2)];
    for (const work of [gone, kept, gone, gone]) waiting.push(pieceOf(work));
    waiting.cut(1);
    expect(waiting.removeFirst(({ work }) => work === gone)).toBe(true);
    expect(waiting.length).toBe(7);
    waiting.removeAll(({ work }) => work === gone);
    expect(waiting.removeFirst(({ work }) => work === gone)).toBe(false);
    expect(callsOf(waiting.takeAll()).map(([work]) => work)).toEqual([kept, kept, kept]);
  });

  test('mustBeAlone() is true of time limits, several slots and suspects', () => {
    expect(mustBeAlone(pieceOf(workOf(1)))).toBe(false);
    expect(mustBeAlone(pieceOf(workOf(1, { timeoutMs: 1 })))).toBe(true);
    expect(mustBeAlone(pieceOf(workOf(1, { slots: 2 })))).toBe(true);
    expect(mustBeAlone(pieceOf(workOf(1), { isSuspect: true }))).toBe(true);
  });

  test('loses, repeats and reorders nothing, whatever is done to it', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('push' as const), count: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ do: fc.constant('cut' as const), most: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ do: fc.constant('put back' as const) }),
      fc.record({ do: fc.constant('remove' as const), at: fc.nat(5) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const waiting = new Waiting();
        const works: Work[] = [];
        let line: (readonly [Work, number])[] = [];
        let out: readonly Piece[] = [];
        for (const next of steps) {
          if (next.do === 'push') {
            const work = workOf(next.count);
            works.push(work);
            waiting.push(pieceOf(work));
            line.push(...callsOf([pieceOf(work)]));
          } else if (next.do === 'cut' && waiting.length > 0) {
            const cut = waiting.cut(next.most);
            out = cut.pieces;
            assert.ok(cut.count <= next.most);
            assert.deepEqual(callsOf(out), line.splice(0, cut.count));
          } else if (next.do === 'put back') {
            waiting.putBack(out);
            line.unshift(...callsOf(out));
            out = [];
          } else if (next.do === 'remove') {
            const gone = works[next.at];
            waiting.removeAll(({ work }) => work === gone);
            line = line.filter(([work]) => work !== gone);
          }
          expect([waiting.length, waiting.slots]).toEqual([line.length, line.length]);
        }
        expect(callsOf(waiting.takeAll())).toEqual(line);
      }),
      { numRuns: 200 },
    );
  });

  test('gives back the memory of a long line, and keeps its order', () => {
    const waiting = new Waiting();
    for (let n = 0; n < 20_000; n++) waiting.push(pieceOf(workOf(1, { inputs: [n] })));
    for (let n = 0; n < 20_000; n++) expect(waiting.cut(1).pieces[0]?.work.inputs[0]).toBe(n);
    expect(waiting.next).toBeUndefined();
  });
});
