/** Stages and pipelines that make no sense are refused when they are made. */

import { describe, expect, onTestFinished, test } from 'vitest';
import { openPipeline, openThreads, stage } from '../../src/index.ts';
import { Adder, Noter, noop, parse } from '../fixtures/tasks/pipeline-tasks.ts';
import { kept } from './opened.ts';

describe('stage()', () => {
  test('reads options that the function or class has as properties, beneath those given', () => {
    expect(stage(parse).options).toEqual({ batchSize: 8, stateful: false });
    expect(stage(parse, { batchSize: 2 }).options).toEqual({ batchSize: 2, stateful: false });
    expect(stage(Noter('')).options).toEqual({ stateful: true });
    expect(stage(Adder()).options.stateful).toBe(true);
    expect(stage(noop).options.stateful).toBe(false);
    expect(stage(Object.assign((x: number) => x, { inMaster: false })).options.inMaster).toBe(false);
  });

  test.each([
    [{ stateful: 0 }, "'stateful' must be true, false, or a positive integer: received 0"],
    [{ stateful: -1 }, "'stateful'"],
    [{ stateful: 1.5 }, "'stateful'"],
    [{ stateful: 'yes' }, "'stateful'"],
    [{ batchSize: 0 }, "'batchSize' must be a positive integer: received 0"],
    [{ window: Number.NaN }, "'window' must be a positive integer: received NaN"],
    [{ inMaster: 1 }, "'inMaster' must be true or false: received 1"],
    [{ batchsize: 1 }, "there is no option 'batchsize'\n  'batchSize' was probably meant"],
  ])('refuses %o', (options, text) => {
    expect(() => stage(noop, options as never)).toThrow(text);
    expect(() => stage(noop, options as never)).toThrow("Cannot make stage 'noop'");
  });

  test('refuses what cannot be applied', () => {
    expect(() => stage(3 as never)).toThrow(
      'Cannot make a stage as it must be a task, a worker or a function',
    );
    expect(() => stage(Adder as never)).toThrow('call it: stage(Adder(…))');
  });
});

describe('openPipeline()', () => {
  test('refuses options that make no sense', () => {
    const open = (options: unknown): unknown => openPipeline([stage(noop)], options as never);
    expect(() => open({ cpus: 0 })).toThrow("'cpus' must be a positive integer: received 0");
    expect(() => open({ kind: 'inline' })).toThrow('give sequential: true');
    expect(() => open({ workers: 2 })).toThrow("'cpus' says how many there may be");
    expect(() => open({ sequential: 1 })).toThrow("'sequential' must be true or false");
    expect(() => open({ executor: {} })).toThrow("'executor' must be an executor");
    expect(() => open({ cpu: 1 })).toThrow("there is no option 'cpu'");
    expect(() => open(undefined)).not.toThrow();
    expect(() => open(null)).toThrow('the options must be an object');
  });

  test('refuses lists without stages', () => {
    expect(() => openPipeline([] as never)).toThrow('it must be given stages');
    expect(() => openPipeline([noop] as never)).toThrow('its stages must be made with stage(…)');
  });

  test('refuses a function that workers cannot find, unless it runs here', async () => {
    const here = (x: number): number => x + 1;
    expect(() => openPipeline([stage(noop), stage(here)])).toThrow(
      "Cannot open a pipeline as its stage 1 'here' cannot be found by workers",
    );
    for (const pipeline of [
      openPipeline([stage(here, { inMaster: true })]),
      openPipeline([stage(here)], { sequential: true }),
    ]) {
      expect(await kept(pipeline).apply([1]).toArray()).toEqual([2]);
    }
  });

  test('refuses an object that each worker keeps, on an executor', () => {
    const executor = openThreads({ workers: 1 });
    onTestFinished(() => executor.dispose());
    expect(() => openPipeline([stage(Adder(), { stateful: false })], { executor })).toThrow(
      "Cannot run stage 'Adder' on an executor",
    );
  });

  test('refuses inputs that cannot be iterated', () => {
    expect(() => kept(openPipeline([stage(noop)])).apply(3 as never)).toThrow('the inputs must be iterable');
    expect(() => kept(openPipeline([stage(noop)])).apply([], { signl: 1 } as never)).toThrow("'signal'");
  });
});
