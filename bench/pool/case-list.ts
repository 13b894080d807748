/**
 * The cases, by name. Each is loaded in the process that measures it and nowhere else.
 */

import type { PoolCase } from './pool-case.ts';

/** By name, as it is given to a process. */
export const caseList: Readonly<Record<string, () => Promise<PoolCase>>> = {
  tiny: async () => (await import('./cases/tiny.ts')).tiny,
  lone: async () => (await import('./cases/lone.ts')).lone,
  map: async () => (await import('./cases/map.ts')).map,
  memory: async () => (await import('./cases/memory.ts')).memory,
  skewed: async () => (await import('./cases/skewed.ts')).skewed,
  payloads: async () => (await import('./cases/payloads.ts')).payloads,
  start: async () => (await import('./cases/start.ts')).start,
};
