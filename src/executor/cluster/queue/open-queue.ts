/**
 * Opening an executor over a queue: the options, the connections, and who the client is.
 */

import { type Clock, systemClock } from '../../../base/clock.ts';
import { inspectShort } from '../../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../../base/known-options.ts';
import { fail, importPeer } from '../../../base/peer.ts';
import { randomSerial } from '../../../base/random.ts';
import { version } from '../../../base/version.ts';
import { Border } from '../../../worker/border.ts';
import { type CodecsOptions, checkCodecs } from '../../../worker/codecs-option.ts';
import { refuseWhileImporting } from '../../../worker/importing.ts';
import { checkOutput, type Output } from '../../../worker/output.ts';
import { CodeTeller } from '../code-version.ts';
import { folderOfClient, removeClientFolder, removeFoldersOfTheGone } from './client-folders.ts';
import { Printing } from './printing.ts';
import { ownerMs, QueueClient } from './queue-client.ts';
import { QueueError } from './queue-errors.ts';
import { OpenQueueExecutor, type QueueExecutor } from './queue-executor.ts';
import { bullPrefix, clientKeys } from './queue-keys.ts';
import { type ClientAbout, type JobData, queueProtocol } from './queue-wire.ts';
import { nameOfServer, openRedisLink, type RedisLink } from './redis-link.ts';
import { newSerial, SharedValues } from './shared-values.ts';

/** How an executor over a queue is opened. */
export interface QueueOptions extends CodecsOptions {
  /**
   * The address of Redis: `redis://:password@host:6379`, `rediss://…` for TLS.
   *
   * @defaultValue what the environment variable `HEDDLE_CONNECTION` says
   */
  readonly connection?: string;
  /** The name of the queue: letters, digits, `_`, `-` and `.`. Workers of that name take the calls. */
  readonly queue: string;
  /**
   * How many calls may be with the workers at once, waiting there included; an integer, at least 1. More are kept here. It
   * bounds memory, and how many calls are under way when a run is stopped.
   *
   * @defaultValue 1,024
   */
  readonly slots?: number;
  /**
   * A name for the run, by which a client that died comes back to it: run the same program again, and calls that have
   * ended well since are not run again. What is kept goes a day after the client, or by `forget()`.
   *
   * @defaultValue none: when the client is gone, its calls end
   */
  readonly run?: string;
  /** Where large values are, instead of in messages: memory of `leastBytes` and more. */
  readonly values?: QueueValues;
  /**
   * How many workers a call may lose until it fails; an integer, at least 1.
   *
   * @defaultValue 3
   */
  readonly maxLosses?: number;
  /** The most calls that travel together; an integer, at least 1. @defaultValue by how long they take, up to 512 */
  readonly batch?: number;
  /**
   * So many calls begin in so many milliseconds, on all workers of the queue and for all its clients. They do not travel
   * together then. It stays in force for the queue until a client sets another.
   *
   * @defaultValue no limit
   */
  readonly rate?: { readonly calls: number; readonly perMs: number };
  /**
   * How long Redis may take to answer, and be gone: calls fail then.
   *
   * @defaultValue 30,000; at the beginning 10,000
   */
  readonly timeoutMs?: number;
  /** What becomes of what calls print: see `openThreads`. @defaultValue `'lines'` */
  readonly output?: Output;
  /** @defaultValue the clock of this machine */
  readonly clock?: Clock;
}

/** Where large values are. */
export interface QueueValues {
  /**
   * A folder that this machine and all workers have at the same path.
   *
   * @defaultValue none: in Redis
   */
  readonly folder?: string;
  /** From how many bytes on memory is apart. @defaultValue 65,536 */
  readonly leastBytes?: number;
}

const optionNames = [
  'connection',
  'queue',
  'slots',
  'run',
  'values',
  'maxLosses',
  'batch',
  'rate',
  'timeoutMs',
  'output',
  'codecs',
  'clock',
];

/** The variable that has the address: a command line would show the password. */
export const connectionVariable = 'HEDDLE_CONNECTION';

/** For how long a queue's server may take at the beginning. People wait for it. */
const openMs = 10_000;
/** When a client is gone for so long, its calls end and its keys are removed. */
const goneMs = 30_000;
/** What a run with a name keeps, it keeps for a day. */
const keptMs = 24 * 3_600_000;
/** Between two looks at whether a run is another's still. */
const lookMs = 200;

