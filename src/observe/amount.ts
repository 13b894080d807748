/**
 * Writes amounts for people: durations, rates, counts with their word.
 *
 * The forms are short and of steady width, so that a display that is redrawn stays calm.
 */

/**
 * Writes a duration that has ended: `0.4 s`, `12.3 s`, `4 min 5 s`, `2 h 3 min`.
 */
export function durationText(durationMs: number): string {
  const seconds = Math.max(0, durationMs) / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Writes a duration that goes on, as clocks do: `0:07`, `12:34`, `1:02:03`. */
export function clockText(durationMs: number): string {
  const seconds = Math.floor(Math.max(0, durationMs) / 1000);
  const two = (amount: number): string => String(amount).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** Writes a rate: `812/s`, `4.2/s`, `12.5k/s`; slower than one a second, the time that one takes: `3.1 s each`. */
export function rateText(perSecond: number): string {
  if (!(perSecond > 0)) return '';
  if (perSecond < 0.95) return `${durationText(1000 / perSecond)} each`;
  if (perSecond < 9.95) return `${perSecond.toFixed(1)}/s`;
  if (perSecond < 9_999.5) return `${Math.round(perSecond)}/s`;
  if (perSecond < 999_950) return `${(perSecond / 1000).toFixed(1)}k/s`;
  return `${(perSecond / 1e6).toFixed(1)}M/s`;
}

/** Writes a count with its word: `1 call`, `5000 calls`. */
export function countText(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
