/**
 * Failures as values: a task made with `maybe` never fails; it gives a `Failure` instead.
 *
 * A `Failure` among the arguments of such a task means that the call is not attempted: the task gives a
 * new `Failure` that tells of the failed arguments. So the report at the end of a graph shows every
 * cause and the way from it. The report's format is that of Noodles' `maybe`.
 */

import { isPromiseLike } from '../base/promise-like.ts';
import { type Place, placeOf, placeText, type Site, siteAbove } from '../base/site.ts';
import type { FailureReason } from './outcome.ts';

/** Shared by all copies of the library. */
const failureBrand = Symbol.for('heddle.failure');
const inspectSymbol = Symbol.for('nodejs.util.inspect.custom');

/** A failed argument of a call that was therefore not attempted. */
export interface FailedArgument {
  /** Position, counted from 0, or the way to it for a failure found deeper: `0[2]`. */
  readonly argument: number | string;
  readonly failure: Failure;
}

/** What a `Failure` is made of. */
export interface FailureParts {
  readonly task: string;
  readonly place: Place | undefined;
  readonly reason: FailureReason | 'failed-arguments';
  readonly error?: unknown;
  readonly failedArguments?: readonly FailedArgument[];
  readonly trace?: readonly string[];
  readonly index?: number | undefined;
}

/**
 * Says, as a value, why a call gave no value.
 *
 * Crosses threads and is stored as data. `String(failure)` is the report.
 */
export class Failure {
  /** Name of the task. */
  readonly task: string;
  /** Where the task is defined; `undefined` if that is not known. */
  readonly place: Place | undefined;
  /** Why: `threw`, `timed-out`, `worker-lost`…, or `failed-arguments` when the call was not attempted. */
  readonly reason: FailureReason | 'failed-arguments';
  /** What was thrown. `undefined` when the call was not attempted. */
  readonly error: unknown;
  /** The failed arguments, in order, when the call was not attempted. */
  readonly failedArguments: readonly FailedArgument[];
  /** The tasks that gave this failure on as their own result, innermost first: `name (file:line)`. */
  readonly trace: readonly string[];
  /** Of a failure among the results of a map: the position of the input, counted from 0. */
  readonly index: number | undefined;

  constructor(parts: FailureParts) {
    this.task = parts.task;
    this.place = parts.place;
    this.reason = parts.reason;
    this.error = parts.error;
    this.failedArguments = parts.failedArguments ?? [];
    this.trace = parts.trace ?? [];
    this.index = parts.index;
    Object.defineProperty(this, failureBrand, { value: true });
    // What `console.log` shows: the report, since the parts alone hide the causes.
    Object.defineProperty(this, inspectSymbol, { value: () => this.toString() });
    Object.freeze(this);
  }

  /** Whether something went wrong here, rather than in an argument. */
  get isRootCause(): boolean {
    return this.reason !== 'failed-arguments';
  }

  /** The report: this failure, its cause, and the failed arguments with theirs. */
  toString(): string {
    return reportLines(this).join('\n');
  }
}

function reportLines(failure: Failure): string[] {
  const head = `Fail: ${[nameOf(failure.task, failure.place), ...failure.trace].reverse().join(' -> ')}`;
  if (failure.isRootCause) return [head, ...causeLines(failure)];
  const argumentLines = failure.failedArguments.flatMap(({ argument, failure: inner }) => {
    const [first = '', ...rest] = reportLines(inner);
    return [`${failure.task} \`${argument}\` ${first}`, ...rest].map((line) => `    ${line}`);
  });
  return [head, '* failed arguments:', ...argumentLines];
}

function causeLines({ reason, error }: Failure): string[] {
  const why = reason === 'threw' ? '' : `${reason}: `;
  return `* ${why}${thrownText(error)}`.split('\n').map((line, i) => (i === 0 ? line : `  ${line}`));
}

/** One or more lines on whatever was thrown: the class and message of an error, or the value itself. */
export function thrownText(thrown: unknown): string {
  try {
    return textOfThrown(thrown);
  } catch {
    // What was thrown may be made to throw again when it is looked at.
    return 'a value without a text was thrown';
  }
}

/** The first line of what was thrown. */
export function thrownLine(thrown: unknown): string {
  const text = thrownText(thrown);
  const end = text.indexOf('\n');
  return end < 0 ? text : text.slice(0, end);
}

function textOfThrown(thrown: unknown): string {
  if (thrown instanceof Error)
    return thrown.message === '' ? thrown.name : `${thrown.name}: ${thrown.message}`;
  if (thrown === undefined) return "'undefined' was thrown";
  return `${typeof thrown === 'string' ? `'${thrown}'` : String(thrown)} was thrown`;
}

function nameOf(task: string, place: Place | undefined): string {
  return place === undefined ? task : `${task} (${placeText(place)})`;
}

/**
 * Tells whether a value is a `Failure`.
 *
 * @example
 * ```ts
 * import { failed, maybe, run, task } from 'heddle';
 * const parse = task(maybe((text: string) => JSON.parse(text) as unknown), { name: 'parse' });
 * assert.equal(failed(await run(parse('{'))), true);
 * assert.equal(failed(await run(parse('{}'))), false);
 * ```
 */
