/** Several displays on one terminal. */

import { describe, expect, test } from 'vitest';
import { span } from '../../src/observe/line.ts';
import type { RegionLook } from '../../src/terminal/live-region.ts';
import { painter } from '../../src/terminal/paint.ts';
import { openShare } from '../../src/terminal/shared-region.ts';
import type { Surface } from '../../src/terminal/surface.ts';
import { isWatched } from '../../src/terminal/write-watch.ts';
import { FakeTerminal } from '../fixtures/terminal/fake-terminal.ts';
import { screenOf } from '../fixtures/terminal/screen.ts';

const look: RegionLook = {
  paint: painter({ colours: false, unicode: true }),
  measure: (text) => text.length,
  ellipsis: '…',
};

function shared(rows: number, count: number) {
  const stream = new FakeTerminal({ rows: rows + 2 });
  const shares = Array.from({ length: count }, () => openShare(stream, look)).filter(
    (share) => share !== undefined,
  );
  return { stream, shares, screen: () => screenOf(stream.output) };
}

function lines(name: string, count: number) {
  return Array.from({ length: count }, (_, index) => [span(`${name}${index}`)]);
}

function names(screen: readonly string[]): string {
  return screen.map((line) => line[0]).join('');
}

describe('openShare()', () => {
  test('stacks shares in order of opening, and puts finished lines above all', () => {
    const { shares, screen } = shared(10, 2);
    shares[1]?.draw([], lines('b', 2));
    shares[0]?.draw([], lines('a', 1));
    shares[1]?.draw(lines('f', 1), lines('b', 3));
    expect(names(screen())).toBe('fabbb');
  });

  test('gives back the terminal with the last share, and takes it again', () => {
    const { stream, shares, screen } = shared(10, 2);
    for (const share of shares) share.draw([], lines('a', 1));
    shares[0]?.end(lines('f', 1));
    expect([names(screen()), isWatched(stream)]).toEqual(['fa', true]);
    // What comes after the end, or a second end, changes nothing.
    shares[0]?.draw([], lines('x', 1));
    shares[0]?.end(lines('x', 1));
    shares[1]?.end([]);
    expect([names(screen()), isWatched(stream)]).toEqual(['f', false]);
    openShare(stream, look)?.draw([], lines('n', 1));
    expect(names(screen())).toBe('fn');
  });

  test.each([
    [[12, 2], 'aaaaaaaabb'],
    [[12, 12], 'aaaaabbbbb'],
    [[1, 12], 'abbbbbbbbb'],
    [[8, 6, 3], 'aaabbbccc'],
    [[4, 3, 3], 'aaaabbbccc'],
  ])('divides ten rows among shares of %j lines', (counts, shown) => {
    const { shares, screen } = shared(10, counts.length);
    for (const [index, count] of counts.entries()) shares[index]?.draw([], lines('abc'[index] ?? '', count));
    expect(names(screen()).length).toBeLessThanOrEqual(10);
    expect(names(screen())).toBe(shown);
  });

  test('tells each share how many rows it may have: at least an equal part, and at least one', () => {
    const { shares } = shared(4, 5);
    const rowsOf = (share: Surface | undefined): number | undefined => share?.rows;
    expect(shares.map(rowsOf)).toEqual([4, 4, 4, 4, 4]);
    shares[0]?.draw([], lines('a', 3));
    expect(shares.map(rowsOf)).toEqual([4, 1, 1, 1, 1]);
  });

  test('gives none where the region of another stream or copy is', () => {
    const stream = new FakeTerminal();
    stream.write = Object.assign(() => true, { [Symbol.for('heddle.terminal.watches')]: true });
    expect(openShare(stream, look)).toBeUndefined();
  });
});
