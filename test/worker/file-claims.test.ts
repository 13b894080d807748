/** Claims in a file: who may run a call, where nothing is shared but that. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { claimsOfWorker, listening, open, taken, takenBack } from '../../src/worker/claims.ts';
import { HostFileClaims, openClaimsFile, WorkerFileClaims } from '../../src/worker/file-claims.ts';

/** Both sides of one file, in one process. */
function sides(nowMs: () => number = () => 0): { host: HostFileClaims; worker: WorkerFileClaims } {
  const file = openClaimsFile() as number;
  const host = new HostFileClaims(file);
  onTestFinished(() => host.close());
  return { host, worker: new WorkerFileClaims(file, nowMs) };
}

describe.skipIf(process.platform === 'win32')('claims in a file', { timeout: 10_000 }, () => {
  test('a call that the host has taken back is not started', () => {
    const { host, worker } = sides();
    host.offer(0, 3);
    expect(host.stateOf(1)).toBe(open);
    expect(host.tryTakeBack(1)).toBe(true);
    expect(host.stateOf(1)).toBe(takenBack);
    expect([0, 1, 2].map((call) => worker.tryStart(call, 3))).toEqual([true, false, true]);
  });

  test('a call that the worker has started is not taken back', () => {
    const { host, worker } = sides();
    host.offer(0, 1);
    expect(worker.tryStart(0, 1)).toBe(true);
    expect(host.stateOf(0)).toBe(taken);
    expect(host.tryTakeBack(0)).toBe(false);
  });

  test('a call that has asked for its signal is known, until it ends', () => {
    const { host, worker } = sides();
    host.offer(0, 1);
    worker.tryStart(0, 1);
    worker.listen(0);
    expect(host.stateOf(0)).toBe(listening);
    worker.finish(0);
    expect(host.stateOf(0)).not.toBe(listening);
  });

  test('calls that take long are taken one by one, tiny ones several at a time, and no more than were sent', () => {
    let nowMs = 0;
    const { host, worker } = sides(() => nowMs);
    const takenAt = (call: number): number => {
      worker.tryStart(call, 1000);
      let ahead = 0;
      while (host.stateOf(call + ahead) === taken) ahead++;
      return ahead;
    };
    host.offer(0, 1000);
    expect(takenAt(0)).toBe(1);
    nowMs += 5;
    expect(takenAt(1)).toBe(1);
    nowMs += 0.001;
    let call = 2;
    const chunks: number[] = [];
    while (call < 900) {
      const ahead = takenAt(call);
      chunks.push(ahead);
      call += ahead;
      nowMs += ahead * 0.001;
    }
    expect(Math.max(...chunks)).toBe(16);
    host.offer(1000, 10);
    expect(worker.tryStart(1005, 1010)).toBe(true);
    expect(host.stateOf(1010)).not.toBe(taken);
  });

  test('the places of calls that have ended are used again', () => {
    const { host, worker } = sides();
    for (let first = 0; first < 3 * claimsOfWorker; first += 1000) {
      host.offer(first, 1000);
      expect(host.tryTakeBack(first + 999)).toBe(true);
      for (const call of [first, first + 500, first + 998])
        expect(worker.tryStart(call, first + 1000)).toBe(true);
      expect(worker.tryStart(first + 999, first + 1000)).toBe(false);
    }
  });

  test('whatever the order, a call is started or taken back, never both, and left out only if the host has asked', () => {
    const step = fc.record({ side: fc.constantFrom('host', 'worker'), call: fc.nat(19) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { host, worker } = sides();
        host.offer(0, 20);
        const asked = new Set<number>();
        const back = new Set<number>();
        let next = 0;
        for (const { side, call } of steps) {
          if (side === 'host') {
            asked.add(call);
            if (host.tryTakeBack(call)) back.add(call);
          } else if (next < 20) {
            const isStarted = worker.tryStart(next, 20);
            assert.ok(isStarted ? !back.has(next) : asked.has(next));
            next++;
          }
        }
        host.close();
      }),
      { numRuns: 200 },
    );
  });

  test('after the end nothing is asked of the file', () => {
    const { host } = sides();
    host.offer(0, 1);
    host.close();
    expect(host.tryTakeBack(0)).toBe(false);
    expect(host.stateOf(0)).toBe(taken);
    host.offer(1, 1);
    host.close();
  });
});
