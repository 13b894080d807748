/**
 * What crosses the border between a host and its workers: plain data, errors, failures, tasks, and
 * graphs, of which each side has its own objects.
 */

import type { Place } from '../base/site.ts';
import {
  expectIndex,
  expectList,
  expectRecord,
  expectText,
  expectTextOrNone,
  unexpected,
} from '../codec/expect.ts';
import { type PackCodec, Packer } from '../codec/pack.ts';
import { toHandle } from '../task/build-call.ts';
import { Call, Quoted, type Quotes, Structured } from '../task/call.ts';
import { callOf, isDelayed } from '../task/delayed.ts';
import { Failure, type FailureParts, failed } from '../task/failure.ts';
import { checkHints, type Hints } from '../task/hints.ts';
import { findBuiltin, findTask } from '../task/registry.ts';
import { faceOf } from '../task/task.ts';
import { coreOf } from '../task/task-brand.ts';
import type { TaskCore } from '../task/task-core.ts';

type Part = (part: unknown) => unknown;

/** A task as data: where it is found, and hints that differ from those it has there. */
interface TaskData {
  readonly url: string | undefined;
  readonly name: string;
  readonly hints: Hints | undefined;
}

/** A graph as data: its calls, each after those it needs. */
interface GraphData {
  readonly calls: readonly CallData[];
}

interface CallData {
  /** Tells the call from all others of all hosts and workers, so that one that comes back is known again. */
  readonly serial: string;
  readonly task: TaskData;
  readonly args: readonly unknown[];
  readonly needs: readonly number[];
  /** The position of the argument that is the list of quotes, or that list. */
  readonly quotes: unknown;
  readonly hints: Hints | undefined;
  readonly site: string | undefined;
}

