/** Bars that another thread shows: what is sent when, and what the terminal there shows. */

import { beforeAll, describe, expect, test } from 'vitest';
import { openProgress } from '../../src/progress/open-bar.ts';
import type { Postfix } from '../../src/progress/postfix.ts';
import { progress } from '../../src/progress/progress.ts';
import { relayed } from '../fixtures/progress/relayed.ts';
import { assumeTerminal, watched } from '../fixtures/progress/watched.ts';
import { FakeTerminal } from '../fixtures/terminal/fake-terminal.ts';

beforeAll(assumeTerminal);

describe('bars that go by a relay', () => {
  test('show there what they would show here', () => {
    const there = relayed();
    const here = watched();
    for (const options of [there.options, here.options]) {
      const clock = options.clock as typeof here.clock;
      const bar = openProgress({
        ...options,
        total: 400,
        desc: 'items',
        initial: 100,
        postfix: { loss: 0.5 },
      });
      for (let i = 0; i < 3; i++) {
        bar.add(50);
        clock.pass(100);
      }
      clock.pass(1500);
    }
    expect(there.screen()).toEqual(here.screen());
    expect(there.screen()).toEqual([
      expect.stringMatching(/^items: {2}63%\|.* 250\/400 \[00:01<00:00, 500\.00it\/s, loss=0\.5\]$/u),
    ]);
  });

  test('are sent at most ten times a second, together, whether or not there is time for timers', () => {
    const { options, clock, sent } = relayed();
    const bars = ['a', 'b', 'c'].map((desc) => openProgress({ ...options, desc, minIntervalMs: 0 }));
    for (let ms = 0; ms < 1000; ms++) {
      if (ms < 500) clock.pass(1);
      else clock.drift(1);
      for (const bar of bars) {
        bar.add();
        bar.update();
      }
    }
    expect(sent.length).toBeGreaterThan(8);
    expect(sent.length).toBeLessThan(12);
    expect(sent.at(-1)?.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  test('are sent again only if there is something new: a count, a total, a text', () => {
    const { options, clock, sent, screen } = relayed();
    const state = { loss: 1 };
    const bar = openProgress({ ...options, total: 4, postfix: state as Postfix });
    const change: (() => void)[] = [
      () => bar.add(),
      () => bar.update(5),
      () => {
        bar.desc = 'new';
      },
      () => {
        state.loss = 0.5;
      },
    ];
    for (const [number, action] of change.entries()) {
      clock.pass(1000);
      expect(sent).toHaveLength(number + 1);
      action();
      clock.pass(1000);
      expect(sent).toHaveLength(number + 2);
    }
    expect(screen()).toEqual([
      expect.stringMatching(/^new: {2}20%\|.* 1\/5 \[00:08<00:04, {2}1\.00it\/s, loss=0\.5\]$/u),
    ]);
  });

  test('one that begins and ends between two messages is sent once if its line stays, else never', () => {
    const { options, clock, sent, screen } = relayed();
    const outer = openProgress({ ...options, desc: 'outer' });
    for (let i = 0; i < 1000; i++) {
      for (const _ of progress([1, 2], { ...options, desc: `bar ${i}`, leave: i % 100 === 0 }));
    }
    expect(sent).toHaveLength(1);
    clock.pass(100);
    expect(sent).toHaveLength(2);
    expect(sent[1]?.map(({ state }) => state.desc)).toEqual(
      Array.from({ length: 10 }, (_, number) => `bar ${number * 100}`),
    );
    outer[Symbol.dispose]();
    expect(screen()).toHaveLength(11);
    expect(clock.timers).toBe(0);
  });

  test('that one has ended which is shown is sent at once', () => {
    const { options, clock, sent, screen, stream } = relayed();
    const bar = openProgress({ ...options, total: 2, leave: false });
    clock.drift(1);
    bar.add(2);
    expect(screen()).toHaveLength(1);
    bar[Symbol.dispose]();
    expect(sent.at(-1)).toMatchObject([{ state: { done: 2, hasEnded: true, elapsedMs: 1 } }]);
    expect([screen(), clock.timers, Object.hasOwn(stream, 'write')]).toEqual([[], 0, false]);
  });

  test('end when what they belong to is over; those from before go on', () => {
    const { options, clock, relay, screen } = relayed();
    const kept = openProgress({ ...options, desc: 'kept' });
    relay.keep();
    const bar = openProgress({ ...options, desc: 'forgotten' });
    const iterator = progress([1, 2], { ...options, desc: 'left' })[Symbol.iterator]();
    iterator.next();
    for (const _ of progress([1], { ...options, desc: 'short' }));
    relay.over();
    expect(screen().map((line) => line.split(':')[0])).toEqual(['short', 'forgotten', 'left', 'kept']);
    bar.add();
    bar[Symbol.dispose]();
    kept[Symbol.dispose]();
    expect([screen().length, clock.timers]).toEqual([4, 0]);
  });

  test('end as they were last when nothing more comes', () => {
    const { options, clock, received, screen, stream } = relayed();
    openProgress({ ...options, desc: 'stays', total: 4 }).add(1);
    openProgress({ ...options, desc: 'leaves', leave: false });
    clock.pass(1000);
    received.end();
    expect(screen()).toEqual([expect.stringMatching(/^stays: {2}25%\|.* 1\/4 \[00:01<00:03, /u)]);
    expect(Object.hasOwn(stream, 'write')).toBe(false);
  });

  test('are drawn by their own render, for a usual terminal, and harmless', () => {
    const { options, clock, screen } = relayed();
    const seen: number[] = [];
    const bar = openProgress({
      ...options,
      render: ({ done, columns }) => {
        seen.push(columns);
        if (done === 2) throw new RangeError('oops');
        return [{ text: `done\n${done}`, tone: 'good', shrinks: false }];
      },
    });
    expect(screen()).toEqual(['done 0']);
    bar.add(2);
    clock.pass(200);
    expect(screen()).toEqual(["2it [00:00, 20.00it/s, render: RangeError: 'oops']"]);
    bar[Symbol.dispose]();
    expect(new Set(seen)).toEqual(new Set([79]));
  });

  test('with a stream of their own do not go by it; nor those that are shown nowhere', () => {
    const { options, sent } = relayed();
    const stream = new FakeTerminal();
    const own = openProgress({ ...options, stream });
    const none = openProgress({ ...options, disable: true });
    for (const bar of [own, none]) bar[Symbol.dispose]();
    expect([sent.length, stream.writes.length > 0]).toEqual([0, true]);
  });

  test('that cannot be sent reach no loop, and hold nothing', () => {
    const { options, clock } = relayed(() => {
      throw new DOMException('could not be cloned', 'DataCloneError');
    });
    for (const _ of progress([1, 2, 3], options)) clock.pass(200);
    expect(clock.timers).toBe(0);
  });
});
