/**
 * The pools of other people, each at its defaults, and at its best setting where that differs.
 */

import { fileURLToPath } from 'node:url';
import type { BodyName, Contender, OpenPool } from '../pool/contender.ts';
import { arePeersInstalled, loadPeer } from './load-peer.ts';

interface PiscinaPool {
  run(input: unknown, options: { name: string; transferList?: readonly ArrayBuffer[] }): Promise<unknown>;
  destroy(): Promise<void>;
}
type PiscinaClass = new (options: object) => PiscinaPool;

/** Its main module finds its back end out by itself, and takes a slower one. */
const bthreads = 'bthreads/threads.js';
const bodies = fileURLToPath(new URL('../pool/bodies.ts', import.meta.url));

/** The best setting that is known of piscina and of tinypool: 2.1 and 1.5 times their defaults here. */
const tuned = { concurrentTasksPerWorker: 64 };

const threads: readonly Contender[] = [
  peer(
    'piscina',
    'threads',
    openPiscina(() => ({})),
    true,
  ),
  peer(
    'piscina, FixedQueue, 64 a worker',
    'threads',
    openPiscina(({ FixedQueue }) => ({ ...tuned, taskQueue: new FixedQueue(), recordTiming: false })),
    true,
  ),
  peer('tinypool', 'threads', openTinypool({})),
  peer('tinypool, 64 a worker', 'threads', openTinypool(tuned)),
  peer('workerpool', 'threads', openWorkerpool('thread'), true),
  peer(
    'poolifier',
    'threads',
    openPoolifier('FixedThreadPool', new URL('./poolifier-thread-worker.ts', import.meta.url)),
  ),
  peer('bthreads', 'threads', openBthreads()),
];

const processes: readonly Contender[] = [
  peer('tinypool, processes', 'processes', openTinypool({ runtime: 'child_process', ...tuned })),
  peer('workerpool, processes', 'processes', openWorkerpool('process')),
  peer(
    'poolifier, cluster',
    'processes',
    openPoolifier('FixedClusterPool', new URL('./poolifier-cluster-worker.ts', import.meta.url)),
  ),
];

/** Those that are installed. */
export const peerContenders: readonly Contender[] = arePeersInstalled() ? [...threads, ...processes] : [];

function peer(name: string, kind: Contender['kind'], open: Contender['open'], moves = false): Contender {
  const [module = ''] = name.split(',');
  const load = (): Promise<unknown> => loadPeer(module === 'bthreads' ? bthreads : module);
  return { name, side: 'peer', kind, moves, load, open };
}

function openPiscina(options: (module: { FixedQueue: new () => unknown }) => object): Contender['open'] {
  return async (workers): Promise<OpenPool> => {
    const module = await loadPeer<{ Piscina: PiscinaClass; FixedQueue: new () => unknown }>('piscina');
    const pool = new module.Piscina({
      filename: bodies,
      minThreads: workers,
      maxThreads: workers,
      ...options(module),
    });
    return {
      submit: (body, input, moved) =>
        pool.run(input, moved === undefined ? { name: body } : { name: body, transferList: moved }),
      map: undefined,
      close: () => pool.destroy(),
    };
  };
}

function openTinypool(options: object): Contender['open'] {
  return async (workers): Promise<OpenPool> => {
    const { Tinypool } = await loadPeer<{ Tinypool: PiscinaClass }>('tinypool');
    const pool = new Tinypool({ filename: bodies, minThreads: workers, maxThreads: workers, ...options });
    return {
      submit: (body, input) => pool.run(input, { name: body }),
      map: undefined,
      close: () => pool.destroy(),
    };
  };
}

interface Workerpool {
  exec(name: string, args: unknown[], options?: object): PromiseLike<unknown>;
  terminate(isForced: boolean): Promise<unknown>;
}

function openWorkerpool(workerType: 'thread' | 'process'): Contender['open'] {
  return async (workers): Promise<OpenPool> => {
    const { pool: make } = await loadPeer<{ pool: (file: string, options: object) => Workerpool }>(
      'workerpool',
    );
    const pool = make(fileURLToPath(new URL('./workerpool-worker.ts', import.meta.url)), {
      minWorkers: workers,
      maxWorkers: workers,
      workerType,
    });
    return {
      submit: async (body, input, moved) =>
        await pool.exec(body, [input], moved === undefined ? undefined : { transfer: [...moved] }),
      map: undefined,
      close: () => pool.terminate(true),
    };
  };
}

function openPoolifier(poolName: string, worker: URL): Contender['open'] {
  return async (workers): Promise<OpenPool> => {
    type Pool = { execute(input: unknown, name: BodyName): Promise<unknown>; destroy(): Promise<void> };
    type PoolClass = new (workers: number, file: string, options: object) => Pool;
    const module = await loadPeer<Record<string, PoolClass>>('poolifier');
    const PoolOf = module[poolName] as PoolClass;
    const pool = new PoolOf(workers, fileURLToPath(worker), {});
    return {
      submit: (body, input) => pool.execute(input, body),
      map: undefined,
      close: () => pool.destroy(),
    };
  };
}

function openBthreads(): Contender['open'] {
  return async (size): Promise<OpenPool> => {
    type Pool = {
      open(): Promise<void>;
      call(name: string, args: unknown[]): Promise<unknown>;
      close(): Promise<unknown>;
    };
    const module = await loadPeer<{ default: { Pool: new (file: string, options: object) => Pool } }>(
      bthreads,
    );
    const pool = new module.default.Pool(fileURLToPath(new URL('./bthreads-worker.ts', import.meta.url)), {
      size,
    });
    await pool.open();
    return { submit: (body, input) => pool.call(body, [input]), map: undefined, close: () => pool.close() };
  };
}
