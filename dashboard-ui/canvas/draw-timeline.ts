/**
 * Draws the lanes of a run onto a canvas. The cost is that of the pixels, however many calls there are: see `lane-slices.ts`.
 */

import type { CallColumns } from '../../src/observe/calls/call-columns.ts';
import { callState, isFailed } from '../../src/observe/calls/call-state.ts';
import type { LaneSlices, TimeWindow } from '../../src/observe/calls/lane-slices.ts';
import type { CanvasColours } from '../look.ts';
import { msText } from '../words.ts';

/** What is drawn, and where. Lengths are pixels of the page. */
export interface TimelineView {
  readonly columns: CallColumns;
  readonly slices: LaneSlices;
  /** By index of the task. */
  readonly colours: readonly string[];
  readonly theme: CanvasColours;
  readonly width: number;
  readonly height: number;
  /** How far the lanes are scrolled. */
  readonly top: number;
  readonly laneHeight: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
}

/** The axis above the lanes, and the row of what was found in a cache. */
export const axisHeight = 24;
export const foundHeight = 14;
/** The names of the lanes. */
export const gutter = 58;

/** Where the lanes begin. */
export function lanesTop(slices: LaneSlices): number {
  return axisHeight + (slices.found.length > 0 ? foundHeight + 4 : 0);
}

/** The lane at a height of the canvas; negative for none. */
export function laneAt(slices: LaneSlices, y: number, top: number, laneHeight: number): number {
  if (y < axisHeight) return -1;
  const lane = Math.floor((y + top - lanesTop(slices)) / laneHeight);
  return lane < slices.count ? lane : -1;
}

/** Draws all. */
export function drawTimeline(context: CanvasRenderingContext2D, view: TimelineView): void {
  const { columns, slices, colours, theme, width, height, top, laneHeight, fromMs, toMs, nowMs } = view;
  const plot = Math.max(1, width - gutter);
  const window: TimeWindow = { fromMs, toMs, width: plot, nowMs };
  const gap = laneHeight >= 10 ? 2 : laneHeight >= 6 ? 1 : 0;
  context.fillStyle = theme.ground;
  context.fillRect(0, 0, width, height);
  context.textBaseline = 'middle';
  context.font = '11px system-ui, sans-serif';
  const begin = lanesTop(slices) - top;
  const first = Math.max(0, Math.floor((axisHeight - begin) / laneHeight));
  const last = Math.min(slices.count - 1, Math.floor((height - begin) / laneHeight));
  for (let lane = first; lane <= last; lane++) {
    const y = begin + lane * laneHeight;
    const thick = laneHeight - gap;
    if (laneHeight >= 12 || lane % 5 === 0) {
      context.fillStyle = theme.faint;
      context.fillText(`lane ${lane + 1}`, 6, y + thick / 2);
    }
    const pen = new Pen(context, y, thick);
    slices.draw(lane, window, (fromX, toX, row, filled) => {
      const colour = colours[columns.task[row] as number] ?? theme.faint;
      pen.fill(gutter + fromX, gutter + toX, colour, filled);
      if (toX - fromX < 3) return;
      pen.flush();
      if (columns.state[row] === callState.running) stripe(context, gutter + fromX, gutter + toX, y, thick, theme);
      if (toX - fromX > 46 && laneHeight >= 14) {
        context.save();
        context.beginPath();
        context.rect(gutter + fromX, y, toX - fromX - 3, thick);
        context.clip();
        context.fillStyle = inkOn(colour);
        const mark = isFailed(columns.state[row] as number) ? '✘ ' : '';
        context.fillText(mark + labelOf(columns, row), gutter + fromX + 4, y + thick / 2);
        context.restore();
      }
    });
    pen.flush();
    context.fillStyle = theme.failed;
    slices.drawFailed(lane, window, (fromX) => {
      // A notch in the lane: by its shape, too, it is like nothing else.
      const x = gutter + fromX;
      context.fillRect(x, y, 2, thick);
      context.beginPath();
      context.moveTo(x - 4, y);
      context.lineTo(x + 6, y);
      context.lineTo(x + 1, y + Math.min(7, thick));
      context.fill();
    });
  }
  drawAbove(context, view, window);
}

