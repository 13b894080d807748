/** Large data between processes: written once, not read here, gone when nobody needs it, and what happens when it is lost. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  combined,
  DecodeError,
  type Executor,
  gather,
  hint,
  openCache,
  openInline,
  openProcesses,
  openThreads,
  type ProcessesOptions,
  path,
  run,
} from '../../src/index.ts';
import { RecordingSink } from '../../src/testing.ts';
import { toFrame } from '../../src/worker/frames.ts';
import { callFailure } from '../fixtures/call-failure.ts';
import { filesIn, folders } from '../fixtures/folders.ts';
import { ProgramFolder } from '../fixtures/run-program.ts';
import { Model, modelCodecs, referenceTasks } from '../fixtures/tasks/reference-tasks.ts';
import { workerCommand } from '../fixtures/worker-command.ts';

const { numbers, same, first, plusOne, spoilFirst, dataSeenBy, pair, isShared, areOne, model, weigh } =
  referenceTasks;

/** Starting processes takes a while on a busy machine. */
const limit = { timeout: 30_000 };
const folder = folders('references');

/** Processes whose large data, from a hundred bytes on, is in a folder of the test's own. */
function opened(options: ProcessesOptions = {}): { readonly executor: Executor; readonly data: string } {
  const data = folder();
  const executor = openProcesses({ workers: 2, references: { leastBytes: 100, folder: data }, ...options });
  return { executor, data };
}

