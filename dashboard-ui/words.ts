/**
 * Amounts for people, as the pages write them.
 */

import { durationText } from '../src/observe/amount.ts';

/** A duration of a call: `0.3 ms`, `12 ms`, `3.4 s`; empty for what is not known. */
export function msText(ms: number): string {
  if (Number.isNaN(ms)) return '';
  if (ms < 0.001) return '0 ms';
  if (ms < 1) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 10_000 ? `${(ms / 1000).toFixed(2)} s` : durationText(ms);
}

/** A count: `12,345`. */
export function numberText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** An instant: `14:03:07`. */
export function clockOf(epochMs: number): string {
  return new Date(epochMs).toLocaleTimeString();
}
