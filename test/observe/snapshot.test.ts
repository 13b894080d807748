/** Snapshots: counts at every moment, bounds, rates. */

import { describe, expect, test } from 'vitest';
import { RunWatch } from '../../src/observe/snapshot.ts';
import { RunScript } from '../fixtures/terminal/run-script.ts';

function watched(): { watch: RunWatch; script: RunScript; at: { ms: number } } {
  const watch = new RunWatch();
  const at = { ms: 1000 };
  return { watch, at, script: new RunScript({ emit: (event) => watch.add(event) }, () => at.ms) };
}

describe('RunWatch', () => {
  test('snapshot() counts every call in exactly one state', () => {
    const { watch, script } = watched();
    script.begin().add('square', 7).add('sum', 1);
    const first = script.start('square');
    const second = script.start('square');
    const third = script.start('square');
    script.start('square');
    script
      .settle(first)
      .settle(second, { failure: 'Error: no' })
      .settle(third, { is: 'failure-value', failure: 'Error: no' });
    script.unstarted('square', {}, { how: 'retrieved' }).unstarted('square', {}, { how: 'attached' });
    script.unstarted('sum', {}, { is: 'skipped' });
    const run = watch.snapshot().runs[0];
    expect(run?.tasks.map(({ task }) => task)).toEqual(['square', 'sum']);
    expect(run?.tasks[0]).toMatchObject({
      total: 7,
      waiting: 1,
      running: 1,
      computed: 1,
      failed: 2,
      retrieved: 1,
      attached: 1,
      skipped: 0,
      settled: 5,
    });
    expect(run?.all).toMatchObject({ total: 8, waiting: 1, running: 1, settled: 6, failed: 2, skipped: 1 });
    expect(run?.failures).toHaveLength(2);
  });

  test('snapshot() is a copy that later events do not change', () => {
    const { watch, script } = watched();
    script.begin().add('square', 2);
    const before = watch.snapshot();
    script.settle(script.start('square')).end();
    expect(before.runs[0]?.all.computed).toBe(0);
    expect(structuredClone(before)).toEqual(before);
    expect(watch.snapshot().runs[0]).toMatchObject({ is: 'success', settledAtMs: 1000 });
  });

  test('add() counts a call that is tried again as waiting, then as running', () => {
    const { watch, script } = watched();
    script.begin().add('fetch', 1);
    const call = script.start('fetch', { text: 'Fetching' });
    script.retry(call, 'Error: busy');
    expect(watch.live(1)?.all).toMatchObject({ waiting: 1, running: 0, settled: 0 });
    script.again(call);
    expect(watch.live(1)?.running.map(({ attempt }) => attempt)).toEqual([2]);
    script.settle(call);
    expect(watch.live(1)).toMatchObject({
      shownCalls: 1,
      all: { waiting: 0, running: 0, computed: 1, total: 1 },
    });
  });

  test('add() leaves out the calls of built-in tasks, but keeps their failures', () => {
    const { watch, script } = watched();
    script.begin().add('gather', 3, true);
    script.settle(script.start('gather', { builtin: true }));
    script.settle(script.start('gather', { builtin: true }), {
      is: 'failure-value',
      failure: 'Error: passed on',
    });
    script.settle(script.start('member', { builtin: true }), { failure: "TypeError: no member 'size'" });
    expect(watch.live(1)?.all.total).toBe(0);
    expect(watch.live(1)?.failures.map(({ task }) => task)).toEqual(['member']);
  });

  test('add() keeps a bounded number of recent calls and failures', () => {
    const { watch, script } = watched();
    script.begin().add('read', 500);
    for (let index = 0; index < 500; index += 1) {
      script.settle(script.start('read', { text: `Reading ${index}` }), { failure: 'Error: no' });
    }
    const run = watch.live(1);
    expect(run?.recent.map(({ text }) => text).slice(-1)).toEqual(['Reading 499']);
    expect([run?.recent.length, run?.failures.length, run?.all.failed]).toEqual([50, 50, 500]);
  });

  test('add() takes events of a call that was never announced, and of a run that is not known', () => {
    const { watch, script } = watched();
    script.add('early', 3);
    expect(watch.snapshot().runs).toEqual([]);
    script.begin().settle(script.start('surprise'));
    expect(watch.live(1)?.all).toMatchObject({ waiting: 0, running: 0, total: 1 });
    watch.forget(1);
    script.end();
    expect(watch.snapshot().runs).toEqual([]);
  });

  test('measure() gives the rate and the time left', () => {
    const { watch, script, at } = watched();
    script.begin().add('square', 1000);
    for (let index = 0; index < 400; index += 1) {
      script.settle(script.start('square'));
      at.ms += 10;
      if (index % 10 === 0) watch.measure(at.ms);
    }
    const all = watch.live(1)?.all;
    expect(all?.perSecond).toBeGreaterThan(95);
    expect(all?.perSecond).toBeLessThan(105);
    expect(all?.timeLeftMs).toBeGreaterThan(5500);
    expect(all?.timeLeftMs).toBeLessThan(6500);
  });

  test('the time left is that of calls which are computed, after many were found', () => {
    const { watch, script, at } = watched();
    script.begin().add('square', 1000);
    const pass = (ms: number): void => {
      at.ms += ms;
      watch.measure(at.ms);
    };
    let running = script.start('square');
    for (let index = 0; index < 900; index += 1) script.unstarted('square', {}, { how: 'retrieved' });
    for (let index = 0; index < 20; index += 1) pass(100);
    expect(watch.live(1)?.all.timeLeftMs).toBeUndefined();
    for (let index = 0; index < 4; index += 1) {
      script.settle(running);
      running = script.start('square');
      for (let part = 0; part < 10; part += 1) pass(100);
    }
    // One a second; 96 are left.
    expect(watch.live(1)?.all.timeLeftMs).toBeGreaterThan(80_000);
    expect(watch.live(1)?.all.timeLeftMs).toBeLessThan(140_000);
  });

  test('the time left counts what is found where nothing is computed', () => {
    const { watch, script, at } = watched();
    script.begin().add('square', 1000);
    for (let index = 0; index < 200; index += 1) {
      script.unstarted('square', {}, { how: 'retrieved' });
      at.ms += 10;
      watch.measure(at.ms);
    }
    expect(watch.live(1)?.all.timeLeftMs).toBeGreaterThan(7000);
    expect(watch.live(1)?.all.timeLeftMs).toBeLessThan(9000);
  });
});
