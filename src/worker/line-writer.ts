/**
 * Writes the lines of several workers to the same streams.
 *
 * It is written as the rest of the program writes, so that a live display sees it coming and steps aside. A
 * line that was begun by one worker ends before another one writes. Whoever prints to a slow stream is held
 * until that is written.
 */

import type { Writable } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import { lineBreak } from './line-cutter.ts';
import type { PrintStream } from './print-ring.ts';

/** Where lines go. Asked for each time, since a program may exchange its streams. */
export type LineTarget = () => Writable;
/** Where what workers print goes. */
export type PrintTargets = Readonly<Record<PrintStream, LineTarget>>;

/** What can be told to wait, until released as often as held. */
export interface Holdable {
  hold(): void;
  release(): void;
}

/** How often a stream is looked at that has not written what it was given, in milliseconds. Arbitrary. */
const lookEveryMs = 2;
/** For how long whoever prints is held, in milliseconds. Arbitrary: a reader that takes nothing for so long has stopped. */
const heldAtMostMs = 5000;

/** One stream of one worker. */
export interface LineOrigin {
  readonly worker: number;
  readonly stream: PrintStream;
  /** Is held while the target writes. */
  readonly source: Holdable;
}

/** Takes lines. */
export interface LineSink {
  /** @param bytes - whole lines; or a line as far as it has come */
  take(origin: LineOrigin, bytes: Buffer): void;
  /** Nothing more will come. */
  end(origin: LineOrigin): void;
}

export class LineWriter implements LineSink {
  readonly #targets: PrintTargets;
  readonly #clock: Clock;
  readonly #labelOf: ((worker: number) => string) | undefined;
  /** Who began the last line of a target, where it has no end. */
  readonly #open = new Map<Writable, LineOrigin>();

  /** @param labelOf - what each line begins with */
  constructor(targets: PrintTargets, clock: Clock, labelOf?: (worker: number) => string) {
    this.#targets = targets;
    this.#clock = clock;
    this.#labelOf = labelOf;
  }

  take(origin: LineOrigin, bytes: Buffer): void {
    const target = this.#targets[origin.stream]();
    const opener = this.#open.get(target);
    const isNewLine = opener !== origin;
    const label = this.#labelOf?.(origin.worker);
    const labelled = label === undefined ? bytes : withLabels(bytes, label, isNewLine);
    if (bytes.at(-1) === lineBreak) this.#open.delete(target);
    else this.#open.set(target, origin);
    const isCut = opener !== undefined && isNewLine;
    this.#write(isCut ? Buffer.concat([Buffer.of(lineBreak), labelled]) : labelled, origin.source, target);
  }

  /** A line that has no end gets one. */
  end(origin: LineOrigin): void {
    for (const [target, opener] of this.#open) {
      if (opener !== origin) continue;
      this.#open.delete(target);
      this.#write(Buffer.of(lineBreak), origin.source, target);
    }
  }

  #write(bytes: Buffer, source: Holdable, target: Writable): void {
    if (!target.writable) return;
    const lengthBefore = target.writableLength;
    let isWritten = false;
    // As for the console: a reader that went away does not end the program.
    target.on('error', ignore);
    try {
      target.write(bytes, (error) => {
        isWritten = true;
        // It is told of after this, once for each write. For good: others may be on their way.
        if (error instanceof Error && !target.listeners('error').includes(ignore)) target.on('error', ignore);
      });
    } finally {
      target.removeListener('error', ignore);
    }
    // A pipe that is full, for instance. A `write` that somebody put there may have dropped the callback.
    const isThrough = (): boolean => isWritten || target.writableLength === 0 || !target.writable;
    if (target.writableLength > lengthBefore && !isThrough()) this.#holdUntil(isThrough, source);
  }

  #holdUntil(isThrough: () => boolean, source: Holdable): void {
    const clock = this.#clock;
    const heldFromMs = clock.nowMs();
    const look = (): void => {
      if (isThrough() || clock.nowMs() - heldFromMs >= heldAtMostMs) source.release();
      else clock.after(lookEveryMs, look);
    };
    source.hold();
    clock.after(lookEveryMs, look);
  }
}

/** @param isNewLine - whether the first bytes begin a line */
function withLabels(bytes: Buffer, label: string, isNewLine: boolean): Buffer {
  const head = Buffer.from(label);
  const parts: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(lineBreak, start);
    const end = found < 0 ? bytes.length : found + 1;
    if (start > 0 || isNewLine) parts.push(head);
    parts.push(bytes.subarray(start, end));
    start = end;
  }
  return Buffer.concat(parts);
}

function ignore(): void {
  // On purpose.
}