/**
 * Opens an executor over a queue: BullMQ on Redis 6.2 or later, by the packages `bullmq` and `redis`. Workers take the
 * calls: `npx heddle worker --queue NAME`, on any number of machines that have the same program.
 *
 * - **Batches:** short calls travel many at a time; of a batch one worker is lost at most.
 * - **Lost workers:** what a worker had when it was killed, stopped or cut off, another one takes over, within 20 s by
 *   default. A call may thus run twice; its outcome counts once. One that loses `maxLosses` workers fails, and names them.
 * - **Large values** go apart, each once: see `values`.
 * - **The same code:** a worker whose source of a task differs refuses its calls, and says what differs.
 * - **Redis gone:** for shorter than `timeoutMs`, the run goes on after it; for longer, calls fail.
 * - **Coming back:** with `run`, a client that died finds what has ended since. Else workers drop its calls.
 * - **Leaves nothing:** disposing of it removes its keys; of a client that died they expire within 30 s, a day with `run`.
 * - **Printing** and what calls tell come here, before their outcomes.
 *
 * @throws {MissingPackageError} If `bullmq` or `redis` is not installed.
 * @throws {QueueError} If Redis cannot be reached or refuses, would forget jobs when its memory is full, or another client has the run.
 * @throws {TypeError | RangeError} If an option makes no sense.
 *
 * @example
 * ```ts no-run
 * import { run, tasks } from 'heddle';
 * import { openQueue } from 'heddle/cluster';
 * const { simulate } = tasks(import.meta, { simulate: (seed: number) => seed ** 2 });
 * if (import.meta.main) {
 *   await using fleet = await openQueue({ connection: 'redis://localhost:6379', queue: 'simulations' });
 *   console.log(await run([simulate(1), simulate(2)], { executor: fleet }));
 * }
 * ```
 */
export async function openQueue(options: QueueOptions): Promise<QueueExecutor> {
  refuseWhileImporting('open a queue');
  const checked = checkOptions(options);
  const { queue: name, clock, timeoutMs, run, values: place, rate, codecs } = checked;
  const verb = `open the queue '${name}'`;
  const { Queue } = await importPeer('bullmq', verb, () => import('bullmq').catch(fail));
  const link = await openRedisLink({
    url: checked.connection,
    clock,
    timeoutMs: Math.min(timeoutMs, openMs),
    verb,
  });
  const stack: (() => unknown)[] = [() => link.close()];
  try {
    await checkServer(link, name, checked.connection);
    const id = run === undefined ? newSerial() : `run-${run}`;
    if (run !== undefined) await takeRun(link, clock, name, run, id);
    const reader = await link.duplicate();
    stack.push(() => reader.close());
    const queue = new Queue<JobData>(name, {
      connection: link.client as never,
      prefix: bullPrefix,
      // Its events lose completions under load, and nobody reads them.
      streams: { events: { maxLen: 0 } },
      skipVersionCheck: true,
    });
    queue.on('error', () => undefined);
    stack.push(() => queue.close().catch(() => undefined));
    await link.inTime(queue.waitUntilReady() as Promise<unknown>);
    if (rate !== undefined) await link.inTime(queue.setGlobalRateLimit(rate.calls, rate.perMs));
    const codes = new CodeTeller();
    const border = new Border(`q${randomSerial().toString(36)}.`);
    border.packer.use(codecs);
    const folder = place.folder === undefined ? undefined : folderOfClient(place.folder, name, id);
    const about: ClientAbout = {
      protocol: queueProtocol,
      version,
      host: process.getBuiltinModule('node:os').hostname(),
      pid: process.pid,
      codecs: (codecs?.modules ?? []).map((module) => ({
        code: codes.codeOf(module.url),
        name: module.name,
      })),
      values: { folder, leastBytes: place.leastBytes },
      keeps: run !== undefined,
      prints: checked.output !== 'ignore',
      maxLosses: checked.maxLosses,
      keepMs: run === undefined ? goneMs : keptMs,
    };
    const values = new SharedValues(
      about.values,
      border.packer,
      link,
      clientKeys(name, id).values,
      about.keepMs,
    );
    const printing = new Printing(checked.output);
    const executor = new OpenQueueExecutor({
      queue: name,
      slots: checked.slots,
      clock,
      border,
      codes,
      codecs,
      keeps: run !== undefined,
      closed: async (forget) => {
        await client.close(forget);
        printing.close();
        if (forget && folder !== undefined) removeClientFolder(folder);
      },
    });
    const client = new QueueClient({
      name,
      queue,
      link,
      reader,
      clock,
      packer: border.packer,
      codes,
      values,
      about,
      id,
      timeoutMs,
      batch: rate === undefined ? checked.batch : 1,
      printed: (line) => printing.take(line),
      settled: () => executor.roomMade(),
    });
    executor.client = client;
    executor.values = values;
    await client.open();
    if (place.folder !== undefined) await removeFoldersOfTheGone(place.folder, name, link, clock);
    return executor;
  } catch (error) {
    for (const undo of stack.reverse()) undo();
    throw error;
  }
}

interface CheckedOptions {
  readonly connection: string;
  readonly queue: string;
  readonly slots: number;
  readonly run: string | undefined;
  readonly values: { readonly folder: string | undefined; readonly leastBytes: number };
  readonly maxLosses: number;
  readonly batch: number | undefined;
  readonly rate: QueueOptions['rate'];
  readonly timeoutMs: number;
  readonly output: Output;
  readonly codecs: QueueOptions['codecs'];
  readonly clock: Clock;
}

