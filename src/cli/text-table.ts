/**
 * Rows as text, with columns one below the other.
 */

/** Writes rows under a head. All but the last column are as wide as what is in them; trailing blanks are left out. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map((row) => row.map(oneLine));
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** Takes out what a terminal would obey. */
export function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
