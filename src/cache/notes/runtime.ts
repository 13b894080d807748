/**
 * Notes how long calls took, and under what.
 */

import { type Clock, systemClock } from '../../base/clock.ts';
import type { MetadataHook } from '../metadata.ts';

/** @internal */
export interface RuntimeOptions {
  readonly clock?: Clock;
}

interface Begun {
  readonly startedMs: number;
  readonly nowMs: number;
  readonly cpu: NodeJS.CpuUsage;
}

/**
 * Notes of each call, as `runtime`: when it `started` and `settled`, as in ISO 8601; `wallMs`, how long that was; `cpuMs`, the
 * time that all threads of this process computed meanwhile, for this call or others, but not in other processes; and the
 * version of Node.js, `node`.
 *
 * - **Cost:** some microseconds a call.
 *
 * @example
 * ```ts
 * import { openCache, run, runtime, task, tasks } from 'heddle';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * await using cache = await openCache(':memory:', { metadata: [runtime()] });
 * await run(square(3), { cache });
 * const entry = await cache.query({ metadata: { runtime: { node: process.version } } }).only();
 * assert.equal(entry.task, 'square');
 * ```
 */
export function runtime({ clock = systemClock }: RuntimeOptions = {}): MetadataHook {
  return {
    name: 'runtime',
    descriptor: { kind: 'runtime' },
    before: (): Begun => ({
      startedMs: clock.epochMs(),
      nowMs: clock.nowMs(),
      cpu: process.cpuUsage(),
    }),
    after(before) {
      const { startedMs, nowMs, cpu } = before as Begun;
      const wallMs = clock.nowMs() - nowMs;
      const { user, system } = process.cpuUsage(cpu);
      return {
        started: new Date(startedMs).toISOString(),
        settled: new Date(startedMs + wallMs).toISOString(),
        wallMs,
        cpuMs: (user + system) / 1000,
        node: process.version,
      };
    },
  };
}
