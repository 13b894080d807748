/**
 * The executor over jobs of a cluster: for each kind of job that calls ask for, a pool of workers and a fleet of jobs in which
 * these run.
 *
 * Calls that ask for nothing go to jobs of the usual kind, those with the hint `job` to jobs of their own kind, which are there
 * from the first such call on. Leaves to pools which worker runs what, and to fleets how many jobs there are.
 */

import type { Clock } from '../../base/clock.ts';
import { ClosedError } from '../../base/errors.ts';
import { inspectShort } from '../../base/inspect-short.ts';
import { secondsOf } from '../../base/time-text.ts';
import type { Codecs } from '../../codec/codecs.ts';
import type { WorkerLimits } from '../../pool/worker-limits.ts';
import { SourceDigests } from '../../sources/source-digests.ts';
import type { SourceManifest } from '../../sources/source-manifest.ts';
import type { JobNeeds } from '../../task/hints.ts';
import type { Outcome } from '../../task/outcome.ts';
import type { Ran } from '../../task/ran.ts';
import type { OutputOptions } from '../../worker/output.ts';
import { PrintedLines } from '../../worker/printed-lines.ts';
import type { WorkerSetup } from '../../worker/protocol.ts';
import { relaying } from '../../worker/relaying.ts';
import type { TransportFactory } from '../../worker/transport.ts';
import { teller, telling, type VerboseOptions } from '../../worker/verbose.ts';
import { CombinedSession } from '../combined.ts';
import type { Attempt, Executor, ExecutorStatistics, Session, SessionListener } from '../executor.ts';
import { PoolExecutor } from '../pool-executor.ts';
import { Submitter } from '../submitter.ts';
import type { WelcomeMessage } from './control.ts';
import type { Engine, JobResources } from './engine.ts';
import { type ClusterJob, Fleet } from './fleet.ts';
import type { Visit, Visitor } from './handshake.ts';
import { jobScript } from './job-script.ts';
import { Landing } from './landing.ts';
import { RunFolder } from './run-folder.ts';
import { SlotTransport } from './slot-transport.ts';

/** An executor over jobs of a cluster. */
export interface ClusterExecutor extends Executor {
  /** The jobs of now: those that wait, with why, and those that run, with where. */
  jobs(): readonly ClusterJob[];
}

export interface ClusterParts extends OutputOptions, VerboseOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  /** How many workers there are at most, of each kind of job, and at least of the usual one. */
  readonly workers: { readonly min: number; readonly max: number };
  readonly workersPerJob: number;
  /** What one worker is given, unless a call asks for something else. */
  readonly perWorker: JobResources;
  readonly options: readonly string[];
  readonly prologue: readonly string[];
  /** Node.js and the command of heddle, where jobs run. */
  readonly command: readonly string[];
  /** A folder on a disk that all share, in which the run has one of its own. */
  readonly folder: string;
  readonly address: string;
  readonly port: number;
  /** By which jobs reach this program, if it is not where it listens. */
  readonly reachedAt: string | undefined;
  readonly beatMs: number;
  readonly graceMs: number;
  readonly drainMs: number;
  readonly limits: WorkerLimits;
  readonly maxLosses: number;
  readonly codecs: Codecs | undefined;
  readonly setup: WorkerSetup;
  /** From how many bytes on data goes by files of the folder; `undefined` if none does. */
  readonly references: { readonly folder: string | undefined; readonly leastBytes: number } | undefined;
}

/** Jobs of one kind, and the workers in them. */
interface Group {
  readonly executor: PoolExecutor;
  readonly fleet: Fleet;
}

/** Opens it; jobs are submitted when there is work, but for those that are to be there always. */
export async function openPilots(parts: ClusterParts): Promise<ClusterExecutor> {
  const cluster = new PilotExecutor(parts);
  await cluster.begin();
  return cluster;
}

