/**
 * Those who listen to the events of one run.
 *
 * A sink must not throw; one that does is dropped, and the run goes on.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { isPromiseLike } from '../base/promise-like.ts';
import type { Event, Sink } from '../events/event.ts';

/**
 * The channel of `node:diagnostics_channel` on which all runs that begin while somebody has subscribed tell their events: for
 * tools that are not handed to each run.
 */
export const eventChannel = 'heddle:event';

export class Listeners {
  readonly #sinks: Set<Sink>;

  constructor(sinks: readonly Sink[]) {
    this.#sinks = new Set(sinks);
  }

  tell(event: Event): void {
    for (const sink of this.#sinks) {
      const drop = (): void => {
        this.#sinks.delete(sink);
      };
      try {
        const result: unknown = sink.emit(event);
        if (isPromiseLike(result)) Promise.resolve(result).catch(drop);
      } catch {
        drop();
      }
    }
  }
}

/** @throws {TypeError} If one of them is no sink. */
export function checkSinks(sinks: Sink | readonly Sink[], verb: string): void {
  for (const sink of Array.isArray(sinks) ? sinks : [sinks]) {
    if (typeof (sink as Partial<Sink> | null)?.emit === 'function') continue;
    throw new TypeError(
      `Cannot ${verb} as each of 'sinks' must have a method 'emit': received ${inspectShort(sink)}`,
    );
  }
}

/** Those who are given, and who listens on the channel. */
export function listOfSinks(sinks: Sink | readonly Sink[]): readonly Sink[] {
  const given = 'emit' in sinks ? [sinks] : sinks;
  const { channel } = process.getBuiltinModule('node:diagnostics_channel');
  const events = channel(eventChannel);
  return events.hasSubscribers ? [...given, { emit: (event) => events.publish(event) }] : given;
}
