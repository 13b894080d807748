/**
 * Jobs of one kind, as many as there is work for: it submits them, has their pilots start workers, replaces those that are
 * lost, and cancels those that nobody needs.
 *
 * It grows by wishes: each worker that a pool wants is one (`SlotTransport`), and waits here for a pilot with room. How many a
 * pool wants, and for how long it keeps one that does nothing, the pool knows.
 *
 * - **Bound:** there are at most so many jobs as were allowed; those whose time is nearly over, and those that are lost, do not
 *   count, so that others can take their places.
 * - **The connection is the truth** of a job that has connected. The engine is asked only for those that have not, and for why
 *   one is gone: less and less often while nothing changes.
 * - **An engine that does not answer** says nothing of jobs: it is asked again, for ever, while somebody waits.
 * - **Failure:** if jobs are not taken, or several in a row end before they connect, all that waits is told why.
 *
 * A job that is lost may only have lost its connection: until its time of grace is over it may come back, and is taken in
 * again, with nothing of what it did before.
 */

import type { Clock } from '../../base/clock.ts';
import { PlaceLostError } from '../../worker/worker-lost-error.ts';
import type { WelcomeMessage } from './control.ts';
import { type Engine, EngineError, type JobId, type JobStatus, type JobsRequest } from './engine.ts';
import type { Visit } from './handshake.ts';
import { lastWordsOf } from './job-log.ts';
import { Pilot } from './pilot.ts';
import type { SlotTransport } from './slot-transport.ts';

/** How often the engine is asked for jobs that have not connected: at first, and at last, in milliseconds. Arbitrary. */
const pollMs = { least: 500, most: 30_000, factor: 1.5 };
/** The same for what it could not do. */
const retryMs = { least: 500, most: 30_000, factor: 2 };
/**
 * For how long it is asked why a job is gone, and how often, in milliseconds. Arbitrary: whoever waits for the call waits. A job that
 * was told to end by a signal ends for a reason that the engine knows; one that is silent may be on a node that it believes in.
 */
const explainMs = { lost: 1000, told: 4000, every: 200 };
/** After how many jobs in a row that ended before they connected all is given up. Arbitrary. */
const mostFailedStarts = 3;
/** How long a pilot or a job without use is kept, in milliseconds. Arbitrary: a lost worker is wanted again at once. */
const lingerMs = 1000;
/** How long pilots may take to go, in milliseconds. Arbitrary. */
const endTimeoutMs = 2000;
/** A job that the engine did not tell of is gone if it is not told of again: it may not have known of it yet. */
const mostMissing = 2;
/** For how long a node is avoided that was lost without a word, in milliseconds: what SLURM takes by default to notice. */
const avoidMs = 300_000;

export interface FleetParts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly jobs: Omit<JobsRequest, 'count' | 'script'>;
  /** What a job runs. @param batch - says that it is of this submission */
  scriptOf(batch: number): string;
  /** A number that no other submission has, whose pilots are this fleet's from now on. */
  nextBatch(): number;
  /** A number that no other pilot has. */
  nextPilot(): number;
  /** How pilots are to work. */
  readonly welcome: Omit<WelcomeMessage, 'kind' | 'pilot'>;
  /** How many jobs there are at least, and at most. */
  readonly least: number;
  readonly most: number;
  /** For people who watch. */
  tell(line: string): void;
}

/** A job, for people who watch. */
export interface ClusterJob {
  readonly id: string;
  /** Whether it waits in the queue, has started, is at work for this program, or will take no more calls. */
  readonly is: 'waiting' | 'running' | 'connected' | 'draining';
  /** The scheduler's own word, when it was last asked. */
  readonly state: string;
  /** Why it waits, in the scheduler's words; empty if there is none. */
  readonly reason: string;
  /** Where it runs, once it has connected. */
  readonly node: string | undefined;
  /** How many workers it has now. */
  readonly workers: number;
}

interface Job {
  readonly id: JobId;
  readonly batch: number;
  status: JobStatus | undefined;
  pilot: Pilot | undefined;
  /** Since when its pilot is lost. */
  astrayMs: number | undefined;
  /** How often in a row the engine did not tell of it. */
  missing: number;
}

interface Question {
  readonly job: Job;
  readonly sinceMs: number;
  /** For how long it is asked. */
  readonly mostMs: () => number;
  readonly resolve: (status: JobStatus | undefined) => void;
}