class PilotExecutor implements ClusterExecutor {
  readonly name: string;
  readonly isolated = true;
  readonly #parts: ClusterParts;
  readonly #folder: RunFolder;
  readonly #groups = new Map<string, Group>();
  readonly #usual: Group;
  readonly #submitter: Submitter;
  /** Slots that have no connection yet, in all groups. */
  readonly #awaited = new Set<SlotTransport>();
  readonly #lines: PrintedLines;
  readonly #tell: (line: string) => void;
  #digests: SourceDigests | undefined;
  #landing: Landing | undefined;
  #numbers = 0;
  #isClosed = false;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    this.#folder = new RunFolder(parts.folder);
    const { engine, verbose, output, workers } = parts;
    this.name = engine.name;
    this.#lines = new PrintedLines({ output, kind: engine.name });
    this.#tell = teller(verbose);
    this.#usual = this.#open({}, workers.min);
    this.#groups.set(keyOf({}), this.#usual);
    this.#submitter = new Submitter(this);
  }

  /** @throws {Error} If it cannot listen. */
  async begin(): Promise<void> {
    const { address, port, clock } = this.#parts;
    process.getBuiltinModule('node:fs').mkdirSync(this.#logs);
    const opening = Landing.open({
      address,
      port,
      folder: this.#folder.path,
      clock,
      arrived: (visit) => this.#arrived(visit),
      refused: ({ message }, who) => this.#tell(`refused ${nameOf(who)}: ${message}`),
    });
    try {
      this.#landing = await opening;
    } catch (error) {
      await this.dispose();
      throw error;
    }
    this.#usual.fleet.begin();
  }

  get #logs(): string {
    return process.getBuiltinModule('node:path').join(this.#folder.path, 'logs');
  }

  get slots(): number {
    return this.#usual.executor.slots;
  }

  connect(listener: SessionListener): Session {
    if (this.#isClosed)
      throw new ClosedError(`Cannot use the workers by ${this.name} as they were disposed of`);
    return new ClusterSession(this.#usual.executor, (needs) => this.#group(needs).executor, listener);
  }

  submit: Executor['submit'] = (task, ...args) => this.#submitter.submit(task, args) as never;
  map: Executor['map'] = (task, inputs) => this.#submitter.map(task, inputs) as never;

  stats(): ExecutorStatistics {
    const sum = { workers: 0, running: 0, succeeded: 0, failed: 0, replaced: 0 };
    for (const { executor } of this.#groups.values()) {
      const stats = executor.stats();
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += stats[key];
    }
    // Not those that wait for a job to start.
    const workers = this.jobs().reduce((all, job) => all + job.workers, 0);
    return { ...sum, workers };
  }

  jobs(): readonly ClusterJob[] {
    return [...this.#groups.values()].flatMap(({ fleet }) => fleet.jobs());
  }

  // Kinds of jobs

  #group(needs: JobNeeds): Group {
    const key = keyOf(needs);
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, (group = this.#open(needs, 0)));
    return group;
  }

  #open(needs: JobNeeds, min: number): Group {
    const parts = this.#parts;
    const { engine, clock, workersPerJob, workers, command, references, perWorker } = parts;
    const { time, ...counted } = needs;
    const each: JobResources = {
      ...perWorker,
      ...counted,
      ...(time === undefined ? {} : { timeS: secondsOf(time) }),
    };
    const { cpus, memoryBytes, gpus, timeS } = each;
    const fleet = new Fleet({
      engine,
      clock,
      jobs: {
        name: 'heddle',
        resources: {
          ...each,
          cpus: cpus * workersPerJob,
          memoryBytes: memoryBytes === undefined ? undefined : memoryBytes * workersPerJob,
          gpus: gpus === undefined ? undefined : gpus * workersPerJob,
        },
        logs: this.#logs,
        options: parts.options,
      },
      scriptOf: (batch) => {
        const { place = '', secretFile = '' } = this.#landing ?? {};
        return jobScript({
          prologue: parts.prologue,
          command: [
            ...command,
            'worker',
            '--connect',
            parts.reachedAt ?? place,
            '--secret-file',
            secretFile,
            '--batch',
            String(batch),
            '--grace',
            String(Math.ceil(parts.graceMs)),
            '--job',
            { raw: engine.traits.idInScript },
          ],
        });
      },
      nextBatch: () => this.#numbers++,
      nextPilot: () => this.#numbers++,
      welcome: this.#welcome(timeS),
      least: Math.ceil(min / workersPerJob),
      most: Math.ceil(workers.max / workersPerJob),
      tell: this.#tell,
    });
    const executor = new PoolExecutor({
      // They are on other machines.
      isCounted: false,
      name: engine.name,
      modules: 'processes',
      plural: `workers by ${engine.name}`,
      transports: this.#transports(fleet),
      workers: workers.max,
      clock,
      limits: parts.limits,
      codecs: parts.codecs,
      setup: parts.setup,
      references:
        references === undefined
          ? undefined
          : {
              leastBytes: references.leastBytes,
              folder:
                references.folder ?? process.getBuiltinModule('node:path').join(this.#folder.path, 'data'),
            },
      maxLosses: parts.maxLosses,
    });
    return { executor, fleet };
  }

  #welcome(timeS: number | undefined): Omit<WelcomeMessage, 'kind' | 'pilot'> {
    const { workersPerJob: workers, beatMs, graceMs, drainMs } = this.#parts;
    return { workers, beatMs, graceMs, drainMs, lifetimeMs: timeS === undefined ? undefined : timeS * 1000 };
  }

  #transports(fleet: Fleet): TransportFactory {
    const { engine, clock, verbose } = this.#parts;
    const made = relaying(
      engine.name,
      (listener) => {
        const slot: SlotTransport = new SlotTransport({
          listener,
          lines: this.#lines,
          clock,
          sourcesOf: (url) => this.#sourcesOf(url),
          withdrawn: () => fleet.withdraw(slot),
          changed: () => this.#keepAlive(slot),
        });
        this.#keepAlive(slot);
        fleet.want(slot);
        return { transport: slot, claims: undefined };
      },
      { startsLate: true },
    );
    return telling(made, verbose);
  }

  /** While a call waits for a place, the process goes on. */
  #keepAlive(slot: SlotTransport): void {
    if (slot.isAwaited) this.#awaited.add(slot);
    else this.#awaited.delete(slot);
    this.#landing?.keepAlive(this.#awaited.size > 0);
  }

  #sourcesOf(url: string): SourceManifest {
    this.#digests ??= new SourceDigests();
    return this.#digests.of(url);
  }

  // Who connects

  #arrived(visit: Visit): void {
    const { who } = visit;
    if (who.role === 'pilot') {
      const group = [...this.#groups.values()].find(({ fleet }) => fleet.owns(who.batch));
      if (group === undefined) visit.refuse('Cannot work for the program as it has not submitted such a job');
      else group.fleet.arrived(visit, who.batch, who.job);
      return;
    }
    const pilot = [...this.#groups.values()]
      .map(({ fleet }) => fleet.pilot(who.pilot))
      .find((found) => found !== undefined);
    if (pilot === undefined)
      visit.refuse('Cannot work for the program as it does not know the pilot any more');
    else if (who.role === 'worker') pilot.accept(who.slot, visit.accept());
    // By this one nothing is sent, ever; it ends with the pilot, or with this program.
    else pilot.keep(visit.accept());
  }

  // The end

  async dispose(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#submitter.close();
    }
    const groups = [...this.#groups.values()];
    await Promise.all(groups.map(({ executor }) => executor.dispose()));
    await Promise.all(groups.map(({ fleet }) => fleet.dispose()));
    this.#landing?.close();
    this.#folder.remove();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** Of equal needs it is equal. */
function keyOf(needs: JobNeeds): string {
  return JSON.stringify(
    Object.entries(needs)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** What a stranger says of itself may be anything. */
function nameOf(who: Visitor | undefined): string {
  if (who === undefined) return 'somebody';
  return `somebody who says to be ${who.role === 'pilot' ? `job ${inspectShort(who.job)}` : `a ${who.role}`}`;
}

/** A session over the pool of the usual jobs, and over others once a call asks for them. */
class ClusterSession implements Session {
  readonly takesSealed = true;
  readonly #usual: Session;
  readonly #executorFor: (needs: JobNeeds) => Executor;
  readonly #listener: SessionListener;
  #others: CombinedSession | undefined;
  /** Tickets of calls that are with the others. */
  readonly #apart = new Set<number>();

  constructor(usual: Executor, executorFor: (needs: JobNeeds) => Executor, listener: SessionListener) {
    this.#executorFor = executorFor;
    this.#listener = listener;
    this.#usual = usual.connect(listener);
  }

  room(): number {
    return this.#usual.room() + (this.#others?.room() ?? 0);
  }

  hasPlaceAhead(): boolean {
    return this.#usual.hasPlaceAhead?.() === true;
  }

  start(ticket: number, attempt: Attempt): Outcome | undefined {
    const { job } = attempt.hints;
    if (job === undefined) return this.#usual.start(ticket, attempt);
    this.#others ??= new CombinedSession([], ({ hints }) => this.#executorFor(hints.job ?? {}), {
      ...(this.#listener.takesSealed === true ? { takesSealed: true } : {}),
      settled: (settled, outcome) => {
        this.#apart.delete(settled);
        this.#listener.settled(settled, outcome);
      },
      told: (told, event) => this.#listener.told?.(told, event),
      ...(this.#listener.ran === undefined
        ? {}
        : { ran: (ticket: number, ran: Ran) => this.#listener.ran?.(ticket, ran) }),
      roomMade: () => this.#listener.roomMade(),
      // The usual one tells of that.
      closed: () => undefined,
    });
    this.#apart.add(ticket);
    const outcome = this.#others.start(ticket, attempt);
    if (outcome !== undefined) this.#apart.delete(ticket);
    return outcome;
  }

  cancel(ticket: number): void {
    if (this.#apart.delete(ticket)) this.#others?.cancel(ticket);
    else this.#usual.cancel(ticket);
  }

  [Symbol.dispose](): void {
    this.#usual[Symbol.dispose]();
    this.#others?.[Symbol.dispose]();
  }
}
