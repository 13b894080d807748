/** heddle worker --stdio, seen from the other end of its streams: how it ends, with what, and that nothing of it is left. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { coreOf } from '../../src/task/task-brand.ts';
import type { TaskModule } from '../../src/task/task-core.ts';
import { FrameReader, type ProcessMessage, toFrame, toGreetingFrame } from '../../src/worker/frames.ts';
import { ownGreeting, readGreeting } from '../../src/worker/greeting.ts';
import type { HostMessage } from '../../src/worker/protocol.ts';
import { isRunning } from '../fixtures/living.ts';
import { processTasks } from '../fixtures/tasks/process-tasks.ts';
import { workerCommand } from '../fixtures/worker-command.ts';

const limit = { timeout: 20_000 };

/** A host that knows nothing but the format. */
class BareHost {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly messages: ProcessMessage[] = [];
  readonly greetings: unknown[] = [];
  stderr = '';
  #sent = 0;
  readonly whenExited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;

  constructor() {
    const [program = '', ...args] = workerCommand;
    this.child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: limit.timeout,
      killSignal: 'SIGKILL',
    });
    const reader = new FrameReader((greeting) => this.greetings.push(greeting));
    this.child.stdout.on('data', (bytes: Buffer) =>
      this.messages.push(...(reader.push(bytes) as ProcessMessage[])),
    );
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.child.stdin.on('error', () => undefined);
    this.whenExited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    this.child.stdin.write(toGreetingFrame(ownGreeting()));
    onTestFinished(() => void this.child.kill('SIGKILL'));
  }

  post(message: HostMessage): void {
    this.child.stdin.write(toFrame(message));
  }

  call(task: unknown, ...args: readonly unknown[]): void {
    const module = coreOf(task)?.module as TaskModule;
    const number = this.#sent++;
    this.post({
      kind: 'batch',
      first: number,
      task: number,
      module,
      inputs: [args],
      isSingle: false,
      isPacked: false,
    });
  }

  get values(): readonly unknown[] {
    return this.messages.flatMap((message) => (message.kind === 'outcomes' ? message.values : []));
  }

  /** Waits for the values of all calls so far. */
  async valuesOf(count: number): Promise<readonly unknown[]> {
    await vi.waitUntil(() => this.values.length >= count, { timeout: 10_000 });
    return this.values;
  }
}

describe('heddle worker --stdio', limit, () => {
  test('says who it is, is ready, answers, and ends with 0 when it is told to', async () => {
    const host = new BareHost();
    host.call(processTasks.add, 1, 2);
    expect(await host.valuesOf(1)).toEqual([3]);
    expect(host.greetings.map(readGreeting)).toEqual([ownGreeting()]);
    expect(host.messages[0]).toEqual({ kind: 'ready' });
    host.post({ kind: 'stop' });
    expect(await host.whenExited).toEqual({ code: 0, signal: null });
    expect(host.stderr).toBe('');
  });

  test('sends what is printed before the outcome, and native output to stderr', async () => {
    const host = new BareHost();
    host.call(processTasks.print, 'one\n', 'two');
    host.call(processTasks.printError, 'three\n');
    await host.valuesOf(2);
    const written = host.messages.filter((message) => message.kind === 'written');
    expect(written.map(({ stream, bytes }) => [stream, Buffer.from(bytes).toString()])).toEqual([
      ['stdout', 'one\n'],
      ['stdout', 'two'],
      ['stderr', 'three\n'],
    ]);
    expect(host.messages.at(-1)?.kind).toBe('outcomes');
    expect(host.stderr).toBe('');
  });

  test.each<[string, (host: BareHost) => void, number | null]>([
    ['stdin ends', (host) => host.child.stdin.end(), 137],
    ['it is terminated', (host) => host.child.kill('SIGTERM'), 143],
    ['it is interrupted', (host) => host.child.kill('SIGINT'), 130],
    ['its terminal is gone', (host) => host.child.kill('SIGHUP'), 129],
    ['it is killed', (host) => host.child.kill('SIGKILL'), null],
  ])('leaves nothing of an endless loop and what that has started, when %s', async (_, end, code) => {
    const host = new BareHost();
    host.call(processTasks.pid);
    host.call(processTasks.startSleeper);
    const pids = (await host.valuesOf(2)) as number[];
    host.call(processTasks.spinAloud);
    // More than the pipe of the worker holds: the end of stdin is seen nevertheless.
    for (let i = 0; i < 4; i++) host.call(processTasks.same, 'x'.repeat(500_000));
    await expect
      .poll(() => host.messages.some(({ kind }) => kind === 'written'), { timeout: 10_000 })
      .toBe(true);
    expect(pids.filter(isRunning)).toEqual(pids);
    end(host);
    expect(await host.whenExited).toMatchObject({ code });
    await expect.poll(() => pids.filter(isRunning), { timeout: 5000 }).toEqual([]);
  });

  test('takes with it what its tasks have started, also when it is told to end', async () => {
    const host = new BareHost();
    host.call(processTasks.startSleeper);
    const [sleeper] = (await host.valuesOf(1)) as [number];
    host.post({ kind: 'stop' });
    expect(await host.whenExited).toEqual({ code: 0, signal: null });
    await expect.poll(() => isRunning(sleeper), { timeout: 5000 }).toBe(false);
  });

  test.each<[string, unknown, readonly unknown[], number]>([
    ['by process.exit()', processTasks.exit, [7], 7],
    ['by a signal, as shells tell it', processTasks.signal, ['SIGKILL'], 137],
  ])('ends with the code of the worker: %s', async (_, task, args, code) => {
    const host = new BareHost();
    host.call(task, ...args);
    expect(await host.whenExited).toEqual({ code, signal: null });
  });
});
