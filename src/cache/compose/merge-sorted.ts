/**
 * Several sorted streams as one that is sorted.
 */

/**
 * Merges streams. Of each, no more is taken than one item ahead; all are ended when it is left early.
 *
 * @param compare - as of `Array.prototype.sort`; of equal items, that of the earlier stream is first
 */
export async function* mergeSorted<T>(
  streams: readonly AsyncIterable<T>[],
  compare: (one: T, other: T) => number,
): AsyncGenerator<T, void, undefined> {
  const sources = streams.map((stream) => stream[Symbol.asyncIterator]());
  try {
    const heads = await Promise.all(sources.map((source) => source.next()));
    for (;;) {
      let least = -1;
      for (const [index, head] of heads.entries()) {
        if (head.done) continue;
        const best = heads[least];
        if (best === undefined || best.done || compare(head.value, best.value) < 0) least = index;
      }
      const next = heads[least];
      const source = sources[least];
      if (next === undefined || next.done || source === undefined) return;
      yield next.value;
      heads[least] = await source.next();
    }
  } finally {
    for (const source of sources) await source.return?.();
  }
}
