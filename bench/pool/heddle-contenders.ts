/**
 * heddle's ways to run tasks in workers.
 */

import {
  type Executor,
  openPool,
  openProcesses,
  openThreads,
  type PoolKind,
  type Task,
  transfer,
  type WorkerPool,
} from 'heddle';
import type { BodyName, Contender, OpenPool } from './contender.ts';
import { pooled } from './heddle-tasks.ts';

/** A task as the bench sees it: it gives each what it takes. */
type AnyTask = Task<[unknown], unknown>;

export const heddleContenders: readonly Contender[] = [
  executorContender('heddle openThreads().submit()', 'threads', (workers) => openThreads({ workers })),
  poolContender('heddle openPool()', 'threads'),
  poolContender('heddle openPool(), processes', 'processes'),
  executorContender('heddle openProcesses().submit()', 'processes', (workers) => openProcesses({ workers })),
];

function executorContender(
  name: string,
  kind: Contender['kind'],
  open: (workers: number) => Executor,
): Contender {
  return {
    name,
    side: 'heddle',
    kind,
    moves: true,
    open: async (workers) => {
      const executor = open(workers);
      return {
        submit: (body, input, moved) => executor.submit(taskOf(body), moving(input, moved)),
        map: undefined,
        close: () => executor.dispose(),
      };
    },
  };
}

/** A pool has one task: one is opened for each that is used, which a case does with one alone. */
function poolContender(name: string, kind: PoolKind & Contender['kind']): Contender {
  return {
    name,
    side: 'heddle',
    kind,
    moves: true,
    open: async (workers): Promise<OpenPool> => {
      const pools = new Map<BodyName, WorkerPool<[unknown], unknown>>();
      const poolOf = (body: BodyName): WorkerPool<[unknown], unknown> => {
        let pool = pools.get(body);
        if (pool === undefined) pools.set(body, (pool = openPool(taskOf(body), { workers, kind })));
        return pool;
      };
      return {
        submit: (body, input, moved) => poolOf(body).submit(moving(input, moved)),
        map: (body, inputs, ordered) => poolOf(body).map(inputs, { ordered }),
        close: () => Promise.all([...pools.values()].map((pool) => pool.dispose())),
      };
    },
  };
}

function taskOf(body: BodyName): AnyTask {
  return pooled[body] as unknown as AnyTask; // The bodies take different inputs, which the cases know.
}

function moving(input: unknown, moved: readonly ArrayBuffer[] | undefined): unknown {
  return moved === undefined ? input : transfer(input as object, moved);
}
