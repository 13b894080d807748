/**
 * The benchmark: `npm run bench [-- section…] [--json] [--quick]`.
 *
 * Prints, for each section, medians over fresh processes with their targets beside them, and what the figures were
 * measured on. Promises that a missed target fails nothing: it ends with 1 only if measuring itself went wrong. Runs
 * on the built `dist/`, as users do.
 */

import { parseArgs } from 'node:util';
import { figureTable } from './figure-table.ts';
import { describeMachine, machineText } from './machine.ts';
import { measureSection } from './measure-section.ts';
import { installPeers } from './peers/load-peer.ts';
import { chooseSections, sectionList } from './section-list.ts';

const usage = `Usage: npm run bench [-- section…] [--json] [--quick]

Sections: ${Object.keys(sectionList).join(', ')}; all but those of pools unless named.
Group: pool, against the pools of others, which are installed into bench/peers on first use.

  --json   one line of JSON each: first the machine, then the figures
  --quick  one process a section, smaller graphs: to see that it runs, not to quote
`;

process.exitCode = await bench();

async function bench(): Promise<number> {
  const { values, positionals } = readArguments();
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { json, quick } = values;
  const chosen = chooseSections(positionals);
  const unknown = chosen.find(({ sections }) => sections === undefined)?.name;
  if (unknown !== undefined) {
    process.stderr.write(
      `Cannot measure a section as there is none of that name: received '${unknown}'\n${usage}`,
    );
    return 2;
  }
  const names = chosen.flatMap(({ sections }) => sections ?? []);
  if (names.some((name) => sectionList[name]?.group !== undefined)) await installOrTell();
  const machine = describeMachine();
  const write = (text: string): boolean => process.stdout.write(`${text}\n`);
  write(json ? JSON.stringify({ kind: 'machine', quick, ...machine }) : machineText(machine));
  let failures = 0;
  let met = 0;
  let withTarget = 0;
  for (const name of names) {
    const entry = sectionList[name];
    if (entry === undefined) continue;
    try {
      const figures = await measureSection(name, quick ? 1 : entry.processes, quick);
      if (json) for (const figure of figures) write(JSON.stringify({ kind: 'figure', ...figure }));
      else write(`\n${entry.title} (${name})\n${figureTable(figures)}`);
      met += figures.filter((figure) => figure.met === true).length;
      withTarget += figures.filter((figure) => figure.met !== undefined).length;
    } catch (error) {
      failures++;
      process.stderr.write(
        `Cannot measure section '${name}' as its process failed: received ${String(error)}\n`,
      );
    }
  }
  if (!json) write(`\n${met} of ${withTarget} targets met${quick ? ' (quick: not to quote)' : ''}`);
  return failures === 0 ? 0 : 1;
}

/** Without a network heddle is still measured against bare messages and the floor. */
async function installOrTell(): Promise<void> {
  try {
    await installPeers();
  } catch (error) {
    process.stderr.write(
      `Cannot install the peers of the benchmark as npm failed: received ${String(error)}\n`,
    );
  }
}

function readArguments(): {
  readonly values: { readonly json: boolean; readonly quick: boolean; readonly help: boolean };
  readonly positionals: string[];
} {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({
      allowPositionals: true,
      options: { json: flag, quick: flag, help: { ...flag, short: 'h' } },
    });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(2);
  }
}
