/**
 * `heddle report`: makes one HTML file, with all that a dashboard shows, of a log of events.
 */

import type { Command } from 'commander';

/** Adds the command to the program. */
export function addReport(program: Command): void {
  program
    .command('report')
    .description('make a report, one HTML file, of a log of events')
    .argument('<log>', 'a file that openEventLog of heddle/traces has written: run.jsonl, run.jsonl.gz')
    .argument('[report]', 'the file to make', 'report.html')
    .option('--title <text>', "the report's title; the name of the log")
    .addHelpText('after', '\nheddle report run.jsonl.gz run.html')
    .action(async (log: string, path: string, { title = log }: { readonly title?: string }) => {
      const { openReport } = await import('../../dashboard.ts');
      const { readEventLog } = await import('../../traces.ts');
      let events = 0;
      const report = openReport(path, { title });
      for await (const event of readEventLog(log)) {
        report.emit(event);
        events++;
      }
      await report.close();
      process.stdout.write(`${path}: ${events} events\n`);
    });
}
