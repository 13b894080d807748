/** Ending workers that have had nothing to do for some time. */

import { describe, expect, test } from 'vitest';
import { IdleWorkers } from '../../src/pool/idle-workers.ts';
import { type Batch, Member } from '../../src/pool/member.ts';
import { FakeClock } from '../../src/testing.ts';

interface Watched {
  readonly clock: FakeClock;
  readonly idle: IdleWorkers;
  /** Numbers of the workers that were ended, and when. */
  readonly ended: (readonly [number, atMs: number])[];
  add(): Member;
}

function watched(timeoutMs: number): Watched {
  const clock = new FakeClock();
  const members = new Set<Member>();
  const ended: (readonly [number, number])[] = [];
  const end = (member: Member): void => {
    members.delete(member);
    ended.push([member.number, clock.nowMs()]);
  };
  const add = (): Member => {
    const transport = {
      post: () => undefined,
      keepAlive: () => undefined,
      terminate: () => Promise.resolve(),
    };
    const member = new Member(members.size, undefined, transport, 'thread');
    member.isReady = true;
    members.add(member);
    return member;
  };
  return { clock, ended, add, idle: new IdleWorkers({ clock, timeoutMs, members, end }) };
}

const busy: Batch = {
  task: 0,
  first: 0,
  pieces: [],
  count: 1,
  answered: 0,
  takenBack: new Set(),
  held: undefined,
  sentAtMs: 0,
};

describe('IdleWorkers', () => {
  test('ends each after its own rest, with one timer', () => {
    const { clock, idle, add, ended } = watched(100);
    const [first, second] = [add(), add()];
    idle.rests(first);
    clock.pass(30);
    idle.rests(second);
    expect(clock.timers).toBe(1);
    clock.pass(69);
    expect(ended).toEqual([]);
    clock.pass(1);
    expect(ended).toEqual([[0, 100]]);
    clock.pass(30);
    expect(ended).toEqual([
      [0, 100],
      [1, 130],
    ]);
    expect(clock.timers).toBe(0);
  });

  test('leaves one that is busy, and counts anew from its next rest on', () => {
    const { clock, idle, add, ended } = watched(100);
    const member = add();
    idle.rests(member);
    clock.pass(50);
    member.batches.push(busy);
    clock.pass(100);
    expect(ended).toEqual([]);
    member.batches.pop();
    idle.rests(member);
    clock.pass(99);
    expect(ended).toEqual([]);
    clock.pass(1);
    expect(ended).toEqual([[0, 250]]);
  });

  test('leaves one that has rested again meanwhile', () => {
    const { clock, idle, add, ended } = watched(100);
    const member = add();
    idle.rests(member);
    clock.pass(80);
    idle.rests(member);
    clock.pass(99);
    expect(ended).toEqual([]);
    clock.pass(1);
    expect(ended).toEqual([[0, 180]]);
  });

  test('stop() leaves no timer', () => {
    const { clock, idle, add, ended } = watched(100);
    idle.rests(add());
    idle.stop();
    expect(clock.timers).toBe(0);
    clock.pass(1000);
    expect(ended).toEqual([]);
  });
});
