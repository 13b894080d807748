/** Whole programs, each in a process of its own, that use the built package as users do. */

import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ProgramFolder } from '../fixtures/run-program.ts';

/** Starting Node.js, `tsx` and threads on a busy machine takes seconds. */
const limitMs = 30_000;

const tasksModule = `
import { tasks } from 'heddle';
import { threadId } from 'node:worker_threads';
export const { add, where } = tasks(import.meta, {
  add: (a, b) => a + b,
  where: () => threadId,
});
`;

const typedTasks = `
import { type Delayed, tasks } from 'heddle';
import { threadId } from 'node:worker_threads';
interface Box { readonly n: number }
export const { add, where, open } = tasks(import.meta, {
  add: (a: number, b: number): number => a + b,
  where: (): number => threadId,
  open: ({ n }: Box): Delayed<number> | number => (n === 0 ? 0 : add(n, open({ n: n - 1 }))),
});
`;

const typedMain = `
import { run } from 'heddle';
import { add, open, where } from './tasks.ts';
const values: [number, number, number] = await run([add(1, 2), open({ n: 4 }), where()] as const as never, { threads: 2 });
console.log(values[0], values[1], values[2] > 0);
`;

describe('tasks in modules of their own run in threads', { timeout: limitMs }, () => {
  test('in plain JavaScript', async () => {
    using folder = new ProgramFolder({
      'tasks.js': tasksModule,
      'main.js': `
        import { run } from 'heddle';
        import { add, where } from './tasks.js';
        console.log(JSON.stringify(await run([add(1, 2), add(add(1, 1), 2)], { threads: 2 })), (await run(where(), { threads: 1 })) > 0);
      `,
    });
    expect(await folder.run('main.js')).toEqual({
      code: 0,
      signal: null,
      stdout: '[3,4] true\n',
      stderr: '',
    });
  });

  test('in TypeScript that Node.js strips of its types', async () => {
    using folder = new ProgramFolder({ 'tasks.ts': typedTasks, 'main.ts': typedMain });
    expect(await folder.run('main.ts')).toEqual({ code: 0, signal: null, stdout: '3 10 true\n', stderr: '' });
  });

  test('in TypeScript under tsx', async () => {
    using folder = new ProgramFolder({
      'tasks.ts': `${typedTasks}\nenum NotErasable { A }\nexport const letter: string = NotErasable[0] ?? '';\n`,
      'main.ts': typedMain,
    });
    const tsx = import.meta.resolve('tsx');
    const ended = await folder.run('main.ts', { execArgv: ['--import', tsx] });
    expect(ended).toEqual({ code: 0, signal: null, stdout: '3 10 true\n', stderr: '' });
  });
});

describe('tasks in the entry module', { timeout: limitMs }, () => {
  const entry = (start: string): string => `
    import { run, tasks } from 'heddle';
    import { threadId } from 'node:worker_threads';
    console.log('imported', threadId === 0);
    const { add } = tasks(import.meta, { add: (a, b) => a + b });
    ${start}
  `;
  const start = `console.log(await run(add(40, 2), { threads: 1 }).catch((error) => error.message));`;

  test('run in threads when the start is guarded, and the program is not started again', async () => {
    using folder = new ProgramFolder({ 'main.js': entry(`if (import.meta.main) { ${start} }`) });
    const { stdout, stderr, code } = await folder.run('main.js');
    expect({ lines: stdout.trim().split('\n').toSorted(), stderr, code }).toEqual({
      lines: ['42', 'imported false', 'imported true'],
      stderr: '',
      code: 0,
    });
  });

  test('are refused with the mend when it is not', async () => {
    using folder = new ProgramFolder({ 'main.js': entry(start) });
    const { stdout, code } = await folder.run('main.js');
    expect(stdout).toMatch(
      /Cannot send task 'add' to a worker as it is defined in the entry module of the program, file:.*main\.js[\s\S]*module of their own[\s\S]*if \(import\.meta\.main\)/,
    );
    expect(stdout.match(/imported/g)).toHaveLength(1);
    expect(code).toBe(0);
  });

  test.each<[string, string]>([
    ['without its extension', 'main'],
    ['by its folder', '.'],
    ['by a link', 'linked.js'],
  ])('are refused also when the program is started %s', async (_, name) => {
    using folder = new ProgramFolder({ 'main.js': entry(start) });
    writeFileSync(join(folder.path, 'package.json'), JSON.stringify({ type: 'module', main: 'main.js' }));
    symlinkSync(join(folder.path, 'main.js'), join(folder.path, 'linked.js'));
    const { stdout } = await folder.run(name);
    expect(stdout).toMatch(/Cannot send task 'add' to a worker as it is defined in the entry module/);
    expect(stdout.match(/imported/g)).toHaveLength(1);
  });

  test('run inline all the same', async () => {
    using folder = new ProgramFolder({ 'main.js': entry('console.log(await run(add(40, 2)));') });
    expect((await folder.run('main.js')).stdout).toBe('imported true\n42\n');
  });
});

