/** Whole programs with pipelines, each in a process of its own: what keeps them alive, and what they keep in memory. */

import { describe, expect, test } from 'vitest';
import { ProgramFolder } from '../fixtures/run-program.ts';

/** Starting Node.js and workers on a busy machine takes seconds. */
const limitMs = 30_000;

const stages = `
import { delayedInit, tasks } from 'heddle';
export const { increment, Sum } = tasks(import.meta, {
  increment: (n) => n + 1,
  Sum: delayedInit(class { #sum = 0; call(n) { return (this.#sum += n); } }),
});
`;

function folderWith(main: string): ProgramFolder {
  const head = `
    import { openPipeline, stage } from 'heddle';
    import { increment, Sum } from './stages.js';
    function* upTo(end) { for (let n = 0; n < end; n++) yield n; }
  `;
  return new ProgramFolder({ 'stages.js': stages, 'main.js': head + main });
}

describe('a program with a pipeline', { timeout: limitMs }, () => {
  test('ends by itself when its runs have ended, were left, or have failed, though nobody disposes', async () => {
    using folder = folderWith(`
      const pipeline = openPipeline([stage(increment), stage(Sum()), stage(increment)], { cpus: 3 });
      console.log((await pipeline.apply(upTo(1000)).toArray()).at(-1));
      for await (const _ of pipeline.apply(upTo(Infinity))) break;
      const failing = (function* () { yield 1; throw new Error('no input'); })();
      await pipeline.apply(failing).toArray().catch((error) => console.log(error.message));
    `);
    expect(await folder.run('main.js')).toEqual({
      code: 0,
      signal: null,
      stdout: '500501\nno input\n',
      stderr: '',
    });
  });

  test('keeps no worker, timer or port after it was disposed of, also in the middle of runs', async () => {
    using folder = folderWith(`
      // Node opens the program's own streams with its first worker, and they stay.
      void [process.stdout, process.stderr];
      const before = process.getActiveResourcesInfo().toSorted().join();
      const pipeline = openPipeline([stage(increment), stage(Sum())], { cpus: 3 });
      const runs = [1, 2, 3].map(() => pipeline.apply(upTo(Infinity)));
      for (const run of runs) await run.next();
      await pipeline.dispose();
      console.log(process.getActiveResourcesInfo().toSorted().join() === before);
      console.log((await Promise.allSettled(runs.map((run) => run.next()))).map(({ reason }) => reason?.code).join());
    `);
    const closed = Array.from({ length: 3 }, () => 'HEDDLE_CLOSED').join();
    expect(await folder.run('main.js')).toEqual({
      code: 0,
      signal: null,
      stdout: `true\n${closed}\n`,
      stderr: '',
    });
  });

  test('takes no more memory for two million items than for a few', async () => {
    using folder = folderWith(`
      const pipeline = openPipeline([stage(increment), stage(Sum()), stage(increment)], { cpus: 2 });
      const aliveAfter = async (items) => {
        let last;
        for await (const item of pipeline.apply(upTo(items))) last = item;
        gc();
        return process.memoryUsage().heapUsed / 2 ** 20;
      };
      await aliveAfter(50_000);
      const few = await aliveAfter(50_000);
      console.log((await aliveAfter(2_000_000)) - few < 5);
      await pipeline.dispose();
    `);
    const { stdout, stderr } = await folder.run('main.js', { execArgv: ['--expose-gc'] });
    expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' });
  });
});
