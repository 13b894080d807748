/**
 * A run that a sink aborts at any of its events: it ends once, tells of each call once, and leaves no timer. And the events of
 * runs that end in unusual ways.
 */

import { describe, expect, test } from 'vitest';
import {
  CallFailedError,
  type Delayed,
  delay,
  type Event,
  type FailureMode,
  fold,
  gather,
  maybe,
  openInline,
  openThreads,
  type RunOptions,
  run,
  task,
  unpack,
} from '../../src/index.ts';
import { eventFaults, FakeClock, RecordingSink } from '../../src/testing.ts';
import { threadTasks } from '../fixtures/tasks/thread-tasks.ts';

const add = task((a: number, b: number) => a + b, { name: 'add' });
const later = task(
  async (x: number) => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    return x;
  },
  { name: 'later', timeoutMs: 60_000 },
);
const countDown = task((n: number): number | Delayed<number> => (n === 0 ? 0 : countDown(n - 1)), {
  name: 'countDown',
});
const boom = task(
  async (): Promise<number> => {
    throw new Error('boom');
  },
  { name: 'boom' },
);

/** A graph in which everything happens: new for each run, since one of its calls fails the first time only. */
function eventful(): Delayed<unknown> {
  let attempts = 0;
  const flaky = task(
    () => {
      if (++attempts === 1) throw new Error('the first time');
      return attempts;
    },
    { name: 'flaky', retries: { retries: 1, minTimeoutMs: 500 } },
  );
  const failsAlways = task(
    maybe(() => Promise.reject<number>(new Error('no'))),
    { name: 'maybe' },
  );
  return gather(
    add(later(1), countDown(3)),
    flaky(),
    failsAlways(),
    fold((sum: number, x: number): [number, number] => [sum + x, x], 0, [1, later(2), 3]),
    later(add(later(4), 5)),
    add(boom(), 1),
    later(6),
  );
}

/** What is wrong beside `eventFaults`: calls that have been started, and not settled exactly once. */
function unsettled(events: readonly Event[]): readonly string[] {
  const settled = new Map<number, number>();
  for (const event of events)
    if (event.kind === 'call-settled') settled.set(event.call, (settled.get(event.call) ?? 0) + 1);
  return events.flatMap((event) =>
    event.kind === 'call-started' && settled.get(event.call) !== 1
      ? [`call ${event.call} of '${event.task}' settled ${settled.get(event.call) ?? 0} times`]
      : [],
  );
}

/** Runs the graph by a clock that passes when a retry waits, with a sink that may abort. */
async function runEventful(
  failure: FailureMode,
  decide: (event: Event, ending: AbortController) => void,
): Promise<{ sink: RecordingSink; clock: FakeClock; error: unknown }> {
  const [sink, clock, ending] = [new RecordingSink(), new FakeClock(), new AbortController()];
  const watch = {
    emit: (event: Event) => {
      if (event.kind === 'call-retrying') setImmediate(() => clock.pass(1000));
      decide(event, ending);
    },
  };
  const { signal } = ending;
  const options: RunOptions = { sinks: [sink, watch], clock, failure, signal };
  const error: unknown = await run(eventful(), options).catch((thrown: unknown) => thrown);
  // What was under way ends, and must not be told of any more.
  for (let i = 0; i < 5; i++) await new Promise<void>((resolve) => setImmediate(resolve));
  return { sink, clock, error };
}

describe.each<[FailureMode]>([['stop-starting'], ['carry-on'], ['cancel-rest']])('under %s', (failure) => {
  test('a run that a sink aborts, at whichever event, ends there and leaves nothing', {
    timeout: 20_000,
  }, async () => {
    const whole = await runEventful(failure, () => undefined);
    expect(eventFaults(whole.sink.events)).toEqual([]);
    expect(unsettled(whole.sink.events)).toEqual([]);
    expect(whole.clock.timers).toBe(0);
    const total = whole.sink.events.length;
    expect(total).toBeGreaterThan(10);
    for (let at = 0; at < total - 1; at++) {
      const reason = new Error(`at event ${at}`);
      let seen = 0;
      const { sink, clock, error } = await runEventful(failure, (_, ending) => {
        if (seen++ === at) ending.abort(reason);
      });
      // A failure that had ended the run before is told in its place.
      const ended = error === reason || error instanceof CallFailedError;
      const faults = [...eventFaults(sink.events), ...unsettled(sink.events)];
      expect({ at, kind: sink.events[at]?.kind, ended, faults, timers: clock.timers }).toEqual({
        at,
        kind: whole.sink.events[at]?.kind,
        ended: true,
        faults: [],
        timers: 0,
      });
    }
  });
});

