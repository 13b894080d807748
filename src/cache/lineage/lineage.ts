/**
 * Finds where a value comes from, and what came of it, by the records of calls.
 *
 * A value is known by its content: of two calls that gave the same number, both gave it. Whoever wants only what one run did
 * says so. Of a list or record given as an argument the first members are followed, too, if they were values of calls.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import type { CallCache } from '../call-cache.ts';
import { keptBy } from '../kept.ts';
import type { CallRecord, ValueRef } from '../record.ts';
import type { Lineage, LineageCall, LineageEdge, LineageValue } from './lineage-graph.ts';
import { RecordLinks } from './record-links.ts';

export interface LineageOptions {
  /**
   * Where the value comes from, what came of it, or both.
   *
   * @defaultValue `'back'`
   */
  readonly direction?: 'back' | 'forth' | 'both';
  /**
   * How many calls far.
   *
   * @defaultValue as far as it goes
   */
  readonly depth?: number;
  /** The run whose calls alone count. */
  readonly run?: string;
}

const directions = ['back', 'forth', 'both'];

/** @param start - the digest of a value, or of a call */
export async function lineageOf(
  engine: CallCache,
  start: Digest,
  options: LineageOptions = {},
): Promise<Lineage> {
  refuseUnknownOptions(options, ['direction', 'depth', 'run'], 'find a lineage');
  const { direction = 'back', depth = Number.POSITIVE_INFINITY, run } = options;
  if (!directions.includes(direction))
    throw new TypeError(
      `Cannot find a lineage as 'direction' must be 'back', 'forth' or 'both': received ${inspectShort(direction)}`,
    );
  if (!(typeof depth === 'number' && depth >= 0))
    throw new RangeError(
      `Cannot find a lineage as 'depth' must be a number, at least 0: received ${inspectShort(depth)}`,
    );
  const { calls } = keptBy(engine);
  const walk = new Walk(new RecordLinks(calls, engine.parts.clock, run), depth);
  const call = await calls.get(start);
  if (direction !== 'forth') await walk.back(start, call);
  if (direction !== 'back') await walk.forth(start, call);
  return walk.lineage(start, call === undefined);
}

/** Gives calls, their values, and what these have to do with each other. */
export function linkCalls(records: readonly CallRecord[], start: Digest | undefined): Lineage {
  const walk = new Walk(undefined, 0);
  for (const record of records) walk.add(record);
  return walk.lineage(start, false);
}

/** A value that is to be followed, and how many calls away it is. */
interface Step {
  readonly value: Digest;
  readonly depth: number;
}

class Walk {
  readonly #links: RecordLinks | undefined;
  readonly #depth: number;
  readonly #values = new Map<Digest, LineageValue>();
  readonly #calls = new Map<Digest, LineageCall>();
  /** Members of arguments: those that turn out to be values of calls here are parts. */
  readonly #members: { readonly value: Digest; readonly whole: Digest; readonly name: string }[] = [];
  /** By what they say, so that each is there once. */
  readonly #edges = new Map<string, LineageEdge>();

  constructor(links: RecordLinks | undefined, depth: number) {
    this.#links = links;
    this.#depth = depth;
  }

  async back(start: Digest, call: CallRecord | undefined): Promise<void> {
    // The nearest first, so that none is given up that is near by another way. Not recursive: lineages are deep, and have cycles.
    const steps: Step[] = call === undefined ? [{ value: start, depth: 0 }] : this.#stepsBack(call, 0);
    if (call !== undefined) this.add(call);
    const seen = new Set<Digest>();
    for (let next = 0; next < steps.length; next++) {
      const { value, depth } = steps[next] as Step;
      if (depth >= this.#depth || seen.has(value)) continue;
      seen.add(value);
      for (const record of (await this.#links?.gave(value)) ?? []) {
        this.add(record);
        steps.push(...this.#stepsBack(record, depth + 1));
      }
    }
  }

  #stepsBack({ args }: CallRecord, depth: number): Step[] {
    return args.flatMap(({ digest, members = {} }) => [
      { value: digest, depth },
      ...Object.values(members).map((value) => ({ value, depth })),
    ]);
  }

  async forth(start: Digest, call: CallRecord | undefined): Promise<void> {
    const steps: Step[] = [];
    if (call === undefined) steps.push({ value: start, depth: 0 });
    else {
      this.add(call);
      if (call.result !== undefined) steps.push({ value: call.result.digest, depth: 0 });
    }
    const seen = new Set<Digest>();
    for (let next = 0; next < steps.length; next++) {
      const { value, depth } = steps[next] as Step;
      if (depth >= this.#depth || seen.has(value)) continue;
      seen.add(value);
      const direct = (await this.#links?.used(value)) ?? [];
      const within = (await this.#links?.usedWithin(value)) ?? [];
      for (const record of [...direct, ...within]) {
        this.add(record);
        if (record.result !== undefined) steps.push({ value: record.result.digest, depth: depth + 1 });
      }
    }
  }

  add(record: CallRecord): void {
    const { key, task, identity, version, state, failure, run, startedMs, settledMs, metadata } = record;
    if (this.#calls.has(key)) return;
    this.#calls.set(key, {
      digest: key,
      task,
      identity,
      version,
      state,
      failure: failure?.summary,
      run,
      startedMs,
      settledMs,
      metadata,
    });
    for (const argument of record.args) {
      this.#addValue(argument);
      this.#addEdge({ kind: 'used', call: key, value: argument.digest, name: argument.name });
      for (const [name, value] of Object.entries(argument.members ?? {}))
        this.#members.push({ value, whole: argument.digest, name });
    }
    if (record.result !== undefined) {
      this.#addValue(record.result);
      this.#addEdge({ kind: 'gave', call: key, value: record.result.digest });
    }
  }

  #addValue({ digest, address, bytes }: ValueRef): void {
    if (this.#values.get(digest)?.address === undefined) this.#values.set(digest, { digest, address, bytes });
  }

  #addEdge(edge: LineageEdge): void {
    this.#edges.set(JSON.stringify(Object.values(edge)), edge);
  }

  lineage(start: Digest | undefined, isValue: boolean): Lineage {
    if (isValue && start !== undefined) this.#addValue({ digest: start, address: undefined, bytes: 0 });
    for (const { value, whole, name } of this.#members)
      if (this.#values.has(value)) this.#addEdge({ kind: 'part', value, whole, name });
    return {
      start,
      values: [...this.#values.values()],
      calls: [...this.#calls.values()],
      edges: [...this.#edges.values()],
    };
  }
}
