/**
 * The tasks that the contract of executors runs. A module of their own, so that workers find them.
 */

import { quote, unquote } from '../../graph/quote.ts';
import type { Quoted } from '../../task/call.ts';
import { type Maybe, maybe } from '../../task/failure.ts';
import { type TasksOf, tasks } from '../../task/task.ts';
import type { Delayed } from '../../task/types.ts';

/** The functions that the tasks are made of, by their keys. */
type Block = {
  readonly add: (a: number, b: number) => number;
  readonly later: (value: number) => Promise<number>;
  readonly same: (value: unknown) => unknown;
  readonly fail: (message: string) => never;
  readonly failWith: (thrown: unknown) => never;
  readonly pushOnto: (list: number[], item: number) => number[];
  readonly thenable: (value: number) => PromiseLike<number>;
  readonly never: () => Promise<number>;
  readonly turn: (value: number) => Promise<number>;
  readonly fibonacci: (n: number) => Delayed<number> | number;
  readonly countDown: (n: number) => Delayed<number> | number;
  readonly choose: (first: boolean, a: Quoted<number>, b: Quoted<number>) => Delayed<number>;
  readonly quoted: (x: number) => Quoted<number>;
  readonly reciprocal: Maybe<(x: number) => number>;
};

const block: Block = {
  add: (a: number, b: number): number => a + b,
  later: async (value: number): Promise<number> => await Promise.resolve(value),
  same: (value: unknown): unknown => value,
  fail: (message: string): never => {
    throw Object.assign(new RangeError(message, { cause: 'the cause' }), { code: 'E_CONTRACT' });
  },
  failWith: (thrown: unknown): never => {
    throw thrown;
  },
  /** Changes what it is given. */
  pushOnto: (list: number[], item: number): number[] => {
    list.push(item);
    return list;
  },
  /** Settles at once, before whoever waits for it is back. */
  thenable: (value: number): PromiseLike<number> =>
    ({
      // oxlint-disable-next-line unicorn/no-thenable -- what is tried
      then: (resolve: (value: number) => void) => resolve(value),
    }) as PromiseLike<number>,
  never: (): Promise<number> => new Promise<number>(() => undefined),
  /** Waits for its turn among callbacks, so that calls overlap. */
  turn: (value: number): Promise<number> =>
    new Promise((resolve) => {
      setImmediate(() => resolve(value));
    }),
  fibonacci: (n: number): Delayed<number> | number =>
    n < 2 ? n : contractTasks.add(contractTasks.fibonacci(n - 1), contractTasks.fibonacci(n - 2)),
  countDown: (n: number): Delayed<number> | number => (n === 0 ? 0 : contractTasks.countDown(n - 1)),
  choose: (first: boolean, a: Quoted<number>, b: Quoted<number>): Delayed<number> => unquote(first ? a : b),
  quoted: (x: number): Quoted<number> => quote(contractTasks.add(x, 1)),
  reciprocal: maybe((x: number): number => {
    if (x === 0) throw new RangeError('division by zero');
    return 1 / x;
  }),
};

/** All of them. */
export const contractTasks: TasksOf<Block> = tasks(import.meta, block);
