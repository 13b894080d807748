/**
 * What watching costs: a run with a dashboard, with nobody or with a page that reads it; and what the page itself takes.
 *
 * The page is measured in a Chromium, where there is one: those figures are left out otherwise.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { gatherAll, openThreads, run, type Sink } from 'heddle';
import { layeredLayout } from '../../src/observe/calls/layered-layout.ts';
import { tellRun } from '../../test/fixtures/synthetic-run.ts';
import { findBrowser } from '../../tools/find-browser.ts';
import { work } from '../busy-tasks.ts';
import type { Figure, Settings } from '../figure.ts';
import { inTurns, timeMs } from '../in-turns.ts';
import { median } from '../median.ts';
import { increment } from '../tiny-tasks.ts';

const root = join(import.meta.dirname, '..', '..');
const workers = 2;
/** In the page: how long the next drawing took. */
const drawnAgain = `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() =>
  resolve(document.querySelector('canvas').dataset.drawMs))))`;

/** Measures the section `observe`. */
export async function measureObserve({ quick }: Settings): Promise<readonly Figure[]> {
  const { upMs, answerMs } = await measureUp();
  const busy = await measureRuns(quick ? 2_000 : 100_000, work, quick ? 2 : 3);
  const tiny = await measureRuns(quick ? 2_000 : 100_000, increment, quick ? 3 : 7);
  const zipped = ['app.js', 'app.css']
    .map((name) => gzipSync(readFileSync(join(root, 'dist', 'dashboard-ui', name)), { level: 9 }).length)
    .reduce((sum, length) => sum + length, 0);
  return [
    { name: 'server up, with loading it', unit: 'ms', value: upMs, atMost: 50 },
    { name: 'the first answer, with loading what answers', unit: 'ms', value: answerMs },
    {
      name: 'run of calls of 0.1 ms, with a page open',
      unit: 'times',
      value: busy.read / busy.bare,
      atMost: 1.1,
    },
    { name: 'calls of 0.1 ms, dashboard without a page', unit: 'times', value: busy.unread / busy.bare },
    { name: 'run of calls that do nothing, with a page open', unit: 'times', value: tiny.read / tiny.bare },
    {
      name: 'calls that do nothing, dashboard without a page',
      unit: 'times',
      value: tiny.unread / tiny.bare,
    },
    { name: 'calls that do nothing, a sink that does nothing', unit: 'times', value: tiny.idle / tiny.bare },
    ...costs(busy),
    { name: 'the page, compressed', unit: 'KiB', value: zipped / 1024, atMost: 100 },
    { name: 'placing 10k nodes of a graph', unit: 'ms', value: await measureLayout(), atMost: 100 },
    ...(await measurePage(quick)),
  ];
}

/** What the program's own thread spends on a call: other than how long a run takes, it hardly depends on what else the machine does. */
function costs({ cpu }: Runs): readonly Figure[] {
  if (cpu === undefined) return [];
  const unit = 'µs a call';
  return [
    { name: 'CPU of the main thread', unit, value: cpu.bare },
    { name: 'CPU of the main thread, dashboard without a page', unit, value: cpu.unread },
    { name: 'CPU of the main thread, with a page open', unit, value: cpu.read },
  ];
}

async function measureUp(): Promise<{ readonly upMs: number; readonly answerMs: number }> {
  const startMs = performance.now();
  const { openDashboard } = await import('heddle/dashboard');
  const dashboard = await openDashboard({ onOpen: () => undefined });
  const upMs = performance.now() - startMs;
  const answerMs = await timeMs(async () => (await fetch(dashboard.url as string)).text());
  await dashboard.close();
  return { upMs, answerMs };
}

type Watching = 'bare' | 'idle' | 'unread' | 'read';

interface Runs extends Record<Watching, number> {
  /** Microseconds a call, where Node can tell. */
  readonly cpu: Record<Watching, number> | undefined;
}

