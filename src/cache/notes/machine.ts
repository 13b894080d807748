/**
 * Notes the machine.
 */

import { once } from '../../base/once.ts';
import type { MetadataHook } from '../metadata.ts';

const facts = once(() => {
  const os = process.getBuiltinModule('node:os');
  return {
    host: os.hostname(),
    platform: process.platform,
    arch: process.arch,
    release: os.release(),
    cpus: os.availableParallelism(),
    memoryBytes: os.totalmem(),
  };
});

/**
 * Notes, as `machine`, the host's name, platform, architecture, release of the system, how many processors and how much memory
 * there are: of the machine that holds the cache. Found out once.
 *
 * @example
 * ```ts
 * import { machine, openCache, run, task, tasks } from 'heddle';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * await using cache = await openCache(':memory:', { metadata: [machine()] });
 * await run(square(3), { cache });
 * assert.ok(await cache.query({ metadata: { machine: { arch: process.arch } } }).any());
 * ```
 */
export function machine(): MetadataHook {
  return { name: 'machine', descriptor: { kind: 'machine' }, before: facts };
}