test.each<[string, FailureMode, (event: Event) => boolean]>([
  ['calls-added', 'carry-on', ({ kind }) => kind === 'calls-added'],
  ['call-started', 'carry-on', ({ kind }) => kind === 'call-started'],
  ['call-retrying', 'carry-on', ({ kind }) => kind === 'call-retrying'],
  ['call-settled', 'carry-on', ({ kind }) => kind === 'call-settled'],
  ['a failure', 'carry-on', (event) => event.kind === 'call-settled' && event.is === 'failure'],
  ['a skipped call', 'cancel-rest', (event) => event.kind === 'call-settled' && event.is === 'skipped'],
  ['run-settled', 'carry-on', ({ kind }) => kind === 'run-settled'],
])('a run that a sink aborts at every %s ends once', async (_, failure, matches) => {
  let count = 0;
  const { sink, clock } = await runEventful(failure, (event, ending) => {
    if (!matches(event)) return;
    count++;
    ending.abort(new Error('stop'));
  });
  expect(count).toBeGreaterThan(0);
  expect(eventFaults(sink.events)).toEqual([]);
  expect(unsettled(sink.events)).toEqual([]);
  expect(clock.timers).toBe(0);
});

test('a run on threads that a sink aborts at any event ends there, and the threads go on', {
  timeout: 20_000,
}, async () => {
  await using executor = openThreads({ workers: 2 });
  const { add: sum, never, fibonacci } = threadTasks;
  for (const kind of ['calls-added', 'call-started', 'call-settled'] as const) {
    for (let nth = 1; nth <= 3; nth++) {
      let seen = 0;
      const [sink, ending] = [new RecordingSink(), new AbortController()];
      const abort = (event: Event): void => {
        if (event.kind === kind && ++seen === nth) ending.abort(new Error('sink'));
      };
      const target = gather(fibonacci(4), sum(1, 2), never(), sum(3, 4));
      await expect(
        run(target, { executor, sinks: [sink, { emit: abort }], signal: ending.signal }),
      ).rejects.toThrow('sink');
      const faults = [...eventFaults(sink.events), ...unsettled(sink.events)];
      expect({ kind, nth, faults }).toEqual({ kind, nth, faults: [] });
    }
  }
  expect(await run(sum(1, 2), { executor })).toBe(3);
});

describe('run-started and run-settled are told once each, or not at all', () => {
  const around: { call?: Delayed<number> } = {};
  const turnsBack = task(() => around.call as Delayed<number>);
  around.call = add(turnsBack(), 1);
  const wide = task(() => 1, { name: 'wide', resources: { gpu: 4 } });
  class Box {
    readonly hidden = add(1, 2);
  }
  test.each<[string, () => unknown, RunOptions]>([
    ['a signal aborted before', () => add(1, 2), { signal: AbortSignal.abort(new Error('before')) }],
    ['a call that needs too much', () => [wide(), add(1, 2)], {}],
    ['a returned call that needs too much', () => task(() => wide())(), {}],
    ['a call that waits for itself', () => around.call, {}],
    ['a delayed value hidden in what a task gives', () => task(() => new Box())(), {}],
    ['heddle’s own call that fails', () => unpack(delay([1]), 2), {}],
    ['a member that is missing', () => (delay(1) as unknown as { no(): never }).no(), {}],
  ])('of a run with %s', async (_, build, options) => {
    for (const failure of ['stop-starting', 'carry-on', 'cancel-rest'] as const) {
      const sink = new RecordingSink();
      await run(build(), { ...options, failure, sinks: sink }).catch(() => undefined);
      expect(eventFaults(sink.events)).toEqual([]);
      expect(unsettled(sink.events)).toEqual([]);
    }
  });

  test('of a run on an executor that was disposed of', async () => {
    for (const executor of [openInline(), openThreads({ workers: 1 })]) {
      await executor.dispose();
      const sink = new RecordingSink();
      await expect(run(add(1, 2), { executor, sinks: sink })).rejects.toMatchObject({
        code: 'HEDDLE_CLOSED',
      });
      expect(sink.events).toEqual([]);
    }
  });

  test('of a run whose executor is disposed of meanwhile', async () => {
    const executor = openInline();
    const sink = new RecordingSink();
    const never = task(() => new Promise<number>(() => undefined), { name: 'never' });
    const ended = run([never(), add(never(), 1)], { executor, sinks: sink });
    await sink.when(({ kind }) => kind === 'call-started');
    const thrown = ended.catch((error: unknown) => error);
    await executor.dispose();
    expect(await thrown).toMatchObject({ code: 'HEDDLE_CLOSED' });
    expect(eventFaults(sink.events)).toEqual([]);
    expect(unsettled(sink.events)).toEqual([]);
  });
});

