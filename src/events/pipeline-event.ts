/**
 * What one run of a pipeline announces: that it began, how far its stages are, and that it has ended.
 *
 * Of single items nothing is told: the facts are sums, some ten times a second while items pass.
 */

import type { FailureFact } from './failure-fact.ts';

/** A fact about one `apply` of a pipeline. Told apart by `kind`. */
export type PipelineEvent = PipelineStarted | PipelineProgressed | PipelineSettled;

/** The first result was asked for. */
export interface PipelineStarted {
  readonly kind: 'pipeline-started';
  /** Unique among the runs of this process, of graphs too. */
  readonly run: number;
  readonly atMs: number;
  readonly stages: readonly StageFact[];
}

/** A stage, and where it runs. */
export interface StageFact {
  readonly name: string;
  /** `'workers'`: on those that stages share. `'own-worker'`: on one for itself. `'here'`: in this thread. */
  readonly where: 'workers' | 'own-worker' | 'here';
  /** How many workers may run it at once; those of stages that share them are the same ones. In this thread, 1. */
  readonly workers: number;
}

/** What has been counted since the start. */
interface PipelineSums {
  /** How many inputs were taken. */
  readonly inputs: number;
  /** How long inputs were waited for. */
  readonly inputsMs: number;
  /** How long there were results, or none asked for: what whoever reads them does meanwhile. */
  readonly resultsMs: number;
  /** One for each stage, in order. */
  readonly stages: readonly StageSums[];
}

/** What has been counted of one stage since the start. */
export interface StageSums {
  /** Items, or windows of items, that it is done with and whose results it has given on. */
  readonly taken: number;
  /** What they came to. */
  readonly given: number;
  /** Items that were given to it and that it is not done with: it runs them, or they wait. */
  readonly waiting: number;
  /** How long it ran, on all its workers together. What it waits for itself, such as an answer of a server, counts. */
  readonly busyMs: number;
}

/** How far the stages are. */
export interface PipelineProgressed extends PipelineSums {
  readonly kind: 'pipeline-progressed';
  readonly run: number;
  readonly atMs: number;
}

/** It has ended. The last event of this run. */
export interface PipelineSettled extends PipelineSums {
  readonly kind: 'pipeline-settled';
  readonly run: number;
  readonly atMs: number;
  /** `'cancelled'`: it was left before its end, or stopped. */
  readonly is: 'success' | 'failure' | 'cancelled';
  readonly durationMs: number;
  readonly failure: FailureFact | undefined;
}
