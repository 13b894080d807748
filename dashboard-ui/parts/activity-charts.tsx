/**
 * How much went on when: calls that ended a second, that ran, that waited. Each chart says its highest and its latest number.
 */

import { effect } from '@preact/signals';
import type { ComponentChild } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { activityOf } from '../../src/observe/calls/activity.ts';
import { sizeCanvas } from '../canvas/canvas-size.ts';
import { watched } from '../data/watched.ts';
import type { WatchedRun } from '../data/watched-run.ts';
import { canvasColours, themeChanges } from '../look.ts';
import { msText, numberText } from '../words.ts';
import { useCalm } from './use-calm.ts';

const parts = 120;
const height = 74;
/** Going through a million calls ten times a second is too much. */
const calmMs = 1000;

export function ActivityCharts({ run }: { readonly run: WatchedRun }): ComponentChild {
  const { columns } = run;
  const { startedAtMs, settledAtMs } = run.state.value;
  const frames = useCalm(run.frames.value, columns.count > 20_000 ? calmMs : 200);
  const { activity, nowMs } = useMemo(() => {
    const now = Math.max(0.01, (settledAtMs ?? watched.nowMs()) - startedAtMs);
    return { activity: activityOf(columns, now, parts), nowMs: now };
  }, [columns, frames, settledAtMs]);
  if (frames === 0) return undefined;
  const perSecond = activity.ended.map((count) => (count * 1000 * parts) / nowMs);
  return (
    <div class="charts">
      <Chart title="ended a second" values={perSecond} nowMs={nowMs} />
      <Chart title="running" values={activity.running} nowMs={nowMs} />
      <Chart title="waiting" values={activity.waiting} nowMs={nowMs} />
    </div>
  );
}

function Chart({
  title,
  values,
  nowMs,
}: {
  readonly title: string;
  readonly values: Float64Array;
  readonly nowMs: number;
}): ComponentChild {
  const canvas = useRef<HTMLCanvasElement>(null);
  const most = values.reduce((highest, value) => Math.max(highest, value), 0);
  useEffect(() => {
    const draw = (): void => {
      const element = canvas.current;
      const width = element?.parentElement?.clientWidth ?? 0;
      if (element === null || width === 0) return;
      const context = sizeCanvas(element, width, height);
      if (context !== undefined) drawChart(context, values, most, width);
    };
    const end = effect(() => {
      void themeChanges.value;
      draw();
    });
    addEventListener('resize', draw);
    return () => {
      end();
      removeEventListener('resize', draw);
    };
  });
  const text = `${title}: at most ${amount(most)}, at last ${amount(values.at(-1) ?? 0)}, over ${msText(nowMs)}`;
  return (
    <figure>
      <figcaption>
        {title} <span class="faint">at most {amount(most)}</span>
      </figcaption>
      <div>
        <canvas ref={canvas} role="img" aria-label={text} />
      </div>
    </figure>
  );
}

function drawChart(
  context: CanvasRenderingContext2D,
  values: Float64Array,
  most: number,
  width: number,
): void {
  const colours = canvasColours();
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, width, height);
  context.fillStyle = colours.line;
  context.fillRect(0, height - 1, width, 1);
  const step = width / values.length;
  context.beginPath();
  context.moveTo(0, height - 1);
  for (const [at, value] of values.entries()) {
    const y = height - 1 - (value / Math.max(most, 1e-9)) * (height - 6);
    context.lineTo(at * step, y);
    context.lineTo((at + 1) * step, y);
  }
  context.lineTo(width, height - 1);
  context.closePath();
  context.globalAlpha = 0.35;
  context.fillStyle = colours.marked;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = colours.marked;
  context.lineWidth = 1.2;
  context.stroke();
}

function amount(value: number): string {
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : numberText(Math.round(value));
}
