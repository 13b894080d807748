/**
 * How many threads this process may use at once, unless its program says otherwise: `HEDDLE_MAX_THREADS`, else as many as it
 * may use cores, by the operating system and by its control groups.
 */

import { cgroupCores, type ReadText } from './cgroup-cores.ts';

/**
 * Tells how many threads this process may use.
 *
 * @throws {RangeError} If `HEDDLE_MAX_THREADS` is set, and not to a positive integer.
 */
export function usableThreads(): number {
  const { env, platform } = process;
  const told = threadsOfText(env['HEDDLE_MAX_THREADS']);
  if (told !== undefined) return told;
  const cores = process.getBuiltinModule('node:os').availableParallelism();
  return Math.min(cores, (platform === 'linux' ? cgroupCores(readText) : undefined) ?? cores);
}

/**
 * Reads a number of threads. White space around it does not count, and nothing else is nothing.
 *
 * @throws {RangeError} If it is not a positive integer.
 */
export function threadsOfText(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return undefined;
  const threads = /^\d+$/.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (Number.isSafeInteger(threads) && threads > 0) return threads;
  throw new RangeError(
    `Cannot count the threads of this process as HEDDLE_MAX_THREADS must be a positive integer: received '${text}'`,
  );
}

const readText: ReadText = (path) => {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};
