/**
 * Makes the pictures of the guide's page about the dashboard: of a real run, in a real browser.
 *
 * Run it by hand when the page has changed: `node tools/dashboard-pictures.ts`. It needs a Chromium: see `find-browser.ts`.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatherAll, run, task } from 'heddle';
import { openReport } from 'heddle/dashboard';
import { findBrowser } from './find-browser.ts';

const pictures = join(import.meta.dirname, '..', 'docs', 'guide', 'pictures');

/** Takes so long that it is seen. */
async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

const load = task(async (day: number) => (await pause(4 + (day % 5)), day), { name: 'load' });
const clean = task(async (day: number) => (await pause(3), day), { name: 'clean' });
const fit = task(
  async (day: number) => {
    await pause(9 + (day % 7) * 2);
    if (day === 11) throw new RangeError('no minimum found');
    return day;
  },
  { name: 'fit', retries: 1 },
);
const plot = task(async (day: number) => (await pause(2), `day ${day}`), { name: 'plot' });
const report = task((plots: readonly string[]) => plots.length, { name: 'report' });

const executablePath = findBrowser();
if (executablePath === undefined) {
  throw new Error('Cannot make pictures as there is no Chromium: received none\n  apt install chromium');
}
const { chromium } = await import('playwright-core');
const folder = mkdtempSync(join(tmpdir(), 'heddle-pictures-'));
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  mkdirSync(pictures, { recursive: true });
  const file = join(folder, 'run.html');
  const sink = openReport(file, { details: true });
  const days = Array.from({ length: 60 }, (_, day) => day);
  const target = report(gatherAll(days.map((day) => plot(fit(clean(load(day)))))));
  await run(target, { sinks: sink, concurrency: 8, failure: 'carry-on' }).catch(() => undefined);
  await sink.close();
  const page = await browser.newPage({ viewport: { width: 1100, height: 460 } });
  await page.goto(`file://${file}`);
  for (const name of ['overview', 'timeline', 'graph']) {
    await page.evaluate(`location.hash = '/${name}${name === 'graph' ? '?by=task&path=1' : ''}'`);
    await page.evaluate(
      `new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn, 300))))`,
    );
    await page.screenshot({ path: join(pictures, `dashboard-${name}.png`) });
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
