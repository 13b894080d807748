/**
 * heddle's ways to run tasks in workers. Those that this version of heddle does not have are left out.
 */

import * as heddle from 'heddle';
import type { BodyName, Contender, OpenPool } from './contender.ts';
import { pooled } from './heddle-tasks.ts';

/** What may not be there yet; the shapes are those of the design. */
interface Later {
  readonly openPool?: (task: unknown, options: { workers: number; kind: string }) => LaterPool;
  readonly openProcesses?: (options: { workers: number }) => LaterExecutor;
}
interface LaterPool {
  submit(...args: readonly unknown[]): Promise<unknown>;
  map(inputs: Iterable<unknown>, options: { ordered: boolean }): AsyncIterable<unknown>;
  dispose(): Promise<void>;
}
interface LaterExecutor {
  submit(task: unknown, ...args: readonly unknown[]): Promise<unknown>;
  dispose(): Promise<void>;
}

const later = heddle as Later;

/** heddle's contenders that there are. */
export const heddleContenders: readonly Contender[] = [
  executorContender('heddle openThreads().submit()', 'threads', (workers) => heddle.openThreads({ workers })),
  ...(later.openPool === undefined
    ? []
    : [
        poolContender('heddle openPool()', 'threads', later.openPool),
        ...(hasProcesses(later.openPool)
          ? [poolContender('heddle openPool(), processes', 'processes', later.openPool)]
          : []),
      ]),
  ...(later.openProcesses === undefined
    ? []
    : [
        executorContender('heddle openProcesses().submit()', 'processes', (workers) =>
          later.openProcesses?.({ workers }),
        ),
      ]),
];

/** Opening starts nothing: workers are started as they are needed. */
function hasProcesses(openPool: NonNullable<Later['openPool']>): boolean {
  try {
    void openPool(pooled.add, { workers: 1, kind: 'processes' }).dispose();
    return true;
  } catch {
    return false;
  }
}

function executorContender(
  name: string,
  kind: Contender['kind'],
  open: (workers: number) => unknown,
): Contender {
  return {
    name,
    side: 'heddle',
    kind,
    moves: false,
    open: async (workers) => {
      const executor = open(workers) as LaterExecutor;
      return {
        submit: (body, input) => executor.submit(pooled[body], input),
        map: undefined,
        close: () => executor.dispose(),
      };
    },
  };
}

/** A pool has one task: one is opened for each that is used, which a case does with one alone. */
function poolContender(
  name: string,
  kind: Contender['kind'],
  openPool: NonNullable<Later['openPool']>,
): Contender {
  return {
    name,
    side: 'heddle',
    kind,
    moves: false,
    open: async (workers): Promise<OpenPool> => {
      const pools = new Map<BodyName, LaterPool>();
      const poolOf = (body: BodyName): LaterPool => {
        let pool = pools.get(body);
        if (pool === undefined) pools.set(body, (pool = openPool(pooled[body], { workers, kind })));
        return pool;
      };
      return {
        submit: (body, input) => poolOf(body).submit(input),
        map: (body, inputs, ordered) => poolOf(body).map(inputs, { ordered }),
        close: () => Promise.all([...pools.values()].map((pool) => pool.dispose())),
      };
    },
  };
}
