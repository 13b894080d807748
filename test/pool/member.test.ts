/** What a pool notes of one worker. */

import { describe, expect, test } from 'vitest';
import { type Batch, Member, placeIn } from '../../src/pool/member.ts';
import type { Piece, Work } from '../../src/pool/work.ts';
import { Claims } from '../../src/worker/claims.ts';
import type { Transport } from '../../src/worker/transport.ts';

const task = { url: 'file:///tasks.js', name: 'a' };
const transport: Transport = {
  post: () => undefined,
  keepAlive: () => undefined,
  terminate: () => Promise.resolve(),
};

function pieceOf(start: number, end: number): Piece {
  const owner = { succeeded: () => undefined, failed: () => undefined };
  const inputs = Array.from({ length: end }, (_, index) => index);
  const work: Work = { task, inputs, isSingle: true, slots: 1, timeoutMs: undefined, owner };
  return { work, start, end, isSuspect: false, addedAtMs: 0 };
}

function batchOf(...pieces: Piece[]): Batch {
  const count = pieces.reduce((sum, { start, end }) => sum + end - start, 0);
  return {
    task: 0,
    first: 0,
    pieces,
    count,
    answered: 0,
    takenBack: new Set(),
    held: undefined,
    sentAtMs: 0,
  };
}

describe('placeIn()', () => {
  test('finds a call of the only piece', () => {
    const piece = pieceOf(5, 9);
    expect(placeIn(batchOf(piece), 0)).toEqual({ piece, index: 5 });
    expect(placeIn(batchOf(piece), 3)).toEqual({ piece, index: 8 });
  });

  test('finds a call among pieces of one call each', () => {
    const pieces = [pieceOf(3, 4), pieceOf(0, 1), pieceOf(7, 8)];
    const batch = batchOf(...pieces);
    expect([0, 1, 2].map((position) => placeIn(batch, position).index)).toEqual([3, 0, 7]);
    expect(placeIn(batch, 2).piece).toBe(pieces[2]);
  });

  test('finds the only call of a batch of one', () => {
    const piece = pieceOf(4, 5);
    expect(placeIn(batchOf(piece), 0)).toEqual({ piece, index: 4 });
  });
});

describe('Member', () => {
  test('numberOf() numbers tasks by module and name', () => {
    const member = new Member(0, undefined, transport, 'thread');
    expect(member.numberOf(task)).toEqual({ task: 0, isNew: true });
    expect(member.numberOf({ ...task })).toEqual({ task: 0, isNew: false });
    expect(member.numberOf({ ...task, name: 'b' })).toEqual({ task: 1, isNew: true });
    member.forgetTask({ ...task, name: 'b' });
    expect(member.numberOf({ ...task, name: 'b' })).toEqual({ task: 1, isNew: true });
  });

  test('fateOf() tells from the claim what became of a call', () => {
    const claims = new Claims();
    const member = new Member(0, claims, transport, 'thread');
    claims.offer(0, 4);
    claims.tryStart(1, 4);
    claims.tryStart(2, 4);
    claims.finish(2);
    claims.tryTakeBack(3);
    expect([0, 1, 2, 3].map((call) => member.fateOf(call))).toEqual([
      'not-started',
      'running',
      'finished',
      'not-started',
    ]);
    expect(new Member(0, undefined, transport, 'thread').fateOf(0)).toBe('unknown');
  });
});

describe('Claims', () => {
  test('a call is started or taken back, never both', () => {
    const claims = new Claims();
    claims.offer(1, 2);
    expect([claims.tryStart(1, 3), claims.tryTakeBack(1)]).toEqual([true, false]);
    expect([claims.tryTakeBack(2), claims.tryStart(2, 3)]).toEqual([true, false]);
  });
});
