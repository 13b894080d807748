/**
 * The tasks of the matrix, and the classes of the values that they take.
 *
 * Some name the executor that they run on if there are several: so a graph of them goes from one to the other. The hint
 * means nothing elsewhere.
 */

import {
  asObject,
  codecs,
  currentCall,
  type Delayed,
  decodeSymbol,
  encodeSymbol,
  gatherAll,
  maybe,
  ops,
  type Quoted,
  quote,
  type Task,
  task,
  tasks,
  unquote,
} from '../../src/index.ts';
import { note, notesIn } from '../fixtures/tasks/meeting-folder.ts';
import { pictureOf } from './picture.ts';

const onThreads = { executor: 'threads' };
const onProcesses = { executor: 'processes' };

/** Nothing but its members. */
export class Vector {
  readonly x: number;
  readonly y: number;
  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
  get length(): number {
    return Math.hypot(this.x, this.y);
  }
  plus(other: Vector): Vector {
    return new Vector(this.x + other.x, this.y + other.y);
  }
}

/** Hides what it has, and changes. */
export class Account {
  #cents: bigint;
  readonly owner: string;
  constructor(owner: string, cents: bigint) {
    this.owner = owner;
    this.#cents = cents;
  }
  get cents(): bigint {
    return this.#cents;
  }
  deposit(cents: bigint): this {
    this.#cents += cents;
    return this;
  }
  [encodeSymbol](): { readonly owner: string; readonly cents: bigint } {
    return { owner: this.owner, cents: this.#cents };
  }
  static [decodeSymbol]({ owner, cents }: { readonly owner: string; readonly cents: bigint }): Account {
    return new Account(owner, cents);
  }
}

/** There is no codec for it. */
export class Unknown {
  readonly kept = 1;
}

/** An error that JavaScript does not know. */
export class OutOfPaperError extends RangeError {
  override readonly name = 'OutOfPaperError';
  readonly code = 'E_PAPER';
}

/** For the classes that cross. */
export const matrixCodecs = codecs(import.meta, 'matrix')
  .register(Vector, asObject(Vector))
  .register(Account);

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export const { add, mul, later, isEven, isEvenLater, join, divmod, running, stat, same, seen, append, sum } =
  tasks(import.meta, {
    add: (a: number, b: number): number => a + b,
    mul: task((a: number, b: number): number => a * b, onProcesses),
    later: task(async (x: number): Promise<number> => {
      await turn();
      return x;
    }, onThreads),
    isEven: task((x: number): boolean => x % 2 === 0, onThreads),
    isEvenLater: async (x: number): Promise<boolean> => {
      await turn();
      return x % 2 === 0;
    },
    join: task((a: string, b: string): string => a + b, onProcesses),
    divmod: task((a: number, b: number): [number, number] => [Math.floor(a / b), a % b], onThreads),
    running: task((total: number, x: number): [number, string] => [total + x, `${total}+${x}`], onProcesses),
    stat: task(
      (path: string) => ({ path, size: path.length, tags: ['a', 'b'], nested: { deep: [1, [2]] } }),
      onThreads,
    ),
    same: task((value: unknown): unknown => value, onProcesses),
    /** What the value looks like where the call runs. */
    seen: task((...values: readonly unknown[]): string[] => pictureOf(values), onThreads),
    /** Changes what it is given. */
    append: task((list: number[], item: number): number[] => {
      list.push(item);
      return list;
    }, onThreads),
    sum: (xs: readonly number[]): number => xs.reduce((total, x) => total + x, 0),
  });

export const { makeVector, plus, lengthOf, makeAccount, deposit, balances, makeUnknown, sameClass } = tasks(
  import.meta,
  {
    makeVector: task((x: number, y: number): Vector => new Vector(x, y), onThreads),
    plus: task((a: Vector, b: Vector): Vector => a.plus(b), onProcesses),
    lengthOf: task((vector: Vector): number => vector.length, onThreads),
    makeAccount: task((owner: string, cents: bigint): Account => new Account(owner, cents), onProcesses),
    /** Changes the instance that it is given. */
    deposit: task((account: Account, cents: bigint): Account => account.deposit(cents), onThreads),
    balances: task(
      (accounts: ReadonlyMap<string, Account>): string[] =>
        [...accounts].map(([key, { owner, cents }]) => `${key} ${owner} ${cents}`),
      onProcesses,
    ),
    makeUnknown: task((): Unknown => new Unknown(), onThreads),
    sameClass: task((a: object, b: object): boolean => a.constructor === b.constructor, onThreads),
  },
);

export const {
  countDown,
  sumTo,
  fibonacci,
  collatz,
  tree,
  twice,
  chosen,
  applied,
  either,
  quotedSum,
  nested,
} = tasks(import.meta, {
  countDown: task((n: number): number | Delayed<number> => (n === 0 ? 0 : countDown(n - 1)), onThreads),
  /** Each call waits for the next one. */
  sumTo: (n: number): number | Delayed<number> => (n === 0 ? 0 : add(n, sumTo(n - 1))),
  fibonacci: task(
    (n: number): number | Delayed<number> => (n < 2 ? n : ops.add(fibonacci(n - 1), fibonacci(n - 2))),
    onProcesses,
  ),
  /** Tail calls that branch. */
  collatz: (n: number, steps: number): number | Delayed<number> =>
    n === 1 ? steps : collatz(n % 2 === 0 ? n / 2 : 3 * n + 1, steps + 1),
  /** Gives data that holds calls of other tasks. */
  tree: task(
    (depth: number): unknown =>
      depth === 0 ? later(7) : { depth: later(depth), branches: [tree(depth - 1), mul(depth, 2)] },
    onThreads,
  ),
  twice: task((step: Task<[number], number>, x: number): Delayed<number> => step(step(x)), onThreads),
  /** Gives a task. */
  chosen: task(
    (name: 'add' | 'mul'): Task<[number, number], number> => (name === 'add' ? add : mul),
    onProcesses,
  ),
  applied: (step: Task<[number, number], number>, a: number, b: number): Delayed<number> => step(a, b),
  either: task(
    (first: boolean, a: Quoted<number>, b: Quoted<number>): Delayed<number> => unquote(first ? a : b),
    onThreads,
  ),
  quotedSum: task((a: number, b: number): Quoted<number> => quote(add(a, b)), onProcesses),
  /** A graph of the values that it is given. */
  nested: (xs: readonly number[]): Delayed<number[]> => gatherAll(xs.map((x) => mul(x, later(x)))),
});

export const {
  fail,
  failLater,
  failWith,
  failOwn,
  failAggregate,
  reciprocal,
  total,
  report,
  alwaysFails,
  flaky,
  never,
  neverOrFailure,
} = tasks(import.meta, {
  fail: task((message: string): number => {
    throw Object.assign(new RangeError(message, { cause: new TypeError('the cause') }), {
      code: 'E_MATRIX',
      details: { tried: [1, 2] },
    });
  }, onThreads),
  failLater: task(async (message: string): Promise<never> => {
    await turn();
    throw new SyntaxError(message);
  }, onProcesses),
  failWith: task((thrown: unknown): never => {
    throw thrown;
  }, onProcesses),
  failOwn: task((): never => {
    throw new OutOfPaperError('no paper');
  }, onThreads),
  failAggregate: task((): never => {
    throw new AggregateError([new TypeError('one'), 'two'], 'both');
  }, onThreads),
  reciprocal: task(
    maybe((x: number): number => {
      if (x === 0) throw new RangeError('division by zero');
      return 1 / x;
    }),
    onThreads,
  ),
  total: task(
    maybe((xs: readonly number[]): number => xs.reduce((all, x) => all + x, 0), { deep: true }),
    onProcesses,
  ),
  /** Looks at failures itself. */
  report: task((values: readonly unknown[]): string[] => values.map(String), onProcesses),
  alwaysFails: task(
    (): never => {
      currentCall().emit('tried');
      throw new Error('again');
    },
    { retries: { retries: 2, minTimeoutMs: 1 }, ...onThreads },
  ),
  /** Gives a value at the third attempt, wherever the attempts are made. */
  flaky: task(
    (folder: string): number => {
      note(folder, 'tried');
      const attempts = notesIn(folder).length;
      if (attempts < 3) throw new Error('not yet');
      return attempts;
    },
    { retries: { retries: 5, minTimeoutMs: 1 }, ...onProcesses },
  ),
  never: task((): Promise<number> => new Promise<number>(() => undefined), { timeoutMs: 30, ...onThreads }),
  neverOrFailure: task(
    maybe((): Promise<number> => new Promise<number>(() => undefined)),
    { timeoutMs: 30, ...onProcesses },
  ),
});

export const { say, sayError, sayMany, sayTwice, once, tell, withResource, makeBytes, makeText, sumBytes } =
  tasks(import.meta, {
    say: task((text: string): string => {
      print(text);
      return text;
    }, onThreads),
    sayError: task((text: string): string => {
      process.stderr.write(`${text}\n`);
      return text;
    }, onProcesses),
    sayMany: task((lines: number): number => {
      for (let line = 0; line < lines; line++) print(`line ${line}`);
      return lines;
    }, onProcesses),
    /** Prints between which no other call of its kind may. */
    sayTwice: task(
      async (n: number): Promise<number> => {
        print(`begin ${n}`);
        await turn();
        print(`end ${n}`);
        return n;
      },
      { exclusive: 'printer', ...onThreads },
    ),
    /** Tells that it was run. */
    once: task((x: number): number => {
      currentCall().emit(`run ${x}`);
      return x;
    }, onThreads),
    /** Tells values of many kinds, and how far it is. */
    tell: task((): string => {
      const call = currentCall();
      call.emit(new Map([['a', [1n, -0]]]));
      call.emit(new Vector(1, 2));
      call.report(3, 3, 'all');
      return call.task;
    }, onProcesses),
    withResource: task((x: number): number => 2 * x, { resources: { licence: 1 }, ...onProcesses }),
    makeBytes: task((length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      for (let i = 0; i < length; i++) bytes[i] = i * 31;
      return bytes;
    }, onProcesses),
    makeText: task((length: number): string => 'ä€𝄞x'.repeat(Math.ceil(length / 5)), onThreads),
    sumBytes: task((bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0), onThreads),
  });

/** A task that stays in its process. */
export const staying: Task<[number], number> = task((x: number): number => x + 1, { name: 'staying' });
