/**
 * A worker of a queue: takes batches from BullMQ, and runs their calls in threads or processes of its own.
 *
 * The main thread only talks to Redis and to those. It renews the lock of each batch, so that a batch whose worker is
 * silent for longer is another's: `takeOverMs` after, at the latest. A batch that comes again has lost a worker. If it has
 * several calls, each becomes a job of its own, so that it is known which one it is; a single call that has lost
 * `mostLosses` workers fails.
 *
 * Race: (1) a worker is stopped, and its batch taken over, (2) it goes on and tells what came of it as well. The client takes
 * what comes first; BullMQ refuses the second completion, which is of no consequence.
 */

import type { Job, Queue, Worker } from 'bullmq';
import { type Clock, systemClock } from '../../../base/clock.ts';
import { refuseUnknownOptions } from '../../../base/known-options.ts';
import { fail, importPeer } from '../../../base/peer.ts';
import { version } from '../../../base/version.ts';
import type { Codecs, CodecsModule } from '../../../codec/codecs.ts';
import type { SourceManifest } from '../../../sources/source-manifest.ts';
import { Border } from '../../../worker/border.ts';
import { defaultWorkers } from '../../../worker/default-workers.ts';
import { loadCodecs } from '../../../worker/inside/load-task.ts';
import { WorkerLostError } from '../../../worker/worker-lost-error.ts';
import type { Executor } from '../../executor.ts';
import { openProcesses } from '../../processes.ts';
import { openThreads } from '../../threads.ts';
import { CodeFinder, CodeMismatchError } from '../code-version.ts';
import { type BatchHere, ClientVisit } from './client-visit.ts';
import { checkCount, checkQueueName, connectionOf } from './open-queue.ts';
import { QueueError, reasonOf } from './queue-errors.ts';
import { bullPrefix, cancelChannel, clientKeys, fleetKey, lossesKey } from './queue-keys.ts';
import {
  batchOfOne,
  type CancelMessage,
  type ClientAbout,
  expectTask,
  type JobData,
  queueProtocol,
  readBatch,
  type SentTask,
} from './queue-wire.ts';
import { openRedisLink, type RedisLink } from './redis-link.ts';
import { newSerial, SharedValues } from './shared-values.ts';
import { WorkerReplies } from './worker-replies.ts';

/** How a worker of a queue is opened. */
export interface QueueWorkerOptions {
  /** The address of Redis. @defaultValue what the environment variable `HEDDLE_CONNECTION` says */
  readonly connection?: string;
  /** The name of the queue. */
  readonly queue: string;
  /**
   * How many calls it runs at once; an integer, at least 1.
   *
   * @defaultValue as many as this process may use cores
   */
  readonly threads?: number;
  /** Whether calls run in threads or in child processes. @defaultValue `'threads'` */
  readonly kind?: 'threads' | 'processes';
  /** A folder of the program whose tasks it runs. @defaultValue the working directory */
  readonly root?: string;
  /**
   * After how long of silence what it has begun is another worker's, in milliseconds; at least 2,000. All workers of a
   * queue should have the same.
   *
   * @defaultValue 20,000
   */
  readonly takeOverMs?: number;
  /** How long it may go on with what it has begun when it is disposed of. @defaultValue 30,000 */
  readonly stopMs?: number;
  /** @defaultValue the clock of this machine */
  readonly clock?: Clock;
}

/** A worker of a queue. */
export interface QueueWorker extends AsyncDisposable {
  /** Its machine and process. */
  readonly name: string;
  readonly threads: number;
  /** Takes no more, finishes what it has begun if that is soon, and leaves the rest to others. */
  dispose(): Promise<void>;
}

const optionNames = ['connection', 'queue', 'threads', 'kind', 'root', 'takeOverMs', 'stopMs', 'clock'];

/** How often it says that it is there, and looks whether clients are. */
const beatMs = 2_000;
/** After so long without a sign it counts as gone. */
const fleetMs = 10_000;
/** How long the threads of a client are kept that has nothing to do. */
const idleMs = 60_000;
/** BullMQ moves a job at most so often to another worker: how often it may be is the client's to say. */
const mostStalled = 1_000;
/** Of so many batches it is remembered that calls of them were given up on before they came. */
const mostCancelled = 10_000;
/** Below these, batches are so short that more of them must be here for no thread to wait. */
const shortBatchMs = 5;
const longBatchMs = 50;

