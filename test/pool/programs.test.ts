/** Whole programs with pools, each in a process of its own: what keeps them alive, and what they keep in memory. */

import { describe, expect, test } from 'vitest';
import { ProgramFolder } from '../fixtures/run-program.ts';
import { isolatedKinds } from './opened.ts';

/** Starting Node.js and workers on a busy machine takes seconds. */
const limitMs = 30_000;

const tasksModule = `
import { tasks } from 'heddle';
export const { square, wait } = tasks(import.meta, {
  square: (n) => n * n,
  wait: () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
});
`;

function folderWith(main: string): ProgramFolder {
  const head = `import { openPool } from 'heddle';\nimport { square, wait } from './tasks.js';\n`;
  return new ProgramFolder({ 'tasks.js': tasksModule, 'main.js': head + main });
}

describe.each(isolatedKinds)('a program with a pool of %s', { timeout: limitMs }, (kind) => {
  test('ends when its pool is idle, though nobody disposes of it', async () => {
    using folder = folderWith(`
      const pool = openPool(square, { kind: '${kind}', workers: 2 });
      console.log(await pool.submit(3), await pool.map([1, 2, 3]).toArray());
    `);
    expect(await folder.run('main.js')).toEqual({
      code: 0,
      signal: null,
      stdout: '9 [ 1, 4, 9 ]\n',
      stderr: '',
    });
  });

  test('goes on until its calls have ended', async () => {
    using folder = folderWith(`
      const pool = openPool(square, { kind: '${kind}', workers: 2 });
      void pool.map(new Array(2000).fill(2)).toArray().then((all) => console.log(all.length));
    `);
    expect(await folder.run('main.js')).toEqual({ code: 0, signal: null, stdout: '2000\n', stderr: '' });
  });

  test('keeps no worker, timer or port after its pools were disposed of, idle, busy or left', async () => {
    using folder = folderWith(`
      // Node opens the program's own streams with its first worker, and they stay.
      void [process.stdout, process.stderr];
      const before = process.getActiveResourcesInfo().toSorted();
      for (const end of ['dispose', 'stop', 'terminate']) {
        const idle = openPool(square, { kind: '${kind}', workers: 2 });
        await idle.map([1, 2, 3]).toArray();
        await idle[end]();
        if (end === 'stop') continue;
        const busy = openPool(wait, { kind: '${kind}', workers: 2 });
        const settled = Promise.allSettled([busy.submit(), busy.submit(), busy.submit()]);
        while (busy.stats().running < 2) await new Promise((resolve) => setImmediate(resolve));
        await busy[end]();
        console.log((await settled).map(({ reason }) => reason?.code).join());
      }
      {
        await using left = openPool(square, { kind: '${kind}', workers: 2 });
        for await (const _ of left.map(function* () { for (;;) yield 1; }())) break;
      }
      const more = process.getActiveResourcesInfo().filter((name) => !before.includes(name));
      console.log('kept', more.filter((name) => name !== 'Immediate').join());
    `);
    const codes = 'HEDDLE_CLOSED,HEDDLE_CLOSED,HEDDLE_CLOSED\n';
    expect(await folder.run('main.js')).toEqual({
      code: 0,
      signal: null,
      stdout: `${codes}${codes}kept \n`,
      stderr: '',
    });
  });

  test('tells of nothing unhandled when a map that fails is left alone', async () => {
    using folder = folderWith(`
      const pool = openPool(square, { kind: '${kind}', workers: 2 });
      const results = pool.map([1, () => 2, 3, () => 4], { window: 4 });
      console.log((await results.next()).value);
      await pool.drain();
      await results.return();
      console.log('left');
    `);
    expect(await folder.run('main.js')).toEqual({ code: 0, signal: null, stdout: '1\nleft\n', stderr: '' });
  });

  test.each([true, false])(
    'streams a million items through it in constant memory, ordered: %s',
    async (ordered) => {
      using folder = folderWith(`
      const bytes = () => { gc(); gc(); return process.memoryUsage().heapUsed; };
      function* numbers() { for (let n = 0; n < 1_000_000; n++) yield n; }
      await using pool = openPool(square, { kind: '${kind}', workers: 2 });
      await pool.map([1, 2, 3]).toArray();
      let most = 0;
      let [given, sum] = [0, 0];
      let base;
      for await (const value of pool.map(numbers(), { ordered: ${ordered} })) {
        sum += value % 7;
        if (++given % 100_000 !== 0) continue;
        base ??= bytes();
        most = Math.max(most, bytes() - base);
      }
      console.log(given, sum, most < 3_000_000 || most);
    `);
      let sum = 0;
      for (let n = 0; n < 1_000_000; n++) sum += (n * n) % 7;
      const ended = await folder.run('main.js', { execArgv: ['--expose-gc'], limitMs: 20_000 });
      expect(ended).toEqual({ code: 0, signal: null, stdout: `1000000 ${sum} true\n`, stderr: '' });
    },
  );
});
