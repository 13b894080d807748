/** Workers that may take hours to start, as jobs of a cluster do: played by hand. */

import { describe, expect, onTestFinished, test } from 'vitest';
import { Pool } from '../../src/pool/pool.ts';
import { SingleCall } from '../../src/pool/single-call.ts';
import type { AttemptFailure } from '../../src/task/outcome.ts';
import { FakeClock } from '../../src/testing.ts';
import { Border } from '../../src/worker/border.ts';
import type { BatchMessage, HostMessage } from '../../src/worker/protocol.ts';
import type { Ending, TransportListener } from '../../src/worker/transport.ts';
import type { WorkerLostError } from '../../src/worker/worker-lost-error.ts';

/** A worker that does what the test says. */
class Played {
  readonly listener: TransportListener;
  readonly posted: HostMessage[] = [];
  doesKeep = true;
  /** How long it says that its calls took. */
  meanUs = 1;
  isTerminated = false;

  constructor(listener: TransportListener) {
    this.listener = listener;
  }

  /** The numbers that its calls are applied to. */
  get given(): unknown[] {
    return this.posted
      .filter((message): message is BatchMessage => message.kind === 'batch')
      .flatMap(({ inputs }) => inputs);
  }

  ready(): void {
    this.listener.message({ kind: 'ready' });
  }

  answer(...values: number[]): void {
    this.listener.message({
      kind: 'outcomes',
      values,
      failures: undefined,
      skipped: undefined,
      isPacked: false,
      meanUs: this.meanUs,
    });
  }

  end(ending: Partial<Ending> = {}): void {
    this.listener.ended({ exitCode: undefined, error: undefined, ...ending });
  }
}

const module = { url: 'file:///late.ts', name: 'late' };

class Call extends SingleCall {
  readonly input: number;
  value: unknown;
  failure: AttemptFailure | undefined;

  constructor(input: number, mostLosses?: number) {
    super({ task: module, slots: 1, timeoutMs: undefined, mostLosses }, [input]);
    this.input = input;
  }

  succeeded(_: number, value: unknown): void {
    this.value = value;
  }

  failed(_: number, failure: AttemptFailure): void {
    this.failure = failure;
  }
}

interface Late {
  readonly pool: Pool;
  readonly workers: Played[];
  readonly clock: FakeClock;
  add(...inputs: number[]): Promise<Call[]>;
}

function opened(most: number, limits: { readonly idleTimeoutMs?: number } = {}): Late {
  const workers: Played[] = [];
  const clock = new FakeClock();
  const pool = new Pool({
    workers: most,
    clock,
    limits,
    packer: new Border('late.').packer,
    roomMade: () => undefined,
    transports: {
      name: 'job',
      startsLate: true,
      start: (listener) => {
        const played = new Played(listener);
        workers.push(played);
        return {
          claims: undefined,
          transport: {
            post: (message) => {
              played.posted.push(message);
              // It does what it is told, at once.
              if (message.kind === 'stop') queueMicrotask(() => played.end({ exitCode: 0 }));
            },
            keepAlive: (doesKeep) => {
              played.doesKeep = doesKeep;
            },
            terminate: () => {
              played.isTerminated = true;
              return Promise.resolve();
            },
          },
        };
      },
    },
  });
  onTestFinished(() => pool.dispose());
  const add = async (...inputs: number[]): Promise<Call[]> => {
    const calls = inputs.map((input) => new Call(input));
    for (const call of calls) pool.add(call);
    await turn();
    return calls;
  };
  return { pool, workers, clock, add };
}

