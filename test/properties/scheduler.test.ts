/** The scheduler against a slow model of what it promises, by random commands. */

// oxlint-disable vitest/no-standalone-expect, vitest/no-conditional-expect -- the model checks as it goes.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RowOptions, Scheduler } from '../../src/scheduler/scheduler.ts';

interface Planned {
  /** Earlier calls that it needs. */
  readonly inputs: readonly number[];
  readonly priority: number;
  readonly slots: number;
  readonly gpus: number;
  readonly exclusive: boolean;
  readonly lane: 'host' | 'executor';
}

const totals = { gpus: 3 };

/** A call as the model sees it. */
interface ModelCall extends Planned {
  is: 'waiting' | 'ready' | 'running' | 'settled';
  /** Where it stands among those of its priority: woken before fresh, each by age. */
  isWoken: boolean;
  age: number;
}

const planned = (isPlain: boolean): fc.Arbitrary<Planned[]> =>
  fc
    .array(
      fc.record({
        inputs: fc.array(fc.nat(9), { maxLength: 3 }),
        priority: fc.constantFrom(0, 0, 0, 1, -1, 5),
        slots: isPlain ? fc.constant(1) : fc.integer({ min: 1, max: 2 }),
        gpus: isPlain ? fc.constant(0) : fc.constantFrom(0, 0, 1, 2, 3),
        exclusive: isPlain ? fc.constant(false) : fc.boolean(),
        lane: isPlain
          ? fc.constant('executor' as const)
          : fc.constantFrom('executor' as const, 'host' as const),
      }),
      { minLength: 1, maxLength: 25 },
    )
    .map((calls) =>
      calls.map((call, index) => ({
        ...call,
        inputs: index === 0 ? [] : [...new Set(call.inputs.map((input) => input % index))],
      })),
    );

function optionsOf({ lane, priority, slots, gpus, exclusive }: Planned): RowOptions {
  const needs: [string, number][] = [];
  if (gpus > 0) needs.push(['gpus', gpus]);
  if (exclusive) needs.push(['exclusive:disk', 1]);
  return { lane, priority, slots: lane === 'host' ? 0 : slots, needs };
}

/** The scheduler and the model, side by side. Rows and calls have the same numbers, since none is forgotten. */
class Trial {
  readonly scheduler = new Scheduler(totals);
  readonly calls: ModelCall[] = [];
  #age = 0;

  constructor(plan: readonly Planned[]) {
    for (const call of plan) {
      const row = this.scheduler.add(optionsOf(call));
      expect(row).toBe(this.calls.length);
      for (const input of call.inputs) this.scheduler.addEdge(input, row);
      this.calls.push({ ...call, is: 'waiting', isWoken: false, age: 0 });
      if (call.inputs.length === 0) this.#makeReady(this.calls.at(-1) as ModelCall, false);
      this.scheduler.arm(row);
    }
  }

  get running(): number[] {
    return this.calls.flatMap(({ is }, row) => (is === 'running' ? [row] : []));
  }

  get isOver(): boolean {
    return this.calls.every(({ is }) => is === 'settled');
  }

  /** What goes next if nothing but order counts. */
  expectedNext(): number | undefined {
    const ready = this.calls.map((call, row) => ({ ...call, row })).filter(({ is }) => is === 'ready');
    ready.sort((a, b) => b.priority - a.priority || Number(b.isWoken) - Number(a.isWoken) || a.age - b.age);
    return ready[0]?.row;
  }

  take(slots: number): number | undefined {
    const row = this.scheduler.takeHost() ?? this.scheduler.takeReady(slots);
    if (row === undefined) return undefined;
    const call = this.calls[row] as ModelCall;
    expect(call.is).toBe('ready');
    expect(call.inputs.every((input) => this.calls[input]?.is === 'settled')).toBe(true);
    if (call.lane === 'executor') expect(call.slots).toBeLessThanOrEqual(slots);
    call.is = 'running';
    this.#checkResources();
    return row;
  }

  settle(row: number): void {
    this.scheduler.settle(row);
    (this.calls[row] as ModelCall).is = 'settled';
    for (const call of this.calls) {
      const isNext =
        call.is === 'waiting' && call.inputs.every((input) => this.calls[input]?.is === 'settled');
      if (isNext) this.#makeReady(call, true);
    }
    this.#checkCounts();
  }

  repeat(row: number): void {
    this.scheduler.pause(row);
    this.scheduler.resume(row);
    this.#makeReady(this.calls[row] as ModelCall, true);
  }

