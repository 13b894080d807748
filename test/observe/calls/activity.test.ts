/** How much went on when, against every call looked at in small steps. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { activityOf } from '../../../src/observe/calls/activity.ts';
import { CallFold } from '../../../src/observe/calls/call-fold.ts';
import { anyStory, type PlainCall, startedAtMs } from './run-story.ts';

/** Times of stories are multiples of this: within such a step nothing changes. */
const stepMs = 0.125;

test('activityOf() counts what ended, and means of what ran and waited', () => {
  fc.assert(
    fc.property(anyStory(), fc.integer({ min: 1, max: 20 }), (story, stepsOfPart) => {
      const fold = new CallFold(startedAtMs);
      for (const event of story.events) fold.add(event);
      const calls = [...story.after(story.events.length).values()].filter(({ builtin }) => !builtin);
      const lastMs = (story.events.at(-1)?.atMs ?? 0) - startedAtMs;
      const parts = Math.ceil((lastMs + stepMs) / (stepsOfPart * stepMs));
      const nowMs = parts * stepsOfPart * stepMs;
      const { ended, running, waiting } = activityOf(fold.columns, nowMs, parts);
      const settled = ({ state }: PlainCall): boolean => !['waiting', 'running', 'retrying'].includes(state);
      for (let part = 0; part < parts; part++) {
        const fromMs = part * stepsOfPart * stepMs;
        const toMs = fromMs + stepsOfPart * stepMs;
        const moments = Array.from({ length: stepsOfPart }, (_, step) => fromMs + (step + 0.5) * stepMs);
        const mean = (is: (call: PlainCall, ms: number) => boolean): number =>
          moments.reduce((sum, ms) => sum + calls.filter((call) => is(call, ms)).length, 0) / stepsOfPart;
        const isIn = (ms: number | undefined): boolean => ms !== undefined && ms >= fromMs && ms < toMs;
        expect(ended[part]).toBe(calls.filter((call) => settled(call) && isIn(call.endMs)).length);
        expect(running[part]).toBeCloseTo(
          mean(({ startMs, endMs }, ms) => startMs !== undefined && startMs <= ms && ms < (endMs ?? nowMs)),
          9,
        );
        expect(waiting[part]).toBeCloseTo(
          mean(({ addedMs, startMs, endMs }, ms) => addedMs <= ms && ms < (startMs ?? endMs ?? nowMs)),
          9,
        );
      }
    }),
    { numRuns: 100 },
  );
});
