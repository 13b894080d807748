/**
 * The page of the dashboard in a real Chromium: live, as a report, by keyboard alone, and large.
 *
 * Without a Chromium on this machine these tests are left out; `apt install chromium`, or its path in `CHROMIUM`, brings them.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Dashboard, openDashboard, openReport } from '../../src/dashboard.ts';
import { gatherAll, run, task } from '../../src/index.ts';
import { build } from '../../tools/build.ts';
import { findBrowser } from '../../tools/find-browser.ts';
import { tellRun } from '../fixtures/synthetic-run.ts';

/** A browser on a busy machine takes its time. */
const limitMs = 60_000;
const executablePath = findBrowser();

const square = task((x: number) => x * x, { name: 'square' });
const sum = task((xs: number[]) => xs.reduce((a, b) => a + b, 0), { name: 'sum' });
const fail = task(
  (x: number): number => {
    throw new RangeError(`no root of ${x}`);
  },
  { name: 'root', retries: 1 },
);

describe.skipIf(executablePath === undefined)(
  'the page (left out without a Chromium: install it, or name it in CHROMIUM)',
  { timeout: limitMs },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-page-'));
    let browser: Browser;
    beforeAll(async () => {
      const { built, output } = build();
      if (!built) throw new Error(output);
      browser = await chromium.launch({
        executablePath: executablePath as string,
        args: ['--no-sandbox', '--disable-gpu'],
      });
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true });
    });

    /** Opens a page, and gives what it has complained of. */
    async function show(
      url: string,
      dark = false,
    ): Promise<{ readonly page: Page; readonly faults: string[] }> {
      const page = await browser.newPage({
        viewport: { width: 1200, height: 700 },
        colorScheme: dark ? 'dark' : 'light',
      });
      page.setDefaultTimeout(limitMs / 3);
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(String(error)));
      page.on('console', (message) => {
        // The tests themselves read canvases.
        const isFault =
          /^(?:error|warning)$/.test(message.type()) && !message.text().includes('getImageData');
        if (isFault) faults.push(message.text());
      });
      await page.goto(url);
      // Who is refused gets words alone.
      await page.waitForSelector('nav, pre');
      return { page, faults };
    }

    async function open(): Promise<Dashboard & { readonly url: string }> {
      const dashboard = await openDashboard({ onOpen: () => undefined, details: true });
      return dashboard as Dashboard & { readonly url: string };
    }

    async function reportOf(calls: number): Promise<string> {
      const file = join(folder, `${calls}.html`);
      const report = openReport(file);
      tellRun(report, calls);
      await report.close();
      return `file://${file}`;
    }

    test('shows a run as it goes on, and when it has ended', async () => {
      await using dashboard = await open();
      const { page, faults } = await show(dashboard.url);
      await page.getByText('Nothing has run yet').waitFor();
      // The token is in a cookie from now on.
      expect(page.url()).not.toContain('token');
      const go = Promise.withResolvers<number>();
      const wait = task(() => go.promise, { name: 'wait' });
      const running = run(sum(gatherAll([square(3), wait()])), { sinks: dashboard });
      const row = (name: string): ReturnType<Page['locator']> =>
        page.locator('tr', { has: page.getByRole('link', { name, exact: true }) });
      await row('wait').locator('td').nth(4).getByText('1', { exact: true }).waitFor();
      expect(await page.title()).toMatch(/^▸ \d+ % – heddle$/);
      await page.goto(`${new URL(dashboard.url).origin}/#/calls?filter=sum`);
      await page.getByRole('link', { name: /^#\d+$/ }).click();
      await page
        .getByText(/^It waits for 1 of the 1 call that it needs: gather #\d+ \(waiting\)\.$/)
        .waitFor();
      go.resolve(5);
      expect(await running).toBe(14);
      await page.getByText('sum([9, 5])', { exact: true }).waitFor();
      expect(await page.locator('dd').allTextContents()).toContain('14');
      expect(await page.title()).toBe('✔ success – heddle');
      // What is shown of a call stays, whatever begins next.
      await run(square(1), { sinks: dashboard });
      await page.getByRole('combobox', { name: 'Run' }).waitFor();
      expect(await page.getByText('sum([9, 5])', { exact: true }).count()).toBe(1);
      expect(faults).toEqual([]);
      await page.close();
    });

    test('tells of failures, with their attempts and the command', async () => {
      await using dashboard = await open();
      await run(fail(-1), { sinks: dashboard }).catch(() => undefined);
      const { page, faults } = await show(dashboard.url);
      await page.keyboard.press('5');
      await page.getByText('attempt 2: threw RangeError: no root of -1').waitFor();
      expect(await page.locator('code').first().textContent()).toBe('root(-1)');
      expect(await page.getByRole('link', { name: /^Failures/ }).textContent()).toBe('Failures 1');
      expect(await page.getByText('To run it again').count()).toBe(1);
      expect(faults).toEqual([]);
      await page.close();
    });

    test('tells who does not know the token so, and what to do', async () => {
      await using dashboard = await open();
      const { page } = await show(new URL(dashboard.url).origin);
      const words = await page.locator('pre').textContent();
      expect(words).toBe('Open the address that the program has printed: it holds a token\n');
      await page.close();
    });

    test.for([false, true])('draws a graph of few calls and of many (dark: %s)', async (dark) => {
      const few = await show(`${await reportOf(100)}#/graph`, dark);
      await few.page.getByText('100 calls').waitFor();
      const nodes = few.page.locator('table.unseen tbody tr');
      expect(await nodes.count()).toBe(100);
      await few.page.getByRole('button', { name: 'by task' }).click();
      await few.page.getByText('100 calls, by task').waitFor();
      expect(await nodes.count()).toBe(5);
      await few.page.getByRole('button', { name: 'by task' }).click();
      await few.page.getByRole('searchbox').fill('#42');
      await few.page.getByText('1 found').waitFor();
      await few.page.keyboard.press('Enter');
      await few.page.getByRole('region', { name: 'Chosen' }).getByText('fit #42').waitFor();
      await few.page.getByRole('button', { name: 'What it needs' }).click();
      await few.page.getByText('3 calls').waitFor();
      expect(few.faults).toEqual([]);
      await few.page.close();

      const many = await show(`${await reportOf(10_000)}#/graph`, dark);
      await many.page.getByText('10,000 calls, by task').waitFor();
      const names = many.page.locator('table.unseen tbody tr td:first-child');
      expect(await names.allTextContents()).toEqual(['load', 'clean', 'fit', 'score', 'store']);
      await many.page.getByRole('button', { name: 'critical path' }).click();
      await many.page
        .getByRole('region', { name: 'Critical path' })
        .getByText(/^\d calls ran for/)
        .waitFor();
      await many.page.getByRole('searchbox').fill('fit');
      await many.page.keyboard.press('Enter');
      await many.page.getByRole('button', { name: 'Open it' }).click();
      await many.page.waitForFunction(`document.querySelectorAll('table.unseen tbody tr').length === 105`);
      expect(many.faults).toEqual([]);
      await many.page.close();
    });

    /** The colours of a canvas, each with the number of its pixels. */
    async function coloursOn(page: Page): Promise<ReadonlyMap<string, number>> {
      const pairs = await page.evaluate<[string, number][]>(`(() => {
        const canvas = document.querySelector('canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const counts = new Map();
        for (let at = 0; at < data.length; at += 4) {
          const colour = [data[at], data[at + 1], data[at + 2]].join();
          counts.set(colour, (counts.get(colour) ?? 0) + 1);
        }
        return [...counts];
      })()`);
      return new Map(pairs);
    }

    /** Until what is asked for has been drawn. */
    async function drawnOnce(page: Page): Promise<void> {
      await page.evaluate(
        `new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))`,
      );
    }

    const drawn = 'canvas[data-draw-ms][aria-label*="16 lanes"]';

    test.for([false, true])('draws a timeline of 100,000 calls, by keyboard (dark: %s)', async (dark) => {
      const { page, faults } = await show(`${await reportOf(100_000)}#/timeline`, dark);
      await page.waitForSelector(drawn);
      await drawnOnce(page);
      const all = await coloursOn(page);
      expect(all.get(dark ? '20,23,27' : '255,255,255') ?? 0).toBeGreaterThan(1000);
      expect(all.size).toBeGreaterThan(10);
      const link = (): Promise<string> => page.evaluate<string>('location.hash');
      for (let times = 0; times < 24; times++) await page.keyboard.press('w');
      const closer = new URLSearchParams((await link()).split('?')[1]);
      const spanMs = Number(closer.get('to')) - Number(closer.get('from'));
      expect(spanMs).toBeLessThan(100);
      await drawnOnce(page);
      // Single calls are seen, in the colours of their tasks.
      const near = await coloursOn(page);
      for (const colour of ['0,114,178', '230,159,0', '0,158,115'])
        expect(near.get(colour) ?? 0).toBeGreaterThan(300);
      await page.keyboard.press('d');
      const right = new URLSearchParams((await link()).split('?')[1]);
      expect(Number(right.get('from')) - Number(closer.get('from'))).toBeCloseTo(spanMs / 5, 3);
      await page.keyboard.press('f');
      expect(await link()).toBe('#/timeline?run=1');
      const box = (await page.locator('canvas').boundingBox())!;
      await page.mouse.move(box.x + 400, box.y + 60);
      await page
        .locator('.tip')
        .getByText(/(?:load|clean|fit|score|store) #\d+/)
        .waitFor();
      expect(faults).toEqual([]);
      await page.close();
    });

    test('saves a trace that Perfetto opens', async () => {
      const { page } = await show(`${await reportOf(100)}#/timeline`);
      const saving = page.waitForEvent('download');
      await page.getByRole('button', { name: 'save for Perfetto' }).click();
      const saved = await saving;
      expect(saved.suggestedFilename()).toMatch(/^heddle-[\d-]+T[\d-]+\.trace\.json$/);
      const records = JSON.parse(readFileSync(await saved.path(), 'utf8')) as { ph: string }[];
      const count = (kind: string): number => records.filter(({ ph }) => ph === kind).length;
      // Lanes and their process; calls; and arrows, from all calls but the last of each chain.
      expect([count('M'), count('X'), count('s'), count('f')]).toEqual([17, 100, 80, 80]);
      await page.close();
    });

    test('lists a million calls, with few rows in the page', async () => {
      const { page, faults } = await show(`${await reportOf(1_000_000)}#/calls`);
      await page.getByText('1,000,000 calls').waitFor();
      const rows = page.locator('.row:not(.head)');
      expect(await rows.count()).toBeLessThan(40);
      expect(await rows.first().locator('a').textContent()).toBe('#0');
      await page.evaluate(`document.querySelector('.rows').scrollTop = 1e9`);
      await page.getByRole('link', { name: '#999999', exact: true }).waitFor();
      expect(await page.getByRole('link', { name: '#999999', exact: true }).isVisible()).toBe(true);
      await page.getByRole('searchbox').fill('fit failed');
      const asked = new URLSearchParams((await page.evaluate<string>('location.hash')).split('?')[1]);
      expect(asked.get('filter')).toBe('fit failed');
      await page.getByText(/^\d+ calls$/).waitFor();
      await page.locator('.rows').focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: /^fit #\d+$/ }).waitFor();
      expect(faults).toEqual([]);
      await page.close();
    });

    test('is a report that asks nobody for anything', async () => {
      const url = await reportOf(100);
      const page = await browser.newPage();
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await page.goto(url);
      await page.getByText('took').waitFor();
      expect(asked.filter((one) => !one.startsWith('data:'))).toEqual([url]);
      // What is not its own code is not run.
      const ran = await page.evaluate(`(() => {
        const script = document.createElement('script');
        script.textContent = 'globalThis.ran = true';
        document.body.append(script);
        return globalThis.ran === true;
      })()`);
      expect(ran).toBe(false);
      await page.close();
    });

    test('can be read by programs that read screens: names, roles, and tables beside canvases', async () => {
      const url = await reportOf(100);
      const { page } = await show(url);
      const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      await page.evaluate(axe);
      const all: string[] = [];
      for (const dark of [false, true]) {
        await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
        for (const name of ['overview', 'timeline', 'graph', 'calls', 'failures', 'pipelines', 'call/3']) {
          await page.evaluate(`location.hash = '/${name}'`);
          await drawnOnce(page);
          const faults = await page.evaluate<string[]>(`axe.run().then(({ violations }) => violations.flatMap(
            ({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 120))))`);
          all.push(...faults.map((fault) => `${name}, ${dark ? 'dark' : 'light'}: ${fault}`));
        }
      }
      expect(all).toEqual([]);
      // The first thing one comes to leads past all links.
      await page.goto(`${url}#/overview`);
      await page.reload();
      await page.waitForSelector('table');
      await page.keyboard.press('Tab');
      expect(await page.evaluate(`document.activeElement.textContent`)).toBe('To the content');
      await page.keyboard.press('Enter');
      expect(await page.evaluate(`document.activeElement.id`)).toBe('main');
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys' }).waitFor();
      await page.keyboard.press('Escape');
      expect(await page.getByRole('dialog').count()).toBe(0);
      await page.close();
    });

    test('comes back when the server does, with what has happened meanwhile', async () => {
      const first = await openDashboard({ onOpen: () => undefined, token: 'same-token' });
      const { page } = await show(first.url as string);
      await page.getByText('● live').waitFor();
      await first.close();
      await page.getByText('○ not connected').waitFor();
      const port = Number(new URL(first.url as string).port);
      await using second = await openDashboard({ onOpen: () => undefined, token: 'same-token', port });
      await run(square(2), { sinks: second });
      await page.getByText('● live').waitFor();
      await page.getByRole('link', { name: 'square' }).waitFor();
      expect(await page.title()).toBe('✔ success – heddle');
      await page.close();
    });
  },
);
