/**
 * An engine whose jobs are processes of this machine: what a scheduler does, without one.
 *
 * For tests, and for trying a program before it goes to a cluster. It keeps to what schedulers do: jobs wait until there is
 * room, each has a time limit and a file for what it prints; to cancel one is SIGTERM, then SIGKILL to all that it has started;
 * what has ended stays known.
 *
 * Each job leads a group of processes, and ends with this process.
 */

import type { ChildProcess } from 'node:child_process';
import { type Clock, systemClock } from '../../base/clock.ts';
import { endGroup, LivingProcesses } from '../../worker/living-processes.ts';
import type { Engine, EngineError, JobId, JobStatus, JobsRequest } from './engine.ts';

export interface LocalEngineOptions {
  /** How many jobs run at once; others wait. @defaultValue any number */
  readonly places?: number;
  /** How long a cancelled job may take to end by itself, in milliseconds. @defaultValue 2000 */
  readonly killWaitMs?: number;
  /** @defaultValue the clock of this machine */
  readonly clock?: Clock;
}

interface LocalJob {
  readonly id: JobId;
  readonly request: JobsRequest;
  child: ChildProcess | undefined;
  status: JobStatus;
  /** Why it is being ended. */
  endedAs: string | undefined;
  readonly timers: Disposable[];
}

/** An engine, and what a test may do to it. */
export class LocalEngine implements Engine, Disposable {
  readonly name = 'local';
  readonly traits = {
    isLocal: true,
    mostAtOnce: 1000,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell reads it.
    idInScript: '${HEDDLE_JOB}',
  };
  readonly #places: number;
  readonly #killWaitMs: number;
  readonly #clock: Clock;
  readonly #jobs = new Map<JobId, LocalJob>();
  readonly #living = new LivingProcesses();
  #submissions = 0;
  /** What all that is asked fails with, as when a scheduler is down. */
  broken: EngineError | undefined;
  /** What was submitted, for those who look. */
  readonly requests: JobsRequest[] = [];

  constructor({
    places = Number.POSITIVE_INFINITY,
    killWaitMs = 2000,
    clock = systemClock,
  }: LocalEngineOptions = {}) {
    this.#places = places;
    this.#killWaitMs = killWaitMs;
    this.#clock = clock;
  }

  async submit(request: JobsRequest): Promise<readonly JobId[]> {
    await this.#answer();
    this.requests.push(request);
    const submission = ++this.#submissions;
    const ids = Array.from({ length: request.count }, (_, index) => `${submission}_${index}`);
    for (const id of ids) {
      const status: JobStatus = { is: 'waiting', state: 'PENDING', reason: 'Resources' };
      this.#jobs.set(id, { id, request, child: undefined, status, endedAs: undefined, timers: [] });
    }
    this.#startMore();
    return ids;
  }

  async poll(ids: readonly JobId[]): Promise<ReadonlyMap<JobId, JobStatus>> {
    await this.#answer();
    const found = new Map<JobId, JobStatus>();
    for (const id of ids) {
      const job = this.#jobs.get(id);
      if (job !== undefined) found.set(id, job.status);
    }
    return found;
  }

  async cancel(ids: readonly JobId[]): Promise<void> {
    await this.#answer();
    for (const id of ids) this.#end(id, 'CANCELLED');
  }

  /** An answer takes a turn, as that of any scheduler. */
  #answer(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#clock.soon(() => {
        if (this.broken === undefined) resolve();
        else reject(this.broken);
      });
    });
  }

  /** The process of a job that runs. */
  pidOf(id: JobId): number | undefined {
    const job = this.#jobs.get(id);
    return job?.status.is === 'running' ? job.child?.pid : undefined;
  }

  /** The jobs that run now. */
  get running(): readonly JobId[] {
    return [...this.#jobs.values()].filter(({ status }) => status.is === 'running').map(({ id }) => id);
  }

  /** Ends a job as a scheduler does for a reason of its own, such as `NODE_FAIL`: at once, with all that it has started. */
  lose(id: JobId, state: string): void {
    const job = this.#jobs.get(id);
    if (job?.child?.pid === undefined) return;
    job.endedAs ??= state;
    endGroup(job.child.pid);
  }

  #startMore(): void {
    for (const job of this.#jobs.values()) {
      if (this.running.length >= this.#places) return;
      if (job.status.is === 'waiting') this.#start(job);
    }
  }

  #start(job: LocalJob): void {
    const { spawn } = process.getBuiltinModule('node:child_process');
    const fs = process.getBuiltinModule('node:fs');
    const { join } = process.getBuiltinModule('node:path');
    const { id, request } = job;
    const log = fs.openSync(join(request.logs, `${id}.out`), 'a');
    const child = spawn('/bin/sh', ['-c', request.script], {
      stdio: ['ignore', log, log],
      detached: true,
      env: { ...process.env, HEDDLE_JOB: id },
    });
    fs.closeSync(log);
    child.unref();
    job.child = child;
    job.status = { is: 'running', state: 'RUNNING', reason: '' };
    const { pid } = child;
    if (pid !== undefined) this.#living.add(pid);
    const { timeS } = request.resources;
    if (timeS !== undefined)
      job.timers.push(this.#clock.after(timeS * 1000, () => this.#end(id, 'TIMEOUT'), { ref: false }));
    const over = (code: number | null, signal: string | null): void => {
      if (job.status.is === 'ended') return;
      for (const timer of job.timers) timer[Symbol.dispose]();
      if (pid !== undefined) {
        this.#living.delete(pid);
        endGroup(pid);
      }
      const how = signal === null ? (code === 0 ? '' : `exit code ${code}`) : `signal ${signal}`;
      job.status = { is: 'ended', state: job.endedAs ?? (how === '' ? 'COMPLETED' : 'FAILED'), reason: how };
      this.#startMore();
    };
    child.once('exit', over);
    child.once('error', () => over(null, null));
  }

  #end(id: JobId, state: string): void {
    const job = this.#jobs.get(id);
    if (job === undefined || job.status.is === 'ended' || job.endedAs !== undefined) return;
    job.endedAs = state;
    const pid = job.child?.pid;
    if (pid === undefined) {
      job.status = { is: 'ended', state, reason: '' };
      return;
    }
    try {
      process.kill(-pid, 'SIGCONT');
      process.kill(-pid, 'SIGTERM');
    } catch {
      // It has just ended by itself.
    }
    job.timers.push(this.#clock.after(this.#killWaitMs, () => endGroup(pid), { ref: false }));
  }

  /** Ends all jobs at once. */
  [Symbol.dispose](): void {
    for (const job of this.#jobs.values()) {
      if (job.status.is === 'waiting') job.status = { is: 'ended', state: 'CANCELLED', reason: '' };
      else if (job.status.is === 'running') this.lose(job.id, 'CANCELLED');
    }
  }
}
