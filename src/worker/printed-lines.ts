/**
 * What the workers of a pool print, handed on in whole lines, so that lines of several workers do not mix.
 *
 * - **In order:** for each worker and stream; nothing is changed or lost.
 * - **Lines without an end:** one is held for a second at most, then goes out as far as it has come: a prompt
 *   or a spinner is seen, and a line that is being written stays whole. It gets an end when its worker ends.
 * - **At the end of the program:** what has been printed until then goes out, though nobody disposed of the pool.
 *
 * Leaves to others how bytes come from a worker (`print-ring.ts`, `process-transport.ts`), and where lines
 * go (`line-writer.ts`, `line-listener.ts`).
 */

import { atExit } from '../base/at-exit.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { LineCutter, lineBreak } from './line-cutter.ts';
import { LineListener } from './line-listener.ts';
import {
  type Holdable,
  type LineOrigin,
  type LineSink,
  LineWriter,
  type PrintTargets,
} from './line-writer.ts';
import type { Output } from './output.ts';
import { type PrintStream, printStreams } from './print-ring.ts';

/** How long a line may be held that has no end, in milliseconds. Arbitrary: longer than most take to be written. */
const heldAtMostMs = 1000;

const ownStreams: PrintTargets = { stdout: () => process.stdout, stderr: () => process.stderr };

/** Where what a worker prints comes from. */
export interface PrintSource extends Holdable {
  /** Hands on at once what has been printed by now. */
  drain(): void;
}

/** What one worker prints. */
export interface WorkerLines {
  /** Takes what was written, which it may keep. */
  push(stream: PrintStream, bytes: Buffer): void;
  /** The worker is gone. */
  end(): void;
}

export interface PrintedLinesOptions {
  readonly output?: Output | undefined;
  /** The kind of worker, for labels. */
  readonly kind: string;
  readonly targets?: PrintTargets | undefined;
  readonly clock?: Clock;
}

export class PrintedLines {
  readonly #clock: Clock;
  readonly #sink: LineSink | undefined;
  /** The workers that live, by their numbers. */
  readonly #living = new Map<number, { finish(): void }>();
  #exit: Disposable | undefined;

  constructor({ output, kind, targets = ownStreams, clock = systemClock }: PrintedLinesOptions) {
    this.#clock = clock;
    this.#sink = sinkOf(output, (labelOf) => new LineWriter(targets, clock, labelOf), kind);
  }

  /** A worker has been started. */
  open(source: PrintSource): WorkerLines {
    const sink = this.#sink;
    if (sink === undefined) return { push: () => undefined, end: () => undefined };
    let worker = 1;
    while (this.#living.has(worker)) worker++;
    const streams = new Map(
      printStreams.map((stream) => [stream, new HeldLine({ worker, stream, source }, sink, this.#clock)]),
    );
    const endAll = (): void => {
      for (const line of streams.values()) line.end();
    };
    const finish = (): void => {
      source.drain();
      endAll();
    };
    this.#living.set(worker, { finish });
    this.#exit ??= atExit(() => {
      for (const living of this.#living.values()) living.finish();
    });
    return {
      push: (stream, bytes) => streams.get(stream)?.push(bytes),
      end: () => {
        endAll();
        this.#living.delete(worker);
        if (this.#living.size > 0) return;
        this.#exit?.[Symbol.dispose]();
        this.#exit = undefined;
      },
    };
  }
}

/** Decides where lines go; nowhere if nobody wants them. */
function sinkOf(
  output: Output | undefined,
  writer: (labelOf?: (worker: number) => string) => LineSink,
  kind: string,
): LineSink | undefined {
  if (output === 'ignore') return undefined;
  if (output === 'labelled') return writer((worker) => `[${kind} ${worker}] `);
  return typeof output === 'function' ? new LineListener(output, writer()) : writer();
}

/** One stream of a worker: lines that are whole go out, the last one is held. */
class HeldLine {
  readonly #origin: LineOrigin;
  readonly #sink: LineSink;
  readonly #clock: Clock;
  readonly #cutter = new LineCutter();
  #timer: Disposable | undefined;

  constructor(origin: LineOrigin, sink: LineSink, clock: Clock) {
    this.#origin = origin;
    this.#sink = sink;
    this.#clock = clock;
  }

  push(bytes: Buffer): void {
    const whole = this.#cutter.push(bytes);
    if (whole !== undefined) {
      this.#stopTimer();
      this.#sink.take(this.#origin, whole);
    }
    if (!this.#cutter.hasRest) return;
    this.#timer ??= this.#clock.after(heldAtMostMs, () => this.#release(), { ref: false });
  }

  end(): void {
    if (this.#cutter.hasRest) this.push(Buffer.of(lineBreak));
    else this.#sink.end(this.#origin);
  }

  #release(): void {
    this.#timer = undefined;
    const rest = this.#cutter.takeRest();
    if (rest !== undefined) this.#sink.take(this.#origin, rest);
  }

  #stopTimer(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
