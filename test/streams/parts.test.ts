/** What queues are made of. */

import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { Fifo } from '../../src/streams/fifo.ts';
import { Waiting, WaitingLine } from '../../src/streams/waiting-line.ts';
import { turn } from './turns.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

class Member extends Waiting {}

describe('Fifo', () => {
  test('gives what a list gives', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(), fc.constantFrom('take', 'clear')), { maxLength: 200 }),
        (steps) => {
          const fifo = new Fifo<number>();
          const list: number[] = [];
          for (const step of steps) {
            if (step === 'clear') {
              fifo.clear();
              list.length = 0;
            } else if (typeof step === 'number') {
              fifo.add(step);
              list.push(step);
            } else if (fifo.size > 0) assert.equal(fifo.take(), list.shift());
            assert.equal(fifo.size, list.length);
          }
        },
      ),
    );
  });

  test('keeps nothing alive that was taken', async () => {
    const fifo = new Fifo<object>();
    const taken: WeakRef<object>[] = [];
    for (let n = 0; n < 100; n++) fifo.add({ n });
    for (let n = 0; n < 99; n++) taken.push(new WeakRef(fifo.take()));
    await turn();
    collect();
    assert.ok(taken.filter((ref) => ref.deref() !== undefined).length < 5);
    assert.equal(fifo.size, 1);
  });
});

describe('WaitingLine', () => {
  test('gives what a list gives, whoever leaves it', () => {
    const step = fc.record({ do: fc.constantFrom('add', 'add', 'take', 'remove'), at: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
        const line = new WaitingLine<Member>();
        let list: Member[] = [];
        const left = new Member();
        for (const { do: what, at } of steps) {
          if (what === 'add') {
            const member = new Member();
            line.add(member);
            list.push(member);
          } else if (what === 'take') assert.equal(line.takeFirst(), list.shift());
          else {
            const member = list[at % Math.max(1, list.length)] ?? left;
            line.remove(member);
            line.remove(member);
            list = list.filter((one) => one !== member);
          }
          assert.deepEqual([...line.members()], list);
          assert.equal(line.isEmpty, list.length === 0);
        }
      }),
      { numRuns: 300 },
    );
  });
});
