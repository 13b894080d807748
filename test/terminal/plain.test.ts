/** The log: which facts have a line, and when. */

import { describe, expect, test } from 'vitest';
import { plain } from '../../src/terminal/plain.ts';
import { FakeTerminal } from '../fixtures/terminal/fake-terminal.ts';
import { HandClock } from '../fixtures/terminal/hand-clock.ts';
import { RunScript } from '../fixtures/terminal/run-script.ts';

function logged(title?: string) {
  const stream = new FakeTerminal();
  const clock = new HandClock();
  const sink = plain({ stream, clock, title });
  const script = (run = 1): RunScript => new RunScript(sink, () => clock.epochMs(), run);
  return { stream, clock, sink, script, lines: () => stream.output.split('\n').slice(0, -1) };
}

describe('plain()', () => {
  test('tells of each call with a display text, and never writes an escape code', () => {
    const { clock, script, stream, lines } = logged();
    const run = script().begin().add('read', 5);
    const first = run.start('read', { text: 'Reading \u001b[31ma.txt\nnow' });
    const second = run.start('read', { text: 'Reading b.txt ... ' });
    run.retry(second, 'Error: busy').again(second);
    clock.pass(3200);
    run.settle(first).settle(second, { failure: 'TypeError: not a text' });
    run.unstarted('read', { text: 'Reading c.txt' }, { how: 'retrieved' });
    run.unstarted('read', { text: 'Reading d.txt' }, { how: 'attached' });
    run.unstarted('read', { text: 'Reading e.txt' }, { is: 'skipped' });
    run.end('failure', 'TypeError: not a text');
    expect(lines()).toEqual([
      '[start] Reading a.txt now',
      '[start] Reading b.txt ...',
      '[retry] Reading b.txt: Error: busy',
      '[attempt 2] Reading b.txt ...',
      '[done] Reading a.txt now',
      '[failed] Reading b.txt: TypeError: not a text',
      '[retrieved] Reading c.txt',
      '[attached] Reading d.txt',
      '[skipped] Reading e.txt',
      '[failed] 5 calls in 3.2 s (1 retrieved, 1 attached, 1 failed, 1 skipped): TypeError: not a text',
    ]);
    expect(stream.output).not.toContain('\u001b');
  });

  test('tells only the end of a short run without display texts', () => {
    const { clock, script, lines } = logged('audit');
    const run = script().begin().add('square', 5000);
    for (let index = 0; index < 5000; index += 1) run.settle(run.start('square'));
    clock.pass(500);
    run.end();
    expect(lines()).toEqual(['[run] audit', '[success] 5000 calls in 0.5 s']);
  });

  test('tells of progress by tenths, and every 10 s', () => {
    const { clock, script, lines } = logged();
    const run = script().begin().add('square', 100);
    for (let index = 0; index < 50; index += 1) {
      clock.pass(200);
      run.settle(run.start('square'));
    }
    expect(lines().map((line) => line.split(' ')[1])).toEqual([
      '10/100',
      '20/100',
      '30/100',
      '40/100',
      '50/100',
    ]);
    run.start('square');
    clock.pass(35_000);
    expect(lines()).toHaveLength(8);
    expect(lines().at(-1)).toMatch(/^\[progress\] 50\/100 calls, 1 running, .+, \d+:\d\d left$/u);
  });

  test('tells of a failure-value, and of a cancelled run', () => {
    const { script, lines } = logged();
    const run = script().begin().add('divide', 1);
    run.settle(run.start('divide'), { is: 'failure-value', failure: 'RangeError: by zero' }).end('cancelled');
    expect(lines()).toEqual([
      '[failed] divide: RangeError: by zero',
      '[cancelled] 1 call in 0.0 s (1 failed)',
    ]);
  });

  test('tells only of failures in a run of more than a thousand calls', () => {
    const { script, lines } = logged();
    const run = script().begin().add('read', 2000);
    run.settle(run.start('read', { text: 'Reading a' }));
    run.settle(run.start('read', { text: 'Reading b' }), { failure: 'Error: no' });
    expect(lines()).toEqual(['[failed] Reading b: Error: no']);
  });

  test('holds nothing before the first run and after the last, nor when disposed', async () => {
    const { stream, clock, sink, script } = logged();
    const first = script(1).begin();
    const second = script(2).begin();
    expect([clock.timers, stream.listenerCount('error')]).toEqual([1, 1]);
    first.end();
    expect([clock.timers, stream.listenerCount('error')]).toEqual([1, 1]);
    second.end();
    await stream.flushed();
    expect([clock.timers, stream.listenerCount('error')]).toEqual([0, 0]);
    script(3).begin();
    sink[Symbol.dispose]();
    await stream.flushed();
    expect([clock.timers, stream.listenerCount('error')]).toEqual([0, 0]);
  });
});
