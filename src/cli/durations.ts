/**
 * Durations as people write them: `90s`, `2h`, `30d`.
 */

import { InvalidArgumentError } from 'commander';

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads a duration, in milliseconds.
 *
 * @throws {InvalidArgumentError} If it is none.
 */
export function durationMs(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : unitsMs[unit];
  if (factor === undefined)
    throw new InvalidArgumentError("It must be a duration such as '90s', '2h' or '30d'.");
  return Number(amount) * factor;
}

/** Writes milliseconds as a person would say them. */
export function durationText(ms: number | undefined): string {
  if (ms === undefined) return '';
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
