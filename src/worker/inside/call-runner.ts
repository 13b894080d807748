/**
 * Runs the calls that come from the host, one after another, and answers each exactly once.
 */

import type { Packed } from '../../codec/pack.ts';
import type { FailureReason } from '../../task/outcome.ts';
import type { TaskCore } from '../../task/task-core.ts';
import type { Border } from '../border.ts';
import type { CallMessage, OutcomeMessage } from '../protocol.ts';
import { loadTask } from './load-task.ts';

export class CallRunner {
  readonly #border: Border;
  readonly #post: (message: OutcomeMessage) => void;
  /** The last call taken, so that the next one waits for it. Never rejects. */
  #last: Promise<void> = Promise.resolve();

  /** @param post - sends an answer; it throws if the answer cannot be cloned */
  constructor(border: Border, post: (message: OutcomeMessage) => void) {
    this.#border = border;
    this.#post = post;
  }

  take(message: CallMessage): void {
    this.#last = this.#last.then(() => this.#run(message));
  }

  async #run({ ticket, url, name, args }: CallMessage): Promise<void> {
    let core: TaskCore;
    let given: unknown[];
    try {
      core = await loadTask(url, name);
      given = this.#border.packer.unpack(args) as unknown[];
    } catch (error) {
      this.#fail(ticket, 'not-loadable', error);
      return;
    }
    let value: unknown;
    try {
      value = await core.fn(...(given as never[]));
    } catch (error) {
      this.#fail(ticket, 'threw', error);
      return;
    }
    try {
      this.#post({
        kind: 'outcome',
        ticket,
        reason: undefined,
        value: this.#border.packer.pack(value, 'result'),
      });
    } catch (error) {
      this.#fail(ticket, 'not-cloneable', this.#explained(name, value, error));
    }
  }

  #explained(name: string, value: unknown, cause: unknown): Error {
    const { message } =
      cause instanceof DOMException
        ? this.#border.packer.explain(value, 'result', undefined, cause)
        : (cause as Error);
    return new TypeError(`Cannot send the result of task '${name}' back to its host as ${message}`);
  }

  #fail(ticket: number, reason: FailureReason, error: unknown): void {
    try {
      this.#post({ kind: 'outcome', ticket, reason, value: this.#border.packer.pack(error, 'error') });
    } catch {
      this.#post({ kind: 'outcome', ticket, reason, value: this.#packText(error) });
    }
  }

  /** For what was thrown and cannot be cloned: a function, or an object with one in it. */
  #packText(error: unknown): Packed {
    let text = typeof error as string;
    try {
      text = String(error);
    } catch {
      // It has no text either: its type must do.
    }
    return this.#border.packer.pack(new Error(`a value that cannot be cloned was thrown: ${text}`), 'error');
  }
}
