/**
 * The engine over SLURM, by `sbatch`, `squeue`, `scancel` and `scontrol`, which are at every site; accounting (`sacct`) and
 * JSON are not.
 *
 * What SLURM says was read off version 22.05. A job that ended is known to it for five minutes, unless a site says otherwise.
 */

import {
  type Engine,
  EngineError,
  type JobId,
  type JobResources,
  type JobStatus,
  type JobsRequest,
} from './engine.ts';
import { engineError, slices } from './engine-words.ts';
import { CommandFailedError, type RunCommand, runCommand } from './run-command.ts';

/** Of an array, SLURM takes 1001 by default (`MaxArraySize`). */
const mostAtOnce = 1000;
/** So many ids are asked for in one go: words of a command have a largest length. Arbitrary. */
const mostIds = 2000;
/** Of so many jobs that have ended it is asked how, each by itself: where a thousand have, they have for the same reason. Arbitrary. */
const mostDetailed = 10;

/** What SLURM says when it cannot be reached, or takes no more for now. */
const passing =
  /Unable to contact slurm controller|Socket timed out|Connection (?:refused|timed out|reset)|Transport endpoint|Unexpected message received|Zero Bytes were transmitted|Resource temporarily unavailable|try again|took more than \d+ ms|Slurm controller not responding|in standby|MaxSubmit|job submit limit|MaxJobCount/i;
const unknownId = /Invalid job id specified/i;

/** States of jobs that have not ended, as `squeue` writes them. */
const waitingStates: ReadonlySet<string> = new Set([
  'PENDING',
  'REQUEUED',
  'REQUEUE_FED',
  'REQUEUE_HOLD',
  'SPECIAL_EXIT',
]);
const runningStates: ReadonlySet<string> = new Set([
  'CONFIGURING',
  'COMPLETING',
  'RUNNING',
  'RESIZING',
  'SIGNALING',
  'STAGE_OUT',
  'STOPPED',
  'SUSPENDED',
]);

/** Makes the engine. */
export function slurmEngine(run: RunCommand = runCommand): Engine {
  return {
    name: 'slurm',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell reads it.
    traits: { mostAtOnce, idInScript: '${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}' },
    submit: (jobs) => submit(run, jobs),
    poll: (ids) => poll(run, ids),
    cancel: (ids) => cancel(run, ids),
  };
}

async function submit(run: RunCommand, jobs: JobsRequest): Promise<readonly JobId[]> {
  const { count, name, logs, resources, avoid = [], options, script } = jobs;
  const args = [
    '--parsable',
    `--array=0-${count - 1}`,
    `--job-name=${name}`,
    // One that is lost is replaced by another one: SLURM would start the same again, later, unasked.
    '--no-requeue',
    `--output=${logs.replaceAll('%', '%%')}/%A_%a.out`,
    '--open-mode=append',
    ...wordsOf(resources),
    ...(avoid.length === 0 ? [] : [`--exclude=${avoid.join(',')}`]),
    ...options,
  ];
  let said: string;
  try {
    said = await run('sbatch', args, script);
  } catch (error) {
    throw engineError('submit jobs to SLURM', error, passing);
  }
  // With several clusters, the name of one follows: 12;cluster.
  const id = /^(\d+)(?:;|$)/m.exec(said)?.[1];
  if (id === undefined) {
    throw new EngineError(
      `Cannot submit jobs to SLURM as 'sbatch --parsable' did not tell a job: received '${said.trim()}'`,
      { isPassing: false },
    );
  }
  return Array.from({ length: count }, (_, index) => `${id}_${index}`);
}

function wordsOf({ cpus, memoryBytes, gpus, timeS, partition, account, constraint }: JobResources): string[] {
  const words = ['--nodes=1', '--ntasks=1', `--cpus-per-task=${cpus}`];
  if (memoryBytes !== undefined) words.push(`--mem=${Math.ceil(memoryBytes / 2 ** 20)}M`);
  if (gpus !== undefined && gpus > 0) words.push(`--gres=gpu:${gpus}`);
  if (timeS !== undefined) words.push(`--time=${timeText(timeS)}`);
  if (partition !== undefined) words.push(`--partition=${partition}`);
  if (account !== undefined) words.push(`--account=${account}`);
  if (constraint !== undefined) words.push(`--constraint=${constraint}`);
  return words;
}

/** As `days-hours:minutes:seconds`. */
function timeText(seconds: number): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const s = Math.ceil(seconds);
  return `${Math.floor(s / 86_400)}-${two(Math.floor(s / 3600) % 24)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

async function poll(run: RunCommand, ids: readonly JobId[]): Promise<ReadonlyMap<JobId, JobStatus>> {
  const found = new Map<JobId, JobStatus>();
  const asked = new Set(ids);
  for (const some of slices(ids, mostIds)) {
    const said = await squeue(run, arraysOf(some));
    for (const line of said.split('\n')) {
      const [id = '', state = '', reason = ''] = line.split('|');
      if (!asked.has(id)) continue;
      found.set(id, { is: kindOf(state), state, reason: reason === 'None' ? '' : reason });
    }
  }
  const ended = [...found].filter(([, { is }]) => is === 'ended');
  for (const [id, status] of ended.slice(0, mostDetailed)) {
    found.set(id, { ...status, reason: await howEnded(run, id, status) });
  }
  return found;
}

/** SLURM takes the number of an array for all that is in it. */
function arraysOf(ids: readonly JobId[]): string[] {
  return [...new Set(ids.map((id) => id.replace(/_.*/, '')))];
}

async function squeue(run: RunCommand, jobs: readonly string[]): Promise<string> {
  try {
    return await run('squeue', [
      '--noheader',
      '--array',
      '--states=all',
      '--format=%i|%T|%r',
      `--jobs=${jobs.join(',')}`,
    ]);
  } catch (error) {
    // It says so if it knows none of them any more.
    if (error instanceof CommandFailedError && unknownId.test(error.said)) {
      // Of several some may be known: it says the same of a list in which one is not, in some versions.
      if (jobs.length === 1) return '';
      const each = await Promise.all(jobs.map((job) => squeue(run, [job])));
      return each.join('\n');
    }
    throw engineError('ask SLURM for jobs', error, passing);
  }
}

function kindOf(state: string): JobStatus['is'] {
  if (waitingStates.has(state)) return 'waiting';
  return runningStates.has(state) ? 'running' : 'ended';
}

/** `squeue` does not tell exit codes. */
async function howEnded(run: RunCommand, id: JobId, { reason }: JobStatus): Promise<string> {
  let said: string;
  try {
    said = await run('scontrol', ['show', 'job', '--oneliner', id]);
  } catch {
    return reason;
  }
  const [, code = '0', signal = '0'] = /\bExitCode=(\d+):(\d+)/.exec(said) ?? [];
  const node = /\bNodeList=(\S+)/.exec(said)?.[1];
  const parts = [
    reason,
    signal !== '0' ? `signal ${signal}` : code === '0' ? '' : `exit code ${code}`,
    node === undefined || node === '(null)' ? '' : `on ${node}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

async function cancel(run: RunCommand, ids: readonly JobId[]): Promise<void> {
  for (const some of slices(ids, mostIds)) {
    try {
      await run('scancel', ['--quiet', ...some]);
    } catch (error) {
      if (error instanceof CommandFailedError && unknownId.test(error.said)) continue;
      throw engineError('cancel jobs of SLURM', error, passing);
    }
  }
}
