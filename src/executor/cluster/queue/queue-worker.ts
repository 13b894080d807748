/**
 * A worker of a queue: takes batches from BullMQ, and runs their calls in threads or processes of its own.
 *
 * The main thread only talks to Redis and to those. It renews the lock of each batch, so that a batch whose worker is
 * silent for longer is another's: `takeOverMs` after, at the latest. A batch that comes again has lost a worker. If it has
 * several calls, each becomes a job of its own, so that it is known which one it is; a single call that has lost
 * `maxLosses` workers fails.
 *
 * Race: (1) a worker is stopped, and its batch taken over, (2) it goes on and tells what came of it as well. The client takes
 * what comes first; BullMQ refuses the second completion, which is of no consequence.
 */

import type { Job, Queue, Worker } from 'bullmq';
import { type Clock, systemClock } from '../../../base/clock.ts';
import { refuseUnknownOptions } from '../../../base/known-options.ts';
import { fail, importPeer } from '../../../base/peer.ts';
import { version } from '../../../base/version.ts';
import { defaultWorkers } from '../../../worker/default-workers.ts';
import { WorkerLostError } from '../../../worker/worker-lost-error.ts';
import { openProcesses } from '../../processes.ts';
import { openThreads } from '../../threads.ts';
import type { BatchHere } from './client-visit.ts';
import { checkCount, checkQueueName, connectionOf } from './open-queue.ts';
import { bullPrefix, cancelChannel, fleetKey, lossesKey } from './queue-keys.ts';
import { batchOfOne, type CancelMessage, type JobData, queueProtocol, readBatch } from './queue-wire.ts';
import { openRedisLink, type RedisLink } from './redis-link.ts';
import { newSerial } from './shared-values.ts';
import { type KnownClient, WorkerClients } from './worker-clients.ts';

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
/** BullMQ moves a job at most so often to another worker: how often it may be is the client's to say. */
const mostStalled = 1_000;
/**
 * Below these, batches are so short that more of them must be here for no thread to wait. With 64 of the shortest, what is said
 * to Redis travels together: 16 were a third slower.
 */