  #makeReady(call: ModelCall, isWoken: boolean): void {
    call.is = 'ready';
    call.isWoken = isWoken;
    call.age = this.#age++;
  }

  #checkResources(): void {
    const running = this.calls.filter(({ is }) => is === 'running');
    expect(running.reduce((sum, { gpus }) => sum + gpus, 0)).toBeLessThanOrEqual(totals.gpus);
    expect(running.filter(({ exclusive }) => exclusive).length).toBeLessThanOrEqual(1);
  }

  #checkCounts(): void {
    expect(this.scheduler.unsettled).toBe(this.calls.filter(({ is }) => is !== 'settled').length);
    this.calls.forEach(({ is }, row) => {
      expect(this.scheduler.isSettled(row)).toBe(is === 'settled');
    });
  }
}

const choices = fc.infiniteStream(fc.nat(1000));

function next(stream: Stream): number {
  return stream.next().value as number;
}

type Stream = Iterator<number>;

describe('Scheduler', () => {
  test('takes calls by priority, then woken before fresh, then by age', () => {
    fc.assert(
      fc.property(planned(true), choices, (plan, stream) => {
        const trial = new Trial(plan);
        while (!trial.isOver) {
          const expected = trial.expectedNext();
          if (expected !== undefined && next(stream) % 3 > 0) expect(trial.take(1)).toBe(expected);
          else if (trial.running.length > 0) {
            trial.settle(trial.running[next(stream) % trial.running.length] as number);
          }
        }
        expect(trial.scheduler.unsettled).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test('starts no call before its inputs, uses no more than there is, and comes to an end', () => {
    fc.assert(
      fc.property(planned(false), choices, (plan, stream) => {
        const trial = new Trial(plan);
        let slots = 2;
        let repeats = 20;
        for (let idle = 0; !trial.isOver; ) {
          const choice = next(stream) % 4;
          const row = choice > 0 ? trial.take(slots) : undefined;
          const ran = trial.running;
          if (row !== undefined) {
            slots -= slotsOf(trial, row);
            idle = 0;
          } else if (ran.length > 0) {
            const ended = ran[next(stream) % ran.length] as number;
            slots += slotsOf(trial, ended);
            if (choice === 2 && repeats-- > 0) trial.repeat(ended);
            else trial.settle(ended);
            idle = 0;
          } else if (++idle > 40) expect.fail('nothing runs, nothing can be taken, and calls are left');
        }
        expect(trial.scheduler.running).toBe(0);
        expect(slots).toBe(2);
      }),
      { numRuns: 500 },
    );
  });

  test('uses rows again after they were forgotten', () => {
    const scheduler = new Scheduler();
    const options: RowOptions = { lane: 'executor', priority: 0, slots: 1, needs: [] };
    let before = scheduler.add(options);
    scheduler.arm(before);
    for (let i = 0; i < 1000; i++) {
      const row = scheduler.add(options);
      scheduler.addEdge(before, row);
      scheduler.arm(row);
      expect(scheduler.takeReady(1)).toBe(before);
      scheduler.settle(before);
      scheduler.forget(before);
      before = row;
    }
    expect(scheduler.rows).toBe(2);
    expect(scheduler.unsettled).toBe(1);
  });

  test('moves those who wait for one call to another', () => {
    const scheduler = new Scheduler();
    const options: RowOptions = { lane: 'executor', priority: 0, slots: 1, needs: [] };
    const [a, b, c, d] = [0, 1, 2, 3].map(() => scheduler.add(options)) as [number, number, number, number];
    scheduler.addEdge(a, c);
    scheduler.addEdge(a, d);
    for (const row of [a, b, c, d]) scheduler.arm(row);
    scheduler.moveEdges(a, b);
    expect([...scheduler.dependentsOf(b)].toSorted((x, y) => x - y)).toEqual([c, d]);
    expect(scheduler.takeReady(1)).toBe(a);
    scheduler.settle(a);
    expect(scheduler.takeReady(1)).toBe(b);
    expect(scheduler.takeReady(1)).toBeUndefined();
    scheduler.settle(b);
    expect(new Set([scheduler.takeReady(1), scheduler.takeReady(1)])).toEqual(new Set([c, d]));
  });
});

function slotsOf(trial: Trial, row: number): number {
  const { lane, slots } = trial.calls[row] as ModelCall;
  return lane === 'host' ? 0 : slots;
}
