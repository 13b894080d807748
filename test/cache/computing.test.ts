/** Who waits for whom. */

import { expect, test } from 'vitest';
import { Computing } from '../../src/cache/computing.ts';
import type { Digest } from '../../src/codec/canonical/digester.ts';

const [a, b, c] = ['a', 'b', 'c'] as Digest[] as [Digest, Digest, Digest];

test('a call waits for itself, for what made it, and for what that waits for', () => {
  const outer = new Computing(a, undefined);
  const inner = new Computing(b, outer);
  expect(new Computing(a, inner).isWaitedForBy(outer)).toBe(true);
  expect(new Computing(b, inner).isWaitedForBy(inner)).toBe(true);
  const other = new Computing(c, undefined);
  const asking = new Computing(a, other);
  expect(asking.isWaitedForBy(outer)).toBe(false);
  // From now on `other` waits for `outer`; so `outer` must not wait for it.
  expect(new Computing(c, inner).isWaitedForBy(other)).toBe(true);
  asking.end();
  expect(new Computing(c, inner).isWaitedForBy(other)).toBe(false);
});

test('equal calls are counted through others between them', () => {
  let call = new Computing(a, undefined);
  for (const count of [1, 2, 3]) {
    call = new Computing(a, new Computing(b, call));
    expect(call.countRepeated()).toBe(count);
  }
});

test('a call that has settled holds nothing, and is held by nothing that is made later', () => {
  const outer = new Computing(a, undefined);
  const inner = new Computing(b, outer);
  inner.end();
  expect(new Computing(c, inner).before).toBe(outer);
  outer.end();
  expect(new Computing(c, inner).before).toBeUndefined();
});
