/**
 * Types of pools: arguments and results of the task, options by kind, inputs of maps.
 */

import {
  codecs,
  delayedInit,
  type MapResults,
  openPool,
  openThreads,
  tasks,
  transfer,
  type WorkerPool,
} from '../../src/index.ts';
import { holds, type Same } from './expect-type.ts';

const block = {
  join: (text: string, times: number): string => text.repeat(times),
  square: async (x: number): Promise<number> => x * x,
  Session: delayedInit(
    class {
      readonly #start: Date;
      constructor(start: Date) {
        this.#start = start;
      }
      call(user: string, days: number): Date {
        return new Date(this.#start.getTime() + days * 864e5 + user.length);
      }
    },
  ),
};
const { join, square, Session } = tasks(import.meta, block);

const joined = openPool(join, { kind: 'processes', cwd: '.', affinity: (text) => text });
holds<Same<typeof joined, WorkerPool<[text: string, times: number], string>>>();
const squares = openPool(square, { resourceLimits: { maxOldGenerationSizeMb: 64 }, idleTimeoutMs: 1000 });
const mapped = squares.map([1, 2], { batch: 'auto', onEvent: (_, index) => index.toFixed() });
holds<Same<typeof mapped, MapResults<number>>>();
joined.map([['a', 1] as const, ['b', 2]], { spread: true });
holds<Same<ReturnType<typeof squares.submit>, Promise<number>>>();

const sessions = openPool([Session(new Date()), Session(new Date())], { affinity: (user) => user });
holds<Same<ReturnType<typeof sessions.submit>, Promise<Date>>>();
openPool(Session(new Date()), { kind: 'inline', affinity: (user, days) => `${user} ${days.toFixed()}` });

const bytes = transfer(new Float64Array(3));
holds<Same<typeof bytes, Float64Array<ArrayBuffer>>>();

class Point {
  readonly x: number = 1;
}
codecs().register(Point, { encode: ({ x }) => x, decode: (x: number) => Object.assign(new Point(), { x }) });

openPool(join, { kind: 'processes', command: ['ssh', 'host', 'heddle', 'worker', '--stdio'], verbose: true });
openThreads({ verbose: (line) => line.toUpperCase() });

// @ts-expect-error A command is a list.
openPool(join, { kind: 'processes', command: 'ssh host' });
// @ts-expect-error Threads are in this process.
openThreads({ command: ['ssh'] });
// @ts-expect-error There are no workers to tell of.
openPool(join, { kind: 'inline', verbose: true });
// @ts-expect-error Lines are texts.
openThreads({ verbose: (line: number) => line });
// @ts-expect-error A text is no number.
squares.submit('2');
// @ts-expect-error One argument is missing.
joined.submit('a');
// @ts-expect-error Without `spread` an input is the only argument.
joined.map([['a', 1]]);
// @ts-expect-error Threads have the working directory of their process.
openPool(square, { cwd: '.' });
// @ts-expect-error Processes have no limits of threads.
openPool(square, { kind: 'processes', resourceLimits: {} });
// @ts-expect-error There is no such kind.
openPool(square, { kind: 'cluster' });
// @ts-expect-error There is no such option.
openThreads({ idleTimeout: 5 });
// @ts-expect-error A constructor's argument is missing.
Session();
// @ts-expect-error A primitive has no memory to move.
transfer(5);
// @ts-expect-error What is decoded is no Point.
codecs().register(Point, { encode: ({ x }) => x, decode: (x: number) => x });
