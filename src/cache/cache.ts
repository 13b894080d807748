/**
 * A cache as its user sees it: opened, given to runs and functions, asked, closed.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { isDigest } from '../codec/canonical/digest-text.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import type { Task } from '../task/task.ts';
import type { TaskCore } from '../task/task-core.ts';
import type { Backend } from './backend.ts';
import type { CallCache } from './call-cache.ts';
import { NotKeyed } from './call-key.ts';
import { keptBy } from './kept.ts';
import type { LineageOptions } from './lineage/lineage.ts';
import type { Lineage } from './lineage/lineage-graph.ts';
import type { RoCrate, RoCrateOptions } from './lineage/ro-crate.ts';
import { rememberedCoreOf } from './memoized-core.ts';
import type { MetadataHook } from './metadata.ts';
import { CallEntry } from './query/call-entry.ts';
import { askedBy, type CallFilter } from './query/call-filter.ts';
import { type CallQuery, queryOf } from './query/call-query.ts';
import { NotFoundError } from './query/not-found-error.ts';
import { type PastRun, pastRuns } from './query/past-run.ts';
import type { Garbage, GarbageOptions } from './upkeep/collect-garbage.ts';
import { evictCalls } from './upkeep/evict.ts';
import type { Redigested, RedigestOptions } from './upkeep/redigest.ts';
import type { CacheStatistics } from './upkeep/statistics.ts';
import type { TransferOptions, Transferred } from './upkeep/transfer.ts';
import type { Verified, VerifyOptions } from './upkeep/verify.ts';

/**
 * Remembers what calls gave. Made by `openCache`.
 *
 * Give it to runs, `run(x, { cache })`, make it the one of all that a function does, `withCache(cache, fn)`, or wrap
 * functions, `memoize(fn, { cache })`.
 */
export class Cache implements AsyncDisposable {
  /** @internal */
  readonly engine: CallCache;
  /** @internal */
  readonly metadata: readonly MetadataHook[];
  /** What it keeps things in, for messages. */
  readonly name: string;

  /** @internal */
  constructor(engine: CallCache, metadata: readonly MetadataHook[]) {
    this.engine = engine;
    this.metadata = metadata;
    this.name = engine.parts.backend.calls.name;
  }

  /**
   * Gives the digest of a call, by which its result is remembered.
   *
   * @throws {TypeError} If it has none, saying why.
   */
  digest<Args extends readonly unknown[]>(task: Task<Args, unknown>, ...args: Args): Digest {
    return this.digestOf(coreGiven(task, 'digest a call'), args);
  }

  /** @internal */
  digestOf(core: TaskCore, args: readonly unknown[]): Digest {
    const key = this.engine.keyOf(core, core.hints, args);
    if (!(key instanceof NotKeyed)) return key.digest;
    throw new TypeError(`Cannot digest a call of task '${core.name}': ${key.reason}`, { cause: key.cause });
  }

  /**
   * Asks for remembered calls: by task, arguments, metadata, time. See `CallQuery` for what can be done with them.
   *
   * - **Cost:** nothing yet. What is asked for is digested at once, and looked up when the query is iterated over.
   *
   * @throws {TypeError} If something cannot be asked for, such as an option that does not exist.
   *
   * @example
   * ```ts
   * import { openCache, run, task, tasks } from 'heddle';
   * const { train } = tasks(import.meta, { train: task((options: { lr: number }) => 1 / options.lr, { cache: true }) });
   * await using cache = await openCache(':memory:');
   * await run([train({ lr: 0.1 }), train({ lr: 0.5 })], { cache });
   * const latest = await cache.query({ task: 'train', args: { lr: 0.5 } }).latest();
   * assert.equal(await latest?.result(), 2);
   * ```
   */
  query(filter: CallFilter = {}): CallQuery {
    return queryOf(this.engine, askedBy(filter, this.engine.parts.keys));
  }

  /** Whether a call is remembered with its value. It may still be too old for the hint `maxAgeMs`. */
  async has(digest: Digest): Promise<boolean> {
    const { calls, values } = keptBy(this.engine);
    const record = await calls.get(digest);
    const address = record?.state === 'success' ? record.result?.address : undefined;
    return address !== undefined && (await values.has(address));
  }

  /** Gives what is known of a call; `undefined` if it is not remembered. */
  async record(digest: Digest): Promise<CallEntry | undefined> {
    const record = await keptBy(this.engine).calls.get(digest);
    return record === undefined ? undefined : new CallEntry(this.engine, record);
  }