export class Fleet {
  readonly #parts: FleetParts;
  /** Jobs that have not ended, by id. */
  readonly #jobs = new Map<JobId, Job>();
  readonly #waiting = new Set<SlotTransport>();
  /** Who connected before its submission was answered. */
  readonly #early = new Set<Visit>();
  readonly #batches = new Set<number>();
  /** Nodes that were lost, and that the engine believes to be there; since when. */
  readonly #lostNodes = new Map<string, number>();
  /** How many jobs are being submitted. */
  #submitting = 0;
  readonly #submissions = new Set<Promise<void>>();
  #failedStarts = 0;
  #retryAfterMs: number = retryMs.least;
  /** How many jobs are submitted at once: fewer after a refusal, since a site may have a limit that nobody told. */
  #atOnce: number;
  #retry: Disposable | undefined;
  #poll: Disposable | undefined;
  #pollAfterMs: number = pollMs.least;
  #isPolling = false;
  /** Who waits to hear why a job is gone. */
  readonly #questions = new Set<Question>();
  #isAsking = false;
  #isEngineSilent = false;
  #sweep: Disposable | undefined;
  #isBalancing = false;
  #isClosed = false;
  #whenQuiet: (() => void) | undefined;

  constructor(parts: FleetParts) {
    this.#parts = parts;
    this.#atOnce = parts.engine.traits.mostAtOnce;
  }

  /** Submits as many jobs as there are to be at least. */
  begin(): void {
    this.#balance();
  }

  /** A worker is wanted. */
  want(slot: SlotTransport): void {
    this.#waiting.add(slot);
    // Those that are wanted in the same turn are submitted together.
    if (this.#isBalancing) return;
    this.#isBalancing = true;
    queueMicrotask(() => {
      this.#isBalancing = false;
      this.#balance();
    });
  }

  /** It is not wanted any more. */
  withdraw(slot: SlotTransport): void {
    if (this.#waiting.delete(slot)) this.#sweepLater();
  }

  /** Whether a submission is this fleet's. */
  owns(batch: number): boolean {
    return this.#batches.has(batch);
  }

  jobs(): readonly ClusterJob[] {
    return Array.from(this.#jobs.values(), ({ id, pilot, status }) => ({
      id,
      is:
        pilot === undefined
          ? (status?.is ?? 'waiting') === 'waiting'
            ? ('waiting' as const)
            : ('running' as const)
          : pilot.draining === undefined
            ? ('connected' as const)
            : ('draining' as const),
      state: status?.state ?? '',
      reason: status?.reason ?? '',
      node: pilot?.node,
      workers: pilot?.slots.length ?? 0,
    }));
  }

  // Pilots

  /** A pilot of a submission of this fleet has proved itself. */
  arrived(visit: Visit, batch: number, id: JobId): void {
    const job = this.#jobs.get(id);
    if (job === undefined && this.#submitting > 0 && !this.#isClosed) {
      // It was quicker than the answer of the engine.
      this.#early.add(visit);
      return;
    }
    if (job === undefined || job.batch !== batch || job.pilot !== undefined || this.#isClosed) {
      visit.refuse(
        `Cannot work for the program as it does not wait for this job: received job '${id}'\n  it may have been given up, or have an end of its own`,
      );
      return;
    }
    this.#receive(visit, job);
  }

  #receive(visit: Visit, job: Job): void {
    const { clock, welcome, tell } = this.#parts;
    const socket = visit.accept();
    if (socket.destroyed) return;
    const isBack = job.astrayMs !== undefined;
    job.astrayMs = undefined;
    job.pilot = new Pilot(socket, {
      job: job.id,
      clock,
      welcome: { ...welcome, pilot: this.#parts.nextPilot() },
      ready: (pilot) => {
        this.#failedStarts = 0;
        this.#lostNodes.delete(pilot.node ?? '');
        tell(`job ${job.id} ${isBack ? 'is back' : 'has started'} on node ${pilot.node}`);
        this.#balance();
        this.#sweepLater();
      },
      changed: (pilot) => {
        if (pilot.draining !== undefined && pilot.slots.length === 0) pilot.end();
        this.#balance();
        this.#sweepLater();
      },
      interrupted: (pilot, end) => this.#interrupted(job, pilot, end),
      lost: (pilot, reason) => this.#lost(job, pilot, reason),
      gone: () => this.#over(job),
    });
  }

