/**
 * The seam to the schedulers of clusters: an engine takes jobs, says how they are, and ends them.
 *
 * It is all that heddle needs of one, and heddle writes none: each engine drives a scheduler that exists, by its commands.
 * `testing/` has the suite that every engine passes. Leaves to others what jobs do, and how many there should be.
 */

import { HeddleError } from '../../base/errors.ts';

/** What an engine calls a job: of an array, one element. */
export type JobId = string;

/** Submits jobs to a scheduler, asks for them, and cancels them. */
export interface Engine {
  /** For displays and messages: `slurm`. */
  readonly name: string;
  readonly traits: EngineTraits;
  /**
   * Submits jobs that are all alike.
   *
   * @returns their ids, `count` of them, no two alike
   * @throws {EngineError} If they were not taken; its `isPassing` says whether the same may be taken later.
   */
  submit(jobs: JobsRequest): Promise<readonly JobId[]>;
  /**
   * Asks how jobs are, in one go.
   *
   * @returns what is known, by id; a job that is missing is one that the scheduler does not know any more
   * @throws {EngineError} If it could not be asked. That says nothing of the jobs.
   */
  poll(ids: readonly JobId[]): Promise<ReadonlyMap<JobId, JobStatus>>;
  /**
   * Cancels jobs, whether they wait or run. Those that have ended, or that nobody knows, are left as they are.
   *
   * @throws {EngineError} If it could not be asked to.
   */
  cancel(ids: readonly JobId[]): Promise<void>;
}

export interface EngineTraits {
  /** Whether jobs run on this machine: they need neither a disk that nodes share nor a network. */
  readonly isLocal?: boolean;
  /** The most jobs that are submitted at once; 1 without arrays. */
  readonly mostAtOnce: number;
  /** What gives a job its own id in its script, as a shell reads it: `${SLURM_JOB_ID}`. */
  readonly idInScript: string;
}

/** Jobs that are all alike. */
export interface JobsRequest {
  /** For people who look at the queue. */
  readonly name: string;
  /** An integer, at least 1, and at most `mostAtOnce`. */
  readonly count: number;
  /** A script for `/bin/sh`, each job runs it. */
  readonly script: string;
  readonly resources: JobResources;
  /** A folder on a disk that all share, in which what a job prints is kept: in a file that ends in its id and `.out`. */
  readonly logs: string;
  /** Nodes that were lost a moment ago, which the scheduler may not know yet. An engine that cannot tell it pays no heed. */
  readonly avoid?: readonly string[] | undefined;
  /** Further words for the command that submits. */
  readonly options: readonly string[];
}

/** What a job is given. */
export interface JobResources {
  readonly cpus: number;
  readonly memoryBytes?: number | undefined;
  readonly gpus?: number | undefined;
  /** The longest that it may run, in seconds. */
  readonly timeS?: number | undefined;
  readonly partition?: string | undefined;
  readonly account?: string | undefined;
  readonly constraint?: string | undefined;
}

/** How a job is. */
export interface JobStatus {
  readonly is: 'waiting' | 'running' | 'ended';
  /** The scheduler's own word: `PENDING`, `TIMEOUT`. */
  readonly state: string;
  /** Why, in the scheduler's words: why it waits, or how it ended; empty if there is none. */
  readonly reason: string;
}

/** A scheduler did not do what it was asked to. */
export class EngineError extends HeddleError {
  override readonly name: string = 'EngineError';
  /** Whether the same may go well later: the scheduler could not be reached, or has enough jobs for now. */
  readonly isPassing: boolean;
  constructor(message: string, { isPassing, ...options }: ErrorOptions & { readonly isPassing: boolean }) {
    super('HEDDLE_ENGINE', message, options);
    this.isPassing = isPassing;
  }
}
