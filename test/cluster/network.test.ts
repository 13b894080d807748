/**
 * A network that is really cut, between this program and jobs in a network namespace of their own. Only root may make one, so
 * elsewhere these tests are skipped; a proxy that swallows what it gets is in test/executor/cluster/faults.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { afterEach, describe, expect, test } from 'vitest';
import { LocalEngine } from '../../src/cluster.ts';
import { isRunning } from '../fixtures/living.ts';
import { openLocal, testFolder } from '../fixtures/local-cluster.ts';
import { Marks } from '../fixtures/marks.ts';
import { clusterTasks } from '../fixtures/tasks/cluster-tasks.ts';
import { heddleCommand } from '../fixtures/worker-command.ts';

const { busyUntil, double, until } = clusterTasks;
const limit = { timeout: 60_000 };

/** Of the names of network interfaces, 15 letters count. */
const name = `heddle${process.pid % 100_000}`;
const near = `${name}a`;
const far = `${name}b`;
/** A net of two addresses that nobody is likely to have. */
const [here, there] = ['10.213.77.1', '10.213.77.2'];

const mayCut =
  process.getuid?.() === 0 &&
  spawnSync('ip', ['netns', 'list'], { stdio: 'ignore' }).status === 0 &&
  canMake();

/** A container may forbid it to root, too. */
function canMake(): boolean {
  const made = spawnSync('ip', ['netns', 'add', name], { stdio: 'ignore' }).status === 0;
  if (made) spawnSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
  return made;
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe', timeout: 10_000 });
}

/** Jobs that are elsewhere, and an engine that cannot reach them any more when the way is cut. */
class Elsewhere extends LocalEngine {
  isCut = false;

  override async cancel(ids: readonly string[]): Promise<void> {
    if (!this.isCut) await super.cancel(ids);
  }
}

describe.skipIf(!mayCut)('a network that is cut', limit, () => {
  afterEach(() => {
    spawnSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
    spawnSync('ip', ['link', 'delete', near], { stdio: 'ignore' });
  });

  async function opened(): Promise<Awaited<ReturnType<typeof openLocal>> & { readonly engine: Elsewhere }> {
    ip('netns', 'add', name);
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name);
    ip('address', 'add', `${here}/30`, 'dev', near);
    ip('link', 'set', near, 'up');
    ip('-n', name, 'address', 'add', `${there}/30`, 'dev', far);
    ip('-n', name, 'link', 'set', far, 'up');
    const engine = new Elsewhere({ killWaitMs: 500 });
    const cluster = await openLocal({
      engine,
      address: here,
      beatMs: 500,
      graceMs: 3000,
      command: ['ip', 'netns', 'exec', name, ...heddleCommand],
    });
    return { ...cluster, engine };
  }

  test('is noticed after three beats; the call is run again once there is a way, and settles once', async () => {
    const { executor, told } = await opened();
    const marks = new Marks(testFolder());
    const result = executor.submit(until, marks.file, marks.gate, 5);
    await marks.when(1);
    const cutMs = performance.now();
    ip('link', 'set', near, 'down');
    await expect.poll(() => told.join('\n'), { timeout: 10_000 }).toContain('has been silent');
    expect(performance.now() - cutMs).toBeLessThan(8000);
    ip('link', 'set', near, 'up');
    await marks.when(2, limit.timeout);
    marks.open();
    expect(await result).toBe(5);
    expect(executor.stats()).toMatchObject({ succeeded: 1, failed: 0 });
    expect(await executor.submit(double, 3)).toBe(6);
  });

  test('for good ends the jobs behind it by themselves, with calls that hear nothing', async () => {
    const { executor, engine } = await opened();
    const marks = new Marks(testFolder());
    const result = executor.submit(busyUntil, marks.file, marks.gate, 5).catch(() => undefined);
    const { worker, pilot } = await marks.when(1);
    engine.isCut = true;
    ip('link', 'set', near, 'down');
    // Its system notices after some ten seconds, then it waits for its time of grace.
    await expect.poll(() => [worker, pilot].filter(isRunning), { timeout: 45_000 }).toEqual([]);
    engine.isCut = false;
    await executor.dispose();
    await result;
  });
});
