/** What comes from a worker is told in turn. */

import { expect, test } from 'vitest';
import { InTurn } from '../../src/worker/in-turn.ts';

test('InTurn runs one thing after the other, and nothing while it is held', () => {
  const inTurn = new InTurn();
  const done: string[] = [];
  inTurn.run(() => {
    inTurn.run(() => done.push('inner'));
    done.push('outer');
    inTurn.hold();
    inTurn.hold();
  });
  inTurn.run(() => done.push('after'));
  expect(done).toEqual(['outer']);
  inTurn.release();
  expect([done, inTurn.isHeld]).toEqual([['outer'], true]);
  inTurn.release();
  expect([done, inTurn.isHeld]).toEqual([['outer', 'inner', 'after'], false]);
});

test('InTurn goes on after something that throws', () => {
  const inTurn = new InTurn();
  const done: string[] = [];
  const fail = (): never => {
    throw new Error('enough');
  };
  expect(() => inTurn.run(fail)).toThrow('enough');
  inTurn.run(() => done.push('next'));
  expect(done).toEqual(['next']);
});
