/**
 * `heddle graph`: draws what a module exports, without running it.
 */

import { type Command, InvalidArgumentError } from 'commander';
import { targetOf } from '../target.ts';

const formats = ['mermaid', 'dot', 'svg'] as const;

interface GraphFlags {
  readonly format: (typeof formats)[number];
}

/** Adds the command to the program. */
export function addGraph(program: Command): void {
  program
    .command('graph')
    .description('draw the graph of what a module exports, without running it')
    .argument('<what>', 'a delayed value, a task or a function: ./report.ts#report')
    .argument(
      '[args...]',
      'for a task or a function, each as JSON or as a word; behind -- if one begins with -',
    )
    .option('-f, --format <format>', `one of ${formats.join(', ')}`, formatOf, 'mermaid')
    .addHelpText('after', '\nheddle graph ./report.ts#report --format svg > report.svg')
    .action(async (what: string, args: readonly string[], { format }: GraphFlags) => {
      const { drawGraph } = await import('../../index.ts');
      const text = drawGraph(await targetOf(what, args), { format });
      process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    });
}

function formatOf(text: string): GraphFlags['format'] {
  const found = formats.find((format) => format === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`It must be one of ${formats.join(', ')}.`);
}
