/**
 * The engine over IBM Spectrum LSF, by `bsub`, `bjobs` and `bkill`.
 *
 * **Tried** only against what these commands are documented to say, not on a cluster. Of version 10.1 or later, in which
 * `bjobs -o` tells what is asked for, and amounts have units.
 */

import type { Engine, JobId, JobResources, JobStatus, JobsRequest } from './engine.ts';
import { EngineError } from './engine.ts';
import { engineError, printingTo, slices } from './engine-words.ts';
import { CommandFailedError, type RunCommand, runCommand } from './run-command.ts';

/** What it takes by default (`MAX_JOB_ARRAY_SIZE`). */
const mostAtOnce = 1000;
const mostIds = 500;
// biome-ignore lint/suspicious/noTemplateCurlyInString: a shell reads it.
const idInScript = '${LSB_JOBID}[${LSB_JOBINDEX}]';

const passing =
  /Failed in LSF|LSF is down|Please wait|not responding|Cannot connect|Connection (?:refused|timed out|reset)|took more than \d+ ms|try again|limit .* reached|too many .* jobs/i;
const unknownId = /is not found|No matching job|already finished/i;

const waitingStates: ReadonlySet<string> = new Set(['PEND', 'PSUSP', 'WAIT', 'PROV']);
const endedStates: ReadonlySet<string> = new Set(['DONE', 'EXIT', 'ZOMBI']);

/** Makes the engine. */
export function lsfEngine(run: RunCommand = runCommand): Engine {
  return {
    name: 'lsf',
    traits: { mostAtOnce, idInScript },
    submit: (jobs) => submit(run, jobs),
    poll: (ids) => poll(run, ids),
    cancel: (ids) => cancel(run, ids),
  };
}

async function submit(
  run: RunCommand,
  { name, count, logs, resources, avoid = [], options, script }: JobsRequest,
): Promise<readonly JobId[]> {
  const others = avoid.map((node) => `hname!='${node}'`).join(' && ');
  const without = others === '' ? [] : ['-R', `select[${others}]`];
  const args = [
    '-J',
    `${name}[1-${count}]`,
    '-rn',
    '-o',
    '/dev/null',
    ...wordsOf(resources),
    ...without,
    ...options,
  ];
  let said: string;
  try {
    said = await run('bsub', args, printingTo(logs, idInScript, script));
  } catch (error) {
    throw engineError('submit jobs to LSF', error, passing);
  }
  const id = /^Job <(\d+)> is submitted/m.exec(said)?.[1];
  if (id !== undefined) return Array.from({ length: count }, (_, index) => `${id}[${index + 1}]`);
  throw new EngineError(`Cannot submit jobs to LSF as 'bsub' did not tell a job: received '${said.trim()}'`, {
    isPassing: false,
  });
}

function wordsOf({
  cpus,
  memoryBytes,
  gpus = 0,
  timeS,
  partition,
  account,
  constraint,
}: JobResources): string[] {
  const words = ['-n', String(cpus), '-R', 'span[hosts=1]'];
  if (memoryBytes !== undefined) {
    const megabytes = Math.ceil(memoryBytes / 2 ** 20);
    words.push('-M', `${megabytes}MB`, '-R', `rusage[mem=${megabytes}MB]`);
  }
  if (gpus > 0) words.push('-gpu', `num=${gpus}`);
  // In minutes, or hours:minutes; it knows no seconds.
  if (timeS !== undefined) words.push('-W', String(Math.ceil(timeS / 60)));
  if (partition !== undefined) words.push('-q', partition);
  if (account !== undefined) words.push('-P', account);
  if (constraint !== undefined) words.push('-R', `select[${constraint}]`);
  return words;
}

async function poll(run: RunCommand, ids: readonly JobId[]): Promise<ReadonlyMap<JobId, JobStatus>> {
  const found = new Map<JobId, JobStatus>();
  for (const some of slices(ids, mostIds)) {
    const asked = new Set(some);
    let said: string;
    try {
      const format = "jobid jobindex stat exit_code exit_reason pend_reason delimiter='|'";
      said = await run('bjobs', ['-a', '-noheader', '-o', format, ...some]);
    } catch (error) {
      if (!(error instanceof CommandFailedError && unknownId.test(error.said)))
        throw engineError('ask LSF for jobs', error, passing);
      said = error.said;
    }
    for (const line of said.split('\n')) {
      const [job = '', index = '', state = '', code = '', exit = '', pend = ''] = line.split('|');
      const id = `${job}[${index}]`;
      if (asked.has(id)) found.set(id, statusOf(state, { code, exit, pend }));
    }
  }
  return found;
}

function statusOf(
  state: string,
  told: { readonly code: string; readonly exit: string; readonly pend: string },
): JobStatus {
  // What there is none of is a dash.
  const text = (part: string): string => (part.trim() === '-' ? '' : part.trim());
  if (waitingStates.has(state)) return { is: 'waiting', state, reason: text(told.pend) };
  if (!endedStates.has(state)) return { is: 'running', state, reason: '' };
  const code = text(told.code);
  const how = code === '' || code === '0' ? '' : `exit code ${code}`;
  return { is: 'ended', state, reason: [text(told.exit), how].filter((part) => part !== '').join(', ') };
}

async function cancel(run: RunCommand, ids: readonly JobId[]): Promise<void> {
  for (const some of slices(ids, mostIds)) {
    try {
      await run('bkill', some);
    } catch (error) {
      if (error instanceof CommandFailedError && unknownId.test(error.said)) continue;
      throw engineError('cancel jobs of LSF', error, passing);
    }
  }
}