  /** The pilot of a number. */
  pilot(number: number): Pilot | undefined {
    for (const { pilot } of this.#jobs.values()) if (pilot?.number === number) return pilot;
    return undefined;
  }

  #lost(job: Job, pilot: Pilot, reason: PlaceLostError): void {
    const { engine, clock, tell } = this.#parts;
    job.pilot = undefined;
    job.astrayMs = clock.nowMs();
    const where = pilot.node === undefined ? '' : ` on node ${pilot.node}`;
    tell(`job ${job.id}${where} is lost: it ${reason.message}`);
    const { slots } = pilot;
    void this.#whyGone(job, () => explainMs.lost).then((status) => {
      // A new job would be sent there, too, and be lost.
      if (pilot.node !== undefined && job.pilot === undefined && status?.is !== 'ended')
        this.#lostNodes.set(pilot.node, clock.nowMs());
      const says = status === undefined ? 'does not answer' : `still says ${statusText(status)} of it`;
      const why =
        this.#endedText(job, status, reason) ??
        new PlaceLostError(`${reason.message}; ${engine.name} ${says}`, { cause: reason });
      for (const slot of slots) slot.lost(why);
    });
    this.#pollSoon();
    this.#balance();
  }

  /** A worker was ended by a signal, perhaps with its job. */
  #interrupted(job: Job, pilot: Pilot, end: (why: PlaceLostError | undefined) => void): void {
    // The pilot may obey a moment after its worker.
    const mostMs = (): number => (pilot.draining === 'signal' ? explainMs.told : explainMs.lost);
    void this.#whyGone(job, mostMs).then((status) => {
      end(
        this.#endedText(job, status, undefined) ??
          (pilot.draining === 'signal'
            ? new PlaceLostError('was in a job that was told to end by a signal')
            : undefined),
      );
    });
  }

  /** Asks the engine what became of a job, until it has ended or time is over: it takes a moment until that knows. */
  #whyGone(job: Job, mostMs: () => number): Promise<JobStatus | undefined> {
    const { promise, resolve } = Promise.withResolvers<JobStatus | undefined>();
    this.#questions.add({ job, sinceMs: this.#parts.clock.nowMs(), mostMs, resolve });
    if (!this.#isAsking) void this.#answerQuestions();
    return promise;
  }

  /** Of a thousand jobs that are lost together it asks in one go. */
  async #answerQuestions(): Promise<void> {
    const { engine, clock } = this.#parts;
    this.#isAsking = true;
    while (this.#questions.size > 0) {
      const asked = [...this.#questions];
      const ids = [...new Set(asked.map(({ job }) => job.id))];
      // An engine that does not answer says nothing of jobs, and holds up nobody.
      const answered = new AbortController();
      const silent = clock.sleep(explainMs.lost, answered).catch(() => undefined) as Promise<undefined>;
      const found = await Promise.race([engine.poll(ids).catch(() => undefined), silent]);
      answered.abort();
      for (const question of asked) {
        const { job, sinceMs, mostMs, resolve } = question;
        const status =
          found === undefined ? undefined : (found.get(job.id) ?? { is: 'ended', state: 'gone', reason: '' });
        if (status !== undefined) job.status = status;
        if (status?.is !== 'ended' && clock.nowMs() - sinceMs < mostMs() && !this.#isClosed) continue;
        this.#questions.delete(question);
        resolve(status);
      }
      if (this.#questions.size > 0) await clock.sleep(explainMs.every);
    }
    this.#isAsking = false;
  }

  #endedText(job: Job, status: JobStatus | undefined, cause: Error | undefined): PlaceLostError | undefined {
    if (status?.is !== 'ended') return undefined;
    const { engine, jobs } = this.#parts;
    const words = lastWordsOf(jobs.logs, job.id);
    const said = words === undefined ? '' : ` (${words})`;
    return new PlaceLostError(`was in a job that ${engine.name} has ended: ${statusText(status)}${said}`, {
      cause,
    });
  }

  /** A job is none of ours any more. */
  #over(job: Job): void {
    this.#jobs.delete(job.id);
    this.#whenQuiet?.();
    this.#balance();
  }

  // How many

  get #live(): number {
    let live = 0;
    for (const { pilot } of this.#jobs.values()) {
      if (pilot?.node !== undefined && pilot.draining === undefined && !pilot.isEnding) live++;
    }
    return live;
  }

  /** Those that have not said who they are, though they may have connected. */
  get #pending(): readonly Job[] {
    return [...this.#jobs.values()].filter(
      ({ pilot, astrayMs }) => pilot?.node === undefined && astrayMs === undefined,
    );
  }

  /** Gives places to those who wait, and submits jobs for the others. */
  #balance(): void {
    if (this.#isClosed) return;
    for (const { pilot } of this.#jobs.values()) {
      for (const slot of this.#waiting) {
        if (pilot === undefined || pilot.room <= 0) break;
        this.#waiting.delete(slot);
        pilot.open(slot);
      }
    }
    const { least, most, welcome } = this.#parts;
    const pending = this.#pending.length + this.#submitting;
    const all = pending + this.#live;
    const wanted = Math.ceil(this.#waiting.size / welcome.workers);
    const lack = Math.min(Math.max(wanted - pending, least - all), most - all, this.#atOnce);
    if (lack <= 0 || this.#retry !== undefined) return;
    const submission = this.#submit(lack).finally(() => this.#submissions.delete(submission));
    this.#submissions.add(submission);
  }

  async #submit(count: number): Promise<void> {
    const { engine, clock, jobs, scriptOf, nextBatch, tell } = this.#parts;
    const batch = nextBatch();
    this.#batches.add(batch);
    this.#submitting += count;
    let ids: readonly JobId[] = [];
    try {
      // All that is wanted in this turn goes in one submission, but what comes later cannot.
      ids = await this.#submitAvoiding({ ...jobs, count, script: scriptOf(batch) });
      this.#retryAfterMs = retryMs.least;
      this.#atOnce = Math.min(Math.max(this.#atOnce, count * 2), engine.traits.mostAtOnce);
      tell(`submitted ${count === 1 ? `job ${ids[0]}` : `${count} jobs, ${ids[0]} to ${ids.at(-1)}`}`);
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof EngineError && error.isPassing) {
        tell(`${message}; will try again`);
        this.#atOnce = Math.ceil(count / 2);
        this.#retry = clock.after(
          this.#retryAfterMs,
          () => {
            this.#retry = undefined;
            this.#balance();
          },
          { ref: false },
        );
        this.#retryAfterMs = Math.min(this.#retryAfterMs * retryMs.factor, retryMs.most);
      } else this.#fail(error as Error);
    } finally {
      this.#submitting -= count;
    }
    for (const id of ids) {
      this.#jobs.set(id, { id, batch, status: undefined, pilot: undefined, astrayMs: undefined, missing: 0 });
    }
    if (this.#isClosed) return;
    for (const visit of this.#early) {
      this.#early.delete(visit);
      if (visit.who.role === 'pilot') this.arrived(visit, visit.who.batch, visit.who.job);
    }
    this.#balance();
    this.#pollSoon();
  }

  /** Submits jobs, not for nodes that were lost, if there are others. */
  async #submitAvoiding(request: JobsRequest): Promise<readonly JobId[]> {
    const { engine, clock } = this.#parts;
    for (const [node, sinceMs] of this.#lostNodes)
      if (clock.nowMs() - sinceMs > avoidMs) this.#lostNodes.delete(node);
    const avoid = [...this.#lostNodes.keys()];
    if (avoid.length === 0) return await engine.submit(request);
    try {
      return await engine.submit({ ...request, avoid });
    } catch (error) {
      if (error instanceof EngineError && error.isPassing) throw error;
      this.#lostNodes.clear();
      return await engine.submit(request);
    }
  }

  /** All that waits fails. What is wanted later begins anew. */
  #fail(reason: Error): void {
    this.#parts.tell(reason.message);
    for (const slot of this.#waiting) {
      this.#waiting.delete(slot);
      slot.lost(reason);
    }
  }

  /** Looks in a moment for what nobody needs. */
  #sweepLater(): void {
    if (this.#isClosed) return;
    this.#sweep ??= this.#parts.clock.after(lingerMs, () => this.#endUnneeded(), { ref: false });
  }

  #endUnneeded(): void {
    this.#sweep = undefined;
    if (this.#isClosed) return;
    const { least, welcome } = this.#parts;
    let live = this.#live;
    if (this.#waiting.size === 0) {
      for (const { pilot } of this.#jobs.values()) {
        if (pilot?.node === undefined || live <= least || pilot.slots.length > 0) continue;
        if (pilot.draining === undefined && !pilot.isEnding) live--;
        pilot.end();
      }
    }
    const wanted = Math.ceil(this.#waiting.size / welcome.workers);
    const pending = this.#pending;
    const surplus = pending.slice(Math.max(wanted, least - live)).filter(({ pilot }) => pilot === undefined);
    if (surplus.length === 0) return;
    for (const { id } of surplus) this.#jobs.delete(id);
    void this.#cancel(surplus.map(({ id }) => id));
  }

  async #cancel(ids: readonly JobId[]): Promise<void> {
    try {
      await this.#parts.engine.cancel(ids);
    } catch (error) {
      // They end by themselves, as nobody is there for whom they could work.
      this.#parts.tell((error as Error).message);
    }
  }

  // Asking

  #pollSoon(): void {
    this.#pollAfterMs = pollMs.least;
    this.#poll?.[Symbol.dispose]();
    this.#poll = undefined;
    this.#pollLater();
  }

  #pollLater(): void {
    if (this.#isClosed || this.#isPolling) return;
    const isAsked = [...this.#jobs.values()].some(({ pilot }) => pilot === undefined);
    if (!isAsked) return;
    this.#poll ??= this.#parts.clock.after(this.#pollAfterMs, () => void this.#ask(), { ref: false });
    this.#pollAfterMs = Math.min(this.#pollAfterMs * pollMs.factor, pollMs.most);
  }

  async #ask(): Promise<void> {
    const { engine, tell } = this.#parts;
    this.#poll = undefined;
    const asked = [...this.#jobs.values()].filter(({ pilot }) => pilot === undefined);
    this.#isPolling = true;
    try {
      const found = await engine.poll(asked.map(({ id }) => id));
      this.#isEngineSilent = false;
      if (!this.#isClosed) for (const job of asked) this.#look(job, found.get(job.id));
    } catch (error) {
      if (!this.#isEngineSilent) tell(`${(error as Error).message}; what runs goes on`);
      this.#isEngineSilent = true;
    } finally {
      this.#isPolling = false;
    }
    this.#pollLater();
  }

  #look(job: Job, status: JobStatus | undefined): void {
    const { tell, clock, welcome } = this.#parts;
    // Meanwhile it may have connected, or be over.
    if (this.#jobs.get(job.id) !== job || job.pilot !== undefined) return;
    job.missing = status === undefined ? job.missing + 1 : 0;
    if (status?.is === 'ended' || job.missing >= mostMissing) {
      if (job.astrayMs !== undefined) this.#over(job);
      else
        this.#failedStart(job, status ?? { is: 'ended', state: 'gone', reason: 'it is not known any more' });
      return;
    }
    if (job.astrayMs !== undefined && clock.nowMs() - job.astrayMs > welcome.graceMs) {
      this.#over(job);
      void this.#cancel([job.id]);
      return;
    }
    if (status === undefined) return;
    const before = job.status;
    job.status = status;
    if (before?.state === status.state && before.reason === status.reason) return;
    this.#pollAfterMs = pollMs.least;
    if (status.is === 'waiting') tell(`job ${job.id} waits: ${statusText(status)}`);
  }

  /** A job has ended, and its pilot has never connected. */
  #failedStart(job: Job, status: JobStatus): void {
    const { engine, jobs, tell } = this.#parts;
    this.#jobs.delete(job.id);
    this.#failedStarts++;
    const words = lastWordsOf(jobs.logs, job.id);
    const said = words === undefined ? '' : `\n  it has printed: ${words}`;
    const text = `job ${job.id} ended before its worker connected: ${statusText(status)}${said}`;
    if (this.#failedStarts < mostFailedStarts) {
      tell(text);
      this.#balance();
      return;
    }
    this.#failedStarts = 0;
    this.#fail(
      new EngineError(
        `Cannot start workers by ${engine.name} as ${mostFailedStarts} jobs in a row failed; ${text}`,
        {
          isPassing: false,
        },
      ),
    );
  }

  // The end

  /** Ends all jobs. Settles when they are gone, or were cancelled. */
  async dispose(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const timer of [this.#retry, this.#poll, this.#sweep]) timer?.[Symbol.dispose]();
    await Promise.all(this.#submissions);
    const { clock } = this.#parts;
    const connected = [...this.#jobs.values()].filter(({ pilot }) => pilot !== undefined);
    const others = [...this.#jobs.values()].filter(({ pilot }) => pilot === undefined);
    const cancelled = others.length === 0 ? undefined : this.#cancel(others.map(({ id }) => id));
    for (const { id } of others) this.#jobs.delete(id);
    for (const { pilot } of connected) pilot?.end();
    if (this.#jobs.size > 0) {
      const quiet = Promise.withResolvers<void>();
      this.#whenQuiet = () => {
        if (this.#jobs.size === 0) quiet.resolve();
      };
      const timer = clock.after(endTimeoutMs, quiet.resolve);
      await quiet.promise;
      timer[Symbol.dispose]();
    }
    // Those that have not gone by themselves.
    const left = [...this.#jobs.values()];
    for (const { pilot } of left) pilot?.destroy();
    this.#jobs.clear();
    if (left.length > 0) await this.#cancel(left.map(({ id }) => id));
    await cancelled;
  }
}

function statusText({ state, reason }: JobStatus): string {
  return reason === '' || reason === state ? state : `${state}, ${reason}`;
}
