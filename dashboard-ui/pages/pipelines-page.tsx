/**
 * How fast the stages of pipelines are, what waits before each, and which one all others wait for.
 */

import type { ComponentChild } from 'preact';
import { clockText, durationText, rateText } from '../../src/observe/amount.ts';
import type { PipelineSnapshot } from '../../src/observe/pipeline-watch.ts';
import { watched } from '../data/watched.ts';
import { colourOfTask } from '../look.ts';
import { clockOf, numberText } from '../words.ts';

const places = {
  workers: 'shared workers',
  'own-worker': 'a worker of its own',
  here: 'this thread',
} as const;

export function PipelinesPage(): ComponentChild {
  const pipelines = [...watched.pipelines.value.values()].toReversed();
  return (
    <>
      <h2>Pipelines</h2>
      {pipelines.length === 0 && <p class="faint">No pipeline has run yet.</p>}
      {pipelines.map((pipeline) => (
        <Stages key={pipeline.run} pipeline={pipeline} />
      ))}
    </>
  );
}

function Stages({ pipeline }: { readonly pipeline: PipelineSnapshot }): ComponentChild {
  const { is, startedAtMs, settledAtMs, inputs, stages, bottleneck, failure } = pipeline;
  const took =
    settledAtMs === undefined
      ? clockText(watched.nowMs() - startedAtMs)
      : durationText(settledAtMs - startedAtMs);
  return (
    <section aria-label={`Pipeline of ${clockOf(startedAtMs)}`}>
      <h3>
        {clockOf(startedAtMs)} ·{' '}
        <span class={is === 'failure' ? 'failed' : is === 'success' ? 'good' : ''}>{is}</span> · {took} ·{' '}
        {numberText(inputs)} inputs
      </h3>
      {failure !== undefined && <p class="notice">{failure.summary}</p>}
      {bottleneck?.is === 'inputs' && <p class="notice">All stages wait for inputs.</p>}
      {bottleneck?.is === 'results' && <p class="notice">All stages wait for whoever reads the results.</p>}
      <table>
        <thead>
          <tr>
            <th>stage</th>
            <th>where</th>
            <th>busy</th>
            <th class="number">speed</th>
            <th class="number">taken</th>
            <th class="number">given</th>
            <th class="number">waiting</th>
            <th>bottleneck</th>
          </tr>
        </thead>
        <tbody>
          {stages.map((stage, at) => (
            <tr key={at}>
              <td>
                <span class="swatch" style={{ backgroundColor: colourOfTask(at) }} />
                {stage.name}
              </td>
              <td>
                {places[stage.where]}
                {stage.where === 'workers' && ` (${stage.workers})`}
              </td>
              <td>
                <div class="group">
                  <div class="bar" aria-hidden="true">
                    <span style={{ width: `${100 * stage.busy}%`, backgroundColor: colourOfTask(at) }} />
                  </div>
                  {Math.round(100 * stage.busy)} %
                </div>
              </td>
              <td class="number">{rateText(stage.perSecond)}</td>
              <td class="number">{numberText(stage.taken)}</td>
              <td class="number">{numberText(stage.given)}</td>
              <td class="number">{numberText(stage.waiting)}</td>
              <td>
                {bottleneck?.is === 'stage' && bottleneck.stage === at && <b>◀ the others wait for it</b>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