describe('the counts of a run', () => {
  test.each<[string, () => unknown, object]>([
    ['whose own call fails', () => unpack(delay([1]), 2)[1], { computed: 0, failed: 0, skipped: 0 }],
    [
      'in which a member fails that a task waits for',
      () => add((delay(1) as unknown as { no(): never }).no(), add(1, 2)),
      { computed: 1, failed: 0, skipped: 1 },
    ],
    ['in which a task fails', () => add(boom(), add(1, 2)), { computed: 1, failed: 1, skipped: 1 }],
  ])('%s leave heddle’s own calls out, and none is below 0', async (_, build, counts) => {
    const sink = new RecordingSink();
    await run(build(), { sinks: sink, failure: 'carry-on' }).catch(() => undefined);
    expect(sink.of('run-settled')[0]?.counts).toMatchObject(counts);
  });
});

test('call numbers are unique in a run, though its calls come and go', async () => {
  for (const build of [
    () => add(add(add(add(1, 1), 1), 1), 1),
    () => countDown(20),
    () => fold((sum: number, x: number): [number, number] => [sum + x, x], 0, [1, 2, 3]),
  ]) {
    const sink = new RecordingSink();
    await run(build() as Delayed<unknown>, { sinks: sink });
    const numbers = sink.of('call-started').map(({ call }) => call);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.length).toBeGreaterThan(3);
  }
});

test('a returned graph that needs too much fails its call alone: what else it needs, and the rest, is run', async () => {
  const ran: string[] = [];
  const say = task(
    (word: string) => {
      ran.push(word);
      return word;
    },
    { name: 'say' },
  );
  const wide = task((_: unknown) => 1, { name: 'wide', resources: { gpu: 4 } });
  const outer = task(() => gather(wide(say('inside')), say('beside')), { name: 'outer' });
  const other = task(async () => say('other'), { name: 'later' });
  const sink = new RecordingSink();
  const ended = run(gather(outer(), other()), { failure: 'carry-on', sinks: sink });
  await expect(ended).rejects.toMatchObject({ task: 'wide', reason: 'too-large', others: [] });
  expect(ran.toSorted()).toEqual(['beside', 'inside', 'other']);
  expect(eventFaults(sink.events)).toEqual([]);
  expect(unsettled(sink.events)).toEqual([]);
});

test('an asynchronous sink that rejects is dropped, and its rejection is nobody’s', async () => {
  const unhandled: unknown[] = [];
  const listen = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', listen);
  try {
    let told = 0;
    const broken = {
      emit: async (): Promise<void> => {
        told++;
        await Promise.resolve();
        throw new Error('sink');
      },
    };
    let sum: Delayed<number> = later(1);
    for (let i = 0; i < 20; i++) sum = later(add(sum, 1));
    const sink = new RecordingSink();
    expect(await run(sum, { sinks: [broken, sink] })).toBe(21);
    expect(told).toBeLessThan(sink.events.length);
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', listen);
  }
});
