/**
 * `heddle worker`: a worker for a program elsewhere, which has started this command itself, or has had it started; or for any
 * program that sends calls to a queue.
 */

import type { Command } from 'commander';
import { addQueueOptions, type QueueWorkerCommandOptions, workOnQueue } from './worker-queue.ts';

interface WorkerOptions extends QueueWorkerCommandOptions {
  readonly stdio?: boolean;
  readonly connect?: string;
  readonly secretFile?: string;
  readonly batch?: string;
  readonly job?: string;
  readonly grace?: string;
}

/** Adds the command to the program. */
export function addWorker(program: Command): void {
  const command = program
    .command('worker')
    .description(
      'be a worker of a program: by stdin and stdout, for the option command of openProcesses; as a job of a cluster, for openSlurm; or of a queue, for openQueue',
    )
    .option('--stdio', 'speak by stdin and stdout')
    .option(
      '--connect <host:port>',
      'keep workers for the program that listens there; of several with commas, the first that answers',
    )
    .option('--secret-file <file>', 'where the secret is that the program and its jobs share')
    .option('--batch <number>', 'of which submission the job is')
    .option('--job <id>', 'what the scheduler calls the job')
    .option('--grace <ms>', 'how long the program is looked for, in milliseconds')
    .action(async (options: WorkerOptions) => {
      if (options.queue !== undefined) process.exit(await workOnQueue(options.queue, options, command));
      process.exit(
        options.connect === undefined ? await overStdio(options, command) : await asJob(options, command),
      );
    });
  addQueueOptions(command);
}

async function overStdio({ stdio = false }: WorkerOptions, command: Command): Promise<number> {
  if (!stdio)
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
  return await workOverStdio();
}

async function asJob(options: WorkerOptions, command: Command): Promise<number> {
  const { stdio, connect = '', secretFile, job = '' } = options;
  if (stdio === true) {
    command.error(
      "Cannot start a worker as it is said twice how it is reached: received '--stdio' and '--connect'",
    );
  }
  if (secretFile === undefined) {
    command.error(
      "Cannot start a worker as it has no secret: received no '--secret-file'\n  jobs of openSlurm are started with all that they need",
    );
  }
  const numberOf = (option: 'batch' | 'grace'): number | undefined => {
    const text = options[option];
    if (text === undefined) return undefined;
    if (!/^\d{1,15}$/.test(text))
      command.error(`Cannot start a worker as '--${option}' must be a number: received '${text}'`);
    return Number(text);
  };
  const [batch = 0, graceMs] = [numberOf('batch'), numberOf('grace')];
  const { workInJob } = await import('../../worker.ts');
  return await workInJob({ connect, secretFile, batch, job, ...(graceMs === undefined ? {} : { graceMs }) });
}
