/**
 * `heddle worker`: a worker for a program elsewhere, which has started this command itself.
 */

import type { Command } from 'commander';

/** Adds the command to the program. */
export function addWorker(program: Command): void {
  program
    .command('worker')
    .description('be a worker of a program, which starts this by the option command of openProcesses')
    .option('--stdio', 'speak by stdin and stdout')
    .action(async ({ stdio = false }: { readonly stdio?: boolean }, command: Command) => {
      if (!stdio)
        command.error('Cannot start a worker as it is not said how it is reached\n  heddle worker --stdio');
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
