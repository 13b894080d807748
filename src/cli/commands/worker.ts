/**
 * `heddle worker`: a worker for a program elsewhere, which has started this command itself, or has had it started.
 */

import type { Command } from 'commander';

interface WorkerOptions {
  readonly stdio?: boolean;
  readonly connect?: string;
  readonly secretFile?: string;
  readonly batch?: string;
  readonly job?: string;
}

/** Adds the command to the program. */
export function addWorker(program: Command): void {
  program
    .command('worker')
    .description(
      'be a worker of a program: by stdin and stdout, for the option command of openProcesses; or as a job of a cluster, for openSlurm',
    )
    .option('--stdio', 'speak by stdin and stdout')
    .option(
      '--connect <host:port>',
      'keep workers for the program that listens there; of several with commas, the first that answers',
    )
    .option('--secret-file <file>', 'where the secret is that the program and its jobs share')
    .option('--batch <number>', 'of which submission the job is')
    .option('--job <id>', 'what the scheduler calls the job')
    .action(async (options: WorkerOptions, command: Command) => {
      process.exit(
        options.connect === undefined ? await overStdio(options, command) : await asJob(options, command),
      );
    });
}

async function overStdio({ stdio = false }: WorkerOptions, command: Command): Promise<number> {
  if (!stdio)
    command.error('Cannot start a worker as it is not said how it is reached\n  heddle worker --stdio');
  if (process.stdin.isTTY) {
    command.error(
      'Cannot start a worker as stdin is a terminal: received no program that it could work for\n' +
        "  openProcesses({ command: ['ssh', 'host', 'heddle', 'worker', '--stdio'] })",
    );
  }
  const { workOverStdio } = await import('../../worker.ts');
  return await workOverStdio();
}

async function asJob(
  { stdio, connect = '', secretFile, batch = '0', job = '' }: WorkerOptions,
  command: Command,
): Promise<number> {
  if (stdio === true)
    command.error(
      "Cannot start a worker as it is said twice how it is reached: received '--stdio' and '--connect'",
    );
  if (secretFile === undefined) {
    command.error(
      "Cannot start a worker as it has no secret: received no '--secret-file'\n  jobs of openSlurm are started with all that they need",
    );
  }
  if (!/^\d{1,15}$/.test(batch))
    command.error(`Cannot start a worker as '--batch' must be a number: received '${batch}'`);
  const { workInJob } = await import('../../worker.ts');
  return await workInJob({ connect, secretFile, batch: Number(batch), job });
}
