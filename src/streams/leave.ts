/**
 * Telling the beginning of a stream that nobody will read it any more.
 *
 * An iterator that is left says that one reader goes; others may stay. Where a stream is joined to a sink for good, as by
 * `patch`, its end is the end of the source too, and whoever still pushes into that has to hear of it.
 */

import type { Ending } from './writer.ts';

/** A source that can be told. */
export abstract class Leavable {
  /**
   * Tells the beginning that nobody will pull any more: a queue is flushed or, with an error, emptied and failed. Iterators
   * that are left do not do so, since others may pull.
   */
  abstract leave(ending?: Ending): void;
}

/** Tells a source, if it is one of ours: elsewhere, a method of the same name may mean anything. */
export function leaveSource(source: unknown, ending: Ending): void {
  if (source instanceof Leavable) source.leave(ending);
}
