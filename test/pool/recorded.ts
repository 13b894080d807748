/**
 * Pools that record what is sent to their workers: how many calls travel together is seen nowhere else.
 */

import { onTestFinished } from 'vitest';
import type { PoolKind, Task, WorkerPool } from '../../src/index.ts';
import { systemClock } from '../../src/index.ts';
import { TaskPool } from '../../src/parallel/task-pool.ts';
import { Pool } from '../../src/pool/pool.ts';
import type { WorkerLimits } from '../../src/pool/worker-limits.ts';
import { coreOf } from '../../src/task/task-brand.ts';
import type { TaskCore } from '../../src/task/task-core.ts';
import { Border } from '../../src/worker/border.ts';
import { processTransports } from '../../src/worker/process-transport.ts';
import { threadTransports } from '../../src/worker/thread-transport.ts';
import type { TransportFactory } from '../../src/worker/transport.ts';

/** The inputs of a message, in order. */
export type Sent = readonly unknown[];

export interface Recorded<Args extends readonly unknown[], Result> {
  readonly pool: WorkerPool<Args, Result>;
  /** What was sent, message by message, by the number of the worker in the order of their starts. */
  readonly sent: Sent[][];
}

export interface RecordedOptions<Args extends readonly unknown[]> {
  readonly workers?: number;
  readonly limits?: WorkerLimits;
  readonly affinity?: (...args: Args) => unknown;
}

function recording(transports: TransportFactory, sent: Sent[][]): TransportFactory {
  return {
    ...transports,
    start: (listener) => {
      const { transport, claims } = transports.start(listener);
      const own: Sent[] = [];
      sent.push(own);
      return {
        claims,
        transport: {
          post: (message) => {
            if (message.kind === 'batch') own.push(message.inputs);
            transport.post(message);
          },
          keepAlive: (doesKeep) => transport.keepAlive(doesKeep),
          terminate: () => transport.terminate(),
        },
      };
    },
  };
}

/** Opens a pool for as long as the test lasts. */
export function openRecorded<Args extends readonly unknown[], Result>(
  task: Task<Args, Result>,
  kind: PoolKind,
  { workers = 2, limits, affinity }: RecordedOptions<Args> = {},
): Recorded<Args, Result> {
  const sent: Sent[][] = [];
  const core = coreOf(task) as TaskCore;
  const clock = systemClock;
  const pool = new TaskPool({
    core,
    module: core.module as NonNullable<TaskCore['module']>,
    clock,
    affinity: affinity as never,
    onEvent: undefined,
    mostWorkers: undefined,
    site: undefined,
    pool: new Pool({
      workers,
      clock,
      limits,
      packer: new Border('recorded.').packer,
      transports: recording(kind === 'threads' ? threadTransports() : processTransports(), sent),
      roomMade: () => undefined,
    }),
  });
  onTestFinished(() => pool.dispose());
  return { pool: pool as unknown as WorkerPool<Args, Result>, sent };
}
