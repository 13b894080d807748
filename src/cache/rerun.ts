/**
 * Computing calls anew, each once: also those that other calls make while they are computed anew.
 */

import type { Digest } from '../codec/canonical/digester.ts';

/** What is computed anew, and which of it has been. */
export class Rerun {
  readonly #done = new Set<Digest>();

  /** Whether a call is still to be computed anew. */
  forces(key: Digest): boolean {
    return !this.#done.has(key);
  }

  /** A call was computed: from now on its new result counts. */
  computed(key: Digest): void {
    this.#done.add(key);
  }
}