/** Packs values for the other side, and unpacks those that come from it. One per executor, and one per worker. */
export class Border {
  readonly #packer: Packer;
  readonly #prefix: string;
  #nextSerial = 0;
  readonly #serials = new WeakMap<Call, string>();
  /** Calls that have been sent over or have come, for as long as somebody else holds them. */
  readonly #bySerial = new Map<string, WeakRef<Call>>();
  /** While a graph is packed: where its calls stand. */
  #indexes: ReadonlyMap<Call, number> = new Map();
  /** While a graph is unpacked: its calls made so far. */
  #made: readonly Call[] = [];
  readonly #forget = new FinalizationRegistry<string>((serial) => {
    // A call that came again under the same serial may have taken the place of the one that is gone.
    if (this.#bySerial.get(serial)?.deref() === undefined) this.#bySerial.delete(serial);
  });

  /** @param prefix - tells the serials of this side from those of others */
  constructor(prefix: string) {
    this.#prefix = prefix;
    const codecs: PackCodec[] = [
      {
        kind: 'delayed',
        matches: isDelayed,
        pack: (value: object, pack) => this.#packGraph(callOf(value), pack),
        unpack: (data: unknown, unpack) => toHandle(this.#unpackGraph(data, unpack)),
      },
      {
        kind: 'quoted',
        matches: (value) => value instanceof Quoted,
        pack: (value: Quoted<unknown>, pack) => this.#packGraph(value.call, pack),
        unpack: (data: unknown, unpack) => new Quoted(this.#unpackGraph(data, unpack)),
      },
      {
        kind: 'call',
        matches: (value) => value instanceof Call,
        pack: (value: Call) => this.#indexes.get(value),
        unpack: (index: unknown) => this.#made[expectIndex(index, 'call', this.#made.length)],
      },
      {
        kind: 'structured',
        matches: (value) => value instanceof Structured,
        pack: (value: Structured, pack) => pack(value.template),
        unpack: (data: unknown, unpack) => new Structured(unpack(data)),
      },
      {
        kind: 'task',
        matches: (value) => coreOf(value)?.module !== undefined || coreOf(value)?.builtin !== undefined,
        pack: (value: object) => taskData(coreOf(value) as TaskCore),
        unpack: (data: unknown) => faceOf(coreOfData(expectTask(data))),
      },
      {
        kind: 'failure',
        matches: failed,
        pack: (
          { task, place, reason, error, failedArguments, trace, index }: Failure,
          pack,
        ): FailureParts => ({
          task,
          place,
          reason,
          error: packError(error, pack),
          failedArguments: failedArguments.map(({ argument, failure }) => ({
            argument,
            failure: pack(failure) as Failure,
          })),
          trace,
          index,
        }),
        unpack: unpackFailure,
      },
    ];
    this.#packer = new Packer(codecs);
  }

  get packer(): Packer {
    return this.#packer;
  }

  #packGraph(target: Call, pack: Part): GraphData {
    const outer = this.#indexes;
    const indexes = new Map<Call, number>();
    const calls: CallData[] = [];
    const path: { readonly call: Call; next: number }[] = [{ call: target, next: 0 }];
    try {
      for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
        const need = indexes.has(top.call) ? undefined : top.call.needs[top.next++];
        if (need !== undefined) {
          if (!indexes.has(need)) path.push({ call: need, next: 0 });
          continue;
        }
        path.pop();
        if (indexes.has(top.call)) continue;
        indexes.set(top.call, calls.length);
        // Quoted graphs inside arguments are graphs of their own, and set this for themselves.
        this.#indexes = indexes;
        calls.push(this.#callData(top.call, indexes, pack));
      }
    } finally {
      this.#indexes = outer;
    }
    return { calls };
  }

  #callData(call: Call, indexes: ReadonlyMap<Call, number>, pack: Part): CallData {
    const { task, args, needs, quotes, hints, site } = call;
    const quotesAt = quotes === undefined ? undefined : args.indexOf(quotes);
    return {
      serial: this.#serialOf(call),
      task: taskData(task),
      args: args.map(pack),
      needs: needs.map((need) => indexes.get(need) as number),
      quotes: quotesAt === -1 ? quotes?.map((item) => pack(item)) : quotesAt,
      hints: hints === task.hints ? undefined : sendableHints(hints),
      site: site?.stack,
    };
  }

  #serialOf(call: Call): string {
    const known = this.#serials.get(call);
    if (known !== undefined) return known;
    const serial = `${this.#prefix}${this.#nextSerial++}`;
    this.#remember(call, serial);
    return serial;
  }

  #remember(call: Call, serial: string): void {
    this.#serials.set(call, serial);
    this.#bySerial.set(serial, new WeakRef(call));
    this.#forget.register(call, serial);
  }

  #unpackGraph(data: unknown, unpack: Part): Call {
    const outer = this.#made;
    const made: Call[] = [];
    try {
      for (const given of expectList(expectRecord(data, 'graph')['calls'], 'graph.calls')) {
        this.#made = made;
        const call = expectCall(given, made.length);
        made.push(this.#bySerial.get(call.serial)?.deref() ?? this.#makeCall(call, made, unpack));
      }
    } finally {
      this.#made = outer;
    }
    const target = made.at(-1);
    if (target === undefined) throw unexpected(data, 'graph', 'of one call at least');
    return target;
  }

  #makeCall(data: CallData, made: readonly Call[], unpack: Part): Call {
    const needs = data.needs.map((index) => made[index] as Call);
    const args = data.args.map(unpack);
    // A run would wait for nothing, and pass on the call in place of its value.
    for (const arg of args)
      if (arg instanceof Call && !needs.includes(arg)) throw unexpected(data.needs, 'call.needs', 'complete');
    const quotes = typeof data.quotes === 'number' ? args[data.quotes] : unpackList(data.quotes, unpack);
    if (quotes !== undefined && !Array.isArray(quotes))
      throw unexpected(data.quotes, 'call.quotes', 'a list or the position of one');
    const core = coreOfData(data.task);
    const site = data.site === undefined ? undefined : { stack: data.site };
    const call = new Call(core, args, needs, quotes as Quotes | undefined, data.hints ?? core.hints, site);
    this.#remember(call, data.serial);
    return call;
  }
}

function unpackList(list: unknown, unpack: Part): readonly unknown[] | undefined {
  return list === undefined ? undefined : expectList(list, 'call.quotes').map(unpack);
}

/** @param before - how many calls of the graph stand before it */
function expectCall(given: unknown, before: number): CallData {
  const data = expectRecord(given, 'call');
  return {
    serial: expectText(data['serial'], 'call.serial'),
    task: expectTask(data['task']),
    args: expectList(data['args'], 'call.args'),
    needs: expectList(data['needs'], 'call.needs').map((index) => expectIndex(index, 'call.needs', before)),
    quotes: data['quotes'],
    hints: expectHints(data['hints']),
    site: expectTextOrNone(data['site'], 'call.site'),
  };
}

