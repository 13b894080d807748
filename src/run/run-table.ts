/**
 * The calls that are part of a run, and their values, by row of the scheduler.
 *
 * A call enters once, with all that it needs. Its value is kept until the last of those who need it has
 * taken it; then the row is given back.
 */

import { copyValue } from '../codec/copy.ts';
import { Sealed } from '../codec/sealed.ts';
import type { RowOptions, Scheduler } from '../scheduler/scheduler.ts';
import { giveArguments } from '../task/argument.ts';
import type { Call, Quotes } from '../task/call.ts';
import { Holds } from './holds.ts';

/** No row. */
export const none = -1;

const noInputs: readonly number[] = Object.freeze([]);

export interface RunTableParts {
  readonly scheduler: Scheduler;
  /** Says how a call is to be scheduled; what it throws leaves the call out. */
  optionsOf(call: Call): RowOptions;
  /** Gives the call that is run in the place of one: with other arguments, and the calls that these need. @defaultValue the call */
  readonly resolved?: ((call: Call) => Call) | undefined;
  /** Told of each call that enters, after what it needs. */
  entered(call: Call, row: number): void;
}

export class RunTable {
  readonly #parts: RunTableParts;
  readonly #holds = new Holds();
  /** The rows of the calls that are part of the run and not done with. */
  readonly #rows = new Map<Call, number>();
  /** What is given to calls in the place of their own arguments, by row. */
  readonly #resolved = new Map<number, Call>();
  // By row:
  readonly #calls: (Call | undefined)[] = [];
  readonly #values: unknown[] = [];
  /**
   * How many more will take the value: dependents that have not been given it, and the run for its
   * target. The value is dropped when nobody is left, unless a quoted graph holds the call.
   */
  readonly #uses: number[] = [];
  /** The rows of what the call needs, until it is started. */
  readonly #inputs: (readonly number[])[] = [];
  /** The row whose value this call's will be, after it returned a graph. */
  readonly #sources: number[] = [];
  /** What a call was given, while it runs. */
  readonly #given: (readonly unknown[] | undefined)[] = [];
  /** Tells the calls of the run apart; rows are used again. */
  readonly #serials: number[] = [];
  #nextSerial = 0;
  /** Whether any value came that was not read. */
  hasSealed = false;
  /** Graphs that a call has quoted, until they are let go. */
  readonly #quotes: (Quotes | undefined)[] = [];

  constructor(parts: RunTableParts) {
    this.#parts = parts;
  }

  callAt(row: number): Call {
    return this.#calls[row] as Call;
  }