describe('a large array', limit, () => {
  test('that three calls get on two processes is written once, and gone after the run', async () => {
    const { executor, data } = opened();
    await using _ = executor;
    const made = numbers(1000);
    const seen = await run(gather(dataSeenBy(made, data), dataSeenBy(made, data), dataSeenBy(made, data)), {
      executor,
    });
    expect(new Set(seen.flat()).size).toBe(1);
    expect(filesIn(data)).toEqual([]);
  });

  test('that calls pass on as it is is written once', async () => {
    const { executor, data } = opened();
    await using _ = executor;
    const passed = same(same(same(numbers(1000)))) as never;
    const names = await run(dataSeenBy(passed, data), { executor });
    expect(names.map((name) => /w\w+-(\d+)$/.exec(name)?.[1])).toEqual(['0']);
    const back = await run(referenceTasks.later(same(numbers(50, 3)) as never), { executor });
    expect(back).toEqual(Float64Array.from({ length: 50 }, (_, i) => i + 3));
    expect(filesIn(data)).toEqual([]);
  });

  test('goes when no call needs it any more: a long run has few at a time', async () => {
    const { executor, data } = opened();
    await using _ = executor;
    let last = numbers(1000);
    for (let i = 0; i < 50; i++) last = plusOne(last);
    const [names, value] = await run(gather(dataSeenBy(last, data), first(last)), { executor });
    expect([names.length, value]).toEqual([1, 50]);
  });

  test('is the same for each call, whatever the others do with it', async () => {
    const { executor } = opened();
    await using _ = executor;
    const made = numbers(1000, 5);
    const graph = gather(
      first(made),
      spoilFirst(made),
      first(made),
      first(plusOne(made)),
      areOne(made, made),
    );
    expect(await run(graph, { executor })).toEqual([5, 1000, 5, 6, false]);
  });

  test('given by the program is written once for calls at the same time, and not changed by them', async () => {
    const { executor, data } = opened();
    await using _ = executor;
    const mine = new Float64Array(1000).fill(4);
    const [one, two] = await Promise.all([
      executor.submit(dataSeenBy, mine, data),
      executor.submit(dataSeenBy, mine, data),
      executor.submit(spoilFirst, mine),
    ]);
    expect([one.length, two.length]).toEqual([1, 1]);
    expect(mine[0]).toBe(4);
    await expect.poll(() => filesIn(data), { timeout: 20_000 }).toEqual([]);
  });

  test('comes back whole: from run, submit and map, with all that shares its memory', async () => {
    const { executor, data } = opened();
    await using _ = executor;
    const expected = Float64Array.from({ length: 300 }, (_, i) => i);
    expect(await run(numbers(300), { executor })).toEqual(expected);
    expect(await executor.submit(numbers, 300)).toEqual(expected);
    const mapped = await Array.fromAsync(executor.map(numbers as never, [300, 300, 300]));
    expect(mapped).toEqual([expected, expected, expected]);
    const two = (await run(pair(200), { executor })) as Record<string, Float64Array> & { bytes: unknown };
    expect(two['tail']?.buffer).toBe(two['whole']?.buffer);
    expect(two.bytes).toEqual(Buffer.alloc(200, 7));
    expect(await run(isShared(pair(200) as never), { executor })).toBe(true);
    expect(filesIn(data)).toEqual([]);
  });

  test('is there for the functions of the program, for displays and for the text of errors', async () => {
    const { executor } = opened();
    await using _ = executor;
    const made = numbers(100, 8);
    expect(await run(made[0] as never, { executor })).toBe(8);
    const shown = hint(first(made), { display: (values: Float64Array) => `first of ${values[0]}` } as never);
    const sink = new RecordingSink();
    await run(shown, { executor, sinks: sink });
    expect(sink.events.filter(({ kind }) => kind === 'call-started')).toContainEqual(
      expect.objectContaining({ text: 'first of 8' }),
    );
    const error = await callFailure(referenceTasks.throwing(same(100) as never), { executor });
    expect((error.cause as { values?: unknown }).values).toEqual(new Float64Array(100));
    const inner = await callFailure((weigh as never as typeof first)(numbers(30, 8)), { executor });
    expect(inner.message).toContain('Float64Array');
  });

  test('beside a graph that a call returns does not hide the graph', async () => {
    const { executor, data } = opened();
    await using _ = executor;
    const [made, plain] = (await run(referenceTasks.graphOver(100), { executor })) as Float64Array[];
    expect([made?.[99], plain?.length]).toEqual([99, 100]);
    expect(await run(referenceTasks.emptied(numbers(100, 6)), { executor })).toBe(6);
    expect(filesIn(data)).toEqual([]);
  });

  test('is written again for none but those who cannot read it: threads, this thread, other processes', async () => {
    const { executor, data } = opened();
    const other = opened();
    await using all = combined({
      executors: { here: openInline(), a: executor, b: other.executor, threads: openThreads({ workers: 1 }) },
    });
    const made = hint(numbers(100, 2), { executor: 'a' });
    const graph = gather(
      ...['here', 'a', 'b', 'threads'].map((name) => hint(first(made), { executor: name })),
      hint(first(hint(plusOne(made), { executor: 'threads' })), { executor: 'b' }),
    );
    expect(await run(graph, { executor: all })).toEqual([2, 2, 2, 2, 3]);
    expect([filesIn(data), filesIn(other.data)]).toEqual([[], []]);
  });

  test('is remembered by a cache, and found there', async () => {
    const { executor, data } = opened();
    await using _ = executor;
    await using cache = await openCache(':memory:');
    for (let time = 0; time < 2; time++) {
      const value = await run(first(plusOne(numbers(100, 1))), { executor, cache, cacheAll: true });
      expect(value).toBe(2);
    }
    expect(filesIn(data)).toEqual([]);
  });

  test('is there for the next attempt, and for another process when one is lost', async () => {
    const { executor, data } = opened();
    await using _ = executor;
    const mark = join(folder(), 'mark');
    writeFileSync(mark, '');
    const graph = hint(referenceTasks.exitIfFirst(numbers(100), mark), { retries: 1 });
    expect(await run(graph, { executor })).toBe(100);
    expect(readFileSync(mark, 'utf8')).toBe('..');
    expect(filesIn(data)).toEqual([]);
  });

  test('stays in messages where that is chosen, or it is small', async () => {
    const { executor, data } = opened({ references: false });
    await using _ = executor;
    expect(await run(dataSeenBy(numbers(1000), data), { executor })).toEqual([]);
    const small = opened();
    await using __ = small.executor;
    expect(await run(dataSeenBy(numbers(12), small.data), { executor: small.executor })).toEqual([]);
    await using usual = openProcesses({ workers: 1, references: { folder: data } });
    expect(await run(dataSeenBy(numbers(131_071), data), { executor: usual })).toEqual([]);
    expect(await run(dataSeenBy(numbers(131_072), data), { executor: usual })).toHaveLength(1);
  });
});

