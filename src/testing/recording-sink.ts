/**
 * A sink that remembers all events, for tests that ask what happened in a run.
 */

import type { Event, Sink } from '../events/event.ts';

/** The events of one kind. */
type EventOf<Kind extends Event['kind']> = Extract<Event, { readonly kind: Kind }>;

/**
 * Remembers the events of all runs that it listens to, in order.
 *
 * @example
 * ```ts
 * import { run, task } from 'heddle';
 * import { RecordingSink } from 'heddle/testing';
 * const sink = new RecordingSink();
 * await run(task(() => 42, { name: 'answer' })(), { sinks: sink });
 * assert.deepEqual(sink.of('call-started').map((event) => event.task), ['answer']);
 * ```
 */
export class RecordingSink implements Sink {
  readonly #events: Event[] = [];
  readonly #watchers = new Set<{
    readonly matches: (event: Event) => boolean;
    readonly tell: (event: Event) => void;
  }>();

  /** All events so far. */
  get events(): readonly Event[] {
    return this.#events;
  }

  emit(event: Event): void {
    this.#events.push(event);
    for (const watcher of this.#watchers) {
      if (!watcher.matches(event)) continue;
      this.#watchers.delete(watcher);
      watcher.tell(event);
    }
  }

  /** The events of one kind so far. */
  of<Kind extends Event['kind']>(kind: Kind): readonly EventOf<Kind>[] {
    return this.#events.filter((event): event is EventOf<Kind> => event.kind === kind);
  }

  /** Names of the tasks whose calls were started, in order; heddle's own are left out. */
  started(): readonly string[] {
    return this.of('call-started').flatMap(({ task, builtin }) => (builtin ? [] : [task]));
  }

  /** Waits for an event, unless it is there already. */
  when(matches: (event: Event) => boolean): Promise<Event> {
    const found = this.#events.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => this.#watchers.add({ matches, tell: resolve }));
  }
}
