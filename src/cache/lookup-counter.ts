/**
 * Counts how often calls were found in a cache since it was opened, and how often not.
 */

/** How often calls were looked up: `computed` of them in vain. */
export interface Lookups {
  readonly computed: number;
  readonly retrieved: number;
  readonly attached: number;
}

type Kind = 'call' | 'graph';

export class LookupCounter {
  readonly #counts = { call: noLookups(), graph: noLookups() };

  /** @param entered - what came of it; `undefined` if it was computed */
  add(
    kind: Kind | undefined,
    entered: { readonly is: string; readonly how?: 'retrieved' | 'attached' } | undefined,
  ): void {
    if (entered?.is === 'unknown') return;
    this.#counts[kind ?? 'call'][entered?.how ?? 'computed']++;
  }

  of(kind: Kind): Lookups {
    return { ...this.#counts[kind] };
  }
}

function noLookups(): Record<keyof Lookups, number> {
  return { computed: 0, retrieved: 0, attached: 0 };
}
