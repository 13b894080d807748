/**
 * What executors over clusters are opened with, whatever the scheduler.
 */

import { type Clock, systemClock } from '../../base/clock.ts';
import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import { secondsOf } from '../../base/time-text.ts';
import { checkWorkerLimits } from '../../pool/worker-limits.ts';
import { type CodecsOptions, checkCodecs } from '../../worker/codecs-option.ts';
import { heddleCommand } from '../../worker/heddle-command.ts';
import { refuseWhileImporting } from '../../worker/importing.ts';
import { checkOutput, type OutputOptions } from '../../worker/output.ts';
import { type ReferencesOption, referencesOf } from '../../worker/references-option.ts';
import { type SetupOptions, setupOf, setupOptionNames } from '../../worker/setup.ts';
import { checkVerbose, type VerboseOptions } from '../../worker/verbose.ts';
import type { ClusterParts } from './cluster-executor.ts';
import type { Engine } from './engine.ts';
import { localAddress } from './local-address.ts';

/** Which jobs, how many, and how they reach this program. */
export interface ClusterOptions extends OutputOptions, VerboseOptions, CodecsOptions, SetupOptions {
  /**
   * The most workers at once, an integer, at least 1; or also how many jobs are kept for them when there is nothing to do.
   * Each kind of job that calls ask for by the hint `job` may have as many at most.
   */
  readonly workers: number | { readonly min?: number; readonly max: number };
  /**
   * How many workers share a job; an integer, at least 1. What is said for a worker is asked for as often for the job.
   *
   * @defaultValue 1
   */
  readonly workersPerJob?: number;
  /** @defaultValue 1 */
  readonly cpusPerWorker?: number;
  /** In bytes. @defaultValue what the scheduler gives */
  readonly memoryBytesPerWorker?: number;
  /** @defaultValue 0 */
  readonly gpusPerWorker?: number;
  /**
   * How long a job may run: `hours:minutes:seconds`, `days-hours`, or minutes. Before it is over, the job is given no more
   * calls, and another one takes its place.
   *
   * @defaultValue what the scheduler gives; then a job is lost in the end, in the midst of a call perhaps
   */
  readonly time?: string;
  /**
   * How long before the end of its time a job is given no more calls, in milliseconds: at least as long as most calls take.
   *
   * @defaultValue a tenth of its time, at most 60,000
   */
  readonly drainMs?: number;
  /** The partition or queue. @defaultValue the scheduler's own */
  readonly partition?: string;
  /** Who pays. @defaultValue the scheduler's own */
  readonly account?: string;
  /** What nodes must have, in the scheduler's words. @defaultValue nothing */
  readonly constraint?: string;
  /** Lines of a shell script that a job begins with: `['module load nodejs/24']`. @defaultValue none */
  readonly prologue?: readonly string[];
  /**
   * How heddle's command is started on a node: a program and its arguments.
   *
   * @defaultValue this Node.js and this heddle, by their paths here, which nodes must share
   */
  readonly command?: readonly string[];
  /**
   * A folder on a disk that nodes share, for what jobs need and print: each run has one of its own there, which goes with it.
   *
   * @defaultValue `.heddle/jobs` in the home folder; for jobs of this machine, that for temporary files
   */
  readonly folder?: string;
  /**
   * The address of this machine at which it is listened for jobs, and at no other.
   *
   * @defaultValue the first that other machines may know: of several, choose the one of the network that nodes share; for jobs of
   *   this machine, `127.0.0.1`
   */
  readonly address?: string;
  /** The port. @defaultValue any that is free */
  readonly port?: number;
  /** By which `host:port` jobs reach this program, if there is something in between. @defaultValue where it listens */
  readonly reachedAt?: string;
  /**
   * How often a job says that it is there, in milliseconds. After three times that in silence it counts as lost.
   *
   * @defaultValue 5000
   */
  readonly beatMs?: number;
  /**
   * How long a job waits for a program that is gone, in milliseconds, until it ends.
   *
   * @defaultValue 60,000
   */
  readonly graceMs?: number;
  /**
   * How long a worker is kept that has nothing to do, in milliseconds; with its last worker a job ends.
   *
   * @defaultValue 60,000
   */
  readonly idleMs?: number;
  /**
   * How many workers a call may lose, by no fault of its own perhaps, until it fails with a `WorkerLostError` that names where
   * they were; an integer, at least 1. A task with the hint `retries` says that itself: each loss is a failed attempt then.
   *
   * @defaultValue 3
   */
  readonly maxLosses?: number;
  /**
   * How large arrays travel: in files of a folder that nodes share, or in messages by this program (`false`).
   *
   * @defaultValue in the folder of the run, from 1 MiB on
   */
  readonly references?: ReferencesOption | false;
  /** How long importing the module of a task may take, in milliseconds. @defaultValue 60,000 */
  readonly startTimeoutMs?: number;
  /** @defaultValue the clock of this machine */
  readonly clock?: Clock;
}

export const clusterOptionNames: readonly string[] = [
  'workers',
  'workersPerJob',
  'cpusPerWorker',
  'memoryBytesPerWorker',
  'gpusPerWorker',
  'time',
  'drainMs',
  'partition',
  'account',
  'constraint',
  'prologue',
  'command',
  'folder',
  'address',
  'port',
  'reachedAt',
  'beatMs',
  'graceMs',
  'idleMs',
  'maxLosses',
  'references',
  'startTimeoutMs',
  'clock',
  'codecs',
  'output',
  'verbose',
  ...setupOptionNames,
];

