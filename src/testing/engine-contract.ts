/**
 * The contract of engines, as cases that any test framework can run: what executors over clusters rely on, whatever the
 * scheduler.
 *
 * A case fails by throwing. Its jobs are small, and are cancelled at its end.
 */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import type { Engine, JobId, JobStatus } from '../executor/cluster/engine.ts';
import { lastWordsOf } from '../executor/cluster/job-log.ts';
import type { ContractCase } from './executor-contract.ts';

/** An engine on trial. */
export interface EngineSubject {
  /** Gives a fresh one, or one that is shared. It must have room for two jobs at once. */
  open(): Engine;
  /** A folder that jobs share. */
  readonly folder: string;
}

/** How often is looked for what is awaited, in milliseconds. Arbitrary. */
const lookEveryMs = 100;

class Trial {
  readonly engine: Engine;
  readonly folder: string;
  readonly #submitted: JobId[] = [];

  constructor(engine: Engine, folder: string) {
    this.engine = engine;
    this.folder = folder;
  }

  /** Submits a script; in it, `$folder` is a folder that jobs share, and `$id` is the job's own id. */
  async submit(script: string, count = 1): Promise<readonly JobId[]> {
    const { idInScript } = this.engine.traits;
    const lines = ['#!/bin/sh', `folder='${this.folder}'`, `id="${idInScript}"`, script, ''];
    const ids = await this.engine.submit({
      name: 'heddle-contract',
      count,
      script: lines.join('\n'),
      resources: { cpus: 1, timeS: 300 },
      logs: this.folder,
      options: [],
    });
    this.#submitted.push(...ids);
    return ids;
  }

  async one(script: string): Promise<JobId> {
    const [id] = await this.submit(script);
    return id as JobId;
  }

  async status(id: JobId): Promise<JobStatus | undefined> {
    return (await this.engine.poll([id])).get(id);
  }

  /** Waits until a job is so. */
  async until(id: JobId, is: JobStatus['is']): Promise<JobStatus> {
    for (;;) {
      const status = await this.status(id);
      if (status?.is === is) return status;
      assert.notEqual(status?.is, 'ended', `the job ended before it was ${is}: ${JSON.stringify(status)}`);
      await systemClock.sleep(lookEveryMs);
    }
  }

  async file(name: string): Promise<string> {
    while (!existsSync(join(this.folder, name))) await systemClock.sleep(lookEveryMs);
    return readFileSync(join(this.folder, name), 'utf8').trim();
  }

  async end(): Promise<void> {
    await this.engine.cancel(this.#submitted);
  }
}

const bodies: Readonly<Record<string, (trial: Trial) => Promise<void>>> = {
  'submit() gives each job an id of its own, by which the job knows itself': async (trial) => {
    const { mostAtOnce } = trial.engine.traits;
    const count = Math.min(3, mostAtOnce);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell reads it.
    const ids = await trial.submit('touch "$folder/ran-${id}"', count);
    assert.equal(new Set(ids).size, count);
    for (const id of ids) await trial.until(id, 'ended');
    const ran = readdirSync(trial.folder).filter((name) => name.startsWith('ran-'));
    assert.deepEqual(ran.sort(), ids.map((id) => `ran-${id}`).sort());
  },
  'poll() tells of a job that it runs, and then that it has ended': async (trial) => {
    const id = await trial.one('while [ ! -e "$folder/go" ]; do sleep 0.05; done');
    assert.equal((await trial.until(id, 'running')).is, 'running');
    writeFileSync(join(trial.folder, 'go'), '');
    await trial.until(id, 'ended');
  },
  'poll() tells how a job has failed': async (trial) => {
    const id = await trial.one('exit 7');
    const { state, reason } = await trial.until(id, 'ended');
    assert.match(`${state} ${reason}`, /\b7\b/);
  },
  'poll() tells of many at once, and leaves out what it does not know': async (trial) => {
    const [a, b] = [await trial.one('sleep 30'), await trial.one('sleep 30')];
    const found = await trial.engine.poll([a, b, '999999999_0']);
    assert.deepEqual([...found.keys()].sort(), [a, b].sort());
  },
  'poll() of jobs that nobody knows tells nothing': async ({ engine }) => {
    assert.equal((await engine.poll(['999999999_0'])).size, 0);
  },
  'what a job prints is kept, in a file that ends in its id': async (trial) => {
    const id = await trial.one('echo "printed by $id"; echo "cannot go on" >&2; exit 1');
    await trial.until(id, 'ended');
    let words = lastWordsOf(trial.folder, id);
    for (; words === undefined; words = lastWordsOf(trial.folder, id)) await systemClock.sleep(lookEveryMs);
    assert.equal(words, 'cannot go on');
  },
  'cancel() tells a job by SIGTERM, and ends it': async (trial) => {
    const id = await trial.one(
      'trap \'echo told > "$folder/told"; exit 0\' TERM; touch "$folder/trapped"; while :; do sleep 0.05; done',
    );
    await trial.file('trapped');
    await trial.engine.cancel([id]);
    assert.equal(await trial.file('told'), 'told');
    assert.equal((await trial.until(id, 'ended')).is, 'ended');
  },
  'cancel() ends a job that pays no heed, with what it has started': async (trial) => {
    const id = await trial.one(
      'trap "" TERM; sleep 600 & echo $! > "$folder/pid"; while :; do sleep 0.05; done',
    );
    const pid = Number(await trial.file('pid'));
    await trial.engine.cancel([id]);
    await trial.until(id, 'ended');
    assert.ok(pid > 0);
    while (isThere(pid)) await systemClock.sleep(lookEveryMs);
  },
  'cancel() leaves alone what has ended, and what nobody knows': async (trial) => {
    const id = await trial.one('exit 0');
    await trial.until(id, 'ended');
    const before = await trial.status(id);
    await trial.engine.cancel([id, '999999999_0']);
    await trial.engine.cancel([]);
    assert.deepEqual(await trial.status(id), before);
  },
};

/**
 * Gives the contract's cases for an engine. Give each its own time limit: a scheduler may take seconds to start a job.
 *
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { LocalEngine } from 'heddle/cluster';
 * import { engineContract } from 'heddle/testing';
 * const engine = new LocalEngine();
 * const [first] = engineContract({ open: () => engine, folder: tmpdir() });
 * await first?.run();
 * ```
 */
export function engineContract({ open, folder }: EngineSubject): readonly ContractCase[] {
  return Object.entries(bodies).map(([name, body]) => ({
    name,
    run: async () => {
      const own = mkdtempSync(join(folder, 'engine-'));
      const trial = new Trial(open(), own);
      try {
        await body(trial);
      } finally {
        await trial.end();
        rmSync(own, { recursive: true, force: true });
      }
    },
  }));
}

/** Whether a process of this machine runs. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that has ended, and that nobody has asked for, is listed still.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
