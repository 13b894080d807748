/**
 * One section over several fresh processes: their medians.
 *
 * A process compiles the same code differently from run to run, and one that ran for long is not what a user
 * starts: so a section is measured in several, one after another.
 */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Figure, FigureSummary } from './figure.ts';
import { median } from './median.ts';

const program = fileURLToPath(new URL('./section-process.ts', import.meta.url));

/** Arbitrary: far above what any section takes on a slow machine. */
const timeoutMs = 1_200_000;

/**
 * Measures a section.
 *
 * @param processes - how many to take the median of, at least 1
 * @throws {Error} If a process fails, with what it wrote to standard error.
 */
export async function measureSection(
  section: string,
  processes: number,
  quick: boolean,
): Promise<FigureSummary[]> {
  const byName = new Map<string, Figure[]>();
  for (let process = 0; process < processes; process++) {
    for (const figure of await measureOnce(section, JSON.stringify({ quick, process }))) {
      byName.set(figure.name, [...(byName.get(figure.name) ?? []), figure]);
    }
  }
  return [...byName.values()].map((figures) => summaryOf(section, figures));
}

async function measureOnce(section: string, settings: string): Promise<Figure[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', program, section, settings],
    { timeout: timeoutMs },
  );
  return JSON.parse(stdout) as Figure[];
}

function summaryOf(section: string, figures: readonly Figure[]): FigureSummary {
  const [first] = figures as readonly [Figure, ...Figure[]];
  const values = figures.map((figure) => figure.value);
  const value = median(values);
  return {
    section,
    ...first,
    value,
    range: [Math.min(...values), Math.max(...values)],
    processes: figures.length,
    ...metOf(first, value),
  };
}

function metOf({ atMost, atLeast }: Figure, value: number): Pick<FigureSummary, 'met'> {
  if (atMost !== undefined) return { met: value <= atMost };
  return atLeast === undefined ? {} : { met: value >= atLeast };
}