describe('an instance whose codec is by reference', limit, () => {
  test('is encoded once, and decoded by those who use it alone', async () => {
    const { executor, data } = opened({ codecs: modelCodecs });
    await using _ = executor;
    const log = join(folder(), 'log');
    writeFileSync(log, '');
    const made = model(5, log);
    expect(await run(gather(weigh(made), weigh(made), weigh(made)), { executor })).toEqual([10, 10, 10]);
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    expect(lines.filter((line) => line.startsWith('encode'))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('decode'))).toHaveLength(3);
    expect(lines.some((line) => line.endsWith(` ${process.pid}`))).toBe(false);
    const back = await run(same(made), { executor });
    expect(back).toBeInstanceOf(Model);
    expect((back as Model).weights).toEqual(new Float64Array(5).fill(2));
    expect(filesIn(data)).toEqual([]);
  });
});

describe('data that is lost', limit, () => {
  test.each(['removeData', 'cutData', 'changeData'] as const)(
    'fails the call that needs it: %s',
    async (harm) => {
      const { executor, data } = opened();
      await using _ = executor;
      const made = numbers(1000);
      const graph = referenceTasks.firstAfter(made, referenceTasks[harm](made, data));
      const error = await callFailure(graph, { executor });
      expect(error.cause).toMatchObject({ name: 'DecodeError', code: 'HEDDLE_DECODE' });
      expect(error.reason).toBe('not-loadable');
      expect(error.message).toMatch(
        /is not there any more|should have 8000 bytes|not those that were written/,
      );
      expect(await run(first(numbers(100, 4)), { executor })).toBe(4);
      expect(filesIn(data)).toEqual([]);
    },
  );

  test('fails the run whose value it is, and submit and map', async () => {
    const { executor, data } = opened();
    await using _ = executor;
    // It comes back as what it was given as, which the call itself has removed.
    const error = await callFailure(referenceTasks.losing(numbers(1000), data), { executor });
    expect(error.cause).toBeInstanceOf(DecodeError);
    expect(error.reason).toBe('not-cloneable');
    const mine = new Float64Array(1000);
    await expect(executor.submit(referenceTasks.losing, mine, data)).rejects.toThrow(DecodeError);
  });
});

describe('a run that ends otherwise', limit, () => {
  test('leaves no data: failed, carried on, or aborted', async () => {
    const { executor, data } = opened();
    await using _ = executor;
    const made = numbers(1000);
    const failing = gather(referenceTasks.throwing(first(same(made) as never)), plusOne(made), same(made));
    for (const failure of ['stop-starting', 'cancel-rest', 'carry-on'] as const)
      await callFailure(failing, { executor, failure });
    const abort = new AbortController();
    const stopping = run(gather(same(made), hint(first(plusOne(made)), {}), numbers(9_000_000)), {
      executor,
      signal: abort.signal,
      sinks: { emit: ({ kind }) => void (kind === 'call-settled' && abort.abort()) },
    });
    await expect(stopping).rejects.toThrow(/aborted/);
    expect(await executor.submit(first, new Float64Array([5]))).toBe(5);
    await expect.poll(() => filesIn(data), { timeout: 20_000 }).toEqual([]);
  });

  test('leaves no data: given up by its time limit, and tried again', async () => {
    const { executor, data } = opened();
    await using _ = executor;
    const graph = hint(referenceTasks.spin(numbers(1000)), { timeoutMs: 100, retries: 1 });
    const error = await callFailure(graph, { executor });
    expect([error.reason, error.attempts]).toEqual(['timed-out', 2]);
    await expect.poll(() => filesIn(data), { timeout: 20_000 }).toEqual([]);
  });
});