  /** The call that is run in the place of the one of a row. */
  resolvedAt(row: number): Call {
    return (this.#resolved.size === 0 ? undefined : this.#resolved.get(row)) ?? this.callAt(row);
  }

  /** A number that no other call of the run has or had. */
  serialOf(row: number): number {
    return this.#serials[row] as number;
  }

  inputsOf(row: number): readonly number[] {
    return this.#inputs[row] ?? noInputs;
  }

  sourceOf(row: number): number {
    return this.#sources[row] ?? none;
  }

  givenTo(row: number): readonly unknown[] | undefined {
    return this.#given[row];
  }

  setGiven(row: number, args: readonly unknown[] | undefined): void {
    this.#given[row] = args;
  }

  entries(): Iterable<readonly [Call, number]> {
    return this.#rows;
  }

  /** Makes a call and all that it needs part of the run, unless they are. Iterative: graphs can be a million deep. */
  enter(target: Call): number {
    const known = this.#rows.get(target);
    if (known !== undefined) return known;
    const resolve = this.#parts.resolved;
    if (resolve !== undefined) return this.#enterResolved(target, resolve);
    if (target.needs.length === 0) return this.#add(target, noInputs);
    const path: { readonly call: Call; readonly inputs: number[] }[] = [{ call: target, inputs: [] }];
    let row = none;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const need = top.call.needs[top.inputs.length];
      if (need === undefined) {
        path.pop();
        row = this.#add(top.call, top.inputs);
        path.at(-1)?.inputs.push(row);
        continue;
      }
      const needRow = this.#rows.get(need);
      if (needRow !== undefined) top.inputs.push(needRow);
      else if (need.needs.length === 0) top.inputs.push(this.#add(need, noInputs));
      else path.push({ call: need, inputs: [] });
    }
    return row;
  }

  /** The same, where calls may need more than they say. */
  #enterResolved(target: Call, resolve: (call: Call) => Call): number {
    const begin = (call: Call): { call: Call; needs: readonly Call[]; own: Call; inputs: number[] } => {
      const own = resolve(call);
      return { call, own, needs: own.needs, inputs: [] };
    };
    const path = [begin(target)];
    let row = none;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { call, own, needs, inputs } = top;
      const need = needs[inputs.length];
      if (need === undefined) {
        path.pop();
        row = this.#add(call, inputs, own);
        path.at(-1)?.inputs.push(row);
        continue;
      }
      const needRow = this.#rows.get(need);
      if (needRow === undefined) path.push(begin(need));
      else inputs.push(needRow);
    }
    return row;
  }

  /** Adds a call whose needs are part of the run already. */
  #add(call: Call, inputs: readonly number[], own: Call = call): number {
    const { scheduler } = this.#parts;
    const row = scheduler.add(this.#parts.optionsOf(call));
    this.#rows.set(call, row);
    this.#calls[row] = call;
    if (own !== call) this.#resolved.set(row, own);
    this.#values[row] = undefined;
    this.#uses[row] = 0;
    this.#inputs[row] = inputs;
    this.#sources[row] = none;
    this.#given[row] = undefined;
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i] as number;
      (this.#uses[input] as number)++;
      if (!scheduler.isSettled(input)) scheduler.addEdge(input, row);
    }
    this.#serials[row] = this.#nextSerial++;
    this.#quotes[row] = call.quotes;
    if (call.quotes !== undefined) this.#holds.hold(call.quotes);
    this.#parts.entered(call, row);
    scheduler.arm(row);
    return row;
  }

  /** Says that one more will take the value of a call. */
  addUse(row: number): void {
    (this.#uses[row] as number)++;
  }

  /** Whether others than one who is about to take it need the value of a call. */
  isShared(row: number): boolean {
    return (this.#uses[row] as number) > 1 || this.#isHeld(row);
  }

  setValue(row: number, value: unknown): void {
    this.hasSealed ||= value instanceof Sealed;
    this.#values[row] = value;
    this.#given[row] = undefined;
  }

  /**
   * Takes the value of a settled call for one of those who need it. The last one gets the value itself,
   * which is then dropped; the others get copies if asked, so that none can change what another gets. A value that was not
   * read stays so; whoever takes it lets it go.
   */
  take(row: number, copies: boolean): unknown {
    const value = this.#values[row];
    (this.#uses[row] as number)--;
    if (this.#uses[row] === 0 && !this.#isHeld(row)) {
      this.#values[row] = undefined;
      this.forget(row);
      return value;
    }
    if (value instanceof Sealed) return value.share();
    return copies ? copyValue(value) : value;
  }

  /** Whether a call will be given values that were not read. */
  needsSealed(row: number): boolean {
    return this.hasSealed && this.inputsOf(row).some((input) => this.#values[input] instanceof Sealed);
  }

  /**
   * Makes the arguments of a call from the values of what it needs.
   *
   * A value that others need too is copied, unless the call takes it by reference, or only reads.
   *
   * @param sealed - is given the values that stay as they are though they were not read; without it they are read
   * @throws {TypeError} If data passed by reference has got a delayed value in it.
   * @throws {DecodeError} If a value cannot be read.
   */
  takeArguments(row: number, sealed?: Sealed[]): unknown[] {
    const inputs = this.inputsOf(row);
    const call = this.resolvedAt(row);
    const reads = call.task.builtin?.reads === true;
    const args = giveArguments(call, (position, isByReference) => {
      const value = this.take(inputs[position] as number, !reads && !isByReference);
      if (!(value instanceof Sealed)) return value;
      if (sealed === undefined) return value.take();
      sealed.push(value);
      return value;
    });
    this.#inputs[row] = noInputs;
    return args;
  }

  /** Says that a call's value will be that of another, which is to settle first. */
  forward(row: number, source: number): void {
    this.#sources[row] = source;
    this.#given[row] = undefined;
  }

  /** Whether all that waits for a call is one that returned it, `target` apart. */
  isTail(row: number): boolean {
    if (this.#uses[row] !== 1 || this.#isHeld(row)) return false;
    const waiting = this.#parts.scheduler.soleDependentOf(row);
    return waiting !== undefined && this.#sources[waiting] === row;
  }

  /** Takes a call out of the run. Nobody needs its value any more. */
  forget(row: number): void {
    this.#rows.delete(this.callAt(row));
    const value = this.#values[row];
    if (value instanceof Sealed) value.release();
    this.#calls[row] = undefined;
    this.#values[row] = undefined;
    this.#given[row] = undefined;
    this.#inputs[row] = noInputs;
    this.#resolved.delete(row);
    this.#parts.scheduler.forget(row);
  }

  /** Lets go of values that were kept because a call had graphs with them quoted. Once for each call. */
  releaseQuotes(row: number): void {
    const quotes = this.#quotes[row];
    if (quotes === undefined) return;
    this.#quotes[row] = undefined;
    for (const call of this.#holds.release(quotes)) {
      const held = this.#rows.get(call);
      if (held !== undefined && this.#parts.scheduler.isSettled(held) && this.#uses[held] === 0)
        this.forget(held);
    }
  }

  #isHeld(row: number): boolean {
    return this.#holds.isHeld(this.callAt(row));
  }
}
