/**
 * Engines that drive commands, against what these have said: SLURM's was recorded from version 22.05; that of PBS and LSF was
 * put together from what their manuals show (PBS Professional's `qstat` and `qsub`, and Torque's, in their manual pages; LSF 10.1's
 * `bsub`, `bjobs` and `bkill`, in IBM's reference).
 */

import { describe, expect, test } from 'vitest';
import {
  type Engine,
  EngineError,
  type JobsRequest,
  lsfEngine,
  pbsEngine,
  slurmEngine,
} from '../../../src/cluster.ts';
import { CommandFailedError, type RunCommand } from '../../../src/executor/cluster/run-command.ts';

interface Asked {
  readonly program: string;
  readonly args: readonly string[];
  readonly input: string | undefined;
}

/** Commands that say what was recorded, one after the other, and what they were asked. */
function recorded(...answers: readonly (string | Error)[]): {
  readonly run: RunCommand;
  readonly asked: Asked[];
} {
  const left = [...answers];
  const asked: Asked[] = [];
  return {
    asked,
    run: (program, args, input) => {
      asked.push({ program, args, input });
      const answer = left.shift();
      if (answer === undefined) throw new TypeError(`nothing was recorded for: ${program} ${args.join(' ')}`);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
}

/** A command that failed, with what it said. */
function failed(program: string, said: string): CommandFailedError {
  return new CommandFailedError(`'${program}' ${said}`, said);
}

const request: JobsRequest = {
  name: 'heddle',
  count: 3,
  script: '#!/bin/sh\nmodule load node\nexec node worker\n',
  resources: {
    cpus: 4,
    memoryBytes: 2 ** 31,
    gpus: 1,
    timeS: 90_061,
    partition: 'long',
    account: 'physics',
    constraint: 'skylake',
  },
  logs: '/shared/100% of it/logs',
  options: ['--extra'],
};
const bare: JobsRequest = { ...request, count: 1, resources: { cpus: 1 }, logs: '/logs', options: [] };

async function passes(promise: Promise<unknown>): Promise<boolean> {
  const error: unknown = await promise.catch((thrown: unknown) => thrown);
  if (error instanceof EngineError) return error.isPassing;
  throw new TypeError(`no engine failed: received ${String(error)}`);
}

describe('slurmEngine()', () => {
  test('submits an array, by the words of sbatch', async () => {
    const { run, asked } = recorded('4711;cluster\n');
    expect(await slurmEngine(run).submit(request)).toEqual(['4711_0', '4711_1', '4711_2']);
    expect(asked).toEqual([
      {
        program: 'sbatch',
        args: [
          '--parsable',
          '--array=0-2',
          '--job-name=heddle',
          '--no-requeue',
          '--output=/shared/100%% of it/logs/%A_%a.out',
          '--open-mode=append',
          '--nodes=1',
          '--ntasks=1',
          '--cpus-per-task=4',
          '--mem=2048M',
          '--gres=gpu:1',
          '--time=1-01:01:01',
          '--partition=long',
          '--account=physics',
          '--constraint=skylake',
          '--extra',
        ],
        input: request.script,
      },
    ]);
  });

  test('keeps away from nodes that were lost', async () => {
    const { run, asked } = recorded('5\n');
    await slurmEngine(run).submit({ ...bare, avoid: ['n1', 'n7'] });
    expect(asked[0]?.args.at(-1)).toBe('--exclude=n1,n7');
  });

  test('asks only for what it was told', async () => {
    const { run, asked } = recorded('5\n');
    await slurmEngine(run).submit(bare);
    expect(asked[0]?.args.slice(6)).toEqual(['--nodes=1', '--ntasks=1', '--cpus-per-task=1']);
  });

  test('reads states in one go, and how jobs have ended', async () => {
    const { run, asked } = recorded(
      [
        '4711_0|PENDING|Resources',
        '4711_1|RUNNING|None',
        '4711_2|COMPLETING|None',
        '4712_0|TIMEOUT|TimeLimit',
        '4712_1|FAILED|NonZeroExitCode',
        '4712_2|COMPLETED|None',
        '4713_0|NODE_FAIL|None',
        '9999_0|RUNNING|None',
        '',
      ].join('\n'),
      'JobId=4713 ArrayJobId=4712 ArrayTaskId=0 JobName=heddle JobState=TIMEOUT Reason=TimeLimit ExitCode=0:15 NodeList=n1 BatchHost=n1\n',
      'JobId=4714 JobState=FAILED Reason=NonZeroExitCode Requeue=0 ExitCode=7:0 NodeList=n2\n',
      'JobId=4715 JobState=COMPLETED Reason=None ExitCode=0:0 NodeList=n2\n',
      failed('scontrol', 'slurm_load_jobs error: Invalid job id specified'),
    );
    const ids = ['4711_0', '4711_1', '4711_2', '4712_0', '4712_1', '4712_2', '4713_0', '4714_0'];
    expect([...(await slurmEngine(run).poll(ids))]).toEqual([
      ['4711_0', { is: 'waiting', state: 'PENDING', reason: 'Resources' }],
      ['4711_1', { is: 'running', state: 'RUNNING', reason: '' }],
      ['4711_2', { is: 'running', state: 'COMPLETING', reason: '' }],
      ['4712_0', { is: 'ended', state: 'TIMEOUT', reason: 'TimeLimit, signal 15, on n1' }],
      ['4712_1', { is: 'ended', state: 'FAILED', reason: 'NonZeroExitCode, exit code 7, on n2' }],
      ['4712_2', { is: 'ended', state: 'COMPLETED', reason: 'on n2' }],
      ['4713_0', { is: 'ended', state: 'NODE_FAIL', reason: '' }],
    ]);
    expect(asked[0]).toMatchObject({
      program: 'squeue',
      args: ['--noheader', '--array', '--states=all', '--format=%i|%T|%r', '--jobs=4711,4712,4713,4714'],
    });
  });

  test('takes ids that SLURM does not know any more for ended, one by one', async () => {
    const unknown = failed('squeue', 'slurm_load_jobs error: Invalid job id specified');
    const { run } = recorded(unknown, unknown, '8_0|RUNNING|None\n');
    expect([...(await slurmEngine(run).poll(['7_0', '8_0'])).keys()]).toEqual(['8_0']);
  });

  test.each<[string, boolean]>([
    ['slurm_load_jobs error: Unable to contact slurm controller (connect failure)', true],
    ['sbatch: error: Batch job submission failed: Socket timed out on send/recv operation', true],
    [
      "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
      true,
    ],
    [
      'sbatch: error: invalid partition specified: nowhere\nsbatch: error: Batch job submission failed: Invalid partition name specified',
      false,
    ],
    ['sbatch: error: Batch job submission failed: Requested node configuration is not available', false],
    ['took more than 60000 ms', true],
    ['is not there', false],
  ])('tells of %s whether it may pass', async (said, isPassing) => {
    const submitting = slurmEngine(recorded(failed('sbatch', said)).run);
    expect(await passes(submitting.submit(bare))).toBe(isPassing);
    const polling = slurmEngine(recorded(failed('squeue', said)).run);
    expect(await passes(polling.poll(['1_0']))).toBe(isPassing);
    const cancelling = slurmEngine(recorded(failed('scancel', said)).run);
    expect(await passes(cancelling.cancel(['1_0']))).toBe(isPassing);
  });

  test('refuses an answer in which there is no job', async () => {
    await expect(slurmEngine(recorded('Submitted!').run).submit(bare)).rejects.toThrow(
      /'sbatch --parsable' did not tell a job: received 'Submitted!'/,
    );
  });

  test('cancels many in one go, and none in none', async () => {
    const { run, asked } = recorded('');
    const engine = slurmEngine(run);
    await engine.cancel(['1_0', '1_1']);
    await engine.cancel([]);
    expect(asked).toEqual([{ program: 'scancel', args: ['--quiet', '1_0', '1_1'], input: undefined }]);
  });
});

/** What `qstat -x -f` shows; long values go on in the next line, after a tab. */
const qstat = `Job Id: 1234.pbs01
    Job_Name = heddle
    Job_Owner = ada@login1
    job_state = Q
    queue = workq
    Resource_List.ncpus = 4
    comment = Not Running: Insufficient amount of resource: ncpus (R: 4 A: 2 T:
\t 48)
    Variable_List = PBS_O_HOME=/home/ada,PBS_O_LANG=C,
\tPBS_O_QUEUE=workq

Job Id: 1235.pbs01
    Job_Name = heddle
    resources_used.walltime = 00:00:12
    job_state = R
    exec_host = n1/0*4
    comment = Job run at Fri Nov 20 at 12:00 on (n1:ncpus=4)

Job Id: 1236.pbs01
    job_state = F
    Exit_status = 271
    comment = Job run at Fri Nov 20 at 11:00 on (n1:ncpus=4) and terminated

Job Id: 1237.pbs01
    job_state = F
    Exit_status = 0

`;

describe('pbsEngine()', () => {
  test('submits a job, by the words of qsub of PBS Professional', async () => {
    const { run, asked } = recorded('1234.pbs01\n');
    expect(await pbsEngine({ run }).submit({ ...request, count: 1 })).toEqual(['1234.pbs01']);
    expect(asked).toEqual([
      {
        program: 'qsub',
        args: '-N heddle -r n -j oe -o /dev/null -l select=1:ncpus=4:mem=2048mb:ngpus=1:skylake -l walltime=25:01:01 -q long -A physics --extra'.split(
          ' ',
        ),
        input:
          '#!/bin/sh\nexec >>\'/shared/100% of it/logs\'/"${PBS_JOBID}".out 2>&1\nmodule load node\nexec node worker\n',
      },
    ]);
    expect(pbsEngine({ run }).traits.mostAtOnce).toBe(1);
  });

  test('and of Torque', async () => {
    const { run, asked } = recorded('99.torque\n');
    await pbsEngine({ kind: 'torque', run }).submit({ ...request, count: 1 });
    expect(asked[0]?.args.slice(8)).toEqual(
      '-l nodes=1:ppn=4:gpus=1:skylake -l mem=2048mb -l walltime=25:01:01 -q long -A physics --extra'.split(
        ' ',
      ),
    );
  });

  test('reads states in one go', async () => {
    const { run, asked } = recorded(qstat);
    const ids = ['1234.pbs01', '1235.pbs01', '1236.pbs01', '1237.pbs01'];
    expect([...(await pbsEngine({ run }).poll(ids))]).toEqual([
      [
        '1234.pbs01',
        {
          is: 'waiting',
          state: 'Q',
          reason: 'Not Running: Insufficient amount of resource: ncpus (R: 4 A: 2 T: 48)',
        },
      ],
      ['1235.pbs01', { is: 'running', state: 'R', reason: '' }],
      [
        '1236.pbs01',
        {
          is: 'ended',
          state: 'F',
          reason: 'Job run at Fri Nov 20 at 11:00 on (n1:ncpus=4) and terminated, signal 15',
        },
      ],
      ['1237.pbs01', { is: 'ended', state: 'F', reason: '' }],
    ]);
    expect(asked[0]).toMatchObject({ program: 'qstat', args: ['-x', '-f', ...ids] });
  });

  test('reads what there is when some are not known any more', async () => {
    const said = `qstat: Unknown Job Id 1.pbs01\n${qstat}`;
    const found = await pbsEngine({ run: recorded(failed('qstat', said)).run }).poll([
      '1.pbs01',
      '1235.pbs01',
    ]);
    expect([...found.keys()]).toEqual(['1235.pbs01']);
  });

  test('of Torque, a job that is complete has ended', async () => {
    const said = 'Job Id: 99.torque\n    Job_Name = heddle\n    job_state = C\n    exit_status = 3\n';
    const { run, asked } = recorded(said);
    const found = await pbsEngine({ kind: 'torque', run }).poll(['99.torque']);
    expect(found.get('99.torque')).toEqual({ is: 'ended', state: 'C', reason: 'exit code 3' });
    expect(asked[0]?.args).toEqual(['-f', '99.torque']);
  });

  test.each<[string, boolean]>([
    ['qsub: cannot connect to server pbs01 (errno=111)', true],
    ['Connection refused', true],
    ["qsub: would exceed queue generic's per-user limit", true],
    ['qsub: Unknown queue', false],
  ])('tells of %s whether it may pass', async (said, isPassing) => {
    expect(await passes(pbsEngine({ run: recorded(failed('qsub', said)).run }).submit(bare))).toBe(isPassing);
  });

  test('cancels, and minds none that has ended', async () => {
    const { run, asked } = recorded(
      failed('qdel', 'qdel: Job has finished 1234.pbs01'),
      failed('qdel', 'qdel: Request invalid for state of job MSG=invalid state for job - COMPLETE 99.torque'),
    );
    await pbsEngine({ run }).cancel(['1234.pbs01']);
    await pbsEngine({ kind: 'torque', run }).cancel(['99.torque']);
    expect(asked.map(({ program, args }) => [program, ...args])).toEqual([
      ['qdel', '1234.pbs01'],
      ['qdel', '99.torque'],
    ]);
  });
});

describe('lsfEngine()', () => {
  test('submits an array, by the words of bsub', async () => {
    const { run, asked } = recorded('Job <4711> is submitted to queue <long>.\n');
    expect(await lsfEngine(run).submit(request)).toEqual(['4711[1]', '4711[2]', '4711[3]']);
    expect(asked).toEqual([
      {
        program: 'bsub',
        args: '-J heddle[1-3] -rn -o /dev/null -n 4 -R span[hosts=1] -M 2048MB -R rusage[mem=2048MB] -gpu num=1 -W 1502 -q long -P physics -R select[skylake] --extra'.split(
          ' ',
        ),
        input:
          '#!/bin/sh\nexec >>\'/shared/100% of it/logs\'/"${LSB_JOBID}[${LSB_JOBINDEX}]".out 2>&1\nmodule load node\nexec node worker\n',
      },
    ]);
  });

  test('keeps away from nodes that were lost', async () => {
    const { run, asked } = recorded('Job <1> is submitted to queue <normal>.\n');
    await lsfEngine(run).submit({ ...bare, avoid: ['n1', 'n7'] });
    expect(asked[0]?.args.slice(-2)).toEqual(['-R', "select[hname!='n1' && hname!='n7']"]);
  });

  test('reads that the default queue has taken it', async () => {
    const { run } = recorded('Job <7274791> is submitted to default queue <normal>.\n');
    expect(await lsfEngine(run).submit(bare)).toEqual(['7274791[1]']);
  });

  test('reads states in one go', async () => {
    const { run, asked } = recorded(
      [
        '4711|1|PEND|-|-|Not enough job slot(s): 3 hosts;',
        '4711|2|RUN|-|-|-',
        '4711|3|EXIT|130|TERM_RUNLIMIT: job killed after reaching LSF run time limit|-',
        '4712|1|DONE|-|-|-',
        '4713|1|USUSP|-|-|-',
        '',
      ].join('\n'),
    );
    const ids = ['4711[1]', '4711[2]', '4711[3]', '4712[1]', '4713[1]'];
    expect([...(await lsfEngine(run).poll(ids))]).toEqual([
      ['4711[1]', { is: 'waiting', state: 'PEND', reason: 'Not enough job slot(s): 3 hosts;' }],
      ['4711[2]', { is: 'running', state: 'RUN', reason: '' }],
      [
        '4711[3]',
        {
          is: 'ended',
          state: 'EXIT',
          reason: 'TERM_RUNLIMIT: job killed after reaching LSF run time limit, exit code 130',
        },
      ],
      ['4712[1]', { is: 'ended', state: 'DONE', reason: '' }],
      ['4713[1]', { is: 'running', state: 'USUSP', reason: '' }],
    ]);
    expect(asked[0]?.args.slice(-5)).toEqual(ids);
  });

  test('reads what there is when some are not known any more', async () => {
    const said = 'Job <1[1]> is not found\n4711|2|RUN|-|-|-';
    const found = await lsfEngine(recorded(failed('bjobs', said)).run).poll(['1[1]', '4711[2]']);
    expect([...found.keys()]).toEqual(['4711[2]']);
  });

  test.each<[string, boolean]>([
    ['LSF is down. Please wait ...', true],
    ['batch daemon not responding ... still trying', true],
    ['nowhere: No such queue. Job not submitted.', false],
  ])('tells of %s whether it may pass', async (said, isPassing) => {
    expect(await passes(lsfEngine(recorded(failed('bsub', said)).run).submit(bare))).toBe(isPassing);
  });

  test('cancels, and minds none that has ended', async () => {
    const { run, asked } = recorded(failed('bkill', 'Job <4711[1]>: Job has already finished'));
    await lsfEngine(run).cancel(['4711[1]']);
    expect(asked).toMatchObject([{ program: 'bkill', args: ['4711[1]'] }]);
  });
});

test.each<[string, () => Engine]>([
  ['slurm', slurmEngine],
  ['pbs', pbsEngine],
  ['lsf', lsfEngine],
])('an engine whose commands are not there says so: %s', async (name, make) => {
  const before = process.env['PATH'];
  process.env['PATH'] = '/nowhere';
  try {
    await expect(make().submit(bare)).rejects.toThrow(/^Cannot submit .* as '\w+' is not there$/);
    expect(make().name).toBe(name);
  } finally {
    process.env['PATH'] = before;
  }
});