describe('a worker that names data of its own making', limit, () => {
  const sound = { digest: 'a'.repeat(64), bytes: 8, as: 'memory', place: 'w0-7' };
  const ref = (other: object): unknown => ({ '#heddle': 'ref', data: { ...sound, ...other } });
  const cyclic: unknown[] = [ref({})];
  cyclic.push(cyclic);

  test.each<readonly [string, unknown]>([
    ['that is not there', ref({})],
    ['outside of the folder', [ref({ place: '../../../etc/passwd' })]],
    ['at no place', ref({ place: undefined })],
    ['that is endless', ref({ bytes: Number.MAX_SAFE_INTEGER - 1 })],
    ['in itself', cyclic],
    ['beside a graph of nothing', [ref({}), { '#heddle': 'delayed', data: {} }]],
    ['as what it is not', { '#heddle': 'view', data: ['Uint8Array', ref({ as: 'code' }), 0, 1] }],
  ])('fails its call, and nothing else: %s', async (_, value) => {
    const { executor } = opened({ workers: 1 });
    await using __ = executor;
    const answer = { kind: 'outcomes', values: [value], isPacked: true, hasReferences: true, meanUs: 1 };
    const error = await callFailure(referenceTasks.answerAs(toFrame(answer).toString('hex')), { executor });
    expect(error.cause).toBeInstanceOf(DecodeError);
    expect(await run(first(numbers(100, 4)), { executor })).toBe(4);
  });
});

describe('where nothing can be written', limit, () => {
  test('data stays in messages, and nothing fails', async () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    await using executor = openProcesses({
      workers: 2,
      references: { leastBytes: 1, folder: join(file, 'below') },
    });
    expect(await run(first(plusOne(numbers(1000, 1))), { executor })).toBe(2);
    expect(await executor.submit(first, new Float64Array([7]))).toBe(7);
  });

  test.runIf(process.platform === 'linux')('so it does on a full disk', async () => {
    // What a process may write to a file is limited, as a full disk limits it; half of a file is not taken for one.
    using program = new ProgramFolder({
      'main.ts': `
        import { execFileSync } from 'node:child_process';
        import { readdirSync } from 'node:fs';
        import { openProcesses, run } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
        import { referenceTasks } from ${JSON.stringify(new URL('../fixtures/tasks/reference-tasks.ts', import.meta.url).href)};
        const { numbers, plusOne, first, dataSeenBy } = referenceTasks;
        process.on('SIGXFSZ', () => undefined);
        execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=1000000']);
        const executor = openProcesses({ workers: 2, references: { leastBytes: 1, folder: 'data' } });
        console.log(await run(first(plusOne(numbers(200_000, 1))), { executor }));
        console.log(await executor.submit(first, new Float64Array(200_000).fill(9)));
        const seen = (length) => run(dataSeenBy(numbers(length), process.cwd() + '/data'), { executor });
        console.log((await seen(1000)).length, (await seen(200_000)).length);
        await executor.dispose();
        console.log(readdirSync('data').length);
      `,
    });
    mkdirSync(join(program.path, 'data'));
    expect(await program.run('main.ts')).toEqual({
      code: 0,
      signal: null,
      stderr: '',
      stdout: '2\n9\n1 0\n0\n',
    });
  });
});

