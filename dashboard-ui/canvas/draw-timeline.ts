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
  const thick = laneHeight - gap;
  const narrow = new NarrowSlices(Math.round(plot), Math.max(0, last - first + 1), theme.ground);
  const wide: (readonly [lane: number, fromX: number, toX: number, row: number])[] = [];
  for (let lane = first; lane <= last; lane++) {
    slices.draw(lane, window, (fromX, toX, row, filled) => {
      if (toX - fromX >= leastWide) wide.push([lane, fromX, toX, row]);
      else narrow.fill(lane - first, fromX, toX, colours[columns.task[row] as number] ?? grey, filled);
    });
  }
  narrow.draw(context, begin + first * laneHeight, laneHeight, thick);
  for (const [lane, fromX, toX, row] of wide) {
    const y = begin + lane * laneHeight;
    const colour = colours[columns.task[row] as number] ?? grey;
    context.fillStyle = colour;
    // Neighbours are told apart as long as there is room for it.
    context.fillRect(gutter + fromX, y, toX - fromX - 0.7, thick);
    if (columns.state[row] === callState.running)
      stripe(context, gutter + fromX, gutter + toX, y, thick, theme);
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
  }
  for (let lane = first; lane <= last; lane++) {
    const y = begin + lane * laneHeight;
    if (laneHeight >= 12 || lane % 5 === 0) {
      context.fillStyle = theme.faint;
      context.fillText(`lane ${lane + 1}`, 6, y + thick / 2);
    }
    slices.drawFailed(lane, window, (fromX) => {
      // A notch in the lane: by its shape, too, it is like nothing else.
      const x = gutter + fromX;
      context.fillStyle = theme.ground;
      context.fillRect(x - 1, y, 4, thick);
      context.fillStyle = theme.failed;
      context.fillRect(x, y, 2, thick);
      context.beginPath();
      context.moveTo(x - 5, y);
      context.lineTo(x + 7, y);
      context.lineTo(x + 1, y + Math.min(9, thick));
      context.closePath();
      context.strokeStyle = theme.ground;
      context.lineWidth = 2;
      context.stroke();
      context.fill();
    });
  }
  drawAbove(context, view, window);
}

/** Narrower slices are pixels. */
const leastWide = 3;
const grey = '#8a8f98';

/** Slices of a few pixels: written into an image with a row for each lane, since drawing each takes too long. */
class NarrowSlices {
  readonly #image: ImageData | undefined;
  readonly #pixels: Uint32Array;
  readonly #width: number;
  readonly #ground: number;
  /** By colour, from hardly filled to filled. */
  readonly #shades = new Map<string, readonly number[]>();

  constructor(width: number, lanes: number, ground: string) {
    this.#width = width;
    this.#image = lanes === 0 ? undefined : new ImageData(width, lanes);
    this.#pixels = new Uint32Array(this.#image?.data.buffer ?? new ArrayBuffer(0));
    this.#ground = pixelOf(ground);
    this.#pixels.fill(this.#ground);
  }

  fill(lane: number, fromX: number, toX: number, colour: string, filled: number): void {
    let shades = this.#shades.get(colour);
    if (shades === undefined) {
      const pixel = pixelOf(colour);
      // A call that is hardly there is seen all the same.
      shades = Array.from({ length: 8 }, (_, at) => mixed(this.#ground, pixel, 0.3 + 0.1 * at));
      this.#shades.set(colour, shades);
    }
    const pixel = shades[Math.min(7, Math.floor(filled * 8))] as number;
    const last = Math.min(this.#width, Math.max(Math.floor(fromX) + 1, Math.round(toX)));
    this.#pixels.fill(pixel, lane * this.#width + Math.floor(fromX), lane * this.#width + last);
  }

  draw(context: CanvasRenderingContext2D, top: number, laneHeight: number, thick: number): void {
    if (this.#image === undefined) return;
    const { width, height } = this.#image;
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext('2d')?.putImageData(this.#image, 0, 0);
    context.imageSmoothingEnabled = false;
    for (let lane = 0; lane < height; lane++)
      context.drawImage(canvas, 0, lane, width, 1, gutter, top + lane * laneHeight, width, thick);
  }
}

/** As in the memory of an image: red first, on all common machines the lowest byte. */
function pixelOf(colour: string): number {
  const part = (at: number): number => Number.parseInt(colour.slice(at, at + 2), 16);
  return (0xff000000 | (part(5) << 16) | (part(3) << 8) | part(1)) >>> 0;
}

function mixed(from: number, to: number, share: number): number {
  const part = (shift: number): number => {
    const [a, b] = [(from >>> shift) & 255, (to >>> shift) & 255];
    return Math.round(a + (b - a) * share) << shift;
  };
  return (0xff000000 | part(16) | part(8) | part(0)) >>> 0;
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
  context.lineWidth = 1;
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
