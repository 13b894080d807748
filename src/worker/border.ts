/**
 * What crosses the border between a host and its workers: plain data, errors, failures, tasks, and
 * graphs, of which each side has its own objects.
 */

import { type PackCodec, Packer } from '../codec/pack.ts';
import { toHandle } from '../task/build-call.ts';
import { Call, Quoted, type Quotes, Structured } from '../task/call.ts';
import { callOf, isDelayed } from '../task/delayed.ts';
import { Failure, type FailureParts, failed } from '../task/failure.ts';
import type { Hints } from '../task/hints.ts';
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
        unpack: (data: GraphData, unpack) => toHandle(this.#unpackGraph(data, unpack)),
      },
      {
        kind: 'quoted',
        matches: (value) => value instanceof Quoted,
        pack: (value: Quoted<unknown>, pack) => this.#packGraph(value.call, pack),
        unpack: (data: GraphData, unpack) => new Quoted(this.#unpackGraph(data, unpack)),
      },
      {
        kind: 'call',
        matches: (value) => value instanceof Call,
        pack: (value: Call) => this.#indexes.get(value),
        unpack: (index: number) => this.#made[index],
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
        unpack: (data: TaskData) => faceOf(coreOfData(data)),
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
        unpack: (data: FailureParts, unpack) =>
          new Failure({
            ...data,
            error: unpack(data.error),
            failedArguments: (data.failedArguments ?? []).map(({ argument, failure }) => ({
              argument,
              failure: unpack(failure) as Failure,
            })),
          }),
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

  #unpackGraph({ calls }: GraphData, unpack: Part): Call {
    const outer = this.#made;
    const made: Call[] = [];
    try {
      for (const data of calls) {
        this.#made = made;
        made.push(this.#bySerial.get(data.serial)?.deref() ?? this.#makeCall(data, made, unpack));
      }
    } finally {
      this.#made = outer;
    }
    return made.at(-1) as Call;
  }

  #makeCall(data: CallData, made: readonly Call[], unpack: Part): Call {
    const needs = data.needs.map((index) => made[index] as Call);
    const args = data.args.map(unpack);
    const quotes =
      typeof data.quotes === 'number'
        ? args[data.quotes]
        : (data.quotes as readonly unknown[] | undefined)?.map(unpack);
    const core = coreOfData(data.task);
    const site = data.site === undefined ? undefined : { stack: data.site };
    const call = new Call(core, args, needs, quotes as Quotes | undefined, data.hints ?? core.hints, site);
    this.#remember(call, data.serial);
    return call;
  }
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

/** A display is a function, which stays: the other side has the task's own. */
function sendableHints({ display: _, ...hints }: Hints): Hints {
  return hints;
}

function coreOfData({ url, name, hints }: TaskData): TaskCore {
  const known = url === undefined ? findBuiltin(name) : findTask(url, name);
  if (known !== undefined)
    return hints === undefined
      ? known
      : { ...known, name: hints.name ?? known.name, hints: { ...hints, ...displayOf(known) } };
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

function displayOf({ hints }: TaskCore): Pick<Hints, 'display'> {
  return hints.display === undefined ? {} : { display: hints.display };
}
