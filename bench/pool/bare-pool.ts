/**
 * Worker threads without any pool: a message a task, and one back. What Node itself costs.
 */

import { Worker } from 'node:worker_threads';
import type { Contender } from './contender.ts';

interface Answer {
  readonly id: number;
  readonly value: unknown;
}

/** Tasks go round the workers in turn, as many as come. */
export const barePool: Contender = {
  name: 'bare postMessage',
  side: 'bare',
  kind: 'threads',
  moves: true,
  open: async (count) => {
    const workers = Array.from(
      { length: count },
      () => new Worker(new URL('./bare-pool-worker.ts', import.meta.url)),
    );
    const waiting = new Map<number, (value: unknown) => void>();
    let next = 0;
    for (const worker of workers) {
      worker.on('message', ({ id, value }: Answer) => {
        const resolve = waiting.get(id);
        waiting.delete(id);
        resolve?.(value);
      });
    }
    return {
      submit: (body, input, moved = []) =>
        new Promise((resolve) => {
          const id = next++;
          waiting.set(id, resolve);
          workers[id % count]?.postMessage({ id, body, input }, [...moved]);
        }),
      map: undefined,
      close: () => Promise.all(workers.map((worker) => worker.terminate())),
    };
  },
};
