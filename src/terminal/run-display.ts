/**
 * Shows runs on a surface: when a frame is due, and which run has which lines in it.
 *
 * **Order**: the run that started first is drawn flush left, and its finished lines scroll away. Runs that
 * start meanwhile are drawn inside it, in order of start, and each is put above as a whole when it ends. When
 * the first run ends, the next one takes its place.
 *
 * **Leaving**: with no run going on, nothing is held: no timer, no listener, no hidden cursor.
 */

import type { Clock } from '../base/clock.ts';
import type { Event, Sink } from '../events/event.ts';
import { innerLine } from '../observe/frame.ts';
import { type Line, span } from '../observe/line.ts';
import { PipelineView } from '../observe/pipeline-view.ts';
import { PipelineWatch } from '../observe/pipeline-watch.ts';
import type { RowLook } from '../observe/progress.ts';
import { RunView, type ViewMode } from '../observe/run-view.ts';
import { RunWatch } from '../observe/snapshot.ts';
import type { Surface } from './surface.ts';

/** How runs are displayed. */
export interface DisplayOptions {
  readonly title: string | undefined;
  readonly mode: ViewMode;
  readonly look: Omit<RowLook, 'columns'>;
  readonly clock: Clock;
  readonly framesPerSecond: number;
  /** Acquires what is drawn on, when a run starts and no other goes on. */
  readonly openSurface: () => Surface;
}

/** A run that is displayed: of a graph, or of a pipeline. */
interface Shown {
  readonly view: RunView | PipelineView;
  /** Finished lines of a run inside another one, until they can be put above; at most {@link MOST_HELD}. */
  readonly held: Line[];
}

/** Bounds what is kept of a run inside another one (arbitrary: more than a screen). */
const MOST_HELD = 200;
/** How many lines a run inside another one has while it goes on: its title and two more. */
const INNER_ROWS = 2;

/** A sink that draws. Whatever goes wrong inside ends the display, and never reaches the run. */
export class RunDisplay implements Sink, Disposable {
  readonly #options: DisplayOptions;
  readonly #periodMs: number;
  readonly #watch = new RunWatch();
  readonly #pipelines = new PipelineWatch();
  /** In order of start. Invariant: a surface and a timer are held exactly while this is not empty. */
  readonly #shown = new Map<number, Shown>();
  #surface: Surface | undefined;
  #timer: Disposable | undefined;
  #drawnAtMs = 0;
  #isDisposed = false;

  constructor(options: DisplayOptions) {
    this.#options = options;
    this.#periodMs = 1000 / options.framesPerSecond;
  }

  emit(event: Event): void {
    if (this.#isDisposed) return;
    try {
      this.#accept(event);
    } catch {
      this[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#shown.clear();
    this.#leave([]);
  }

  #accept(event: Event): void {
    let isFrame = false;
    switch (event.kind) {
      case 'run-started':
      case 'run-settled':
        this.#watch.add(event);
        isFrame = true;
        break;
      case 'pipeline-started':
      case 'pipeline-progressed':
      case 'pipeline-settled':
        this.#pipelines.add(event);
        isFrame = event.kind !== 'pipeline-progressed';
        break;
      case 'calls-added':
        this.#watch.add(event);
        break;
      default: {
        this.#watch.add(event);
        const view = this.#shown.get(event.run)?.view;
        const isShown = event.text !== undefined || event.kind === 'call-settled';
        if (isShown && view instanceof RunView) view.add(event);
      }
    }
    if (event.kind === 'run-started' || event.kind === 'pipeline-started') this.#open(event.run);
    // The timer draws as long as the program leaves it time to; a program that does not is drawn from here.
    if (isFrame || event.atMs - this.#drawnAtMs >= this.#periodMs) this.#draw(event.atMs);
  }

  #open(number: number): void {
    const { clock, openSurface } = this.#options;
    const view = this.#viewOf(number);
    if (view === undefined) return;
    this.#shown.set(number, { view, held: [] });
    this.#surface ??= openSurface();
    this.#timer ??= clock.every(this.#periodMs, () => this.#tick(), { ref: false });
  }

  #viewOf(number: number): Shown['view'] | undefined {
    const { title, mode, look } = this.#options;
    const rows = { ...look, columns: 0 };
    const run = this.#watch.live(number);
    if (run !== undefined) return new RunView(run, title, mode, rows);
    const pipeline = this.#pipelines.live(number);
    return pipeline === undefined ? undefined : new PipelineView(pipeline, title, rows);
  }

  #tick(): void {
    try {
      this.#draw(0);
    } catch {
      this[Symbol.dispose]();
    }
  }

  /** @param eventAtMs - of the event that asks for the frame, whose clock may be ahead of ours */
  #draw(eventAtMs: number): void {
    const surface = this.#surface;
    if (surface === undefined) return;
    const atMs = Math.max(this.#options.clock.epochMs(), eventAtMs);
    this.#drawnAtMs = atMs;
    this.#watch.measure(atMs);
    const finished = this.#finished(surface);
    if (this.#shown.size === 0) this.#leave(finished);
    else surface.draw(finished, surface.rows > 0 ? this.#live(surface, atMs) : []);
  }

  #leave(finished: readonly Line[]): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const surface = this.#surface;
    this.#surface = undefined;
    surface?.end(finished);
  }

  /** Collects the lines that will not change, and lets go of the runs that have ended. */
  #finished({ rows, columns }: Surface): Line[] {
    const { glyphs } = this.#options.look;
    const finished: Line[] = [];
    let isInside = false;
    for (const [run, { view, held }] of this.#shown) {
      if (isInside) {
        hold(held, view.take(INNER_ROWS, columns - 2));
        if (view.isClosed) finished.push(...held.map((line) => innerLine(line, glyphs)));
      } else {
        finished.push(...held.splice(0), ...view.take(rows, columns));
        isInside = !view.isClosed;
      }
      if (!view.isClosed) continue;
      this.#shown.delete(run);
      this.#watch.forget(run);
      this.#pipelines.forget(run);
    }
    return finished;
  }

  #live({ rows, columns }: Surface, atMs: number): Line[] {
    const { glyphs } = this.#options.look;
    const [first, ...inner] = this.#shown.values();
    if (first === undefined) return [];
    const reserved = Math.min(inner.length * (INNER_ROWS + 1), Math.floor(rows / 2));
    const live = first.view.live(rows - reserved, atMs, columns);
    const limit = live.length + reserved;
    let hidden = 0;
    for (const { view, held } of inner) {
      const title = held[0];
      const lines = [...(title === undefined ? [] : [title]), ...view.live(INNER_ROWS, atMs, columns - 2)];
      if (hidden > 0 || live.length + lines.length > limit) hidden += 1;
      else live.push(...lines.map((line) => innerLine(line, glyphs)));
    }
    if (hidden > 0) {
      const text = `${glyphs.ellipsis} ${hidden} more ${hidden === 1 ? 'run' : 'runs'}`;
      live.push(innerLine([span(text, 'dim')], glyphs));
    }
    return live;
  }
}

/** Keeps the first line, which is the title, and the last ones. */
function hold(held: Line[], lines: readonly Line[]): void {
  held.push(...lines);
  if (held.length > MOST_HELD) held.splice(1, held.length - MOST_HELD);
}
