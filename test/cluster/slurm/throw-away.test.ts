/** The throw-away SLURM, through a second one of its own, so that the shared one stays whole. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAlive, otherProcesses, waitFor } from '../../../tools/cluster/daemons.ts';
import {
  killSlurmNode,
  type SlurmCluster,
  startSlurm,
  startSlurmController,
  startSlurmNode,
  stopSlurm,
  stopSlurmController,
} from '../../../tools/cluster/slurm.ts';
import { testCluster } from '../../fixtures/cluster.ts';

describe.skipIf(testCluster().slurm === undefined)('startSlurm()', () => {
  const at = { folder: '', cluster: undefined as SlurmCluster | undefined };
  const env = (): NodeJS.ProcessEnv => ({ ...process.env, SLURM_CONF: at.cluster?.configuration });
  const ask = (program: string, ...args: string[]): string =>
    execFileSync(program, args, { env: env(), encoding: 'utf8', timeout: 10_000 }).trim();
  /** Starts a job on a node, and gives the process of its sleep. */
  const jobOn = async (node: string): Promise<number> => {
    // SLURM's own shell script is found by its environment too: the program is what we look for.
    ask(
      'sbatch',
      '--no-requeue',
      `--nodelist=${node}`,
      '--chdir=/tmp',
      '--output=/dev/null',
      '--wrap=exec sleep 311',
    );
    let pid: number | undefined;
    const started = await waitFor(() => {
      pid = otherProcesses().find(
        ({ command, environment }) =>
          command.startsWith('sleep 311') &&
          environment.includes(`SLURM_CONF=${at.cluster?.configuration}`) &&
          environment.includes(`SLURMD_NODENAME=${node}`),
      )?.pid;
      return pid !== undefined;
    }, 20_000);
    expect(started).toBe(true);
    return pid ?? 0;
  };

  beforeAll(async () => {
    at.folder = mkdtempSync(join(tmpdir(), 'heddle-slurm-'));
    at.cluster = await startSlurm({ folder: at.folder, nodes: 2, cpus: 2 });
  });
  afterAll(async () => {
    await stopSlurm(at.folder);
    rmSync(at.folder, { recursive: true, force: true });
  });

  test('has its nodes, which take jobs', () => {
    expect(ask('sinfo', '-h', '-N', '-o', '%N %c %G').split('\n')).toEqual(['n1 2 gpu:2', 'n2 2 gpu:2']);
    expect(ask('srun', '-N2', 'sh', '-c', 'echo $SLURMD_NODENAME').split('\n').sort()).toEqual(['n1', 'n2']);
  });

  test('loses a node with its jobs, and the other goes on', async () => {
    const [lost, stays] = [await jobOn('n1'), await jobOn('n2')];
    await killSlurmNode(at.folder, 'n1');
    expect(isAlive(lost)).toBe(false);
    expect(isAlive(stays)).toBe(true);
    // The controller would see by itself within half a minute that the node is lost: told, it knows at once.
    ask('scontrol', 'update', 'NodeName=n1', 'State=DOWN', 'Reason=lost');
    await startSlurmNode(at.folder, 'n1');
    expect(ask('srun', '--nodelist=n1', 'sh', '-c', 'echo $SLURMD_NODENAME')).toBe('n1');
  });

  test('restarts the controller, and jobs go on', async () => {
    const pid = await jobOn('n2');
    await stopSlurmController(at.folder);
    expect(spawnSync('scontrol', ['ping'], { env: env(), timeout: 20_000 }).stdout.toString()).toContain(
      'DOWN',
    );
    expect(isAlive(pid)).toBe(true);
    await startSlurmController(at.folder);
    expect(ask('squeue', '-h', '-t', 'running', '-o', '%N').split('\n')).toContain('n2');
    expect(isAlive(pid)).toBe(true);
  });

  test('leaves nothing that runs when it stops', async () => {
    const pid = await jobOn('n2');
    await stopSlurm(at.folder);
    expect(isAlive(pid)).toBe(false);
    const left = otherProcesses().filter(
      ({ command, environment }) =>
        command.includes(at.folder) || environment.includes(`SLURM_CONF=${at.cluster?.configuration}`),
    );
    expect(left).toEqual([]);
  });
});
