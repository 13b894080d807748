/**
 * What differs between two texts, line by line, in the unified form that `diff -u` and `git` have.
 *
 * The differences are the fewest there can be, found as Myers does: _An O(ND) Difference Algorithm and Its Variations_,
 * Algorithmica 1 (1986). **Cost:** the lines times the differences, in time and memory. Beyond a limit, all lines of the
 * part that differs are given as removed and added.
 */

/** Lines around a difference that are shown, too. As all programs have it. */
const context = 3;
/** The most differences that are looked for: then the traces are 32 MB. */
const mostDifferences = 2_000;

/** What stands below a line that does not end, as `diff` has it. */
const unended = '\\ No newline at end of file';

interface Edit {
  readonly sign: ' ' | '-' | '+';
  readonly line: string;
}

/**
 * Compares two texts.
 *
 * @returns an empty text if they are equal
 */
export function unifiedDiff(
  from: string,
  to: string,
  names: { readonly from: string; readonly to: string },
): string {
  const edits = editsOf(linesOf(from), linesOf(to));
  const hunks = hunksOf(edits);
  return hunks.length === 0 ? '' : [`--- ${names.from}`, `+++ ${names.to}`, ...hunks].join('\n');
}

/** Lines end with `\n` alone, so that a `\r` is a part of its line. The last one that does not end differs from one that does. */
function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  const last = lines.pop() as string;
  return last === '' ? lines : [...lines, `${last}\n${unended}`];
}

function editsOf(from: readonly string[], to: readonly string[]): readonly Edit[] {
  let start = 0;
  while (start < from.length && start < to.length && from[start] === to[start]) start++;
  let end = 0;
  while (
    end < Math.min(from.length, to.length) - start &&
    from[from.length - 1 - end] === to[to.length - 1 - end]
  )
    end++;
  const keep = (lines: readonly string[]): Edit[] => lines.map((line) => ({ sign: ' ', line }));
  return [
    ...keep(from.slice(0, start)),
    ...fewestEdits(from.slice(start, from.length - end), to.slice(start, to.length - end)),
    ...keep(from.slice(from.length - end)),
  ];
}

function fewestEdits(from: readonly string[], to: readonly string[]): readonly Edit[] {
  const replaced = (): Edit[] => [
    ...from.map((line): Edit => ({ sign: '-', line })),
    ...to.map((line): Edit => ({ sign: '+', line })),
  ];
  if (from.length === 0 || to.length === 0) return replaced();
  const most = Math.min(from.length + to.length, mostDifferences);
  // How far one gets on each diagonal; of each number of differences as it was before it.
  const reach = new Int32Array(2 * most + 3);
  const middle = most + 1;
  const traces: Int32Array[] = [];
  for (let differences = 0; differences <= most; differences++) {
    traces.push(reach.slice(middle - differences - 1, middle + differences + 2));
    for (let diagonal = -differences; diagonal <= differences; diagonal += 2) {
      let x = isDown(reach, middle, diagonal, differences)
        ? (reach[middle + diagonal + 1] as number)
        : (reach[middle + diagonal - 1] as number) + 1;
      while (x < from.length && x - diagonal < to.length && from[x] === to[x - diagonal]) x++;
      reach[middle + diagonal] = x;
      if (x >= from.length && x - diagonal >= to.length) return walkBack(from, to, traces);
    }
  }
  return replaced();
}

/** Whether one comes to a diagonal by a line that was added, rather than by one that was removed. */
function isDown(reach: Int32Array, middle: number, diagonal: number, differences: number): boolean {
  if (diagonal === -differences) return true;
  if (diagonal === differences) return false;
  return (reach[middle + diagonal - 1] as number) < (reach[middle + diagonal + 1] as number);
}

function walkBack(
  from: readonly string[],
  to: readonly string[],
  traces: readonly Int32Array[],
): readonly Edit[] {
  const edits: Edit[] = [];
  let x = from.length;
  let y = to.length;
  for (let differences = traces.length - 1; differences > 0; differences--) {
    const reach = traces[differences] as Int32Array;
    const middle = differences + 1;
    const diagonal = x - y;
    const isAdded = isDown(reach, middle, diagonal, differences);
    const before = isAdded ? diagonal + 1 : diagonal - 1;
    const beforeX = reach[middle + before] as number;
    const beforeY = beforeX - before;
    while (x > beforeX + (isAdded ? 0 : 1) && y > beforeY + (isAdded ? 1 : 0)) {
      edits.push({ sign: ' ', line: from[--x] as string });
      y--;
    }
    if (isAdded) edits.push({ sign: '+', line: to[--y] as string });
    else edits.push({ sign: '-', line: from[--x] as string });
  }
  while (x > 0) edits.push({ sign: ' ', line: from[--x] as string });
  return edits.reverse();
}

function hunksOf(edits: readonly Edit[]): readonly string[] {
  const hunks: string[] = [];
  let fromLine = 1;
  let toLine = 1;
  let at = 0;
  const skip = (until: number): void => {
    for (; at < until; at++) {
      if (edits[at]?.sign !== '+') fromLine++;
      if (edits[at]?.sign !== '-') toLine++;
    }
  };
  for (;;) {
    const first = edits.findIndex(({ sign }, index) => index >= at && sign !== ' ');
    if (first === -1) return hunks;
    skip(Math.max(at, first - context));
    let last = first;
    for (let index = first; index < edits.length && index <= last + 2 * context; index++)
      if (edits[index]?.sign !== ' ') last = index;
    const end = Math.min(edits.length, last + 1 + context);
    const shown = edits.slice(at, end);
    const count = (sign: '-' | '+'): number =>
      shown.filter((edit) => edit.sign === ' ' || edit.sign === sign).length;
    const range = (line: number, lines: number): string =>
      lines === 1 ? `${line}` : `${lines === 0 ? line - 1 : line},${lines}`;
    hunks.push(`@@ -${range(fromLine, count('-'))} +${range(toLine, count('+'))} @@`);
    hunks.push(...shown.map(({ sign, line }) => sign + line));
    skip(end);
  }
}
