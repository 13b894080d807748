/** Pipelines on a terminal and in a log. */

import { describe, expect, test } from 'vitest';
import type { Event, StageFact, StageSums } from '../../src/index.ts';
import { asciiGlyphs, unicodeGlyphs } from '../../src/observe/glyphs.ts';
import { LiveRegion } from '../../src/terminal/live-region.ts';
import { painter } from '../../src/terminal/paint.ts';
import { plain } from '../../src/terminal/plain.ts';
import { RunDisplay } from '../../src/terminal/run-display.ts';
import { FakeTerminal } from '../fixtures/terminal/fake-terminal.ts';
import { HandClock } from '../fixtures/terminal/hand-clock.ts';
import { RunScript } from '../fixtures/terminal/run-script.ts';
import { screenOf } from '../fixtures/terminal/screen.ts';

const measure = (text: string): number => text.length;
const facts: readonly StageFact[] = [
  { name: 'parse', where: 'workers', workers: 2 },
  { name: 'Accumulator', where: 'own-worker', workers: 1 },
];

interface Sums {
  readonly inputs?: number;
  readonly inputsMs?: number;
  readonly resultsMs?: number;
  readonly stages?: readonly Partial<StageSums>[];
}

/** Emits what a pipeline would. */
function script(emit: (event: Event) => void, clock: HandClock, run = 7) {
  const none = { taken: 0, given: 0, waiting: 0, busyMs: 0 };
  const startMs = clock.epochMs();
  const sums = ({ inputs = 0, inputsMs = 0, resultsMs = 0, stages = [{}, {}] }: Sums) => ({
    run,
    atMs: clock.epochMs(),
    inputs,
    inputsMs,
    resultsMs,
    stages: stages.map((stage) => ({ ...none, ...stage })),
  });
  return {
    begin: (stages = facts) => emit({ kind: 'pipeline-started', run, atMs: clock.epochMs(), stages }),
    pass: (told: Sums) => emit({ kind: 'pipeline-progressed', ...sums(told) }),
    end: (is: 'success' | 'failure' | 'cancelled', told: Sums, summary?: string) =>
      emit({
        kind: 'pipeline-settled',
        ...sums(told),
        is,
        durationMs: clock.epochMs() - startMs,
        failure: summary === undefined ? undefined : { reason: is, summary },
      }),
  };
}

function displayed({ columns = 80, glyphs = unicodeGlyphs } = {}) {
  const stream = new FakeTerminal({ columns });
  const clock = new HandClock();
  const look = { paint: painter({ colours: false, unicode: true }), measure, ellipsis: '…' };
  const sink = new RunDisplay({
    title: undefined,
    mode: 'auto',
    clock,
    framesPerSecond: 10,
    look: { glyphs, measure },
    openSurface: () => new LiveRegion(stream, [], look),
  });
  return { stream, clock, sink, screen: () => screenOf(stream.output).map((line) => line.trimEnd()) };
}

const half = {
  inputs: 4100,
  stages: [
    { taken: 4000, given: 3900, waiting: 100, busyMs: 400 },
    { taken: 3850, given: 3850, waiting: 50, busyMs: 950 },
  ],
};

describe('a pipeline on a terminal', () => {
  test('has a row for each stage: how far, how fast, what waits, how busy, and which is slowest', () => {
    const { clock, sink, screen } = displayed();
    const pipeline = script((event) => sink.emit(event), clock);
    pipeline.begin();
    clock.pass(1000);
    pipeline.pass(half);
    clock.pass(100);
    expect(screen()).toEqual([
      '╭─(pipeline of 2 stages)',
      '│ parse        4000 done  4000/s  100 waiting  20 % busy',
      '│ Accumulator  3850 done  3850/s   50 waiting  95 % busy  bottleneck',
    ]);
    clock.pass(900);
    pipeline.end('success', {
      inputs: 8000,
      stages: [
        { taken: 8000, given: 8000, busyMs: 800 },
        { taken: 8000, given: 7900, busyMs: 1900 },
      ],
    });
    expect(screen()).toEqual([
      '╭─(pipeline of 2 stages)',
      '│ parse        8000 done  4000/s  0 waiting  20 % busy',
      '│ Accumulator  8000 done  4000/s  0 waiting  95 % busy  bottleneck',
      '╰─(success)',
      '  8000 inputs, 7900 results in 2.0 s; bottleneck: Accumulator',
    ]);
  });

  test('is cut from the right where there is little room, and says what is waited for outside', () => {
    const { clock, sink, screen } = displayed({ columns: 44 });
    const pipeline = script((event) => sink.emit(event), clock);
    pipeline.begin([{ name: 'one', where: 'here', workers: 1 }]);
    clock.pass(1000);
    pipeline.pass({ inputs: 3, inputsMs: 900, stages: [{ taken: 3, given: 3, busyMs: 1 }] });
    clock.pass(100);
    expect(screen()).toEqual([
      '╭─(pipeline of 1 stage)',
      '│ one  3 done  3.0/s  0 waiting  0 % busy',
      '│ bottleneck: the inputs',
    ]);
    pipeline.end('cancelled', { inputs: 3, stages: [{ taken: 3, given: 3 }] }, 'left before its end');
    expect(screen().slice(-2)).toEqual(['╰─(cancelled)', '  3 inputs, 3 results in 1.1 s']);
  });

  test('fails with its reason, stands beside a run of a graph, and leaves nothing running', () => {
    const { clock, sink, screen, stream } = displayed({ glyphs: asciiGlyphs });
    const run = new RunScript(sink, () => clock.epochMs(), 1).begin().add('read', 2);
    const pipeline = script((event) => sink.emit(event), clock);
    pipeline.begin();
    clock.pass(200);
    expect(screen().some((line) => line.includes('Accumulator  0 done'))).toBe(true);
    pipeline.end('failure', {}, 'Error: no');
    run.settle(run.start('read')).settle(run.start('read')).end();
    expect(screen().some((line) => line.endsWith('(failed: Error: no)'))).toBe(true);
    const writes = stream.writes.length;
    clock.pass(60_000);
    expect(stream.writes).toHaveLength(writes);
  });

  test('shows as many stages as there is room for', () => {
    const { clock, sink, screen } = displayed();
    const many = Array.from({ length: 30 }, (_, at) => ({ ...facts[0], name: `stage ${at}` }) as StageFact);
    const pipeline = script((event) => sink.emit(event), clock);
    pipeline.begin(many);
    clock.pass(200);
    expect(screen()).toHaveLength(13);
    expect(screen().at(-1)).toBe('│ … 19 more stages');
    pipeline.end('cancelled', { stages: many.map(() => ({})) });
  });
});

describe('a pipeline in a log', () => {
  test('has a line every 10 s, and one at its end', () => {
    const stream = new FakeTerminal();
    const clock = new HandClock();
    const sink = plain({ stream, clock, title: 'count' });
    const pipeline = script((event) => sink.emit(event), clock);
    pipeline.begin();
    for (let at = 0; at < 110; at++) {
      clock.pass(100);
      pipeline.pass({ ...half, resultsMs: at });
    }
    pipeline.end('failure', half, 'Error: no');
    const lines = stream.output.split('\n').slice(0, -1);
    expect(lines[0]).toBe('[run] count');
    expect(lines[1]).toMatch(/^\[progress\] 4100 inputs, 3850 results, \d+\/s$/);
    expect(lines.slice(2)).toEqual(['[failed] 4100 inputs, 3850 results in 11.0 s: Error: no']);
  });
});
