/**
 * `heddle dashboard`: shows a log of events in a browser.
 *
 * - **Ctrl-C** ends it.
 */

import { type Command, InvalidArgumentError } from 'commander';

/** Adds the command to the program. */
export function addDashboard(program: Command): void {
  program
    .command('dashboard')
    .description('show a log of events in a browser, until Ctrl-C')
    .argument('<log>', 'a file that openEventLog of heddle/traces has written: run.jsonl, run.jsonl.gz')
    .option('-p, --port <port>', 'the port to listen on; any that is free', portOf, 0)
    .addHelpText('after', '\nheddle dashboard run.jsonl.gz --port 8787')
    .action(async (log: string, { port }: { readonly port: number }) => {
      const { openDashboard } = await import('../../dashboard.ts');
      const { readEventLog } = await import('../../traces.ts');
      const stopped = Promise.withResolvers<void>();
      process.once('SIGINT', stopped.resolve);
      process.once('SIGTERM', stopped.resolve);
      let url = '';
      const dashboard = await openDashboard({ port, onOpen: (at) => (url = at) });
      try {
        for await (const event of readEventLog(log)) dashboard.emit(event);
        process.stdout.write(`${url}\n`);
        await stopped.promise;
      } finally {
        await dashboard.close();
      }
    });
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65_536) return port;
  throw new InvalidArgumentError('It must be a number from 0 to 65535.');
}
