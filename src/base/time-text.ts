/**
 * Durations as people write them for schedulers: `01:30:00`, `2-12`, `45`.
 */

/** `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`, and so on: as `sbatch --time` takes it. */
const pattern = /^(?:(\d+)-(\d+)(?::(\d+)(?::(\d+))?)?|(\d+)(?::(\d+)(?::(\d+))?)?)$/;

/**
 * Reads a time.
 *
 * @returns seconds; `undefined` if it is none, or nought
 */
export function secondsOf(text: string): number | undefined {
  const [, days, dayHours, dayMinutes = '0', daySeconds = '0', a, b, c] = pattern.exec(text) ?? [];
  let seconds: number;
  if (days !== undefined) {
    seconds = Number(days) * 86_400 + Number(dayHours) * 3600 + Number(dayMinutes) * 60 + Number(daySeconds);
  } else if (a === undefined) return undefined;
  else if (c !== undefined) seconds = Number(a) * 3600 + Number(b) * 60 + Number(c);
  else seconds = Number(a) * 60 + Number(b ?? '0');
  return seconds > 0 ? seconds : undefined;
}
