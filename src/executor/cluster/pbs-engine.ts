/**
 * The engine over PBS: PBS Professional and OpenPBS, or Torque, by `qsub`, `qstat` and `qdel`.
 *
 * Each job is submitted by itself: arrays differ between the two, and those of PBS Professional are started again when they are
 * lost, unasked. **Tried** only against what these commands are documented to say, not on a cluster.
 */

import type { Engine, JobId, JobResources, JobStatus, JobsRequest } from './engine.ts';
import { EngineError } from './engine.ts';
import { engineError, hoursText, printingTo, slices } from './engine-words.ts';
import { CommandFailedError, type RunCommand, runCommand } from './run-command.ts';

export interface PbsOptions {
  /** Which of them it is: they say differently what a job is given. @defaultValue `'professional'` */
  readonly kind?: 'professional' | 'torque';
  /** @internal */
  readonly run?: RunCommand;
}

const mostIds = 500;
// biome-ignore lint/suspicious/noTemplateCurlyInString: a shell reads it.
const idInScript = '${PBS_JOBID}';

const passing =
  /Connection (?:refused|timed out|reset)|cannot connect to server|No Permission to contact|timeout|took more than \d+ ms|would exceed .* limit|exceeds? .* limit of jobs|Maximum number of jobs/i;
/** Of some ids, it says so, and tells of the others all the same. */
const unknownId = /Unknown Job I[dD]|has finished|Job Id .* not found/;

const ended: ReadonlySet<string> = new Set(['F', 'C', 'X']);
const waiting: ReadonlySet<string> = new Set(['Q', 'H', 'W', 'T', 'M']);

/** Makes the engine. */
export function pbsEngine({ kind = 'professional', run = runCommand }: PbsOptions = {}): Engine {
  return {
    name: 'pbs',
    traits: { mostAtOnce: 1, idInScript },
    submit: (jobs) => submit(run, jobs, kind),
    poll: (ids) => poll(run, ids, kind),
    cancel: (ids) => cancel(run, ids),
  };
}

async function submit(
  run: RunCommand,
  { name, logs, resources, options, script }: JobsRequest,
  kind: 'professional' | 'torque',
): Promise<readonly JobId[]> {
  const args = [
    '-N',
    name,
    '-r',
    'n',
    '-j',
    'oe',
    '-o',
    '/dev/null',
    ...wordsOf(resources, kind),
    ...options,
  ];
  let said: string;
  try {
    said = await run('qsub', args, printingTo(logs, idInScript, script));
  } catch (error) {
    throw engineError('submit a job to PBS', error, passing);
  }
  const id = /^(\d+\S*)$/m.exec(said.trim())?.[1];
  if (id !== undefined) return [id];
  throw new EngineError(
    `Cannot submit a job to PBS as 'qsub' did not tell a job: received '${said.trim()}'`,
    {
      isPassing: false,
    },
  );
}

function wordsOf(
  { cpus, memoryBytes, gpus = 0, timeS, partition, account, constraint }: JobResources,
  kind: 'professional' | 'torque',
): string[] {
  const memory = memoryBytes === undefined ? undefined : `${Math.ceil(memoryBytes / 2 ** 20)}mb`;
  const isTorque = kind === 'torque';
  const parts = isTorque
    ? ['nodes=1', `ppn=${cpus}`, ...(gpus > 0 ? [`gpus=${gpus}`] : [])]
    : [
        'select=1',
        `ncpus=${cpus}`,
        ...(memory === undefined ? [] : [`mem=${memory}`]),
        ...(gpus > 0 ? [`ngpus=${gpus}`] : []),
      ];
  if (constraint !== undefined) parts.push(constraint);
  const words = ['-l', parts.join(':')];
  if (isTorque && memory !== undefined) words.push('-l', `mem=${memory}`);
  if (timeS !== undefined) words.push('-l', `walltime=${hoursText(timeS)}`);
  if (partition !== undefined) words.push('-q', partition);
  if (account !== undefined) words.push('-A', account);
  return words;
}

async function poll(
  run: RunCommand,
  ids: readonly JobId[],
  kind: 'professional' | 'torque',
): Promise<ReadonlyMap<JobId, JobStatus>> {
  const found = new Map<JobId, JobStatus>();
  for (const some of slices(ids, mostIds)) {
    let said: string;
    try {
      // Of PBS Professional -x tells what has ended, too; of Torque it is another form of telling.
      said = await run('qstat', [...(kind === 'professional' ? ['-x'] : []), '-f', ...some]);
    } catch (error) {
      if (!(error instanceof CommandFailedError && unknownId.test(error.said)))
        throw engineError('ask PBS for jobs', error, passing);
      said = error.said;
    }
    for (const [id, members] of jobsIn(said)) {
      if (some.includes(id)) found.set(id, statusOf(members));
    }
  }
  return found;
}

/** Reads `Job Id: 12.server`, then lines of ` name = value`, of which long ones go on after a tab. */
function jobsIn(said: string): Map<JobId, Map<string, string>> {
  const jobs = new Map<JobId, Map<string, string>>();
  let members = new Map<string, string>();
  for (const line of said.replaceAll(/\r?\n\t/g, '').split(/\r?\n/)) {
    const id = /^Job Id: *(\S+)/.exec(line)?.[1];
    if (id !== undefined) jobs.set(id, (members = new Map()));
    const [, name, value] = /^ +([\w.]+) = (.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) members.set(name, value.trim());
  }
  return jobs;
}

function statusOf(members: ReadonlyMap<string, string>): JobStatus {
  const state = members.get('job_state') ?? '';
  const exit = members.get('Exit_status') ?? members.get('exit_status');
  const comment = members.get('comment') ?? '';
  if (ended.has(state)) {
    // Beyond 256 it is a signal: what ended a job that took too long or too much, as its comment says.
    const how =
      exit === undefined || exit === '0'
        ? ''
        : Number(exit) > 256
          ? `signal ${Number(exit) - 256}`
          : `exit code ${exit}`;
    return { is: 'ended', state, reason: [comment, how].filter((part) => part !== '').join(', ') };
  }
  return waiting.has(state)
    ? { is: 'waiting', state, reason: comment }
    : { is: 'running', state, reason: '' };
}

async function cancel(run: RunCommand, ids: readonly JobId[]): Promise<void> {
  for (const some of slices(ids, mostIds)) {
    try {
      await run('qdel', some);
    } catch (error) {
      if (
        error instanceof CommandFailedError &&
        (unknownId.test(error.said) || /invalid state/i.test(error.said))
      )
        continue;
      throw engineError('cancel jobs of PBS', error, passing);
    }
  }
}
