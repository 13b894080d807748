/**
 * What a cadet may be told: when it is defined, and before it starts.
 */

import { checkThreads } from '../../allocation/hold-threads.ts';
import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import { type ArtifactSourceLike, sourceOf } from '../source.ts';

/** How a cadet's result is logged. */
export interface CadetLogOptions {
  readonly handler: string;
  /** Only there if `logOverwrite` is set. */
  readonly overwrite?: true;
}

/** Takes what a cadet gives: an experiment does, or a repository. */
export interface ArtifactLog {
  logArtifact(name: string, value: unknown, options: CadetLogOptions): unknown;
  /** Throws what `logArtifact` would throw whatever the value. Asked before anything is computed. @defaultValue nothing is asked */
  checkArtifact?(name: string, options: CadetLogOptions): void;
}

/** Options of one call of a cadet. */
export interface CadetThreadOptions {
  /**
   * Where artifacts come from that arguments name.
   *
   * @defaultValue that of the cadet; without one, no text is the name of an artifact
   */
  readonly source?: ArtifactSourceLike | undefined;
  /**
   * How many threads it takes of those that there are, while it runs; an integer, at least 1.
   *
   * @defaultValue that of the cadet
   */
  readonly threads?: number | undefined;
  /**
   * Gives it up. It then fails with the signal's reason, and has given its threads back; where it runs,
   * `currentCall().signal` tells. A function that runs in this process cannot be ended, and goes on if it does not listen.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * What it gives is logged there as an artifact, before it has its result. Saving is left to whoever has opened it. What
   * can be refused without the result is refused when it is started; if logging fails later, it fails with a `CadetLogError`,
   * which has the result.
   */
  readonly logTo?: ArtifactLog | undefined;
  /** Under which name that is. @defaultValue the name of the cadet */
  readonly logAs?: string | undefined;
  /** By which handler. @defaultValue `'json'` */
  readonly logHandler?: string | undefined;
  /** Whether it takes the place of an artifact of that name in an experiment. @defaultValue `false`: that is an error */
  readonly logOverwrite?: boolean | undefined;
}

/** Options of a cadet. */
export interface CadetOptions extends Omit<CadetThreadOptions, 'signal'> {
  /** Its name, for displays and messages. @defaultValue its key in the `tasks` block, or the name of the function */
  readonly name?: string | undefined;
  /**
   * The longest that it may run, in milliseconds; neither waiting nor loading artifacts is counted. It is then given up on, as
   * by a signal.
   *
   * @defaultValue none
   */
  readonly timeoutMs?: number | undefined;
}

const threadNames = ['source', 'threads', 'signal', 'logTo', 'logAs', 'logHandler', 'logOverwrite'];
const names = [...threadNames.filter((name) => name !== 'signal'), 'name', 'timeoutMs'];

/** @throws {TypeError | RangeError} If an option makes no sense, or there is none of that name. */
export function checkCadetOptions(options: CadetOptions): void {
  const doing = 'define a cadet';
  refuseUnknownOptions(options, names, doing);
  check(options, doing);
}

/** @throws {TypeError | RangeError} If an option makes no sense, or there is none of that name. */
export function checkThreadOptions(options: CadetThreadOptions, cadet: string): void {
  const doing = `set options of cadet '${cadet}'`;
  refuseUnknownOptions(options, threadNames, doing);
  check(options, doing);
}

function check(options: CadetThreadOptions, doing: string): void {
  const { source, threads, signal, logTo, logAs, logHandler, logOverwrite } = options;
  if (threads !== undefined) checkThreads(threads, doing);
  // An experiment that was looked for and is not there: without it, names would stay names, and nobody would know.
  if (Object.hasOwn(options, 'source')) sourceOf(source as ArtifactSourceLike, doing);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(
      `Cannot ${doing} as 'signal' must be an AbortSignal: received ${inspectShort(signal)}`,
    );
  }
  if (logTo !== undefined && typeof (logTo as Partial<ArtifactLog> | null)?.logArtifact !== 'function') {
    throw new TypeError(
      `Cannot ${doing} as 'logTo' must have a method 'logArtifact': received ${inspectShort(logTo)}`,
    );
  }
  if (logOverwrite !== undefined && typeof logOverwrite !== 'boolean') {
    throw new TypeError(
      `Cannot ${doing} as 'logOverwrite' must be true or false: received ${inspectShort(logOverwrite)}`,
    );
  }
  for (const [name, text] of Object.entries({ logAs, logHandler })) {
    if (text === undefined || (typeof text === 'string' && text !== '')) continue;
    throw new TypeError(
      `Cannot ${doing} as '${name}' must be a string, not empty: received ${inspectShort(text)}`,
    );
  }
}
