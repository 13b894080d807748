/**
 * Opens a bar where it can be shown: on a terminal, in a log, or nowhere.
 */

import { relayOfThread } from '../base/relay.ts';
import { abilitiesOf } from '../terminal/abilities.ts';
import { Bar, type ProgressBar } from './bar.ts';
import type { BarDisplay } from './bar-display.ts';
import { BarLog } from './bar-log.ts';
import { liveBarsOn } from './live-bars.ts';
import { type BarOptions, barOptions, type ProgressOptions } from './options.ts';
import { sentBarsOver } from './sent-bars.ts';

/**
 * Opens a bar that is fed by hand: from events, from the callbacks of a pool, from several loops at once.
 *
 * It is shown as {@link progress} shows its bar, together with all others on the terminal, until it is disposed of; items
 * counted after that are left out. A bar that is never disposed of neither keeps the process alive nor hides the cursor
 * for good. In a worker, where the program that has the worker shows it, it ends with the call that opened it.
 *
 * **Cost**: some nanoseconds an `add()`.
 *
 * @throws {RangeError} If a number among the options is out of its range.
 * @example
 * ```ts
 * import { openProgress } from 'heddle';
 * const bar = openProgress({ total: 300, desc: 'bytes', unit: 'B', unitScale: true });
 * try {
 *   for (const chunk of [100, 150, 50]) bar.add(chunk);
 *   bar.postfix = { file: 'a.txt' };
 *   assert.equal(bar.stats().done, 300);
 * } finally {
 *   bar[Symbol.dispose](); // Or `using bar = …` where the syntax is there.
 * }
 * ```
 */
export function openProgress(options: ProgressOptions = {}): ProgressBar {
  return openBar(barOptions(options));
}

/** The same, for options that have been checked. */
export function openBar(options: BarOptions): Bar {
  return new Bar(options, displayFor(options));
}

/** Finds out where bars can be shown; `undefined`: nowhere. */
export function displayFor({
  stream,
  disable,
  clock,
}: Pick<BarOptions, 'stream' | 'disable' | 'clock'>): BarDisplay | undefined {
  if (disable === true) return undefined;
  const relay = stream === process.stderr ? relayOfThread() : undefined;
  if (relay !== undefined) return sentBarsOver(relay, clock);
  const abilities = abilitiesOf(stream);
  if (abilities.region === 'live') return liveBarsOn(stream, abilities, clock);
  // A terminal that only goes on is one all the same; a log is written to when asked for.
  return abilities.region === 'static' || disable === false ? new BarLog(stream, clock) : undefined;
}