/** Of the time of a job, what is left for calls that have begun; at most, in milliseconds. Arbitrary. */
const drainShare = 0.1;
const mostDrainMs = 60_000;

/**
 * Checks options, and fills in what was not said.
 *
 * @param name - of what is opened, for messages: `SLURM`
 * @param submit - the option with further words for the command that submits
 * @throws {RangeError | TypeError} If an option makes no sense, naming it.
 */
export function clusterPartsOf(
  options: ClusterOptions,
  engine: Engine,
  name: string,
  submit: { readonly option: string; readonly words: readonly string[] | undefined },
): ClusterParts {
  const verb = `open workers by ${name}`;
  refuseWhileImporting(verb);
  refuseUnknownOptions(options, [...clusterOptionNames, submit.option], verb);
  checkCodecs(options.codecs, 'processes', verb);
  checkOutput(options.output, verb);
  checkVerbose(options.verbose, verb);
  const { workers, workersPerJob = 1, cpusPerWorker = 1, time, clock = systemClock } = options;
  const { min = 0, max } = typeof workers === 'number' ? { max: workers } : (workers ?? { max: undefined });
  const refuse = (option: string, reason: string, received: unknown): never => {
    throw new RangeError(
      `Cannot ${verb} as '${option}' must be ${reason}: received ${inspectShort(received)}`,
    );
  };
  const isCount = (value: unknown, least: number): boolean =>
    Number.isSafeInteger(value) && (value as number) >= least;
  if (!isCount(max, 1)) refuse('workers', 'a positive integer, or { min, max }', workers);
  if (!isCount(min, 0) || min > max) refuse('workers.min', "an integer, at least 0 and at most 'max'", min);
  for (const option of ['workersPerJob', 'cpusPerWorker', 'maxLosses'] as const) {
    const value = options[option];
    if (value !== undefined && !isCount(value, 1)) refuse(option, 'an integer, at least 1', value);
  }
  if (options.gpusPerWorker !== undefined && !isCount(options.gpusPerWorker, 0))
    refuse('gpusPerWorker', 'an integer, at least 0', options.gpusPerWorker);
  for (const option of ['memoryBytesPerWorker', 'drainMs', 'beatMs', 'graceMs', 'idleMs'] as const) {
    const value = options[option];
    const isZeroFine = option === 'drainMs' && value === 0;
    if (value !== undefined && !isZeroFine && !(Number.isFinite(value) && value > 0))
      refuse(option, 'a positive number', value);
  }
  const timeS = time === undefined || typeof time !== 'string' ? undefined : secondsOf(time);
  if (time !== undefined && timeS === undefined) refuse('time', "a time such as '01:30:00'", time);
  for (const option of ['partition', 'account', 'constraint', 'folder', 'address', 'reachedAt'] as const) {
    const value = options[option];
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      refuse(option, 'a text, not empty', value);
  }
  for (const [option, value] of Object.entries({
    prologue: options.prologue,
    command: options.command,
    [submit.option]: submit.words,
  })) {
    if (value !== undefined && !isTexts(value)) refuse(option, 'a list of texts', value);
  }
  if (options.command?.length === 0) refuse('command', 'a program and its arguments', options.command);
  const { references, startTimeoutMs, idleMs = 60_000, maxLosses = 3 } = options;
  const limits = { idleTimeoutMs: idleMs, ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }) };
  checkWorkerLimits(limits, verb);
  const { join, resolve } = process.getBuiltinModule('node:path');
  const { homedir, tmpdir } = process.getBuiltinModule('node:os');
  const { isLocal = false } = engine.traits;
  const chosen = referencesOf(references === undefined ? {} : { references }, verb);
  const isPlaced = typeof references === 'object' && references.folder !== undefined;
  return {
    engine,
    clock,
    workers: { min, max },
    workersPerJob,
    perWorker: {
      cpus: cpusPerWorker,
      memoryBytes: options.memoryBytesPerWorker,
      gpus: options.gpusPerWorker,
      timeS,
      partition: options.partition,
      account: options.account,
      constraint: options.constraint,
    },
    options: submit.words ?? [],
    prologue: options.prologue ?? [],
    command: options.command ?? heddleCommand(),
    folder: resolve(options.folder ?? (isLocal ? tmpdir() : join(homedir(), '.heddle', 'jobs'))),
    address: options.address ?? (isLocal ? '127.0.0.1' : localAddress()),
    port: options.port ?? 0,
    reachedAt: options.reachedAt,
    beatMs: options.beatMs ?? 5000,
    graceMs: options.graceMs ?? 60_000,
    drainMs: options.drainMs ?? Math.min((timeS ?? 0) * 1000 * drainShare, mostDrainMs),
    limits,
    maxLosses,
    codecs: options.codecs,
    setup: setupOf(options, 'processes', verb),
    references:
      chosen === undefined ? undefined : { ...chosen, folder: isPlaced ? chosen.folder : undefined },
    ...(options.output === undefined ? {} : { output: options.output }),
    ...(options.verbose === undefined ? {} : { verbose: options.verbose }),
  };
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string' && !each.includes('\0'));
}
