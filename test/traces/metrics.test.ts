/** Counts as Prometheus reads them. */

import { expect, test } from 'vitest';
import { openPipeline, run, stage, task } from '../../src/index.ts';
import { openMetrics } from '../../src/traces.ts';

/** Names with labels, and values; throws where a line is none of the format. */
function valuesIn(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.trimEnd().split('\n')) {
    if (/^# (?:HELP|TYPE) heddle_\w+ \S/.test(line)) continue;
    const found = /^(heddle_\w+(?:\{(?:\w+="(?:[^"\\\n]|\\.)*",?)*\})?) (\S+)$/.exec(line);
    if (found === null) throw new Error(`no line of the format: ${line}`);
    values.set(found[1] as string, Number(found[2]));
  }
  return values;
}

test('metrics count calls, attempts, runs and stages, over all runs', async () => {
  const metrics = openMetrics();
  const square = task((x: number) => x * x, { name: 'square "x"\\' });
  const fail = task(
    () => {
      throw new Error('no');
    },
    { name: 'fail', retries: 2 },
  );
  await run([square(1), square(2)], { sinks: metrics });
  await run(square(3), { sinks: metrics });
  await run(fail(), { sinks: metrics }).catch(() => undefined);
  const pipeline = openPipeline([stage((x: number) => x, { inMaster: true })], { sinks: metrics });
  await pipeline.apply([1, 2, 3]).toArray();
  await pipeline.apply([4]).toArray();
  await pipeline.dispose();
  const values = valuesIn(metrics.text());
  const label = 'task="square \\"x\\"\\\\"';
  expect(values.get(`heddle_calls_total{${label},is="success",how="computed"}`)).toBe(3);
  expect(values.get(`heddle_call_seconds_count{${label}}`)).toBe(3);
  expect(values.get(`heddle_call_seconds_bucket{${label},le="+Inf"}`)).toBe(3);
  expect(values.get('heddle_calls_total{task="fail",is="retry"}')).toBe(2);
  expect(values.get('heddle_calls_total{task="fail",is="failure",how="computed"}')).toBe(1);
  expect(values.get('heddle_calls_running{task="fail"}')).toBe(0);
  expect(values.get('heddle_runs_going')).toBe(0);
  expect(values.get('heddle_runs_total{is="success"}')).toBe(2);
  expect(values.get('heddle_runs_total{is="failure"}')).toBe(1);
  expect(values.get('heddle_stage_items_total{stage="anonymous"}')).toBe(4);
  expect(values.get('heddle_stage_items_waiting{stage="anonymous"}')).toBe(0);
});

test('metrics of calls that run, and of a run that was cancelled', async () => {
  const metrics = openMetrics();
  const begun = Promise.withResolvers<void>();
  const wait = task(
    () => {
      begun.resolve();
      return new Promise(() => undefined);
    },
    { name: 'wait' },
  );
  const stop = new AbortController();
  const running = run(wait(), { sinks: metrics, signal: stop.signal });
  await begun.promise;
  expect(valuesIn(metrics.text()).get('heddle_calls_running{task="wait"}')).toBe(1);
  expect(valuesIn(metrics.text()).get('heddle_runs_going')).toBe(1);
  stop.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  expect(valuesIn(metrics.text()).get('heddle_calls_running{task="wait"}')).toBe(0);
});

test('metrics of nothing are a count of no runs', () => {
  const { text, contentType } = openMetrics();
  expect(valuesIn(text.call(openMetrics()))).toEqual(new Map([['heddle_runs_going', 0]]));
  expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
});