/**
 * Opens a worker of a queue: what `heddle worker --queue NAME` does.
 *
 * @throws {MissingPackageError} If `bullmq` or `redis` is not installed.
 * @throws {QueueError} If Redis cannot be reached, or refuses.
 * @throws {TypeError | RangeError} If an option makes no sense.
 *
 * @example
 * ```ts no-run
 * import { openQueueWorker } from 'heddle/cluster';
 * await using worker = await openQueueWorker({ connection: 'redis://localhost:6379', queue: 'simulations', threads: 4 });
 * ```
 */
export async function openQueueWorker(options: QueueWorkerOptions): Promise<QueueWorker> {
  const verb = 'open a worker of a queue';
  refuseUnknownOptions(options, optionNames, verb);
  const {
    threads = defaultWorkers(),
    kind = 'threads',
    root = process.cwd(),
    takeOverMs = 20_000,
    stopMs = 30_000,
    clock = systemClock,
  } = options;
  const name = checkQueueName(options.queue, verb);
  const url = connectionOf(options.connection, verb);
  checkCount(verb, 'threads', threads);
  checkCount(verb, 'takeOverMs', takeOverMs);
  checkCount(verb, 'stopMs', stopMs);
  if (takeOverMs < 2_000)
    throw new RangeError(`Cannot ${verb} as 'takeOverMs' must be at least 2000: received ${takeOverMs}`);
  if (kind !== 'threads' && kind !== 'processes')
    throw new TypeError(
      `Cannot ${verb} as 'kind' must be 'threads' or 'processes': received ${String(kind)}`,
    );
  const bullmq = await importPeer('bullmq', verb, () => import('bullmq').catch(fail));
  const link = await openRedisLink({ url, clock, timeoutMs: 10_000, verb: `serve the queue '${name}'` });
  const worker = new OpenQueueWorker({ queue: name, link, clock, threads, kind, root, stopMs });
  try {
    await worker.open(bullmq, takeOverMs);
    return worker;
  } catch (error) {
    await worker.dispose();
    throw error;
  }
}

/** What is known of a client. */
interface KnownClient {
  readonly about: ClientAbout;
  readonly border: Border;
  readonly values: SharedValues;
  /** By number. */
  readonly tasks: Map<string, SentTask>;
}

interface WorkerParts {
  readonly queue: string;
  readonly link: RedisLink;
  readonly clock: Clock;
  readonly threads: number;
  readonly kind: 'threads' | 'processes';
  readonly root: string;
  readonly stopMs: number;
}

