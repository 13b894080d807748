/**
 * Sends what is shown in this worker to its host.
 *
 * What a call shows ends with the call, before its outcome is told. What was shown before all calls, by the module of
 * a task or by the state of the worker, goes on until the worker ends.
 */

import type { Relay } from '../../base/relay.ts';

export class HostRelay implements Relay {
  readonly #send: (data: unknown) => void;
  /** What is to be done when the running call is over. */
  #actions = new Set<() => void>();

  constructor(send: (data: unknown) => void) {
    this.#send = send;
  }

  send(data: unknown): void {
    this.#send(data);
  }

  whenOver(action: () => void): Disposable {
    const actions = this.#actions;
    // Its own object, so that the same function may be given twice.
    const entry = (): void => action();
    actions.add(entry);
    return { [Symbol.dispose]: () => void actions.delete(entry) };
  }

  /** A call is over. Asked after each, so it costs nothing if nothing was shown. */
  over(): void {
    const actions = this.#actions;
    if (actions.size === 0) return;
    // What one of them adds is done, too.
    for (const action of actions) {
      actions.delete(action);
      action();
    }
  }

  /** What is shown by now is no call's. */
  keep(): void {
    if (this.#actions.size > 0) this.#actions = new Set();
  }
}
