/** What tasks print on worker threads arrives, whole and once, in a process of its own. */

import { expect, test } from 'vitest';
import { ProgramFolder } from '../fixtures/run-program.ts';

const count = 2000;
const files = {
  'tasks.js': `
    import { tasks } from 'heddle';
    export const { say, sayAndLater } = tasks(import.meta, {
      say: (i) => { console.log('line ' + i + ' ' + 'x'.repeat(60) + ' end'); return i; },
      sayAndLater: async (i) => { console.log('line ' + i + ' ' + 'x'.repeat(60) + ' end'); await null; return i; },
    });
  `,
  'main.js': `
    import { openThreads, run } from 'heddle';
    import { say, sayAndLater } from './tasks.js';
    const calls = Array.from({ length: ${count} }, (_, i) => (i % 2 === 0 ? say(i) : sayAndLater(i)));
    if (process.env['KEEP'] === 'yes') {
      const executor = openThreads({ workers: 2 });
      await run(calls, { executor });
      await executor.dispose();
    } else await run(calls, { threads: 2 });
  `,
  'kept.js': `
    process.env['KEEP'] = 'yes';
    await import('./main.js');
  `,
};

test.each(['main.js', 'kept.js'])(
  'all lines that tasks on threads log arrive in a pipe, five times: %s',
  {
    timeout: 60_000,
  },
  async (file) => {
    using folder = new ProgramFolder(files);
    for (let time = 0; time < 5; time++) {
      const { code, stdout, stderr } = await folder.run(file);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const lines = stdout.split('\n');
      expect(lines.pop()).toBe('');
      expect(lines.filter((line) => !/^line \d+ x{60} end$/.test(line))).toEqual([]);
      const numbers = lines.map((line) => Number(line.split(' ')[1])).sort((a, b) => a - b);
      expect(numbers).toEqual(Array.from({ length: count }, (_, i) => i));
    }
  },
);
