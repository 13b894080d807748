/**
 * What went wrong with remembering, told without changing what is computed.
 */

import { ClosedError } from '../base/errors.ts';
import { tellListener } from '../base/listener.ts';
import { RejectedError } from '../store/rejected-error.ts';
import { NotKeyed } from './call-key.ts';

/** Something could not be remembered, or what was remembered could not be read. The call is computed all the same. */
export interface CacheTrouble {
  /** What was attempted: `read a value`. */
  readonly what: string;
  /** One line: what was attempted, and why not. */
  readonly message: string;
  readonly cause: unknown;
}

/** Told of trouble; or `'warn'`, once for each message, or `'ignore'`. */
export type TroubleListener = 'warn' | 'ignore' | ((trouble: CacheTrouble) => void);

/** Gives the function that tells of trouble. */
export function troubleTeller(listener: TroubleListener): (what: string, cause: unknown) => void {
  if (listener === 'ignore') return () => undefined;
  const told = new Set<string>();
  return (what, cause) => {
    // A cache that keeps nothing, or not this, as it was told to: nobody need hear of it.
    if (cause instanceof RejectedError && cause.reason !== 'too-large') return;
    const message = `Cannot ${what}: ${reasonOf(cause)}`;
    if (listener !== 'warn') {
      const trouble = { what, message, cause: cause instanceof NotKeyed ? cause.cause : cause };
      // What it throws must not keep from going on what the trouble was with.
      tellListener(() => listener(trouble));
      return;
    }
    // One and the same for each of a million calls helps nobody; nor, of a cache that is closed, all that it does not do.
    const news = cause instanceof ClosedError ? cause.message : message;
    if (told.size >= mostWarnings || told.has(news)) return;
    told.add(news);
    process.emitWarning(message, { type: 'HeddleCacheWarning', code: 'HEDDLE_CACHE' });
  };
}

/** How many different warnings there are at most. Arbitrary. */
const mostWarnings = 100;

function reasonOf(cause: unknown): string {
  if (cause instanceof NotKeyed) return cause.reason;
  return cause instanceof Error ? cause.message : String(cause);
}
