/** What is told of workers, line by line. */

import assert from 'node:assert/strict';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openPool, openProcesses, openThreads, run } from '../../src/index.ts';
import { FakeClock } from '../../src/testing.ts';
import type { HostMessage, WorkerMessage } from '../../src/worker/protocol.ts';
import type { Ending, TransportFactory, TransportListener } from '../../src/worker/transport.ts';
import { telling } from '../../src/worker/verbose.ts';
import { printTasks } from '../fixtures/tasks/print-tasks.ts';
import { processTasks } from '../fixtures/tasks/process-tasks.ts';
import { workerCommand } from '../fixtures/worker-command.ts';

const { add } = processTasks;
const url = 'file:///tasks.ts';
const first: HostMessage = {
  kind: 'batch',
  first: 0,
  task: 0,
  module: { url, name: 'add' },
  inputs: [[1, 2]],
  isSingle: false,
  isPacked: false,
};

/** Workers that do what the test says. */
class Puppets {
  readonly lines: string[] = [];
  readonly clock: FakeClock = new FakeClock();
  readonly listeners: TransportListener[] = [];
  readonly #factory: TransportFactory;

  constructor(place?: string) {
    const made: TransportFactory = {
      name: 'puppet',
      start: (listener) => {
        this.listeners.push(listener);
        const transport = {
          post: () => undefined,
          keepAlive: () => undefined,
          terminate: () => Promise.resolve(),
        };
        return { transport, claims: undefined, ...(place === undefined ? {} : { place }) };
      },
    };
    this.#factory = telling(made, (line) => this.lines.push(line), this.clock);
  }

  start(): {
    readonly says: (message: WorkerMessage) => void;
    readonly ends: (ending: Ending) => void;
  } & ReturnType<TransportFactory['start']> {
    const heard: unknown[] = [];
    const started = this.#factory.start({
      message: (message) => heard.push(message),
      ended: (ending) => heard.push(ending),
    });
    const listener = this.listeners.at(-1) as TransportListener;
    return {
      ...started,
      says: (message) => {
        listener.message(message);
        assert.equal(heard.at(-1), message);
      },
      ends: (ending) => {
        listener.ended(ending);
        assert.equal(heard.at(-1), ending);
      },
    };
  }
}

describe('verbose tells', () => {
  test('each step of a worker, and how long it took', () => {
    const puppets = new Puppets('pid 7');
    const worker = puppets.start();
    puppets.clock.pass(40);
    worker.says({ kind: 'ready' });
    worker.transport.post(first);
    worker.says({ kind: 'loading', task: 0 });
    puppets.clock.pass(12);
    worker.says({ kind: 'loaded', task: 0 });
    worker.transport.post({ ...first, module: undefined });
    worker.transport.post({ kind: 'stop' });
    worker.ends({ exitCode: 0, error: undefined });
    expect(puppets.lines).toEqual([
      'puppet 1 starts: pid 7',
      'puppet 1 is ready, after 40 ms',
      `puppet 1 has its first call of task 'add', and imports ${url}`,
      'puppet 1 is done with that, after 12 ms',
      'puppet 1 is told to end',
      'puppet 1 has ended',
    ]);
  });

  test('where a task comes from, without what its module carries', () => {
    const puppets = new Puppets();
    const worker = puppets.start();
    const module = { url: `file:///carrier.js?task=fit&carries=${'e'.repeat(1000)}`, name: 'carried' };
    worker.transport.post({ ...first, module });
    worker.says({ kind: 'loading', task: 0 });
    expect(puppets.lines.at(-1)).toMatch(
      /first call of task 'carried', and imports file:\/\/\/carrier\.js\?task=fit&carries=e{15,25}…$/,
    );
  });

  test('what a worker without a task gets ready', () => {
    const puppets = new Puppets();
    puppets.start().says({ kind: 'loading', task: undefined });
    expect(puppets.lines).toEqual(['puppet 1 starts', 'puppet 1 gets ready for calls']);
  });

  test.each<[string, Ending, string]>([
    ['a code', { exitCode: 3, error: undefined }, 'exited with code 3'],
    ['a signal', { exitCode: undefined, signal: 'SIGKILL', error: undefined }, 'was ended by SIGKILL'],
    [
      'an error, by its first line',
      { exitCode: 1, error: new RangeError('too far\n  go back') },
      'ended by an error, RangeError: too far',
    ],
    ['no start', { exitCode: undefined, error: undefined }, 'could not be started'],
  ])('that a worker is lost, with %s, and who takes its place', (_, ending, how) => {
    const puppets = new Puppets();
    const [lost, other] = [puppets.start(), puppets.start()];
    lost.ends(ending);
    puppets.start();
    other.transport.post({ kind: 'stop' });
    other.ends({ exitCode: 0, error: undefined });
    puppets.start();
    expect(puppets.lines).toEqual([
      'puppet 1 starts',
      'puppet 2 starts',
      `puppet 1 is lost: it ${how}`,
      'puppet 1 starts in the place of one that was lost',
      'puppet 2 is told to end',
      'puppet 2 has ended',
      'puppet 2 starts',
    ]);
  });

  test('that a worker is ended at once, once, and not of one that is gone', () => {
    const puppets = new Puppets();
    const worker = puppets.start();
    void worker.transport.terminate();
    worker.ends({ exitCode: undefined, signal: 'SIGKILL', error: undefined });
    void worker.transport.terminate();
    expect(puppets.lines).toEqual(['puppet 1 starts', 'puppet 1 is ended at once', 'puppet 1 has ended']);
  });

  test.each([undefined, false])('nobody anything for %s, and costs nothing', (verbose) => {
    const made: TransportFactory = {
      name: 'puppet',
      start: () => {
        throw new Error('not started');
      },
    };
    expect(telling(made, verbose)).toBe(made);
  });
});

