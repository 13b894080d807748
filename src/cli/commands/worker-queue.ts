/**
 * `heddle worker --queue`: a worker of a queue.
 */

import type { Command } from 'commander';

export interface QueueWorkerCommandOptions {
  readonly stdio?: boolean;
  readonly connect?: string;
  readonly queue?: string;
  readonly connection?: string;
  readonly threads?: string;
  readonly processes?: string;
  readonly root?: string;
  readonly takeOverMs?: string;
  readonly stopMs?: string;
}

/** What ends it in good order. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Adds the options to the command. */
export function addQueueOptions(command: Command): void {
  command
    .option('--queue <name>', 'take the calls of a queue')
    .option(
      '--connection <url>',
      'where its Redis is; else what HEDDLE_CONNECTION says, which no list of processes shows',
    )
    .option('--threads <count>', 'run so many calls of the queue at once, in threads')
    .option('--processes <count>', 'run so many calls of the queue at once, in child processes')
    .option('--root <folder>', 'where the program with the tasks is, if not here')
    .option('--take-over-ms <ms>', 'after so long of silence others take over what this has begun')
    .option('--stop-ms <ms>', 'finish for so long what has begun, when told to end');
}

/**
 * Serves a queue until it is told to end; told a second time, it leaves at once to others what it has begun.
 *
 * @returns the exit code
 */
export async function workOnQueue(
  queue: string,
  options: QueueWorkerCommandOptions,
  command: Command,
): Promise<number> {
  const { stdio, connect, connection, threads, processes, root } = options;
  if (stdio === true || connect !== undefined) {
    command.error(
      `Cannot start a worker as it is said twice how it is reached: received '${stdio === true ? '--stdio' : '--connect'}' and '--queue'`,
    );
  }
  if (threads !== undefined && processes !== undefined)
    command.error('Cannot start a worker as its calls run in threads or in processes: received both');
  const numberOf = (option: 'threads' | 'processes' | 'takeOverMs' | 'stopMs'): number | undefined => {
    const text = options[option];
    if (text === undefined) return undefined;
    if (!/^\d{1,15}$/.test(text)) {
      const flag = option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      command.error(`Cannot start a worker as '--${flag}' must be a number: received '${text}'`);
    }
    return Number(text);
  };
  const count = numberOf('processes') ?? numberOf('threads');
  const [takeOver, stop] = [numberOf('takeOverMs'), numberOf('stopMs')];
  const { openQueueWorker } = await import('../../cluster.ts');
  const worker = await openQueueWorker({
    queue,
    kind: processes === undefined ? 'threads' : 'processes',
    ...(connection === undefined ? {} : { connection }),
    ...(count === undefined ? {} : { threads: count }),
    ...(root === undefined ? {} : { root }),
    ...(takeOver === undefined ? {} : { takeOverMs: takeOver }),
    ...(stop === undefined ? {} : { stopMs: stop }),
  });
  process.stderr.write(
    `heddle worker ${worker.name} serves the queue '${queue}' with ${worker.threads} ${processes === undefined ? 'threads' : 'processes'}\n`,
  );
  let isEnding = false;
  await new Promise<void>((resolve) => {
    for (const name of endingSignals) {
      process.on(name, () => {
        if (isEnding) process.exit(1);
        isEnding = true;
        resolve();
      });
    }
  });
  await worker.dispose();
  return 0;
}
