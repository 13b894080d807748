/**
 * How one run of a pipeline is shown: a row for each stage, with how far and how fast it is, what waits before it, and how
 * busy its workers are. The one that all others wait for is marked.
 *
 * On a narrow terminal columns leave from the right. It decides nothing about streams, colours or widths of characters.
 */

import { countText, durationText, rateText } from './amount.ts';
import type { Bottleneck } from './bottleneck.ts';
import { cut } from './fit.ts';
import { innerLine, openingLine } from './frame.ts';
import type { Glyphs } from './glyphs.ts';
import { flexible, type Line, span, type Tone } from './line.ts';
import { oneLine } from './one-line.ts';
import type { PipelineSnapshot, StageSnapshot } from './pipeline-watch.ts';
import type { RowLook } from './progress.ts';

const longestName = 28;
/** How many stages have a row at most (arbitrary: half of a small terminal). */
const mostRows = 12;
const gap = '  ';

/** Shows one run of a pipeline. */
export class PipelineView {
  readonly #run: PipelineSnapshot;
  readonly #title: string;
  readonly #look: (columns: number) => RowLook;
  #isOpened = false;
  #isClosed = false;

  /**
   * @param run - kept up to date by someone else
   * @param look - what rows are drawn with; its `columns` are replaced
   */
  constructor(run: PipelineSnapshot, title: string | undefined, look: RowLook) {
    this.#run = run;
    this.#title = title ?? `pipeline of ${countText(run.stages.length, 'stage')}`;
    this.#look = (columns) => ({ ...look, columns });
  }

  /** Whether the last line has been handed over. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Hands over the lines that will not change any more. */
  take(_room: number, columns: number): Line[] {
    const look = this.#look(columns - 2);
    const taken: Line[] = [];
    if (!this.#isOpened) {
      this.#isOpened = true;
      taken.push(openingLine(this.#title, look.glyphs));
    }
    if (this.#run.settledAtMs === undefined || this.#isClosed) return taken;
    this.#isClosed = true;
    for (const row of stageRows(this.#run, look, mostRows)) taken.push(innerLine(row, look.glyphs));
    taken.push(closing(this.#run, look.glyphs), [span(`  ${pipelineSummary(this.#run)}`, 'dim')]);
    return taken;
  }

  /** Gives the lines that may still change, at most `room` of them. */
  live(room: number, _atMs: number, columns: number): Line[] {
    if (this.#isClosed || room <= 0) return [];
    const look = this.#look(columns - 2);
    const { bottleneck, stages } = this.#run;
    const rows = stageRows(this.#run, look, Math.min(room, mostRows));
    if (bottleneck !== undefined && bottleneck.is !== 'stage' && rows.length < room) {
      rows.push([span(`bottleneck: ${bottleneckText(bottleneck, stages)}`, 'warn')]);
    }
    return rows.map((row) => innerLine(row, look.glyphs));
  }
}

/** What a run came to, in one sentence: `4000 inputs, 3900 results in 2.1 s; bottleneck: parse`. */
export function pipelineSummary(run: PipelineSnapshot): string {
  const { inputs, stages, startedAtMs, settledAtMs, bottleneck } = run;
  const results = stages.at(-1)?.given ?? 0;
  const durationMs = (settledAtMs ?? startedAtMs) - startedAtMs;
  const slowest = bottleneck === undefined ? '' : `; bottleneck: ${bottleneckText(bottleneck, stages)}`;
  return `${countText(inputs, 'input')}, ${countText(results, 'result')} in ${durationText(durationMs)}${slowest}`;
}

/** Names it: a stage, `the inputs`, or `who reads the results`. */
export function bottleneckText(bottleneck: Bottleneck, stages: readonly StageSnapshot[]): string {
  if (bottleneck.is === 'inputs') return 'the inputs';
  if (bottleneck.is === 'results') return 'who reads the results';
  return oneLine(stages[bottleneck.stage]?.name ?? '');
}

/** Gives a row for each stage, at most `room` of them, without a frame. */
export function stageRows({ stages, bottleneck }: PipelineSnapshot, look: RowLook, room: number): Line[] {
  const slowest = bottleneck?.is === 'stage' ? bottleneck.stage : -1;
  const shown = stages.length <= room ? stages : stages.slice(0, Math.max(0, room - 1));
  const rows = shown.map((stage, index) => cellsOf(stage, index === slowest, look));
  const widths = rows.reduce<number[]>(
    (widest, cells) => cells.map((cell, at) => Math.max(widest[at] ?? 0, look.measure(cell))),
    [],
  );
  let columns = widths.length;
  while (columns > 2 && widthOf(widths.slice(0, columns)) > look.columns) columns--;
  const lines = rows.map((cells, index): Line => {
    const tone: Tone = index === slowest ? 'warn' : 'plain';
    const [name = '', ...rest] = cells.slice(0, columns);
    const pad = ' '.repeat((widths[0] ?? 0) - look.measure(name));
    const texts = rest.map((cell, at) => gap + cell.padStart(widths[at + 1] ?? 0));
    return [span(name + pad, tone), span(texts.join('').trimEnd(), index === slowest ? 'warn' : 'dim')];
  });
  const hidden = stages.length - shown.length;
  if (hidden > 0) lines.push([span(`${look.glyphs.ellipsis} ${countText(hidden, 'more stage')}`, 'dim')]);
  return lines;
}

function widthOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + gap.length, -gap.length);
}

function cellsOf(stage: StageSnapshot, isSlowest: boolean, { columns, measure, glyphs }: RowLook): string[] {
  const { taken, perSecond, busy, waiting } = stage;
  const most = Math.min(longestName, Math.max(4, Math.floor(columns / 3)));
  return [
    cut(oneLine(stage.name), most, measure, glyphs.ellipsis),
    `${taken} done`,
    taken === 0 ? '' : rateText(perSecond),
    `${waiting} waiting`,
    `${Math.round(busy * 100)} % busy`,
    isSlowest ? 'bottleneck' : '',
  ];
}

function closing(run: PipelineSnapshot, glyphs: Glyphs): Line {
  const tone: Tone = run.is === 'success' ? 'good' : run.is === 'cancelled' ? 'warn' : 'bad';
  const why = run.is === 'failure' && run.failure !== undefined ? `: ${oneLine(run.failure.summary)}` : '';
  const text = run.is === 'failure' ? `failed${why}` : run.is;
  return [span(`${glyphs.closing}(`, 'dim'), flexible(text, tone), span(')', 'dim')];
}
