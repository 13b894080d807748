/**
 * A cache as its user sees it: opened, given to runs and functions, asked, closed.
 */

import type { Digest } from '../codec/canonical/digester.ts';
import type { Task } from '../task/task.ts';
import { coreOf } from '../task/task-brand.ts';
import type { TaskCore } from '../task/task-core.ts';
import { type CallCache } from './call-cache.ts';
import { NotKeyed } from './call-key.ts';
import type { MetadataHook } from './metadata.ts';

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
    this.name = engine.parts.backend.records.name;
  }

  /**
   * Gives the digest of a call, by which its result is remembered.
   *
   * @throws {TypeError} If it has none, saying why.
   */
  digest<Args extends readonly unknown[]>(task: Task<Args, unknown>, ...args: Args): Digest {
    return this.digestOf(coreOf(task) as TaskCore, args);
  }

  /** @internal */
  digestOf(core: TaskCore, args: readonly unknown[]): Digest {
    const key = this.engine.keyOf(core, core.hints, args);
    if (!(key instanceof NotKeyed)) return key.digest;
    throw new TypeError(`Cannot digest a call of task '${core.name}': ${key.reason}`, { cause: key.cause });
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

/** Whether a value is a cache, whichever copy of the library made it. */
export function isCache(value: unknown): value is Cache {
  const { engine } = (value ?? {}) as { engine?: { enter?: unknown } };
  return typeof engine?.enter === 'function';
}