describe('the process ends by itself', { timeout: limitMs }, () => {
  const ends = async (body: string): Promise<{ code: number | null; stdout: string; stderr: string }> => {
    using folder = new ProgramFolder({
      'tasks.js': tasksModule,
      'main.js': `import { openInline, openThreads, run } from 'heddle';\nimport { add } from './tasks.js';\n${body}`,
    });
    const { code, stdout, stderr } = await folder.run('main.js');
    return { code, stdout, stderr };
  };

  test('with a pool that is idle and was never disposed of', async () => {
    const body = `
      const pool = openThreads({ workers: 2 });
      console.log(JSON.stringify(await run([add(1, 2), add(3, 4)], { executor: pool })));
    `;
    expect(await ends(body)).toEqual({ code: 0, stdout: '[3,7]\n', stderr: '' });
  });

  test('with a pool that was resized, used twice, and left by break', async () => {
    const body = `
      const pool = openThreads({ workers: 2 });
      for await (const x of pool.map(add.with({ params: ['a', 'b'] }), [1, 2, 3])) { console.log(Number.isNaN(x)); break; }
      pool.resize(1);
      console.log(await pool.submit(add, 1, 2));
    `;
    expect(await ends(body)).toEqual({ code: 0, stdout: 'true\n3\n', stderr: '' });
  });

  test('with no handle left after a run of its own', async () => {
    const body = `
      await run([add(1, 2), add(3, 4)], { threads: 2 });
      console.log(process.getActiveResourcesInfo().filter((kind) => !/TTY|Pipe|FSReq|Immediate/.test(kind)).join());
    `;
    expect(await ends(body)).toEqual({ code: 0, stdout: '\n', stderr: '' });
  });

  test('not before a call in a worker has its value', async () => {
    const body = `
      const pool = openThreads({ workers: 1 });
      pool.submit(add, 40, 2).then(console.log);
    `;
    expect(await ends(body)).toEqual({ code: 0, stdout: '42\n', stderr: '' });
  });

  test('with code 1 and the report when a run fails and nobody catches it', async () => {
    const body = `await run(add(1, 2).toFixed('no', () => 1).missing(), { threads: 1 });`;
    const { code, stderr } = await ends(body);
    expect(code).toBe(1);
    expect(stderr).toMatch(/CallFailedError: Task '/);
  });
});

describe('output to a closed pipe', { timeout: limitMs }, () => {
  test.each(['plain', 'terminal'])('ends neither the run nor the display %s badly', async (display) => {
    using folder = new ProgramFolder({
      'main.js': `
        import { ${display}, run, task } from 'heddle';
        import { writeFileSync } from 'node:fs';
        const step = task(async (i) => { await new Promise((next) => setImmediate(next)); return i; },
          { name: 'step', display: 'Step {i} of a long row of steps' , confirm: true});
        const values = await run(Array.from({ length: 3000 }, (_, i) => step(i)), {
          sinks: ${display}({ stream: process.stdout }), concurrency: 4,
        });
        writeFileSync('done.txt', String(values.length));
        process.stderr.write('done ' + values.length);
      `,
    });
    const ended = await folder.run('main.js', { whenWritten: (_, close) => close() });
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: 'done 3000' });
  });
});

test('a program that runs a run in a worker while it is imported is refused, and ends', {
  timeout: limitMs,
}, async () => {
  using folder = new ProgramFolder({
    'tasks.js': `
      import { run, tasks } from 'heddle';
      export const { add } = tasks(import.meta, { add: (a, b) => a + b });
      console.log(await run(add(1, 2), { threads: 1 }));
    `,
    'main.js': `
      import { add } from './tasks.js';
      console.log('never');
    `,
  });
  const { code, stdout, stderr } = await folder.run('main.js');
  expect(stdout).toBe('');
  expect(code).toBe(1);
  expect(stderr).toMatch(/as a worker is importing[\s\S]*define the tasks in a module of their own/);
});
