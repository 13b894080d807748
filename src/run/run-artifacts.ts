/**
 * The artifacts of one run: those that the arguments of its calls name, loaded as calls of the run that others need.
 *
 * A text that stands in a call of a task, as an argument or as a member of a plain object that is one, is taken for the name
 * of an artifact if the source has one of that name: the call is then given the artifact's value. What other calls compute
 * is never taken for a name, nor what is passed by reference. A name is asked for once in a run, so all its calls see the
 * same; its value is loaded when the first call needs it, and each call gets a copy.
 *
 * Calls are never written to: this tells the table of the run what to give a call in the place of its own arguments.
 */

import { ArtifactArgumentError, loadFor } from '../artifacts/argument-error.ts';
import { artifactCore } from '../artifacts/markers.ts';
import type { ArtifactSource } from '../artifacts/source.ts';
import { isPlainObject } from '../base/plain.ts';
import { copyValue } from '../codec/copy.ts';
import type { Json } from '../codec/json-writer.ts';
import { isByReference } from '../task/argument.ts';
import { coreOfBuiltin } from '../task/builtin.ts';
import { Call, Structured } from '../task/call.ts';
import type { TaskCore } from '../task/task-core.ts';

/** A text that may be the name of an artifact: it is its value, or stays as it is. Run by what follows, not by this function. */
const nameCore: TaskCore = coreOfBuiltin('artifact or text', (text: string) => text, { isOutside: true });

export class RunArtifacts {
  readonly #source: ArtifactSource;
  /** Which texts are names; a promise while that is not known. */
  readonly #names = new Map<string, boolean | Promise<boolean>>();
  /** The calls that load what texts name. */
  readonly #calls = new Map<string, Call>();
  /** For which argument a text was asked first. */
  readonly #where = new Map<string, string>();
  /** What was loaded, and its version if it has one. */
  readonly #versions = new Map<string, string | null>();

  constructor(source: ArtifactSource) {
    this.#source = source;
  }

  /** Gives a call that needs the artifacts that its arguments name; the same call, if they name none. */
  resolved(call: Call): Call {
    const { task, args, hints, site, quotes } = call;
    if (task.builtin !== undefined) {
      if (isNamed(call)) this.#noteWhere(call.args[0] as string, 'a call of the run');
      return call;
    }
    let isSame = true;
    const own = args.map((arg, index) => {
      const put = this.#inPlaceOf(arg, task, index);
      if (put !== arg) isSame = false;
      return put;
    });
    return isSame ? call : new Call(task, own, needsIn(own), quotes, hints, site);
  }

  #inPlaceOf(arg: unknown, task: TaskCore, index: number): unknown {
    if (typeof arg === 'string') return this.#callFor(arg, () => whereOf(task, index)) ?? arg;
    if (!(arg instanceof Structured) || isByReference(task, index)) return arg;
    const { template } = arg;
    if (typeof template !== 'object' || template === null || !isPlainObject(template)) return arg;
    const changes: [string, Call][] = [];
    for (const [key, member] of Object.entries(template)) {
      if (typeof member !== 'string') continue;
      const loads = this.#callFor(member, () => `member '${key}' of ${whereOf(task, index)}`);
      if (loads !== undefined) changes.push([key, loads]);
    }
    return changes.length === 0 ? arg : new Structured({ ...template, ...Object.fromEntries(changes) });
  }

  /** The call that gives what a text names; `undefined` if it is known to name nothing. */
  #callFor(text: string, where: () => string): Call | undefined {
    if (this.#has(text) === false) return undefined;
    let call = this.#calls.get(text);
    if (call === undefined) {
      call = new Call(nameCore, [text], [], undefined, nameCore.hints, undefined);
      this.#calls.set(text, call);
    }
    this.#noteWhere(text, where());
    return call;
  }

  #noteWhere(text: string, where: string): void {
    if (!this.#where.has(text)) this.#where.set(text, where);
  }

  #has(text: string): boolean | Promise<boolean> {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    let has: boolean | Promise<boolean>;
    try {
      has = this.#source.has(text);
    } catch (error) {
      has = Promise.reject(error);
    }
    if (typeof has !== 'boolean') {
      has = Promise.resolve(has).then((is) => is === true);
      // Whoever runs the call hears of it.
      has.catch(() => undefined);
    }
    this.#names.set(text, has);
    return has;
  }

  /** Whether a call is one that this loads. */
  loads(call: Call): boolean {
    return isNamed(call);
  }

  /**
   * Loads what a call names.
   *
   * @throws {ArtifactArgumentError} In the promise.
   */
  async load({ task, args }: Call): Promise<unknown> {
    const name = args[0] as string;
    const where = this.#where.get(name) ?? 'a call of the run';
    const has = await loadFor(name, where, () => this.#has(name));
    if (has !== true) {
      if (isMarker(task)) throw new ArtifactArgumentError(name, where, 'its source has none of that name');
      return name;
    }
    const version = await loadFor(name, where, () => this.#source.versionOf?.(name));
    const value = await loadFor(name, where, () => this.#source.load(name));
    this.#versions.set(name, typeof version === 'string' ? version : null);
    return value;
  }

  /** The artifacts that a call was given, with their versions, for its record; `undefined` if it was given none. */
  noteOf({ needs }: Call): Json | undefined {
    const names = needs.filter(isNamed).map(({ args }) => args[0] as string);
    const given = [...new Set(names)].filter((name) => this.#versions.has(name));
    if (given.length === 0) return undefined;
    return Object.fromEntries(given.map((name) => [name, this.#versions.get(name) as Json]));
  }
}

function isNamed({ task }: Call): boolean {
  return task.builtin !== undefined && (task.name === nameCore.name || isMarker(task));
}

function isMarker({ name }: TaskCore): boolean {
  return name === artifactCore.name;
}

function whereOf({ name, params }: TaskCore, index: number): string {
  const param = params[index];
  return `argument ${param === undefined ? index : `'${param}'`} of task '${name}'`;
}

/** The calls in arguments, in the order in which they are given their values. */
function needsIn(args: readonly unknown[]): Call[] {
  const needs: Call[] = [];
  const find = (value: object): unknown => {
    if (value instanceof Call) needs.push(value);
    return value;
  };
  for (const arg of args) {
    if (arg instanceof Call) needs.push(arg);
    else if (arg instanceof Structured) copyValue(arg.template, find);
  }
  return needs;
}
