/**
 * Where the stages of a pipeline run: neighbours that run at one place are joined to segments, so that items cross to a
 * worker once for all of them.
 *
 * Pure, but for the look at the modules of tasks. Leaves the workers to `place.ts`.
 */

import { EntryModule } from '../worker/entry-module.ts';
import type { SegmentSpec, StageSpec } from './segment-runner.ts';
import type { Stage } from './stage.ts';

/** A stage of whatever types. */
export type AnyStage = Stage<never, unknown>;

/** Where a segment runs: on the workers that stages share, on one of its own, or in this thread. */
export type SegmentPlace = 'workers' | 'own-worker' | 'here';

/** Neighbouring stages that run at one place. */
export interface Segment {
  readonly place: SegmentPlace;
  /** The index of the first stage. */
  readonly first: number;
  readonly stages: readonly AnyStage[];
  /** How many items the first stage takes at once, as overlapping windows; 0 if it takes single ones. */
  readonly windowOf: number;
  readonly batchSize: number | undefined;
  /** The most items taken beyond those given on. */
  readonly window: number | undefined;
}

/** Joins stages to segments. */
export function segmentsOf(stages: readonly AnyStage[], isSequential: boolean): readonly Segment[] {
  const segments: Segment[] = [];
  stages.forEach((stage, index) => {
    const { stateful, batchSize, window } = stage.options;
    const last = segments.at(-1);
    const place = placeOf(stage, isSequential, last?.place);
    const windowOf = place === 'workers' && typeof stateful === 'number' ? stateful : 0;
    if (last === undefined || last.place !== place || place === 'own-worker' || windowOf > 0) {
      segments.push({ place, first: index, stages: [stage], windowOf, batchSize, window });
    } else {
      segments[segments.length - 1] = {
        ...last,
        stages: [...last.stages, stage],
        batchSize: ofBoth(Math.max, last.batchSize, batchSize),
        window: ofBoth(Math.min, last.window, window),
      };
    }
  });
  return segments;
}

/** What workers are told of a segment. */
export function specOf({ stages, windowOf }: Segment, isTimed: boolean): SegmentSpec {
  return { window: windowOf, isTimed, stages: stages.map(stageSpecOf) };
}

/**
 * How many workers the stages without a state share: those that are left by the stages that have one to themselves, and,
 * where `cpus` is not given, by this thread; at least one.
 */
export function sharedWorkers(cpus: number | undefined, cores: number, ownWorkers: number): number {
  return Math.max(1, cpus === undefined ? cores - ownWorkers - 1 : cpus - ownWorkers);
}

/** @throws {TypeError} If a stage cannot be found by workers. */
export function refuseUnsendable({ stages, first }: Segment, kind: 'threads' | 'processes'): void {
  const entry = new EntryModule(kind);
  stages.forEach(({ name, parts }, at) => {
    const index = first + at;
    const module = parts.core?.module;
    if (module === undefined) {
      throw new TypeError(
        `Cannot open a pipeline as its stage ${index} '${name}' cannot be found by workers: received a function that stays in its process\n` +
          '  define it in a module, with export const { … } = tasks(import.meta, { … }), or run it here, with inMaster: true',
      );
    }
    const refusal = entry.refusal(module.url, name);
    if (refusal !== undefined) throw new TypeError(refusal);
  });
}

function placeOf(
  { options, parts }: AnyStage,
  isSequential: boolean,
  before: SegmentPlace | undefined,
): SegmentPlace {
  if (isSequential || options.inMaster === true) return 'here';
  // So little work is not worth a way to a worker and back.
  if (parts.reshape?.is === 'unbatch' && before !== 'workers') return 'here';
  return options.stateful === true ? 'own-worker' : 'workers';
}

function stageSpecOf({ parts, options }: AnyStage): StageSpec {
  const { core, args } = parts;
  if (core?.module === undefined)
    throw new TypeError(`Cannot send stage '${core?.name}' as it has no module`);
  const { url, name } = core.module;
  return {
    module: { url, name },
    args,
    isSpread: options.spread === true,
    isStateful: options.stateful === true,
  };
}

function ofBoth(
  choose: (a: number, b: number) => number,
  a: number | undefined,
  b: number | undefined,
): number | undefined {
  return a === undefined ? b : b === undefined ? a : choose(a, b);
}