describe('workers with verbose', { timeout: 30_000 }, () => {
  test.each([
    ['openThreads', 'thread', openThreads, {}],
    ['openProcesses', 'process', openProcesses, {}],
    ['openProcesses by a command', 'process', openProcesses, { command: workerCommand }],
  ] as const)('%s tells a function', async (_, name, open, options) => {
    const lines: string[] = [];
    const executor = open({ workers: 1, ...options, verbose: (line) => lines.push(line) });
    onTestFinished(() => executor.dispose());
    expect(await run(add(1, 2), { executor })).toBe(3);
    await executor.submit(processTasks.exit, 3).catch(String);
    await executor.submit(add, 1, 2);
    await executor.dispose();
    const place = name === 'thread' ? 'thread \\d+' : 'pid \\d+';
    const steps = [
      `${name} 1 starts: ${place}`,
      `${name} 1 is ready, after \\d+ ms`,
      `${name} 1 has its first call of task 'add', and imports file:.*/process-tasks\\.ts`,
      `${name} 1 is done with that, after \\d+ ms`,
      // It has the module.
      `${name} 1 has its first call of task 'exit'$`,
      `${name} 1 is lost: it exited with code 3`,
      `${name} 1 starts in the place of one that was lost: ${place}`,
    ];
    for (const [i, step] of steps.entries()) expect(lines[i]).toMatch(new RegExp(`^${step}`));
    expect(lines.slice(-2)).toEqual([`${name} 1 is told to end`, `${name} 1 has ended`]);
  });

  test('openPool() tells stderr by true', async () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const pool = openPool(printTasks.pause, { workers: 1, verbose: true });
    onTestFinished(() => pool.dispose());
    await pool.submit(0);
    await pool.dispose();
    const written = write.mock.calls.map(([chunk]) => String(chunk));
    write.mockRestore();
    expect(written[0]).toMatch(/^heddle: thread 1 starts: thread \d+\n$/);
    expect(written.at(-1)).toBe('heddle: thread 1 has ended\n');
  });

  test.each<[string, (verbose: never) => unknown]>([
    ['openThreads', (verbose) => openThreads({ verbose })],
    ['openProcesses', (verbose) => openProcesses({ verbose })],
    ['openPool', (verbose) => openPool(printTasks.pause, { verbose })],
  ])('%s() refuses what is neither', (_, open) => {
    expect(() => open('yes' as never)).toThrow(
      /^Cannot open worker \w+ as 'verbose' must be true, false or a function/,
    );
    expect(() => open('yes' as never)).toThrow(TypeError);
  });
});