  /**
   * Loads the value of a call.
   *
   * @param digest - of the call
   * @throws {NotFoundError} If the call is not remembered, gave none, or its value is not stored any more.
   */
  async load(digest: Digest): Promise<unknown> {
    const entry = await this.record(digest);
    if (entry !== undefined) return entry.result();
    throw new NotFoundError(
      `Cannot load the value of a call as it is not remembered: received '${digest}'\n  value(digest) loads what digestOf gave the digest of`,
    );
  }

  /**
   * Loads a value that any call gave or was given.
   *
   * @param digest - of the value, as `digestOf` gives it
   * @throws {NotFoundError} If no call tells of it, or it is not stored.
   */
  async value(digest: Digest): Promise<unknown> {
    const { findValue } = await import('./query/find-value.ts');
    return await findValue(this.engine, digest);
  }

  /**
   * Forgets a call, and graphs in which it may stand.
   *
   * - **Cost:** looks for all graphs, which where there is no index means to read all records. A query forgets many at once.
   *
   * @returns whether it was there
   */
  async evict(digest: Digest): Promise<boolean> {
    return (await evictCalls(this.engine, [digest])) > 0;
  }

  /**
   * Finds the digest of the call that begins so.
   *
   * @param prefix - at least four characters
   * @throws {NotFoundError} If there is none.
   * @throws {AmbiguousDigestError} If there are several, telling how many characters are needed.
   */
  async expand(prefix: string): Promise<Digest> {
    const { expandDigest } = await import('./query/digest-prefix.ts');
    return await expandDigest(this.engine, prefix);
  }

  /**
   * Gives the shortest beginning of a call's digest that no other has now, at least eight characters.
   *
   * @throws {NotFoundError} If there is no such call.
   */
  async shrink(digest: Digest): Promise<string> {
    const { shrinkDigest } = await import('./query/digest-prefix.ts');
    return await shrinkDigest(this.engine, digest);
  }

  /**
   * Copies all that is remembered to another cache, with its values. Whoever uses either meanwhile is not disturbed.
   *
   * @throws {TypeError} If it is the same cache.
   *
   * @example
   * ```ts
   * import { openCache, run, task, tasks } from 'heddle';
   * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
   * await using here = await openCache(':memory:');
   * await using there = await openCache(':memory:');
   * await run(square(3), { cache: here });
   * assert.equal((await here.transfer(there)).copied, 1);
   * assert.equal(await there.load(here.digest(square, 3)), 9);
   * ```
   */
  async transfer(to: Cache, options: TransferOptions = {}): Promise<Transferred> {
    const { transferCalls } = await import('./upkeep/transfer.ts');
    return await transferCalls(this.engine, to.engine, keptBy(this.engine).calls.select({}), options);
  }

  /**
   * Gives a cache that keeps in `above` what is computed, and finds what is here as well; that is then put into `above`, too.
   * To close it closes both.
   *
   * @example
   * ```ts
   * import { openCache, run, task, tasks } from 'heddle';
   * import { openMemory } from 'heddle/cache';
   * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
   * const shared = await openCache(':memory:');
   * await run(square(3), { cache: shared });
   * await using mine = await shared.push(openMemory());
   * await run([square(3), square(4)], { cache: mine });
   * assert.equal(await shared.query().count(), 1); // square(4) is in mine alone.
   * assert.equal(await mine.query().count(), 2);
   * ```
   */
  async push(above: Backend): Promise<Cache> {
    const [{ stack }, { cacheLike }] = await Promise.all([
      import('./compose/stack.ts'),
      import('./open-cache.ts'),
    ]);
    return cacheLike(this, stack([above, this.engine.parts.backend]));
  }

  /**
   * Gives calls their digests anew from their stored arguments, when values or calls are digested in another way than when
   * they were kept. Those for which that cannot be done are told of, and left as they are.
   */
  async redigest(options: RedigestOptions = {}): Promise<Redigested> {
    const { redigestCalls } = await import('./upkeep/redigest.ts');
    return await redigestCalls(this.engine, options);
  }

  /** Counts what it keeps, and how often it was of use since it was opened. Reads all records. */
  async stats(): Promise<CacheStatistics> {
    const { statisticsOf } = await import('./upkeep/statistics.ts');
    return await statisticsOf(this.engine);
  }

  /** Gives the runs that were noted, the newest first. */
  runs(): AsyncIterable<PastRun> {
    return pastRuns(this.engine);
  }

  /**
   * Takes away what nobody needs: values that no record refers to; records of calls that had begun in a process that is
   * gone, and of failures that are not given again; if asked for, old runs.
   *
   * - **Safe** beside running jobs, also of other processes: what was put or used within the grace period stays.
   * - **Cost:** reads all records, and lists all values; loads none.
   *
   * @example
   * ```ts
   * import { openCache, run, task, tasks } from 'heddle';
   * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
   * await using cache = await openCache(':memory:');
   * await run(square(3), { cache });
   * await cache.query({ task: square }).evict();
   * const { values } = await cache.gc({ dryRun: true });
   * assert.equal(values, 0); // They were used within the last hour.
   * ```
   */
  async gc(options: GarbageOptions = {}): Promise<Garbage> {
    const { collectGarbage } = await import('./upkeep/collect-garbage.ts');
    return await collectGarbage(this.engine, options);
  }

