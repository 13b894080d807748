/**
 * Writes numbers as tqdm does: with three digits and an SI prefix, with two decimals, as a clock.
 *
 * People and scripts read these forms, so they are kept to the character, padding included.
 */

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z'];

/**
 * Writes a number with three digits and a prefix: `1.20k`, `34.5M`, `678G`.
 *
 * @param divisor - between one prefix and the next: 1000, or 1024 for bytes
 */
export function scaledText(amount: number, divisor: number): string {
  let rest = amount;
  for (const prefix of PREFIXES) {
    const size = Math.abs(rest);
    // Not 1000, 100 and 10: what is rounded up to these has a digit more.
    if (size < 999.5) return rest.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0) + prefix;
    rest /= divisor;
  }
  return `${rest.toFixed(1)}Y`;
}

/** Writes a duration: `00:33`, `12:34`, `1:02:03`. */
export function elapsedText(durationMs: number): string {
  const seconds = Math.floor(Math.max(0, durationMs) / 1000);
  const two = (amount: number): string => String(amount).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  const clock = `${two(minutes % 60)}:${two(seconds % 60)}`;
  return minutes < 60 ? clock : `${Math.floor(minutes / 60)}:${clock}`;
}

/** Writes a number with as few characters as three digits take: `0.123`, `1.5e-7`; whole numbers are kept whole. */
export function shortNumber(amount: number): string {
  const whole = String(amount);
  if (!Number.isFinite(amount)) return whole;
  const short = amount
    .toPrecision(3)
    .replace(/(\.\d*?)0+(?=e|$)/u, '$1')
    .replace(/\.(?=e|$)/u, '');
  return short.length < whole.length ? short : whole;
}
