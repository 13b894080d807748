/** The version that is found is the one that a plain search through all of them finds. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Content } from '../../../src/artifacts/track/artifact-content.ts';
import { type ArtifactEntry, newEntry } from '../../../src/artifacts/track/artifact-entry.ts';
import { findVersion, type VersionQuery } from '../../../src/artifacts/track/version-query.ts';
import { isHeddleError } from '../../../src/base/errors.ts';

const startMs = Date.parse('2026-03-01T12:00:00Z');
const at = (second: number): number => startMs + 1000 * second;

interface Plan {
  readonly name: string;
  readonly made: number;
  readonly lasts: number | undefined;
}

function entriesOf(plans: readonly Plan[]): readonly ArtifactEntry[] {
  const counts = new Map<string, number>();
  return plans.map(({ name, made, lasts }) => {
    const version = counts.get(name) ?? 0;
    counts.set(name, version + 1);
    const expiryMs = lasts === undefined ? undefined : at(made + lasts);
    return newEntry({
      name,
      fname: `${version}`,
      handler: 'json',
      version,
      createdMs: at(made),
      expiryMs,
      noted: {},
      content: new Content(),
    });
  });
}

/** Looks at each version, and keeps the best: the latest made, and of one second the one that was logged last. */
function plainly(
  entries: readonly ArtifactEntry[],
  name: string,
  query: VersionQuery,
  nowMs: number,
): ArtifactEntry | undefined {
  let best: ArtifactEntry | undefined;
  for (const entry of entries) {
    if (entry.name !== name) continue;
    if (query.version !== undefined) {
      if (entry.version === query.version) return entry;
    } else if (query.exact !== undefined) {
      if (entry.createdMs === (query.exact as Date).getTime()) return entry;
    } else {
      const then = query.asOf === undefined ? nowMs : (query.asOf as Date).getTime();
      if (query.asOf !== undefined && entry.createdMs > then) continue;
      if (entry.expiryMs !== undefined && entry.expiryMs <= then) continue;
      if (best === undefined || entry.createdMs >= best.createdMs) best = entry;
    }
  }
  return best;
}

/** What is found, or the code of the error. */
function foundBy(find: () => ArtifactEntry): ArtifactEntry | string {
  try {
    return find();
  } catch (error) {
    return isHeddleError(error) ? error.code : String(error);
  }
}

test('findVersion() finds what a plain search finds', () => {
  const plan = fc.record({
    name: fc.constantFrom('a', 'b'),
    made: fc.nat(6),
    lasts: fc.option(fc.nat(4), { nil: undefined }),
  });
  const query = fc.oneof(
    fc.constant({}),
    fc.nat(5).map((version) => ({ version })),
    fc.nat(7).map((second) => ({ exact: new Date(at(second)) })),
    fc.nat(9).map((second) => ({ asOf: new Date(at(second)) })),
  );
  fc.assert(
    fc.property(fc.array(plan, { maxLength: 12 }), query, fc.nat(9), (plans, wanted, now) => {
      const entries = entriesOf(plans);
      const none = plans.some(({ name }) => name === 'a')
        ? 'HEDDLE_VERSION_NOT_FOUND'
        : 'HEDDLE_ARTIFACT_NOT_LOADED';
      expect(foundBy(() => findVersion(entries, 'a', wanted, at(now)))).toBe(
        plainly(entries, 'a', wanted, at(now)) ?? none,
      );
    }),
    { numRuns: 1000 },
  );
});