  /**
   * Reads all that is kept, and tells what is damaged or missing. With `repair`, calls whose values are gone are forgotten, so
   * that they are computed anew.
   */
  async verify(options: VerifyOptions = {}): Promise<Verified> {
    const { verifyCache } = await import('./upkeep/verify.ts');
    return await verifyCache(this.engine, options);
  }

  /**
   * Tells where a value comes from: the call that gave it, what that was given, and the calls that gave those; or what came of
   * it; or both.
   *
   * - **Equal values are one:** each call that gave an equal value is there. Small numbers come from many places; `run` says of
   *   which run the calls count.
   * - **Within arguments:** members of records and lists, of the first 32, are followed too.
   *
   * @param value - a value; or the digest of one, or of a call
   * @throws {NotDigestibleError} If the value has no digest.
   *
   * @example
   * ```ts
   * import { openCache, run, task, tasks } from 'heddle';
   * const { add, square } = tasks(import.meta, {
   *   add: task((a: number, b: number) => a + b, { cache: true }),
   *   square: task((x: number) => x * x, { cache: true }),
   * });
   * await using cache = await openCache(':memory:');
   * await run(add(square(3), square(4)), { cache });
   * const { calls } = await cache.lineage(25);
   * assert.deepEqual(calls.map(({ task }) => task).sort(), ['add', 'square', 'square']);
   * ```
   */
  async lineage(value: unknown, options: LineageOptions = {}): Promise<Lineage> {
    const isOne = typeof value === 'string' && isDigest(value);
    const digest = isOne ? value : this.engine.parts.keys.digestOf(value, 'value');
    const { lineageOf } = await import('./lineage/lineage.ts');
    return await lineageOf(this.engine, digest, options);
  }

  /**
   * Gives all calls of a run that are remembered, with their values.
   *
   * @throws {NotFoundError} If the run is not known.
   */
  async lineageOfRun(run: string): Promise<Lineage> {
    const { runLineageOf } = await import('./lineage/run-lineage.ts');
    return await runLineageOf(this.engine, run);
  }

  /**
   * Writes an RO-Crate: `ro-crate-metadata.json`, and the stored values of a lineage as JSON in `values/`.
   *
   * @param folder - is made if need be; what is there is overwritten
   * @returns what is in `ro-crate-metadata.json`
   */
  async writeRoCrate(
    lineage: Lineage,
    folder: string,
    options: Omit<RoCrateOptions, 'files'> = {},
  ): Promise<RoCrate> {
    const { writeRoCrate } = await import('./lineage/write-ro-crate.ts');
    return await writeRoCrate(this.engine, lineage, folder, options);
  }

  /**
   * Says in words whether a call is remembered, and if not, why: what differs from the nearest call that is.
   *
   * @returns lines; the first is the main reason
   *
   * @example
   * ```ts
   * import { openCache, run, task, tasks } from 'heddle';
   * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
   * await using cache = await openCache(':memory:');
   * await run(square(3), { cache });
   * const [, line] = await cache.explain(square, 4);
   * assert.equal(line, "argument 'x' is 4, and was 3");
   * ```
   */
  async explain<Args extends readonly unknown[]>(
    task: Task<Args, unknown>,
    ...args: Args
  ): Promise<readonly string[]> {
    const core = coreGiven(task, 'explain a call');
    const { explainCall } = await import('./query/explain-miss.ts');
    return await explainCall(this.engine, core, core.hints, args);
  }

  /**
   * Says in words what differs between two remembered calls: no line if nothing does.
   *
   * @throws {NotFoundError} If one of them is not remembered.
   */
  async explainKeys(one: Digest, other: Digest): Promise<readonly string[]> {
    const { explainTwo } = await import('./query/explain-miss.ts');
    return await explainTwo(this.engine, one, other);
  }

  /** Waits until all that was remembered is kept as safely as it can be. */
  flush(): Promise<void> {
    return this.engine.flush();
  }

  /** Flushes, and gives back what it holds open. Runs that still use it compute what they would have found. */
  close(): Promise<void> {
    return this.engine.close();
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function coreGiven(task: unknown, verb: string): TaskCore {
  const core = rememberedCoreOf(task);
  if (core !== undefined) return core;
  throw new TypeError(`Cannot ${verb} as a task must be given: received ${inspectShort(task)}`);
}
