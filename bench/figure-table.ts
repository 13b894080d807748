/**
 * Figures as a table for people: target and verdict beside each.
 */

import type { FigureSummary } from './figure.ts';

const heads = ['', 'median', 'range', 'target', '', 'beside'] as const;

/** Gives the table of one section, without a line break at its end. */
export function figureTable(figures: readonly FigureSummary[]): string {
  const rows = [heads, ...figures.map(cellsOf)];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const isNumber = (column: number): boolean => column >= 1 && column <= 3;
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cellsOf({ name, value, unit, range, atMost, atLeast, met, beside }: FigureSummary): string[] {
  const [least, most] = range;
  return [
    `  ${name}`,
    `${short(value)} ${unit}`,
    least === most ? '' : `${short(least)}–${short(most)}`,
    atMost !== undefined ? `≤ ${atMost}` : atLeast !== undefined ? `≥ ${atLeast}` : '',
    met === undefined ? '' : met ? 'met' : 'missed',
    beside ?? '',
  ];
}

/** Three digits that matter. */
function short(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 0.1 ? 2 : 3);
}
