/**
 * `heddle trace`: makes a trace that Perfetto opens of a log of events.
 */

import type { Command } from 'commander';

/** Adds the command to the program. */
export function addTrace(program: Command): void {
  program
    .command('trace')
    .description('make a trace, to be opened in ui.perfetto.dev, of a log of events')
    .argument('<log>', 'a file that openEventLog of heddle/traces has written: run.jsonl, run.jsonl.gz')
    .argument('[trace]', 'the file to make; one that ends with .gz is compressed', 'trace.json')
    .addHelpText('after', '\nheddle trace run.jsonl.gz run.trace.json.gz')
    .action(async (log: string, path: string) => {
      const { openTrace, readEventLog } = await import('../../traces.ts');
      let events = 0;
      // Nobody is kept waiting: what the disk has not taken is waited for now and then, so that nothing is dropped.
      const trace = openTrace(path);
      for await (const event of readEventLog(log)) {
        trace.emit(event);
        if (++events % 10_000 === 0) await trace.drained();
      }
      await trace.close();
      process.stdout.write(`${path}: ${events} events; open it in https://ui.perfetto.dev\n`);
    });
}