function checkOptions(options: QueueOptions): CheckedOptions {
  const verb = 'open a queue';
  refuseUnknownOptions(options, optionNames, verb);
  const {
    slots = 1024,
    run,
    values = {},
    maxLosses = 3,
    batch,
    rate,
    timeoutMs = 30_000,
    output = 'lines',
    codecs,
    clock = systemClock,
  } = options;
  const connection = connectionOf(options.connection, verb);
  const queue = checkQueueName(options.queue, verb);
  if (run !== undefined && !namePattern.test(run)) throw nameError(verb, 'run', run);
  refuseUnknownOptions(values, ['folder', 'leastBytes'], verb);
  const { folder, leastBytes = 65_536 } = values;
  if (folder !== undefined && (typeof folder !== 'string' || folder === ''))
    throw new TypeError(`Cannot ${verb} as 'values.folder' must be a path: received ${inspectShort(folder)}`);
  checkCount(verb, 'slots', slots);
  checkCount(verb, 'maxLosses', maxLosses);
  checkCount(verb, 'values.leastBytes', leastBytes);
  checkCount(verb, 'timeoutMs', timeoutMs);
  if (batch !== undefined) checkCount(verb, 'batch', batch);
  if (rate !== undefined) {
    refuseUnknownOptions(rate, ['calls', 'perMs'], verb);
    checkCount(verb, 'rate.calls', rate.calls);
    checkCount(verb, 'rate.perMs', rate.perMs);
  }
  checkCodecs(codecs, 'processes', verb);
  checkOutput(output, verb);
  const absolute = folder === undefined ? undefined : process.getBuiltinModule('node:path').resolve(folder);
  return {
    connection,
    queue,
    slots,
    run,
    values: { folder: absolute, leastBytes },
    maxLosses,
    batch,
    rate,
    timeoutMs,
    output,
    codecs,
    clock,
  };
}

/** They are parts of keys, which `:` separates, and of names of jobs and folders. */
const namePattern = /^[\w.-]{1,100}$/;

/** @throws {TypeError} If it is no name of a queue. */
export function checkQueueName(name: unknown, verb: string): string {
  if (typeof name !== 'string' || !namePattern.test(name)) throw nameError(verb, 'queue', name);
  return name;
}

function nameError(verb: string, option: string, received: unknown): TypeError {
  return new TypeError(
    `Cannot ${verb} as '${option}' must be letters, digits, '_', '-' and '.': received ${inspectShort(received)}`,
  );
}

/** @throws {RangeError} If it is not a whole number, at least 1. */
export function checkCount(verb: string, option: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  throw new RangeError(
    `Cannot ${verb} as '${option}' must be an integer, at least 1: received ${inspectShort(value)}`,
  );
}

/** @throws {TypeError} If it is no address of a Redis. */
export function connectionOf(given: string | undefined, verb: string): string {
  const url = given ?? process.env[connectionVariable];
  if (url === undefined) {
    throw new TypeError(
      `Cannot ${verb} as it is not said where Redis is: received no 'connection', and no ${connectionVariable} in the environment`,
    );
  }
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (parsed === null || !/^rediss?:$/.test(parsed.protocol)) {
    // The address itself may hold a password.
    throw new TypeError(
      `Cannot ${verb} as 'connection' must be an address such as redis://host:6379: received ${parsed === null ? 'no address' : `one of '${parsed.protocol}'`}`,
    );
  }
  return url;
}

/** @throws {QueueError} If jobs would be lost on it. */
async function checkServer(link: RedisLink, queue: string, url: string): Promise<void> {
  // Some servers do not tell.
  const info = String(await link.ask('INFO', 'memory').catch(() => ''));
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy !== undefined && policy !== 'noeviction') {
    throw new QueueError(
      `Cannot open the queue '${queue}' as Redis at ${nameOfServer(url)} forgets jobs when its memory is full: received maxmemory-policy ${policy}\n` +
        '  set maxmemory-policy noeviction',
    );
  }
}

/** Takes a run with a name for this client alone. */
async function takeRun(link: RedisLink, clock: Clock, queue: string, run: string, id: string): Promise<void> {
  const { owner } = clientKeys(queue, id);
  const host = process.getBuiltinModule('node:os').hostname();
  const me = `${host} ${process.pid}`;
  const endMs = clock.nowMs() + ownerMs + lookMs;
  for (;;) {
    if ((await link.ask('SET', owner, me, 'NX', 'PX', String(ownerMs))) !== null) return;
    const other = String(await link.ask('GET', owner));
    const [otherHost, pid] = other.split(' ');
    if (otherHost === host && !isRunning(Number(pid))) {
      await link.ask('SET', owner, me, 'PX', String(ownerMs));
      return;
    }
    if (clock.nowMs() > endMs) {
      throw new QueueError(
        `Cannot open the queue '${queue}' as another client has the run '${run}': received process ${pid} on '${otherHost}'\n` +
          '  end it, or give the run another name',
      );
    }
    // It may be dead: then its right ends soon.
    await clock.sleep(lookMs);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