async function measureRuns(calls: number, task: typeof work, turns: number): Promise<Runs> {
  const { openDashboard } = await import('heddle/dashboard');
  const numbers = Array.from({ length: calls }, (_, x) => x);
  await using executor = openThreads({ workers });
  const options = { onOpen: () => undefined, mostCalls: 4 * calls };
  await using unread = await openDashboard(options);
  await using read = await openDashboard(options);
  const reader = spawn(process.execPath, [join(root, 'bench', 'dashboard-reader.ts'), read.url as string], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(reader.stdout, 'data');
  const cpu: Record<Watching, number[]> = { bare: [], idle: [], unread: [], read: [] };
  const timeOf = (name: Watching, sinks: readonly Sink[]) => async () => {
    const target = gatherAll(numbers.map((x) => task(x)));
    const before = threadCpu();
    const tookMs = await timeMs(() => run(target, { executor, sinks }));
    cpu[name].push((threadCpu() - before) / calls);
    return tookMs;
  };
  try {
    const times = await inTurns(
      {
        bare: timeOf('bare', []),
        idle: timeOf('idle', [{ emit: () => undefined, graph: true }]),
        unread: timeOf('unread', [unread]),
        read: timeOf('read', [read]),
      },
      turns,
    );
    const cost = (name: Watching): number => median(cpu[name]);
    const told = { bare: cost('bare'), idle: cost('idle'), unread: cost('unread'), read: cost('read') };
    return { ...times, cpu: Number.isNaN(told.bare) ? undefined : told };
  } finally {
    reader.stdin.end();
    await once(reader, 'exit');
  }
}

/** What this thread has used so far, in microseconds; `NaN` before Node 24. */
function threadCpu(): number {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => { user: number; system: number } };
  if (threadCpuUsage === undefined) return Number.NaN;
  const { user, system } = threadCpuUsage.call(process);
  return user + system;
}

/** Of as many nodes as nobody can tell apart, and one and a half times as many edges. */
async function measureLayout(): Promise<number> {
  const nodes = 10_000;
  const edges = Array.from({ length: 1.5 * nodes }, (_, at) => {
    const to = 1 + ((at * 7919) % (nodes - 1));
    return { from: Math.max(0, to - 1 - ((at * 104_729) % 200)), to };
  });
  const times: number[] = [];
  for (let turn = 0; turn < 7; turn++) times.push(await timeMs(() => layeredLayout(nodes, edges)));
  return median(times);
}

/** In a real browser. */
async function measurePage(quick: boolean): Promise<readonly Figure[]> {
  const executablePath = findBrowser();
  if (executablePath === undefined) return [];
  const { chromium } = await import('playwright-core');
  const { openReport } = await import('heddle/dashboard');
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const figures: Figure[] = [];
    for (const [calls, name] of [
      [100_000, '100k'],
      [1_000_000, '1M'],
    ] as const) {
      const file = join(folder, `${name}.html`);
      const report = openReport(file);
      tellRun(report, quick ? calls / 100 : calls);
      await report.close();
      const page = await browser.newPage({ viewport: { width: 1280, height: 760 } });
      const startMs = performance.now();
      await page.goto(`file://${file}#/timeline`);
      await page.waitForSelector('.stage');
      const paintMs = performance.now() - startMs;
      await page.waitForSelector('canvas[data-draw-ms][aria-label*="16 lanes"]');
      const drawMs: number[] = [];
      for (let turn = 0; turn < 24; turn++) {
        await page.keyboard.press(turn % 2 === 0 ? 'w' : 's');
        const drawn = await page.evaluate<string>(drawnAgain);
        drawMs.push(Number(drawn));
      }
      await page.close();
      figures.push(
        {
          name: `report of ${name} calls`,
          unit: 'MiB',
          value: statSync(file).size / 2 ** 20,
          ...(calls === 100_000 ? { atMost: 5 } : {}),
        },
        {
          name: `first paint of ${name} calls`,
          unit: 'ms',
          value: paintMs,
          ...(calls === 100_000 ? { atMost: 1000 } : {}),
        },
        {
          name: `drawing ${name} calls again`,
          unit: 'ms',
          value: median(drawMs),
          atMost: calls === 100_000 ? 16 : 20,
        },
      );
    }
    return figures;
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
}
