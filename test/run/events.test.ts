/** Events: complete, in order, and without effect on the run. */

import { describe, expect, test } from 'vitest';
import { type Delayed, type Event, fold, gather, maybe, run, task } from '../../src/index.ts';
import { eventFaults, FakeClock, RecordingSink } from '../../src/testing.ts';

const add = task((a: number, b: number) => a + b, { name: 'add' });
const boom = task(
  (): number => {
    throw new Error('boom');
  },
  { name: 'boom' },
);
const later = task(async (x: number) => x, { name: 'later' });
const safe = task(
  maybe((): number => boom.fn()),
  { name: 'safe' },
);
const fibonacci = task((n: number): number | Delayed<number> =>
  n < 2 ? n : add(fibonacci(n - 1), fibonacci(n - 2)),
);
const countDown = task((n: number): number | Delayed<number> => (n === 0 ? 0 : countDown(n - 1)), {
  name: 'countDown',
});

describe('events of a run are complete and in order', () => {
  test.each<[string, () => unknown]>([
    [
      'of a diamond',
      () => {
        const x = add(1, 2);
        return add(add(x, 1), add(x, 2));
      },
    ],
    ['of a wide graph', () => Array.from({ length: 500 }, (_, i) => add(i, later(1)))],
    ['of a recursion', () => fibonacci(8)],
    ['of tail calls', () => countDown(100)],
    ['of combinators', () => fold((a: number, b: number): [number, number] => [a + b, a], 0, [1, 2, 3])],
    ['of failures as values', () => [safe(), add(1, 1)]],
    ['of a failed run', () => [boom(), add(1, 1), later(2)]],
    ['of a run that failed inside', () => add(later(1), boom())],
  ])('%s, under every mode', async (_, build) => {
    for (const failure of ['stop-starting', 'carry-on', 'cancel-rest'] as const) {
      const sink = new RecordingSink();
      await run(build(), { sinks: sink, failure, clock: new FakeClock() }).catch(() => undefined);
      expect(eventFaults(sink.events)).toEqual([]);
    }
  });

  test('tells texts, marks, and why a call failed', async () => {
    const sink = new RecordingSink();
    const shown = task(
      (file: string): string => {
        if (file === 'b.c') throw new SyntaxError('line 3\nmore');
        return file;
      },
      { name: 'compile', display: 'Compiling {file} …', confirm: true },
    );
    await run([shown('a.c'), shown('b.c')], { sinks: sink, failure: 'carry-on' }).catch(() => undefined);
    const settled = sink.of('call-settled').filter(({ task: name }) => name === 'compile');
    expect(settled.map(({ text, confirm, is, failure }) => ({ text, confirm, is, failure }))).toEqual([
      { text: 'Compiling a.c …', confirm: true, is: 'success', failure: undefined },
      {
        text: 'Compiling b.c …',
        confirm: true,
        is: 'failure',
        failure: { reason: 'threw', summary: 'SyntaxError: line 3' },
      },
    ]);
    expect(sink.of('run-settled')[0]?.failure?.summary).toMatch(/compile/);
  });

  test('are plain data, and carry no argument or value', async () => {
    const sink = new RecordingSink();
    await run(gather(later(1), safe()), { sinks: sink });
    const json = JSON.stringify(sink.events);
    expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(structuredClone(sink.events))));
    for (const event of sink.events)
      for (const value of Object.values(event)) expect(typeof value).not.toBe('function');
  });

  test('eventFaults() sees what is wrong', async () => {
    const sink = new RecordingSink();
    await run(add(1, 2), { sinks: sink });
    const [started, added, callStarted, settled, ended] = sink.events as [Event, Event, Event, Event, Event];
    expect(eventFaults([])).not.toEqual([]);
    expect(eventFaults([started, added, callStarted, ended])).not.toEqual([]);
    expect(eventFaults([started, added, settled, ended])).not.toEqual([]);
    expect(eventFaults([started, callStarted, settled, ended])).not.toEqual([]);
    expect(eventFaults([started, added, callStarted, settled, settled, ended])).not.toEqual([]);
  });
});

describe('a sink', () => {
  test('that throws is dropped, and the run goes on', async () => {
    let count = 0;
    const broken = {
      emit: () => {
        count++;
        throw new Error('broken sink');
      },
    };
    const sink = new RecordingSink();
    expect(await run(add(1, 2), { sinks: [broken, sink] })).toBe(3);
    expect(count).toBe(1);
    expect(eventFaults(sink.events)).toEqual([]);
  });

  test('that starts another run, or aborts this one, does no harm', async () => {
    const inner: Promise<number>[] = [];
    const starts = {
      emit: (event: Event) => void (event.kind === 'call-started' && inner.push(run(add(1, 1)))),
    };
    expect(await run(add(1, 2), { sinks: starts })).toBe(3);
    expect(await Promise.all(inner)).toEqual([2]);
    const ending = new AbortController();
    const aborts = {
      emit: (event: Event) => void (event.kind === 'call-settled' && ending.abort(new Error('sink'))),
    };
    await expect(run(add(add(1, 2), 3), { sinks: aborts, signal: ending.signal })).rejects.toThrow('sink');
  });

  test('is told nothing when there is no graph to run', async () => {
    const sink = new RecordingSink();
    await run([1, 2], { sinks: sink });
    expect(sink.events).toEqual([]);
  });
});
