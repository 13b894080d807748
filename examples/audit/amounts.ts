/**
 * Amounts as people read them. Sizes are decimal: 1 kB is 1000 bytes.
 */

const whole = new Intl.NumberFormat('en-US');

/** Writes a count: `8,842`. */
export function countText(count: number): string {
  return whole.format(count);
}

/** Writes a count with its word: `1 file`, `8,842 files`. */
export function countOf(count: number, word: string): string {
  return `${countText(count)} ${word}${count === 1 ? '' : 's'}`;
}

/** Writes a size: `812 B`, `9.8 kB`, `126.6 MB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let size = bytes / 1000;
  let unit = 0;
  // 999.95 kB would be written 1000.0 kB.
  while (size >= 999.95 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${size.toFixed(1)} ${units[unit]}`;
}

/** Writes a duration: `0.46 s`, `12.3 s`, `2 min 5 s`. */
export function secondsText(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const rounded = Math.round(seconds);
  return `${Math.floor(rounded / 60)} min ${rounded % 60} s`;
}
