/**
 * The digest of a whole graph: what its target's value is remembered by, so that a graph which has not changed is answered
 * with one look.
 *
 * It is SHA-256 over a line for each task and each call, each call after those it needs, as `docs/formats/call-key.md`
 * describes. A graph has none if the value of one of its calls may not be remembered, or only for a while.
 */

import { digestOfText } from '../codec/canonical/byte-digest.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import { startSha256 } from '../codec/canonical/sha256.ts';
import { argumentOf } from '../task/cache-hints.ts';
import { Call, Quoted, Structured } from '../task/call.ts';
import { callOf, isDelayed } from '../task/delayed.ts';
import type { Caller, KeyedCall } from './call-cache.ts';
import { type CallKeys, cacheHintsOf } from './call-key.ts';
import { wholeDigester } from './graph-digester.ts';

/** Whether a call's value may be remembered. */
export type Remembers = (call: Call) => boolean;

/** How many lines are digested at a time. Arbitrary: fewer is slower, more takes memory. */
const linesAtOnce = 2048;

/**
 * Gives the digest of the graph below a call.
 *
 * @returns `undefined` if it has none
 */
export function graphKeyOf(target: Call, keys: CallKeys, remembers: Remembers): Digest | undefined {
  return new GraphKey(keys, remembers).of(target);
}

/** A whole graph as what is looked up and kept. */
export function graphCall(digest: Digest, target: Call, caller: Caller): KeyedCall {
  const task = {
    identity: `graph#${target.task.name}`,
    version: 'version:1',
    sources: undefined,
    isLocal: false,
  };
  return { key: { digest, task, args: [] }, core: target.task, hints: {}, caller, kind: 'graph' };
}

class GraphKey {
  readonly #keys: CallKeys;
  readonly #remembers: Remembers;
  readonly #indexes = new Map<Call, number>();
  /** By task, and the hints of the call if these differ. */
  readonly #tasks = new Map<object, string>();
  readonly #digester;

  constructor(keys: CallKeys, remembers: Remembers) {
    this.#keys = keys;
    this.#remembers = remembers;
    this.#digester = wholeDigester(keys, (part) => this.#graphIn(part));
  }

  of(target: Call): Digest | undefined {
    const hash = startSha256();
    let lines: string[] = ['heddle graph 1'];
    // Iterative: graphs can be a million deep.
    const path: Call[] = [target];
    const positions: number[] = [0];
    while (path.length > 0) {
      const call = path[path.length - 1] as Call;
      const position = positions[positions.length - 1] as number;
      const { needs } = call;
      if (position < needs.length) {
        positions[positions.length - 1] = position + 1;
        const need = needs[position] as Call;
        if (!this.#indexes.has(need)) {
          path.push(need);
          positions.push(0);
        }
        continue;
      }
      path.pop();
      positions.pop();
      if (this.#indexes.has(call)) continue;
      const line = this.#lineOf(call);
      if (line === undefined) return undefined;
      this.#indexes.set(call, this.#indexes.size);
      lines.push(line);
      if (lines.length >= linesAtOnce) {
        hash.update(`${lines.join('\n')}\n`);
        lines = [];
      }
    }
    hash.update(lines.join('\n'));
    return hash.digest('hex') as Digest;
  }

  #lineOf(call: Call): string | undefined {
    const { task, hints, args } = call;
    let known = this.#tasks.get(hints === task.hints ? task : hints);
    if (known === undefined) {
      known = this.#taskOf(call);
      this.#tasks.set(hints === task.hints ? task : hints, known);
    }
    if (known === '') return undefined;
    const { cache } = hints;
    if (typeof cache === 'object' && !this.#isSimple(call)) return undefined;
    const ignore = cacheHintsOf(hints).ignore ?? [];
    let line = known;
    try {
      for (let i = 0; i < args.length; i++) {
        if (ignore.length > 0 && ignore.includes(task.params[i] as string)) continue;
        line += this.#text(args[i]);
      }
    } catch {
      // Something in it has no digest.
      return undefined;
    }
    return line;
  }

  /** Whether what its hints say of its arguments can be told before they are computed. */
  #isSimple({ hints }: Call): boolean {
    const { ignore = [], require = [], files = [], key, maxAgeMs } = cacheHintsOf(hints);
    const isWhole = ignore.every((way) => argumentOf(way) === way);
    return (
      isWhole && require.length === 0 && files.length === 0 && key === undefined && maxAgeMs === undefined
    );
  }

  /** Stands for a task; empty if its values may not be remembered. */
  #taskOf(call: Call): string {
    const { task } = call;
    const isStep = task.builtin?.isStep === true || task.builtin?.isOutside === true;
    if (isStep || (task.builtin === undefined && !this.#remembers(call))) return '';
    try {
      const { identity, version, isLocal } = this.#keys.versionOf(task);
      return isLocal ? '' : `${digestOfText(JSON.stringify([identity, version]))}`;
    } catch {
      return '';
    }
  }

  #text(arg: unknown): string {
    switch (typeof arg) {
      case 'number':
        return Object.is(arg, -0) ? ' n-0' : ` n${arg}`;
      case 'string':
        return arg.length <= 64 ? ` ${JSON.stringify(arg)}` : ` d${this.#digester.text(arg)}`;
      case 'boolean':
        return arg ? ' t' : ' f';
      case 'undefined':
        return ' u';
      default:
        if (arg instanceof Call) return ` c${this.#indexes.get(arg)}`;
        return ` d${this.#digester.text(arg instanceof Structured ? arg.template : arg)}`;
    }
  }

  /** What stands for a call or a graph in an argument; `undefined` for what is neither. */
  #graphIn(part: object): unknown {
    if (part instanceof Call && this.#indexes.has(part)) return this.#indexes.get(part);
    const call =
      part instanceof Quoted
        ? part.call
        : part instanceof Call
          ? part
          : isDelayed(part)
            ? callOf(part)
            : undefined;
    if (call === undefined) return undefined;
    const inner = graphKeyOf(call, this.#keys, this.#remembers);
    if (inner === undefined)
      throw new TypeError('Cannot digest a graph as the value of a call in it may not be remembered');
    return inner;
  }
}
