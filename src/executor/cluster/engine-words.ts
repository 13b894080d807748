/**
 * What the engines that drive commands have in common: reading what a command said, and turning its failure into ours.
 */

import { EngineError } from './engine.ts';
import { quoted } from './job-script.ts';

/**
 * What is thrown for a command that failed.
 *
 * @param verb - what was attempted: `submit jobs to SLURM`
 * @param passing - what it says if the same may go well later
 */
export function engineError(verb: string, error: unknown, passing: RegExp): EngineError {
  const { message } = error as Error;
  return new EngineError(`Cannot ${verb} as ${message}`, { cause: error, isPassing: passing.test(message) });
}

/** A list in parts, since the words of a command have a largest length. */
export function* slices<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}

/** As `hours:minutes:seconds`. */
export function hoursText(seconds: number): string {
  const s = Math.ceil(seconds);
  return [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** Has a script write what it prints to a file by itself, where a scheduler would keep it until the job has ended. */
export function printingTo(logs: string, id: string, script: string): string {
  const [first = '', ...rest] = script.split('\n');
  return [first, `exec >>${quoted(logs)}/"${id}".out 2>&1`, ...rest].join('\n');
}