class OpenQueueWorker implements QueueWorker {
  readonly name: string;
  readonly threads: number;
  readonly #parts: WorkerParts;
  readonly #finder: CodeFinder;
  readonly #visits = new Map<string, Promise<ClientVisit | undefined>>();
  /** Calls that were given up on, of batches that may still come. */
  readonly #cancelled = new Map<string, Set<number>>();
  readonly #member: string;
  readonly #links: RedisLink[] = [];
  #bull: Worker<JobData> | undefined;
  #jobs: Queue<JobData> | undefined;
  #beat: Disposable | undefined;
  /** Its connections do not keep the process alive, but it does. */
  readonly #holding: Disposable;
  #batchMs: number | undefined;
  #disposing: Promise<void> | undefined;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.threads = parts.threads;
    this.#finder = new CodeFinder(parts.root);
    this.#holding = parts.clock.every(2 ** 30, ignore);
    const host = process.getBuiltinModule('node:os').hostname();
    this.name = `${host}:${process.pid}`;
    this.#member = JSON.stringify({
      id: newSerial(),
      host,
      pid: process.pid,
      threads: parts.threads,
      version,
    });
  }

  async open(bullmq: typeof import('bullmq'), takeOverMs: number): Promise<void> {
    const { link, queue, clock, threads } = this.#parts;
    const listener = await link.duplicate();
    this.#links.push(listener);
    await link.inTime(
      listener.client.subscribe(cancelChannel(queue), (message) => this.#takeCancel(message)),
    );
    const bull = await this.#duplicateForBull();
    this.#jobs = new bullmq.Queue<JobData>(queue, {
      connection: link.client as never,
      prefix: bullPrefix,
      streams: { events: { maxLen: 0 } },
      skipVersionCheck: true,
    });
    this.#jobs.on('error', ignore);
    await this.#sayHere();
    this.#beat = clock.every(beatMs, () => void this.#lookAfter(), { ref: false });
    this.#bull = new bullmq.Worker<JobData>(queue, (job) => this.#process(job), {
      connection: bull as never,
      prefix: bullPrefix,
      name: this.name,
      concurrency: threads,
      // A lock that ends is seen at the next look but one.
      lockDuration: Math.round(takeOverMs / 2),
      stalledInterval: Math.round(takeOverMs / 4),
      maxStalledCount: mostStalled,
      removeOnComplete: { count: 0 },
      removeOnFail: { age: 3600 },
      skipVersionCheck: true,
    });
    // What a job comes to is told by itself; a server that is gone comes back, or not.
    this.#bull.on('error', ignore);
    await link.inTime(this.#bull.waitUntilReady() as Promise<unknown>);
  }

  /** BullMQ waits for a connection that is gone: it sends again by itself. */
  async #duplicateForBull(): Promise<unknown> {
    const link = await this.#parts.link.duplicate();
    this.#links.push(link);
    return link.client;
  }

  async #process(job: Job<JobData>): Promise<void> {
    const { protocol, client } = job.data;
    if (protocol !== queueProtocol) {
      throw new Error(
        `worker ${this.name} has version ${version} of heddle, which reads batches of form ${queueProtocol}: received one of form ${protocol}; install the same version on both`,
      );
    }
    const visit = await this.#visitOf(client);
    // A client that is gone, and does not come back: nobody waits for it.
    if (visit === undefined) return;
    const beganMs = this.#parts.clock.nowMs();
    const batch = await this.#read(job.data, client);
    if (batch === undefined || batch instanceof Error) {
      const calls = await this.#callsOf(job.data);
      const error = batch ?? new QueueError('Cannot read a batch as it is damaged: received no frames');
      await visit.fail(job.data.batch, calls, 'not-loadable', error);
      return;
    }
    const losses = (job.data.only === undefined ? 0 : 1) + job.attemptsStarted - 1;
    if (losses > 0 && !(await this.#goesOn(job, batch, visit, losses))) return;
    await visit.run(batch);
    this.#adapt(this.#parts.clock.nowMs() - beganMs);
  }

  /** What becomes of a batch that has lost workers. @returns whether it is to be run here */
  async #goesOn(job: Job<JobData>, batch: BatchHere, visit: ClientVisit, losses: number): Promise<boolean> {
    const { link, queue } = this.#parts;
    if (batch.calls.length > 1) {
      const jobs = batch.calls.map(({ at }) => ({
        name: job.name,
        data: { ...job.data, bytes: batchOfOne(job.data.bytes, at), only: at },
        opts: {
          jobId: `${job.data.batch}-${at}`,
          ...(job.opts.priority === undefined ? {} : { priority: job.opts.priority }),
        },
      }));
      await this.#jobs?.addBulk(jobs);
      return false;
    }
    const [call] = batch.calls;
    if (call === undefined) return false;
    const about = await this.#aboutOf(job.data.client);
    const key = lossesKey(queue, `${job.data.batch}-${call.at}`);
    if (losses >= (about?.mostLosses ?? 1)) {
      const places = (await link.ask('LRANGE', key, '0', '-1')) as string[];
      const title = batch.tasks[call.task]?.title ?? '';
      const text = `Cannot run task '${title}' as ${losses} workers were lost while they ran it: received ${places.length === 0 ? 'no names of them' : places.join(', ')}`;
      await visit.fail(
        batch.id,
        [call.at],
        'worker-lost',
        new WorkerLostError(text, undefined, { lostAt: places }),
      );
      await link.ask('DEL', key);
      return false;
    }
    // Who is lost with it is named.
    await link.ask('RPUSH', key, this.name);
    await link.ask('PEXPIRE', key, String(about?.keepMs ?? fleetMs));
    return true;
  }

  /** More batches at a time when they are short, so that no thread waits for Redis; else none that another could have. */
  #adapt(tookMs: number): void {
    const before = this.#batchMs;
    this.#batchMs = before === undefined ? tookMs : before + (tookMs - before) / 4;
    const { threads } = this.#parts;
    const wanted =
      this.#batchMs < shortBatchMs ? threads * 16 : this.#batchMs < longBatchMs ? threads * 2 : threads;
    if (this.#bull !== undefined && this.#bull.concurrency !== wanted) this.#bull.concurrency = wanted;
  }

  /** Makes a batch ready to run; gives why it cannot be. */
  async #read(data: JobData, client: string): Promise<BatchHere | Error | undefined> {
    const known = this.#known.get(client);
    if (known === undefined) return undefined;
    const { border, values } = known;
    let read: ReturnType<typeof readBatch>;
    try {
      read = readBatch(data.bytes);
    } catch (error) {
      return error as Error;
    }
    const { head, calls } = read;
    const tasks: (SentTask & { readonly url: string | Error })[] = [];
    for (const number of head.tasks) {
      const task = known.tasks.get(number) ?? (await this.#taskOf(number, client, known));
      if (task === undefined) {
        return new QueueError(
          `Cannot run calls of a batch as nothing is known of their task: received number '${number}'`,
        );
      }
      const url = this.#finder.known(task.code);
      tasks.push(url === undefined ? await this.#found(task, client) : { ...task, url });
    }
    const refs = calls.flatMap((call) => call.refs ?? []);
    const reader = refs.length === 0 ? undefined : await this.#persist(() => values.fetch(refs));
    const gone = this.#cancelled.get(data.batch);
    if (gone !== undefined) this.#cancelled.delete(data.batch);
    return {
      id: data.batch,
      tasks,
      calls: calls.flatMap(({ args: data, isPacked, key }, position) => {
        const at = head.at[position] as number;
        if (gone?.has(at) === true) return [];
        let args: unknown;
        let error: unknown;
        try {
          args = border.packer.unpack({ data, isPacked }, reader);
        } catch (caught) {
          error = caught;
        }
        return [{ task: head.of[position] as number, at, args, error, key }];
      }),
    };
  }

  async #callsOf({ bytes, only }: JobData): Promise<readonly number[]> {
    if (only !== undefined) return [only];
    try {
      return readBatch(bytes).head.at;
    } catch {
      return [];
    }
  }

  /** Asks for a task that was not met before. */
  async #taskOf(number: string, client: string, known: KnownClient): Promise<SentTask | undefined> {
    const { link, queue } = this.#parts;
    const text = await this.#persist(() => link.ask('HGET', clientKeys(queue, client).tasks, number));
    if (typeof text !== 'string') return undefined;
    const task = expectTask(JSON.parse(text));
    known.tasks.set(number, task);
    return task;
  }

  async #found(task: SentTask, client: string): Promise<SentTask & { readonly url: string | Error }> {
    try {
      return { ...task, url: await this.#finder.find(task.code, () => this.#sourcesOf(task, client)) };
    } catch (error) {
      const known = error instanceof CodeMismatchError ? error : new CodeMismatchError(reasonOf(error));
      return { ...task, url: known };
    }
  }

  async #sourcesOf({ code }: SentTask, client: string): Promise<SourceManifest | undefined> {
    const { link, queue } = this.#parts;
    const text = await link.ask('HGET', clientKeys(queue, client).sources, code.url).catch(() => null);
    return typeof text === 'string' ? (JSON.parse(text) as SourceManifest) : undefined;
  }

  readonly #known = new Map<string, KnownClient>();

  async #aboutOf(client: string): Promise<ClientAbout | undefined> {
    await this.#visitOf(client);
    return this.#known.get(client)?.about;
  }

  async #visitOf(client: string): Promise<ClientVisit | undefined> {
    let visit = this.#visits.get(client);
    if (visit === undefined) {
      visit = this.#openVisit(client);
      this.#visits.set(client, visit);
      visit.then(
        (opened) => {
          if (opened === undefined) this.#visits.delete(client);
        },
        () => this.#visits.delete(client),
      );
    }
    return visit;
  }

  async #openVisit(client: string): Promise<ClientVisit | undefined> {
    const { link, queue, clock, threads, kind } = this.#parts;
    const keys = clientKeys(queue, client);
    const text = await this.#persist(() => link.ask('GET', keys.about));
    if (typeof text !== 'string') return undefined;
    const about = JSON.parse(text) as ClientAbout;
    const border = new Border(`w${newSerial()}.`);
    const codecs = await this.#codecsOf(about);
    border.packer.use(codecs);
    const values = new SharedValues(about.values, link, keys.values, about.keepMs);
    this.#known.set(client, { about, border, values, tasks: new Map() });
    const replies = new WorkerReplies({
      link,
      clock,
      keys,
      keepMs: about.keepMs,
      values,
      packer: border.packer,
    });
    return new ClientVisit({
      clock,
      border,
      values,
      replies,
      codecs,
      worker: this.name,
      prints: about.prints,
      keeps: about.keeps,
      openExecutor: ({ output, codecs: with_ }): Executor => {
        const options = { workers: threads, output, ...(with_ === undefined ? {} : { codecs: with_ }) };
        return kind === 'threads' ? openThreads(options) : openProcesses(options);
      },
    });
  }

  async #codecsOf({ codecs }: ClientAbout): Promise<Codecs | undefined> {
    if (codecs.length === 0) return undefined;
    const modules: CodecsModule[] = [];
    for (const { code, name } of codecs) modules.push({ url: await this.#finder.find(code), name });
    return loadCodecs(modules);
  }

  /** Asks until there is an answer. The lock of the batch says for how long that makes sense. */
  async #persist<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (this.#disposing !== undefined) throw error;
        await this.#parts.clock.sleep(200);
      }
    }
  }

  #takeCancel(message: string): void {
    let given: CancelMessage;
    try {
      given = JSON.parse(message) as CancelMessage;
    } catch {
      return;
    }
    const { client, batch, calls = [] } = given;
    if (batch === undefined) {
      void this.#endVisit(client);
      return;
    }
    const gone = this.#cancelled.get(batch) ?? new Set();
    for (const call of calls) gone.add(call);
    this.#cancelled.set(batch, gone);
    if (this.#cancelled.size > mostCancelled) {
      const [first] = this.#cancelled.keys();
      if (first !== undefined) this.#cancelled.delete(first);
    }
    void this.#visits.get(client)?.then((visit) => visit?.cancel(batch, calls), ignore);
  }

  async #endVisit(client: string): Promise<void> {
    const visit = this.#visits.get(client);
    this.#visits.delete(client);
    this.#known.delete(client);
    await visit?.then((opened) => opened?.end(), ignore);
  }

  /** Each beat: says that it is there, and looks which clients are gone or have nothing to do. */
  async #lookAfter(): Promise<void> {
    const { link, queue, clock } = this.#parts;
    try {
      await this.#sayHere();
      for (const [client, opening] of this.#visits) {
        const visit = await opening;
        if (visit === undefined) continue;
        const isThere = (await link.ask('EXISTS', clientKeys(queue, client).about)) === 1;
        const isIdle = visit.isIdle && clock.nowMs() - visit.usedMs > idleMs;
        if (!isThere || isIdle) await this.#endVisit(client);
      }
    } catch {
      // The next beat tries again.
    }
  }

  async #sayHere(): Promise<void> {
    const { link, queue } = this.#parts;
    const [seconds] = (await link.ask('TIME')) as [string];
    const nowMs = Number(seconds) * 1000;
    const key = fleetKey(queue);
    await Promise.all([
      link.ask('ZADD', key, String(nowMs + fleetMs), this.#member),
      link.ask('ZREMRANGEBYSCORE', key, '-inf', String(nowMs)),
      link.ask('PEXPIRE', key, String(fleetMs * 2)),
    ]);
  }

  dispose(): Promise<void> {
    this.#disposing ??= this.#end();
    return this.#disposing;
  }

  async #end(): Promise<void> {
    const { link, queue, clock, stopMs } = this.#parts;
    this.#beat?.[Symbol.dispose]();
    await link.ask('ZREM', fleetKey(queue), this.#member).catch(ignore);
    const limit = new AbortController();
    await Promise.race([
      this.#bull?.close().then(ignore, ignore),
      clock.sleep(stopMs, { signal: limit.signal }).then(ignore, ignore),
    ]);
    limit.abort();
    for (const client of this.#visits.keys()) await this.#endVisit(client);
    await Promise.race([this.#bull?.close(true).then(ignore, ignore), clock.sleep(1_000)]);
    await Promise.race([this.#jobs?.close().then(ignore, ignore), clock.sleep(1_000)]);
    for (const other of this.#links) other.close();
    link.close();
    this.#holding[Symbol.dispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

function ignore(): void {
  // Told elsewhere, or of no consequence.
}