/** What was added in a turn leaves at its end. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe('workers that start late', () => {
  test('are wanted for each call, and sent nothing before they listen', async () => {
    const { workers, add } = opened(3);
    await add(1, 2);
    expect(workers).toHaveLength(2);
    expect(workers.map(({ posted }) => posted)).toEqual([[], []]);
    workers[1]?.ready();
    await turn();
    expect(workers[1]?.given).toEqual([1]);
    expect(workers[0]?.given).toEqual([]);
  });

  test('have no limit for their start', async () => {
    const { workers, clock, add } = opened(1);
    const [call] = await add(1);
    clock.pass(86_400_000);
    expect(call?.failure).toBeUndefined();
    workers[0]?.ready();
    await turn();
    workers[0]?.answer(10);
    expect(call?.value).toBe(10);
  });

  test('leave what waits for one of them to another one that listens', async () => {
    const { workers, add } = opened(2);
    const calls = await add(1, 2);
    workers[0]?.ready();
    await turn();
    workers[0]?.answer(10);
    await turn();
    workers[0]?.answer(20);
    expect(calls.map(({ value }) => value)).toEqual([10, 20]);
    expect(workers[1]?.given).toEqual([]);
  });

  test('keep the process alive while something waits for them, and not when nothing does', async () => {
    const { workers, add } = opened(2);
    await add(1, 2);
    expect(workers.map(({ doesKeep }) => doesKeep)).toEqual([true, true]);
    // Long ones do not wait at a worker behind others.
    for (const worker of workers) worker.meanUs = 1_000_000;
    workers[0]?.ready();
    await turn();
    workers[0]?.answer(10);
    await turn();
    workers[0]?.answer(20);
    await turn();
    expect(workers.map(({ doesKeep }) => doesKeep)).toEqual([false, false]);
    await add(3, 4, 5);
    expect(workers[1]?.doesKeep).toBe(true);
    workers[1]?.ready();
    await turn();
    expect(workers[1]?.given).not.toEqual([]);
  });

  test('are given up when nothing has waited for them for the idle time', async () => {
    const { workers, clock, add } = opened(2, { idleTimeoutMs: 100 });
    await add(1, 2);
    clock.pass(1000);
    expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([false, false]);
    workers[0]?.ready();
    await turn();
    workers[0]?.answer(10);
    await turn();
    workers[0]?.answer(20);
    await turn();
    clock.pass(250);
    expect(workers[1]?.isTerminated).toBe(true);
  });

  test('that retire are sent no more, and end when they have answered', async () => {
    const { workers, add } = opened(1);
    const calls = await add(1, 2);
    workers[0]?.ready();
    await turn();
    workers[0]?.listener.message({ kind: 'retiring' });
    workers[0]?.answer(10);
    await turn();
    expect(workers[0]?.given).toEqual([1]);
    expect(workers[0]?.posted.at(-1)).toEqual({ kind: 'stop' });
    expect(workers).toHaveLength(2);
    workers[1]?.ready();
    await turn();
    workers[1]?.answer(20);
    expect(calls.map(({ value }) => value)).toEqual([10, 20]);
  });

  test('that retire with nothing to do end at once', async () => {
    const { workers, add } = opened(1);
    await add(1);
    workers[0]?.ready();
    await turn();
    workers[0]?.answer(10);
    workers[0]?.listener.message({ kind: 'retiring' });
    expect(workers[0]?.posted.at(-1)).toEqual({ kind: 'stop' });
  });
});

describe('a call that may lose several workers', () => {
  test('is run again, alone, until it has lost them all; then it fails with where they were', async () => {
    const { pool, workers } = opened(1);
    const call = new Call(1, 3);
    pool.add(call);
    for (const [at, place] of ['n1', 'n2', 'n3'].entries()) {
      await turn();
      expect(call.failure).toBeUndefined();
      workers[at]?.ready();
      await turn();
      expect(workers[at]?.given).toEqual([1]);
      workers[at]?.end({ signal: 'SIGKILL', place });
    }
    expect(call.failure).toMatchObject({ reason: 'worker-lost' });
    const { message, lostAt } = (call.failure as AttemptFailure).error as WorkerLostError;
    expect(lostAt).toEqual(['n1', 'n2', 'n3']);
    expect(message).toBe(
      "Cannot finish task 'late' as its worker, n3, was ended by SIGKILL while it ran the call\n" +
        '  it has lost 3 workers, before this one: n1; n2; it may be the call that ends them',
    );
  });

  test('counts no loss while it was not alone', async () => {
    const { pool, workers } = opened(1);
    const warm = new Call(0);
    pool.add(warm);
    await turn();
    workers[0]?.ready();
    await turn();
    workers[0]?.answer(0);
    // Calls are known to be short now, so that they travel together.
    const calls = [1, 2, 3, 4].map((input) => new Call(input, 2));
    for (const call of calls) pool.add(call);
    await turn();
    expect(workers[0]?.given.length).toBeGreaterThan(2);
    workers[0]?.end({ signal: 'SIGKILL', place: 'n1' });
    for (let at = 1; calls.some(({ value, failure }) => value === undefined && failure === undefined); at++) {
      await turn();
      const worker = workers[at];
      worker?.ready();
      for (let answered = 0; ; answered++) {
        await turn();
        const input = worker?.given[answered] as number | undefined;
        if (input === undefined) break;
        if (input === 3) {
          worker?.end({ signal: 'SIGKILL', place: `n${at + 1}` });
          break;
        }
        worker?.answer(input * 10);
      }
      expect(at).toBeLessThan(10);
    }
    expect(calls.map(({ value }) => value)).toEqual([10, 20, undefined, 40]);
    expect(calls[2]?.failure?.error).toMatchObject({ lostAt: ['n2', 'n3'] });
  });

  test('whose memory was moved fails with the first loss', async () => {
    const { pool, workers } = opened(1);
    const call = new Call(1, 3);
    call.moves = [];
    pool.add(call);
    await turn();
    workers[0]?.ready();
    await turn();
    workers[0]?.end({ signal: 'SIGKILL' });
    expect(call.failure).toMatchObject({ reason: 'worker-lost' });
  });
});
