/**
 * Tables of text: one column that gives way when there is little room, and columns of numbers beside it.
 */

/** A column. Numbers stand to the right. */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** The width that the terminal must have for this column to appear. */
  readonly fromWidth?: number;
}

/** A table: its first column names the row, and is cut if need be. */
export interface Table<Row> {
  readonly name: Column<Row>;
  /** Which end of a name tells more and is kept. */
  readonly keeps: 'start' | 'end';
  readonly columns: readonly Column<Row>[];
}

/** Narrower than this a name says nothing. */
const LEAST_NAME = 12;
const GAP = '  ';

/**
 * Gives the lines of a table, the titles first.
 *
 * @param width - in columns; lines are longer only if the names have no room left
 */
export function tableLines<Row>(
  { name, keeps, columns }: Table<Row>,
  rows: readonly Row[],
  width: number,
): string[] {
  const shown = columns.filter(({ fromWidth = 0 }) => width >= fromWidth);
  const cells = shown.map(({ title, text }) => [title, ...rows.map((row) => text(row))]);
  const widths = cells.map((column) => Math.max(...column.map((cell) => cell.length)));
  const least = Math.max(LEAST_NAME, name.title.length);
  const names = [name.title, ...rows.map((row) => printable(name.text(row)))];
  const room = width - widths.reduce((sum, each) => sum + each + GAP.length, 0);
  const nameWidth = Math.min(Math.max(...names.map((text) => text.length)), Math.max(room, least));
  return names.map((text, index) =>
    [
      cut(text, nameWidth, index === 0 ? 'start' : keeps).padEnd(nameWidth),
      ...cells.map((column, at) => (column[index] as string).padStart(widths[at] as number)),
    ]
      .join(GAP)
      .trimEnd(),
  );
}

/** Shortens a text to a width; the ellipsis stands where something is missing. */
export function cut(text: string, width: number, keeps: 'start' | 'end'): string {
  if (text.length <= width) return text;
  return keeps === 'start' ? `${text.slice(0, width - 1)}…` : `…${text.slice(text.length - width + 1)}`;
}

/** Names of files may hold anything: nothing in them gets to command the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}

/** Breaks a text between words, so that no line is wider than that unless a word is. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
