/**
 * Tiny tasks over two workers behind a queue, in turns with BullMQ by itself on the same Redis: a throw-away one, which writes
 * a log of all changes as one in use does.
 *
 * The client, Redis and both workers share the cores of this machine, so the rates are low bounds, and only their ratios count.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'heddle';
import { openQueue, type QueueExecutor } from 'heddle/cluster';
import { startRedis, stopRedis } from '../../tools/cluster/redis.ts';
import type { Figure, Settings } from '../figure.ts';
import { inTurns } from '../in-turns.ts';
import { type BareBull, openBareBull } from '../queue/bare-bull.ts';
import { increment } from '../tiny-tasks.ts';

const root = join(import.meta.dirname, '..', '..');
const workers = 2;
/** Of those that end, their keys are gone; others would be counted with them. */
const [bareName, heddleName] = ['bench-bare', 'bench-heddle'];

/** Measures the section `queue`. */
export async function measureQueue({ quick }: Settings): Promise<readonly Figure[]> {
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    process.stderr.write('Nothing is measured of queues as redis-server is not installed\n');
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
  const children: ChildProcess[] = [];
  try {
    const url = await startRedis(folder);
    for (let at = 0; at < workers; at++) {
      children.push(await startProcess([join(root, 'bench', 'queue', 'bare-bull-worker.ts'), url, bareName]));
      const command = [
        join(root, 'dist', 'cli', 'main.js'),
        'worker',
        '--queue',
        heddleName,
        '--threads',
        '1',
      ];
      children.push(await startProcess([...command, '--connection', url]));
    }
    return await measureOn(url, quick);
  } finally {
    for (const child of children) await endProcess(child);
    await stopRedis(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureOn(url: string, quick: boolean): Promise<readonly Figure[]> {
  const [count, loneCount, turns] = quick ? [2_000, 100, 1] : [10_000, 300, 5];
  await using bare = await openBareBull(url, bareName);
  const options = { connection: url, queue: heddleName };
  await using singly = await openQueue({ ...options, batch: 1, slots: count });
  await using batched = await openQueue({ ...options, slots: 4_096 });
  const many = 5 * count;
  await warmUp(bare, [singly, batched], count);
  const ms = await inTurns(
    {
      bare: () => bare.pipelined(count),
      singly: () => burst(singly, count),
      batched: async () => (await burst(batched, many)) / (many / count),
      bareLone: () => bare.lone(loneCount),
      lone: () => lone(batched, loneCount),
    },
    turns,
  );
  const rate = (tookMs: number): number => count / tookMs;
  const memory = await memoryOver(batched, quick ? 20_000 : 1_000_000);
  const unit = 'thousand a second';
  return [
    { name: 'BullMQ by itself, all jobs added at once', unit, value: rate(ms.bare) },
    { name: 'heddle, each call a job of its own', unit, value: rate(ms.singly) },
    { name: 'heddle, calls in batches', unit, value: rate(ms.batched) },
    { name: 'singly, over BullMQ by itself', unit: 'times', value: ms.bare / ms.singly, atLeast: 0.8 },
    { name: 'in batches, over BullMQ by itself', unit: 'times', value: ms.bare / ms.batched, atLeast: 5 },
    { name: 'one job at a time, BullMQ by itself', unit: 'µs', value: (ms.bareLone / loneCount) * 1000 },
    { name: 'one call at a time, heddle', unit: 'µs', value: (ms.lone / loneCount) * 1000 },
    {
      name: 'one at a time, over BullMQ by itself',
      unit: 'times',
      value: ms.bareLone / ms.lone,
      atLeast: 0.8,
    },
    {
      name: `what the memory of the client grew by over ${quick ? '20,000' : '1,000,000'} calls`,
      unit: 'MiB',
      value: memory / 2 ** 20,
      atMost: 16,
    },
  ];
}

async function warmUp(bare: BareBull, executors: readonly QueueExecutor[], count: number): Promise<void> {
  await bare.pipelined(count);
  for (const executor of executors) await burst(executor, count);
}

/** Submits calls all at once. */
async function burst(executor: QueueExecutor, count: number): Promise<number> {
  const beganMs = performance.now();
  const values = await Promise.all(Array.from({ length: count }, (_, x) => executor.submit(increment, x)));
  const tookMs = performance.now() - beganMs;
  const sum = values.reduce((total, value) => total + value, 0);
  if (sum !== (count * (count + 1)) / 2) throw new Error(`the sum is wrong: received ${sum}`);
  return tookMs;
}

async function lone(executor: QueueExecutor, count: number): Promise<number> {
  const beganMs = performance.now();
  for (let x = 0; x < count; x++) await run(increment(x), { executor });
  return performance.now() - beganMs;
}

/** By how much the heap is larger after many calls than after some, when garbage is collected. */
async function memoryOver(executor: QueueExecutor, count: number): Promise<number> {
  const through = async (most: number): Promise<void> => {
    let sum = 0;
    for await (const value of executor.map(increment, numbers(most))) sum += value;
    if (sum !== (most * (most + 1)) / 2) throw new Error(`the sum is wrong: received ${sum}`);
  };
  await through(count / 10);
  const before = heapBytes();
  await through(count);
  return Math.max(0, heapBytes() - before);
}

function* numbers(count: number): Generator<number, void, undefined> {
  for (let x = 0; x < count; x++) yield x;
}

function heapBytes(): number {
  const collect = (globalThis as { gc?: () => void }).gc;
  collect?.();
  collect?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Starts a process, and waits until it says that it serves its queue. */
async function startProcess(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const bytes of child.stderr as AsyncIterable<Buffer>)
    if (bytes.toString().includes('serves the queue')) break;
  return child;
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
