/**
 * Runs the matrix on settings: a test for each workflow, and one for all at once. `matrix.test.ts` says what is compared.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cache, type Executor, openInline } from '../../src/index.ts';
import { eventFaults, RecordingSink } from '../../src/testing.ts';
import { type Cell, type Observed, observe, Printed } from './cell.ts';
import { withInline } from './comparison.ts';
import type { Setting } from './settings.ts';
import { matrixCodecs } from './tasks.ts';
import { type Workflow, workflows } from './workflows.ts';

/** What hangs is told within this time. A cell takes some milliseconds, on a busy machine half a second. */
export const limit: { readonly timeout: number } = { timeout: 10_000 };

/** For `test.each`, whose `$name` is cut short. */
export function named<Row extends { readonly name: string }>(
  rows: readonly Row[],
): (readonly [string, Row])[] {
  return rows.map((row) => [row.name, row]);
}

const printed = new Printed();
const inThisThread = new Map<Workflow, Promise<Cell>>();

/** What a workflow gives in this thread. */
export function inline(workflow: Workflow): Promise<Cell> {
  const known = inThisThread.get(workflow);
  if (known !== undefined) return known;
  const cell = printed.observe(workflow, openInline());
  inThisThread.set(workflow, cell);
  return cell;
}

/** Makes tests of settings. */
export function testMatrix(settings: readonly Setting[]): void {
  describe.each(named(settings))('on %s', limit, (_name, setting) => {
    let executor: Executor;
    let cache: Cache | undefined;
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'heddle-'));
      executor = await setting.open({ codecs: matrixCodecs, output: printed.take }, folder);
      cache = await setting.openCache?.(folder);
    });
    afterAll(async () => {
      await executor.dispose();
      await cache?.close();
      await rm(folder, { recursive: true });
    });

    const { times = 1, watched = false } = setting;
    const listen = (): RecordingSink | undefined => (watched ? new RecordingSink() : undefined);
    const faultsIn = (sink: RecordingSink | undefined, { isPlain }: Workflow): readonly string[] =>
      sink === undefined || isPlain ? [] : eventFaults(sink.events);

    test.each(named(workflows))('%s', async (_, workflow) => {
      const here = await inline(workflow);
      for (let time = 0; time < times; time++) {
        const sink = listen();
        const seen = await printed.observe(workflow, executor, sink, cache);
        const cell = cache === undefined ? seen : { ...seen, told: here.told, lines: here.lines };
        const { received, wanted } = withInline(cell, here, workflow, setting, executor);
        expect(received).toEqual(wanted);
        expect(cell.lines).toEqual(here.lines);
        expect(faultsIn(sink, workflow)).toEqual([]);
      }
      // What was taken back from a worker may still have to be answered.
      await expect.poll(() => executor.stats().running, { interval: 2 }).toBe(0);
    });

    test('all workflows at once', { timeout: 20_000 }, async () => {
      const here: Cell[] = [];
      for (const workflow of workflows) here.push(await inline(workflow));
      using _ = printed.open();
      const observed = await Promise.all(
        workflows.map((workflow) => observe(workflow, executor, listen(), cache)),
      );
      const compared = workflows.map((workflow, i) => {
        const [one, inline] = [observed[i] as Observed, here[i] as Cell];
        const seen = cache === undefined ? one : { ...one, told: inline.told };
        return withInline(seen, inline, workflow, setting, executor);
      });
      expect(compared.map(({ received }) => received)).toEqual(compared.map(({ wanted }) => wanted));
    });
  });
}