function expectTask(given: unknown): TaskData {
  const data = expectRecord(given, 'task');
  return {
    url: expectTextOrNone(data['url'], 'task.url'),
    name: expectText(data['name'], 'task.name'),
    hints: expectHints(data['hints']),
  };
}

function expectHints(given: unknown): Hints | undefined {
  return given === undefined ? undefined : checkHints(expectRecord(given, 'hints') as Hints, 'a call');
}

function unpackFailure(given: unknown, unpack: Part): Failure {
  const data = expectRecord(given, 'failure');
  const { place, index } = data;
  return new Failure({
    task: expectText(data['task'], 'failure.task'),
    place: place === undefined ? undefined : expectPlace(place),
    reason: expectText(data['reason'], 'failure.reason') as FailureParts['reason'],
    error: unpack(data['error']),
    failedArguments: expectList(data['failedArguments'], 'failure.failedArguments').map((item) => {
      const { argument, failure: packed } = expectRecord(item, 'failure.failedArguments');
      const failure = unpack(packed);
      if (!failed(failure)) throw unexpected(failure, 'failure.failedArguments', 'a failure');
      return {
        argument: typeof argument === 'number' ? argument : expectText(argument, 'failure.argument'),
        failure,
      };
    }),
    trace: expectList(data['trace'], 'failure.trace').map((line) => expectText(line, 'failure.trace')),
    index: index === undefined ? undefined : expectIndex(index, 'failure.index'),
  });
}

function expectPlace(given: unknown): Place {
  const { file, line, column } = expectRecord(given, 'failure.place');
  return {
    file: expectText(file, 'failure.place.file'),
    line: expectIndex(line, 'failure.place.line'),
    column: expectIndex(column, 'failure.place.column'),
  };
}

/** What may be thrown is anything; what cannot be sent is told as text. */
function packError(error: unknown, pack: Part): unknown {
  try {
    return pack(error);
  } catch {
    return pack(new Error(`a value that cannot be cloned was thrown: ${typeof error}`));
  }
}

function taskData({ module, name, hints, builtin }: TaskCore): TaskData {
  if (builtin !== undefined && findBuiltin(name) !== undefined)
    return { url: undefined, name, hints: undefined };
  if (module === undefined) {
    throw new TypeError(
      `Cannot send a graph to another thread as its task '${name}' stays in its own\n` +
        '  define it in a module, with tasks(import.meta, { … })',
    );
  }
  const own = findTask(module.url, module.name);
  return {
    url: module.url,
    name: module.name,
    hints: own?.hints === hints ? undefined : sendableHints(hints),
  };
}

/** A display and a key are functions, which stay: the other side has the task's own. */
function sendableHints({ display: _, cache, ...hints }: Hints): Hints {
  if (cache === undefined || (typeof cache === 'object' && cache.key !== undefined)) return hints;
  return { ...hints, cache };
}

function coreOfData({ url, name, hints }: TaskData): TaskCore {
  const known = url === undefined ? findBuiltin(name) : findTask(url, name);
  if (known !== undefined)
    return hints === undefined
      ? known
      : { ...known, name: hints.name ?? known.name, hints: { ...hints, ...functionsOf(known) } };
  if (url === undefined)
    throw new TypeError(`Cannot unpack a graph as heddle has no task of its own named '${name}'`);
  return {
    name: hints?.name ?? name,
    fn: () => {
      throw new TypeError(
        `Cannot run task '${name}' here as its module has not been imported: received ${url}`,
      );
    },
    hints: hints ?? {},
    params: [],
    site: undefined,
    module: { url, name },
    builtin: undefined,
    givesFailures: false,
    stateful: undefined,
  };
}

function functionsOf({ hints }: TaskCore): Pick<Hints, 'display' | 'cache'> {
  const { display, cache } = hints;
  const hasKey = typeof cache === 'object' && cache.key !== undefined;
  return { ...(display === undefined ? {} : { display }), ...(hasKey ? { cache } : {}) };
}