const shortBatchMs = 2;
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
  readonly #clients: WorkerClients;
  readonly #member: string;
  readonly #links: RedisLink[] = [];
  #bull: Worker<JobData> | undefined;
  #jobs: Queue<JobData> | undefined;
  #beat: Disposable | undefined;
  /** Its connections do not keep the process alive, but it does. */
  readonly #holding: Disposable;
  /** How long a batch takes when no other is here. */
  #batchMs: number | undefined;
  #underWay = 0;
  #disposing: Promise<void> | undefined;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.threads = parts.threads;
    this.#holding = parts.clock.every(2 ** 30, ignore);
    const host = process.getBuiltinModule('node:os').hostname();
    this.name = `${host}:${process.pid}`;
    const { queue, link, clock, root, threads, kind } = parts;
    this.#clients = new WorkerClients({
      queue,
      link,
      clock,
      root,
      worker: this.name,
      openExecutor: ({ output, codecs }) => {
        const options = { workers: threads, output, ...(codecs === undefined ? {} : { codecs }) };
        return kind === 'threads' ? openThreads(options) : openProcesses(options);
      },
    });
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
    const { protocol, client: name, bytes, batch: id = job.id ?? '' } = job.data;
    if (protocol !== queueProtocol) {
      throw new Error(
        `worker ${this.name} has version ${version} of heddle, which reads batches of form ${queueProtocol}: received one of form ${protocol}; install the same version on both`,
      );
    }
    const client = await this.#clients.find(name);
    // A client that is gone, and does not come back: nobody waits for it.
    if (client === undefined) return;
    const { visit } = client;
    const beganMs = this.#parts.clock.nowMs();
    this.#underWay++;
    try {
      const batch = await this.#clients.read(client, id, bytes);
      if (batch instanceof Error) {
        await visit.fail(id, callsOf(job.data), 'not-loadable', batch);
        return;
      }
      const { only, handed = 0 } = job.data;
      const losses = (only === undefined ? 0 : 1) + job.attemptsStarted - 1 - handed;
      if (losses > 0 && !(await this.#goesOn(job, batch, client, losses))) return;
      const isRun = await visit.run(batch);
      if (!isRun && this.#disposing !== undefined) await this.#handOn(job);
    } finally {
      const tookMs = this.#parts.clock.nowMs() - beganMs;
      this.#adapt((tookMs * this.threads) / Math.max(this.threads, this.#underWay));
      this.#underWay--;
    }
  }

  /** Leaves to another worker what there is no time for. */
  async #handOn(job: Job<JobData>): Promise<never> {
    const { WaitingError } = await import('bullmq').catch(fail);
    const { handed = 0 } = job.data;
    // It has lost no worker.
    await job.updateData({ ...job.data, handed: handed + 1 });
    await job.moveToWait(job.token);
    throw new WaitingError();
  }

  /** What becomes of a batch that has lost workers. @returns whether it is to be run here */
  async #goesOn(
    job: Job<JobData>,
    batch: BatchHere,
    { about, visit }: KnownClient,
    losses: number,
  ): Promise<boolean> {
    const { link, queue } = this.#parts;
    const [call, ...others] = batch.calls;
    if (call === undefined) return false;
    if (others.length > 0) {
      await this.#jobs?.addBulk(batch.calls.map(({ at }) => jobOfOne(job, batch.id, at)));
      return false;
    }
    const key = lossesKey(queue, `${batch.id}-${call.at}`);
    if (losses >= about.maxLosses) {
      const lostAt = (await link.ask('LRANGE', key, '0', '-1')) as string[];
      const title = batch.tasks[call.task]?.title ?? '';
      const names = lostAt.length === 0 ? 'no names of them' : lostAt.join(', ');
      const text = `Cannot run task '${title}' as ${losses} workers were lost while they ran it: received ${names}`;
      await visit.fail(batch.id, [call.at], 'worker-lost', new WorkerLostError(text, undefined, { lostAt }));
      await link.ask('DEL', key);
      return false;
    }
    // Who is lost with it is named.
    await link.ask('RPUSH', key, this.name);
    await link.ask('PEXPIRE', key, String(about.keepMs));
    return true;
  }

  /** More batches at a time when they are short, so that no thread waits for Redis; else none that another could have. */
  #adapt(tookMs: number): void {
    const before = this.#batchMs;
    this.#batchMs = before === undefined ? tookMs : before + (tookMs - before) / 4;
    const { threads } = this.#parts;
    const wanted =
      this.#batchMs < shortBatchMs ? threads * 64 : this.#batchMs < longBatchMs ? threads * 2 : threads;
    if (this.#bull !== undefined && this.#bull.concurrency !== wanted) this.#bull.concurrency = wanted;
  }

  #takeCancel(message: string): void {
    try {
      this.#clients.cancel(JSON.parse(message) as CancelMessage);
    } catch {
      // Somebody else uses the channel.
    }
  }

  /** Each beat: says that it is there, and looks which clients are gone or have nothing to do. */
  async #lookAfter(): Promise<void> {
    try {
      await this.#sayHere();
      await this.#clients.lookAfter();
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
    await this.#clients.end();
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

/** The job of one call of a batch. */
function jobOfOne(
  { name, data, opts: { priority } }: Job<JobData>,
  batch: string,
  at: number,
): { readonly name: string; readonly data: JobData; readonly opts: object } {
  return {
    name,
    data: { ...data, bytes: batchOfOne(data.bytes, at), batch, only: at, handed: 0 },
    opts: { jobId: `${batch}-${at}`, ...(priority === undefined ? {} : { priority }) },
  };
}

/** The calls of a batch that cannot be run, as far as it can be read. */
function callsOf({ bytes, only }: JobData): readonly number[] {
  if (only !== undefined) return [only];
  try {
    return readBatch(bytes).head.at;
  } catch {
    return [];
  }
}

function ignore(): void {
  // Told elsewhere, or of no consequence.
}
