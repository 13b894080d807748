/**
 * Contenders against each other, each in a fresh process, in rounds: what else the machine does while we measure falls
 * on all of them alike, and none runs on code that another has warmed up.
 */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from '../median.ts';
import type { Contender } from './contender.ts';
import type { Measures } from './pool-case.ts';

const program = fileURLToPath(new URL('./contender-process.ts', import.meta.url));

/** Arbitrary: far above what a case takes. A contender that hangs is left out. */
const timeoutMs = 120_000;

/** What a contender was measured at. */
export interface Standing {
  readonly contender: Contender;
  /** Medians over the rounds. */
  readonly measures: Measures;
}

/**
 * Puts contenders through a case.
 *
 * A contender that fails is told on standard error, and left out.
 */
export async function inRounds(
  caseName: string,
  contenders: readonly Contender[],
  { rounds, quick }: { readonly rounds: number; readonly quick: boolean },
): Promise<Standing[]> {
  const results = new Map<Contender, Measures[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [contender, measures] of results) {
      try {
        measures.push(await measureOnce(caseName, contender, quick));
      } catch (error) {
        results.delete(contender);
        process.stderr.write(
          `Cannot measure '${contender.name}' as its process failed: received ${String(error)}\n`,
        );
      }
    }
  }
  return [...results].map(([contender, measures]) => ({ contender, measures: medians(measures) }));
}

async function measureOnce(caseName: string, { name }: Contender, quick: boolean): Promise<Measures> {
  const args = ['--expose-gc', program, caseName, name, ...(quick ? ['quick'] : [])];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Measures;
}

function medians(rounds: readonly Measures[]): Measures {
  const names = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, median(rounds.map((measures) => measures[name] as number))]),
  );
}