describe('the folder of a program', limit, () => {
  const opening = `
    import { openProcesses, run } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
    import { referenceTasks } from ${JSON.stringify(new URL('../fixtures/tasks/reference-tasks.ts', import.meta.url).href)};
    const { numbers, first, same } = referenceTasks;
    const executor = openProcesses({ workers: 1, references: { leastBytes: 100, folder: 'data' } });
    console.log(await run(first(numbers(1000, 3)), { executor }));
  `;

  test('is gone when it ends by itself, without having been disposed of', async () => {
    using program = new ProgramFolder({ 'main.ts': opening });
    expect(await program.run('main.ts')).toMatchObject({ code: 0, stderr: '', stdout: '3\n' });
    expect(readdirSync(join(program.path, 'data'))).toEqual([]);
  });

  test('is removed by the next program if it was killed, and only then', async () => {
    using program = new ProgramFolder({
      'killed.ts': `${opening} process.kill(process.pid, 'SIGKILL');`,
      'next.ts': opening,
    });
    const data = join(program.path, 'data');
    const { signal } = await program.run('killed.ts');
    expect(signal).toBe('SIGKILL');
    const left = readdirSync(data);
    expect(left).toHaveLength(1);
    // Of a living process, of another machine, and of nobody's making.
    const killed = left[0] as string;
    const others = [killed.replace(/-\d+-/, `-${process.pid}-`), `${killed}x`, 'mine'];
    for (const other of others) mkdirSync(join(data, other));
    expect(await program.run('next.ts')).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(data).toSorted()).toEqual(others.toSorted());
  });

  test('does not fill the memory of the program: 64 MB pass through three calls', async () => {
    using program = new ProgramFolder({
      'main.ts': `${opening}
        const before = process.resourceUsage().maxRSS;
        console.log(await run(first(same(same(same(numbers(2 ** 23, 1))))), { executor }));
        console.log(process.resourceUsage().maxRSS - before < 30_000);
      `,
    });
    expect(await program.run('main.ts')).toMatchObject({ code: 0, stderr: '', stdout: '3\n1\ntrue\n' });
  });
});

describe('workers by a command', limit, () => {
  test('share no folder unless one is named', async () => {
    await using there = openProcesses({ workers: 1, command: workerCommand });
    const passed = same(same(numbers(200_000))) as never;
    expect(await run(first(passed), { executor: there })).toBe(0);
    expect(() => openProcesses({ command: workerCommand, references: { leastBytes: 1 } })).toThrow(
      /'references' and 'command' as the workers may be on another machine/,
    );
  });

  test('share the folder that is named', async () => {
    const { executor, data } = opened({ command: workerCommand });
    await using _ = executor;
    const made = numbers(1000);
    const seen = await run(gather(dataSeenBy(made, data), dataSeenBy(made, data)), { executor });
    expect(new Set(seen.flat()).size).toBe(1);
  });
});

describe('path()', limit, () => {
  test('gives a task the path of a file, wherever it runs', async () => {
    const file = join(folder(), 'text');
    writeFileSync(file, 'written');
    writeFileSync(`${file}-2`, 'other');
    for (const executor of [openInline(), openThreads({ workers: 1 }), openProcesses({ workers: 1 })]) {
      await using _ = executor;
      const second = referenceTasks.beside(path(file), 'text-2');
      const graph = gather(referenceTasks.read(path(file)), referenceTasks.read(second), second);
      expect(await run(graph, { executor })).toEqual(['written', 'other', path(`${file}-2`)]);
    }
  });

  test('counts by what is in the file, where calls are remembered', async () => {
    const file = join(folder(), 'text');
    await using cache = await openCache(':memory:');
    const read = async (): Promise<string> =>
      await run(referenceTasks.read(same(path(file)) as never), { cache, cacheAll: true });
    const asked = path(file);
    const again = async (): Promise<string> =>
      await run(referenceTasks.read(asked), { cache, cacheAll: true });
    writeFileSync(file, 'one');
    expect([await read(), await again()]).toEqual(['one', 'one']);
    writeFileSync(file, 'two');
    expect([await read(), await again()]).toEqual(['two', 'two']);
    writeFileSync(file, 'one');
    expect([await read(), await again()]).toEqual(['one', 'one']);
  });

  test.each([undefined, 5, '', new URL('http://example.org/a')])('refuses %s', (file) => {
    expect(() => path(file as string)).toThrow(TypeError);
  });
});

test.each([
  [true, /'references' must be an object or false: received true/],
  [{ leastBytes: 0 }, /'references.leastBytes' must be a positive integer: received 0/],
  [{ leastBytes: 1.5 }, /received 1\.5/],
  [{ folder: '' }, /'references.folder' must be a path/],
  [{ store: 'x' }, /no option 'store'/],
])('openProcesses() refuses references: %j', (references, reason) => {
  expect(() => openProcesses({ references: references as never })).toThrow(reason);
});
