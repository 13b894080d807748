/**
 * Shows runs in the terminal: the sink that most programs want.
 *
 * This file only chooses: how to draw, from what the stream can show and what was asked for. Drawing is in
 * `run-display.ts`, and for logs in `plain.ts`.
 */

import { type Clock, systemClock } from '../base/clock.ts';
import type { Sink } from '../events/event.ts';
import { asciiGlyphs, unicodeGlyphs } from '../observe/glyphs.ts';
import { abilitiesOf } from './abilities.ts';
import { displayWidth } from './display-width.ts';
import { LineLog } from './line-log.ts';
import { painter } from './paint.ts';
import { plain } from './plain.ts';
import { RunDisplay } from './run-display.ts';
import { openShare } from './shared-region.ts';
import type { TextStream } from './stream-writer.ts';

/** Options of {@link terminal}. */
export interface TerminalOptions {
  /**
   * Stands on top of each run.
   *
   * @defaultValue the executor and how many calls it runs at once, such as `threads × 4`
   */
  readonly title?: string | undefined;
  /** @defaultValue `process.stderr` */
  readonly stream?: TextStream | undefined;
  /**
   * - `'tree'`: a line for each call with a display text, marked when it settles.
   * - `'grouped'`: a bar for each task.
   * - `'plain'`: as `plain()`.
   * - `'auto'`: `'plain'` in logs, pipes and continuous integration; else a tree for runs of at most 200 calls
   *   of which some have a display text, and bars for all others.
   *
   * @defaultValue `'auto'`
   */
  readonly mode?: 'auto' | 'tree' | 'grouped' | 'plain' | undefined;
  /** @defaultValue the clock of this machine */
  readonly clock?: Clock | undefined;
  /**
   * Redraws a second at most, 1 to 60.
   *
   * @defaultValue 12
   */
  readonly fps?: number | undefined;
}

/**
 * Makes a sink that shows runs in the terminal while they go on.
 *
 * **Cost**: some tenths of a microsecond an event; drawing is bounded by `fps`. Its timer does not keep the process alive.
 * **Other output**: while a run goes on, `process.stdout.write` and `process.stderr.write` are wrapped if they are
 * terminals, so that what the program prints appears above the display, unchanged; then they are put back.
 * **Several** runs may go through one sink at once. Several sinks on one terminal, and progress bars, stand below each
 * other there, in the order in which they began.
 * **Signals**: Ctrl-C does what it does without a display; the cursor is given back in any case.
 * **Colours** follow `NO_COLOR` and `FORCE_COLOR`; without a UTF-8 locale, or on `TERM=linux`, everything is ASCII.
 * **Failure**: a closed stream, or anything else that goes wrong here, never reaches the run.
 *
 * @returns a sink for any number of runs, also at once; disposing it makes it silent and gives the terminal back
 * @throws {RangeError} when `fps` is not a number from 1 to 60
 * @example
 * ```ts
 * import { map, run, task, terminal } from 'heddle';
 * const compile = task((file: string) => file, { display: 'Compiling {file} ... ', confirm: true });
 * await run(map(compile, ['src/mandel.cc']), { sinks: terminal({ title: 'Building target hello' }) });
 * // ╭─(Building target hello)
 * // │ Compiling src/mandel.cc ... (✔)
 * // ╰─(success)
 * ```
 */
export function terminal(options: TerminalOptions = {}): Sink & Disposable {
  const { title, stream = process.stderr, mode = 'auto', clock = systemClock, fps = 12 } = options;
  if (!(fps >= 1 && fps <= 60)) {
    throw new RangeError(`Cannot open the terminal display as 'fps' must be from 1 to 60: received ${fps}`);
  }
  const abilities = abilitiesOf(stream);
  if (mode === 'plain' || (mode === 'auto' && abilities.region === 'none'))
    return plain({ title, stream, clock });
  const glyphs = abilities.unicode ? unicodeGlyphs : asciiGlyphs;
  const measure = displayWidth();
  const look = { paint: painter(abilities), measure, ellipsis: glyphs.ellipsis };
  const isLive = abilities.region === 'live';
  return new RunDisplay({
    title,
    mode,
    clock,
    framesPerSecond: fps,
    look: { glyphs, measure },
    // A terminal has one live region, which displays and progress bars share. Where it cannot be shared, finished
    // lines are written above it.
    openSurface: () => (isLive ? openShare(stream, look) : undefined) ?? new LineLog(stream, look),
  });
}