/** Joins what lies side by side in one colour: calls of a canvas are what takes time. */
class Pen {
  readonly #context: CanvasRenderingContext2D;
  readonly #y: number;
  readonly #height: number;
  #colour = '';
  #filled = 0;
  #fromX = 0;
  #toX = -1;

  constructor(context: CanvasRenderingContext2D, y: number, height: number) {
    this.#context = context;
    this.#y = y;
    this.#height = height;
  }

  fill(fromX: number, toX: number, colour: string, filled: number): void {
    // A call that is hardly there is seen all the same.
    const shade = 0.25 + 0.75 * (Math.ceil(filled * 6) / 6);
    if (colour === this.#colour && shade === this.#filled && fromX - this.#toX < 0.5) {
      this.#toX = toX;
      return;
    }
    this.flush();
    this.#colour = colour;
    this.#filled = shade;
    this.#fromX = fromX;
    this.#toX = toX;
  }

  flush(): void {
    if (this.#toX <= this.#fromX) return;
    this.#context.fillStyle = this.#colour;
    this.#context.globalAlpha = this.#filled;
    const wide = this.#toX - this.#fromX;
    // Neighbours are told apart as long as there is room for it.
    this.#context.fillRect(this.#fromX, this.#y, wide > 4 ? wide - 0.7 : wide, this.#height);
    this.#context.globalAlpha = 1;
    this.#toX = this.#fromX - 1;
    this.#colour = '';
  }
}

/** What is found, and the axis: above whatever was scrolled below it. */
function drawAbove(context: CanvasRenderingContext2D, view: TimelineView, window: TimeWindow): void {
  const { columns, slices, colours, theme, width, fromMs, toMs, nowMs } = view;
  const head = lanesTop(slices);
  context.fillStyle = theme.ground;
  context.fillRect(0, 0, width, head - 2);
  if (slices.found.length > 0) {
    context.fillStyle = theme.faint;
    context.fillText('found', 6, axisHeight + foundHeight / 2);
    slices.drawFound(window, (fromX, toX, row, filled) => {
      context.globalAlpha = filled;
      context.fillStyle = colours[columns.task[row] as number] ?? theme.faint;
      context.fillRect(gutter + fromX, axisHeight, toX - fromX + 0.5, foundHeight);
    });
    context.globalAlpha = 1;
  }
  const perMs = window.width / (toMs - fromMs);
  const step = stepOf((toMs - fromMs) / (window.width / 110));
  context.strokeStyle = theme.line;
  context.fillStyle = theme.faint;
  for (let ms = Math.ceil(fromMs / step) * step; ms <= toMs; ms += step) {
    const x = Math.round(gutter + (ms - fromMs) * perMs) + 0.5;
    context.beginPath();
    context.moveTo(x, 16);
    context.lineTo(x, axisHeight);
    context.stroke();
    context.fillText(msText(Number(ms.toPrecision(10))) || '0', x + 3, 11);
  }
  const nowX = gutter + (nowMs - fromMs) * perMs;
  if (nowX > gutter && nowX < width) {
    context.strokeStyle = theme.marked;
    context.beginPath();
    context.moveTo(nowX, 0);
    context.lineTo(nowX, view.height);
    context.stroke();
  }
}

function stripe(
  context: CanvasRenderingContext2D,
  fromX: number,
  toX: number,
  y: number,
  height: number,
  theme: CanvasColours,
): void {
  context.fillStyle = theme.ground;
  context.globalAlpha = 0.28;
  for (let x = fromX + 4; x < toX - 1; x += 8) context.fillRect(x, y, 3, height);
  context.globalAlpha = 1;
}

/** What is written on a slice. */
export function labelOf(columns: CallColumns, row: number): string {
  const { text, shown } = columns.wordsOf(row);
  return text ?? shown ?? columns.taskName(row);
}

/** Black or white, whichever is read more easily on a colour. */
export function inkOn(colour: string): string {
  const part = (at: number): number => Number.parseInt(colour.slice(at, at + 2), 16);
  return 0.299 * part(1) + 0.587 * part(3) + 0.114 * part(5) > 140 ? '#111' : '#fff';
}

/** The next of 1, 2, 5, 10, 20… */
function stepOf(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((one) => one * power >= least) ?? 10);
}