export function failed(value: unknown): value is Failure {
  // Not merely whether it has such a member: some objects answer every name.
  return typeof value === 'object' && value !== null && (value as Branded)[failureBrand] === true;
}

interface Branded {
  readonly [failureBrand]?: unknown;
}

type AnyFunction = (...args: never[]) => unknown;

/** A function that takes failures in the place of its arguments, and gives one in the place of a value. */
export type Maybe<Fn extends AnyFunction, Deep extends boolean = false> = ((
  ...args: MaybeArgs<Parameters<Fn>, Deep>
) => MaybeResult<ReturnType<Fn>>) & {
  /** @internal */
  readonly [maybeParts]: MaybeParts;
};

type MaybeArgs<Args extends readonly unknown[], Deep extends boolean> = {
  [Key in keyof Args]: Failure | (Deep extends true ? WithFailures<Args[Key]> : Args[Key]);
};
type WithFailures<Arg> = Arg extends readonly (infer Item)[] ? readonly (Item | Failure)[] : Arg;
type MaybeResult<Result> =
  Result extends PromiseLike<infer Value> ? Promise<Value | Failure> : Result | Failure;

const maybeParts: unique symbol = Symbol.for('heddle.maybe');

/** What a function made by `maybe` knows of itself. @internal */
export interface MaybeParts {
  readonly fn: AnyFunction;
  readonly site: Site;
  readonly name: string;
  readonly deep: boolean;
}

export interface MaybeOptions<Deep extends boolean = boolean> {
  /**
   * Whether failures are also looked for inside arrays given as arguments.
   *
   * @defaultValue `false`: a failure inside a list is an item like any other
   */
  readonly deep?: Deep;
}

/**
 * Makes a function that gives a `Failure` where the given one throws, and where an argument is one.
 *
 * - **Not attempted:** with a failed argument the function is not called; all failed arguments are told.
 * - **Kept apart:** an error that is returned, not thrown, is a value like any other.
 *
 * @example
 * ```ts
 * import { failed, maybe } from 'heddle';
 * const reciprocal = maybe((x: number) => {
 *   if (x === 0) throw new RangeError('division by zero');
 *   return 1 / x;
 * });
 * assert.equal(reciprocal(2), 0.5);
 * assert.ok(failed(reciprocal(0)));
 * ```
 */
export function maybe<Fn extends AnyFunction, const Deep extends boolean = false>(
  fn: Fn,
  options: MaybeOptions<Deep> = {},
): Maybe<Fn, Deep> {
  const name = fn.name === '' ? 'anonymous' : fn.name;
  const wrapped = wrap({ fn, site: siteAbove(maybe), name, deep: options.deep === true });
  return wrapped as unknown as Maybe<Fn, Deep>; // The wrapper is built from `fn`, which the types cannot follow.
}

/** The same function under another name, as which its failures are told. @internal */
export function namedMaybe(parts: MaybeParts, name: string): AnyFunction {
  return wrap({ ...parts, name });
}

function wrap(parts: MaybeParts): AnyFunction {
  const wrapped = (...args: unknown[]): unknown => {
    const failedArguments = failuresAmong(args, parts.deep);
    if (failedArguments.length > 0)
      return failureHere(parts, { reason: 'failed-arguments', failedArguments });
    try {
      const result = parts.fn(...(args as never[]));
      if (!isPromiseLike(result)) return passOn(parts, result);
      return result.then(
        (value) => passOn(parts, value),
        (error: unknown) => failureHere(parts, { reason: 'threw', error }),
      );
    } catch (error) {
      return failureHere(parts, { reason: 'threw', error });
    }
  };
  Object.defineProperty(wrapped, maybeParts, { value: parts });
  Object.defineProperty(wrapped, 'name', { value: parts.name });
  return wrapped as AnyFunction;
}

/** What `maybe` recorded about a function, or `undefined` if it did not make it. @internal */
export function maybePartsOf(fn: AnyFunction): MaybeParts | undefined {
  // Some functions answer every name with a function.
  const parts = (fn as Partial<Maybe<AnyFunction>>)[maybeParts];
  return typeof parts === 'object' ? parts : undefined;
}

function failureHere(parts: MaybeParts, what: Omit<FailureParts, 'task' | 'place'>): Failure {
  return new Failure({ task: parts.name, place: placeOf(parts.site), ...what });
}

/** A failure that a task got from elsewhere and gives as its result keeps its cause; its trace grows. */
function passOn(parts: MaybeParts, result: unknown): unknown {
  if (!failed(result)) return result;
  const { task, place, reason, error, failedArguments, trace } = result;
  const grown = [...trace, nameOf(parts.name, placeOf(parts.site))];
  return new Failure({ task, place, reason, error, failedArguments, trace: grown });
}

function failuresAmong(args: readonly unknown[], deep: boolean): FailedArgument[] {
  const found: FailedArgument[] = [];
  args.forEach((arg, index) => {
    if (failed(arg)) found.push({ argument: index, failure: arg });
    else if (deep && Array.isArray(arg)) {
      arg.forEach((item, inner) => {
        if (failed(item)) found.push({ argument: `${index}[${inner}]`, failure: item });
      });
    }
  });
  return found;
}
