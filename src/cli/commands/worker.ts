/**
 * `heddle worker`: a worker for programs elsewhere: one that a program has started itself and reaches by standard streams,
 * or one of a queue, which takes the calls of any program.
 */

import type { Command } from 'commander';

interface WorkerOptions {
  readonly stdio?: boolean;
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

/** Adds the command to the program. */
export function addWorker(program: Command): void {
  program
    .command('worker')
    .description(
      'be a worker of a program, which starts this by the option command of openProcesses, or of a queue',
    )
    .option('--stdio', 'speak by stdin and stdout')
    .option('--queue <name>', 'take the calls of a queue, see openQueue')
    .option(
      '--connection <url>',
      'where Redis is; else what HEDDLE_CONNECTION says, which no list of processes shows',
    )
    .option('--threads <count>', 'run so many calls at once, in threads')
    .option('--processes <count>', 'run so many calls at once, in child processes')
    .option('--root <folder>', 'where the program with the tasks is, if not here')
    .option('--take-over-ms <ms>', 'after so long of silence others take over what this has begun')
    .option('--stop-ms <ms>', 'finish for so long what has begun, when told to end')
    .action(async (options: WorkerOptions, command: Command) => {
      if (options.queue !== undefined) {
        await workOnQueue(options.queue, options, command);
        return;
      }
      if (options.stdio !== true)
        command.error(
          'Cannot start a worker as it is not said how it is reached\n  heddle worker --stdio\n  heddle worker --queue NAME',
        );
      if (process.stdin.isTTY) {
        command.error(
          'Cannot start a worker as stdin is a terminal: received no program that it could work for\n' +
            "  openProcesses({ command: ['ssh', 'host', 'heddle', 'worker', '--stdio'] })",
        );
      }
      const { workOverStdio } = await import('../../worker.ts');
      process.exit(await workOverStdio());
    });
}

/** Serves a queue until it is told to end; told a second time, it leaves at once what it has begun to others. */
async function workOnQueue(queue: string, options: WorkerOptions, command: Command): Promise<void> {
  const { connection, threads, processes, root, takeOverMs, stopMs } = options;
  if (threads !== undefined && processes !== undefined)
    command.error('Cannot start a worker as its calls run in threads or in processes: received both');
  const count = processes ?? threads;
  const { openQueueWorker } = await import('../../cluster.ts');
  const worker = await openQueueWorker({
    queue,
    kind: processes === undefined ? 'threads' : 'processes',
    ...(connection === undefined ? {} : { connection }),
    ...(count === undefined ? {} : { threads: Number(count) }),
    ...(root === undefined ? {} : { root }),
    ...(takeOverMs === undefined ? {} : { takeOverMs: Number(takeOverMs) }),
    ...(stopMs === undefined ? {} : { stopMs: Number(stopMs) }),
  });
  process.stderr.write(
    `heddle worker ${worker.name} serves the queue '${queue}' with ${worker.threads} threads\n`,
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
  process.exit(0);
}
