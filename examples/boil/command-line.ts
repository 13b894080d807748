/**
 * The command line of boil.
 */

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { BoilError } from './boil-error.ts';

/** What was asked for. */
export interface Wanted {
  /** A section of `boil.ini`, or `list`. */
  readonly target: string;
  /** How many compilers may run at once, at least 1. */
  readonly jobs: number;
  /** Whether to write plain lines, whatever the terminal can do. */
  readonly isDumb: boolean;
  /** The folder of `boil.ini`. */
  readonly folder: string;
}

/** What `--help` prints. */
export const help: string = `usage: boil [-h] [-j N] [--dumb] [-C DIR] TARGET

Compiles software. What and how is in 'boil.ini'.

  TARGET      a target to build or a command to run; 'list' lists them
  -j N        how many compilers run at once (as many as there are cores)
  --dumb      print plain lines, without moving the cursor
  -C DIR      go to DIR first
  -h, --help  print this
`;

/**
 * Reads the command line.
 *
 * @returns `undefined` if help is wanted
 * @throws {BoilError} If it makes no sense.
 */
export function readCommandLine(args: readonly string[]): Wanted | undefined {
  const { values, positionals } = parse(args);
  if (values.help === true) return undefined;
  const [target, ...others] = positionals;
  if (target === undefined) throw usageError('a target must be named', "received none: 'list' lists them");
  if (others.length > 0)
    throw usageError('one target is built at a time', `received '${positionals.join("', '")}'`);
  const jobs = values.jobs === undefined ? availableParallelism() : Number(values.jobs);
  if (!/^\d+$/.test(values.jobs ?? '1') || !Number.isSafeInteger(jobs) || jobs < 1) {
    throw usageError("'-j' must be a whole number, at least 1", `received '${values.jobs}'`);
  }
  return { target, jobs, isDumb: values.dumb === true, folder: values.directory ?? '.' };
}

function usageError(reason: string, received: string): BoilError {
  return new BoilError(`Cannot read the command line as ${reason}: ${received}\n  boil --help says more`, {
    exitCode: 2,
  });
}

interface Parsed {
  readonly values: {
    readonly jobs?: string | undefined;
    readonly directory?: string | undefined;
    readonly dumb?: boolean | undefined;
    readonly help?: boolean | undefined;
  };
  readonly positionals: readonly string[];
}

function parse(args: readonly string[]): Parsed {
  try {
    return parseArgs({
      // The tutorial that boil comes from writes it with one dash.
      args: args.map((arg) => (arg === '-dumb' ? '--dumb' : arg)),
      allowPositionals: true,
      options: {
        jobs: { type: 'string', short: 'j' },
        directory: { type: 'string', short: 'C' },
        dumb: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const [reason = ''] = (error as Error).message.split('. ');
    throw new BoilError(`Cannot read the command line: ${reason}\n  boil --help says more`, { exitCode: 2 });
  }
}
