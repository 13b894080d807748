/**
 * A throw-away SLURM of several nodes on this machine, without systemd, containers, control groups or a database.
 *
 * Promises that everything it has is in one folder, authentication included, on ports that were free, so that several
 * clusters and several users do not meet; that its nodes take jobs when it has started; and that nothing of it runs when it
 * has stopped, jobs included. Works as root and as an ordinary user. Its programs are Debian's `slurm-wlm` and
 * `munge`: `packages.ts` installs them. Written and tried with SLURM 22.05.
 */
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { daemonOf, endDaemons, freePorts, killDaemons, otherProcesses, waitFor } from './daemons.ts';

/** What a cluster is to have. */
export interface SlurmOptions {
  /** Made if it is not there. No other cluster may be in it. */
  readonly folder: string;
  /** @defaultValue `2` */
  readonly nodes?: number;
  /** Cores that each node says it has, however many the machine has. @defaultValue `2` */
  readonly cpus?: number;
}

/** A cluster that runs. */
export interface SlurmCluster {
  /** For the variable `SLURM_CONF`, by which SLURM's commands find the cluster. */
  readonly configuration: string;
  /** Names of the nodes: `n1`, `n2`, … */
  readonly nodes: readonly string[];
}

/** A cluster of two nodes was up in 0.2 s here. */
const UP_MS = 20_000;

/** SLURM sends its jobs SIGKILL 2 s (`KillWait`) after SIGTERM, and looks on ticks of a second. */
const JOBS_END_MS = 6_000;

const run = promisify(execFile);

/**
 * Starts a cluster.
 *
 * @throws {Error} If a daemon does not start, or the nodes do not come up.
 *
 * @example
 * ```ts no-run
 * const { configuration } = await startSlurm({ folder: '/tmp/mine' });
 * spawnSync('sinfo', { env: { ...process.env, SLURM_CONF: configuration } });
 * ```
 */
export async function startSlurm({ folder, nodes = 2, cpus = 2 }: SlurmOptions): Promise<SlurmCluster> {
  const place = placeOf(folder);
  for (const name of ['state', 'spool', 'log', 'run'])
    mkdirSync(join(place.folder, name), { recursive: true });
  const names = Array.from({ length: nodes }, (_, at) => `n${at + 1}`);
  await configure(place, names, cpus);
  try {
    startMunge(place);
    await startSlurmController(folder, { forgetful: true });
    for (const name of names) await startSlurmNode(folder, name);
    if (!(await waitFor(async () => (await nodesUp(place)) === nodes, UP_MS)))
      throw new Error(`Cannot start SLURM as its nodes do not come up: see ${join(place.folder, 'log')}`);
  } catch (error) {
    await stopSlurm(folder);
    throw error;
  }
  return { configuration: place.configuration, nodes: names };
}

/** Ends a cluster and its jobs. Nothing happens if none is in the folder. */
export async function stopSlurm(folder: string): Promise<void> {
  const place = placeOf(folder);
  if (daemonOf(place.controllerPid, place.configuration) !== undefined) {
    spawnSync('scancel', [`--user=${userInfo().username}`, '--full'], { env: environment(place) });
    await waitFor(() => jobProcesses(place).length === 0, JOBS_END_MS);
  }
  const daemons = otherProcesses().filter(({ command }) => isDaemonOf(place, command));
  await endDaemons(daemons.map(({ pid }) => pid));
  await killDaemons(jobProcesses(place));
}

/** Loses a node: its daemon and everything of its jobs end at once, as when the machine is switched off. */
export async function killSlurmNode(folder: string, node: string): Promise<void> {
  const place = placeOf(folder);
  const daemon = daemonOf(join(place.run, `slurmd-${node}.pid`), place.configuration);
  if (daemon === undefined) throw new Error(`Cannot kill the node as it does not run: received '${node}'`);
  await killDaemons([daemon]);
  await killDaemons(jobProcesses(place, node));
}

/** Starts a node that was lost. Its state is SLURM's to tell. */
export async function startSlurmNode(folder: string, node: string): Promise<void> {
  const place = placeOf(folder);
  // With a relative path it starts, but no job of it ever does.
  daemonize(place, 'slurmd', ['-f', place.configuration, '-N', node]);
  const pidFile = join(place.run, `slurmd-${node}.pid`);
  await whenRunning(place, pidFile, `slurmd of '${node}'`);
}

/**
 * Ends the controller at once. Jobs go on, but it may not know them when it comes back: it writes its state down every few
 * seconds. Nothing happens if it does not run.
 */
export async function killSlurmController(folder: string): Promise<void> {
  await killDaemons(controllerOf(folder));
}

/** Ends the controller in good order, as for an upgrade: it knows all its jobs when it comes back. They go on. */
export async function stopSlurmController(folder: string): Promise<void> {
  await endDaemons(controllerOf(folder));
}

/** Starts the controller, with the state it had, and waits until it answers. */
export async function startSlurmController(
  folder: string,
  { forgetful = false }: { readonly forgetful?: boolean } = {},
): Promise<void> {
  const place = placeOf(folder);
  daemonize(place, 'slurmctld', [...(forgetful ? ['-c'] : []), '-f', place.configuration]);
  await whenRunning(place, place.controllerPid, 'slurmctld');
  if (!(await waitFor(async () => (await nodesUp(place)) !== undefined, UP_MS)))
    throw new Error(`Cannot start SLURM as its controller does not answer: see ${join(place.folder, 'log')}`);
}

function controllerOf(folder: string): number[] {
  const { controllerPid, configuration } = placeOf(folder);
  const pid = daemonOf(controllerPid, configuration);
  return pid === undefined ? [] : [pid];
}

interface Place {
  readonly folder: string;
  readonly run: string;
  readonly configuration: string;
  readonly controllerPid: string;
}

function placeOf(given: string): Place {
  const folder = join(resolve(given), 'slurm');
  const inRun = join(folder, 'run');
  return {
    folder,
    run: inRun,
    configuration: join(folder, 'slurm.conf'),
    controllerPid: join(inRun, 'slurmctld.pid'),
  };
}

async function configure(place: Place, nodes: readonly string[], cpus: number): Promise<void> {
  const [controllerPort, ...ports] = await freePorts(nodes.length + 1);
  const { folder } = place;
  const me = userInfo().username;
  const host = hostname().split('.')[0];
  const settings: Readonly<Record<string, string | number | undefined>> = {
    ClusterName: 'heddle',
    SlurmctldHost: `${host}(127.0.0.1)`,
    SlurmctldPort: controllerPort,
    SlurmUser: me,
    SlurmdUser: me,
    AuthType: 'auth/munge',
    AuthInfo: `socket=${munge(place, 'socket')}`,
    CredType: 'cred/munge',
    // No control groups, no affinity, no topology: all that needs more than a user's rights.
    ProctrackType: 'proctrack/linuxproc',
    TaskPlugin: 'task/none',
    MpiDefault: 'none',
    JobAcctGatherType: 'jobacct_gather/linux',
    JobAcctGatherFrequency: 'task=1',
    JobAcctGatherParams: 'OverMemoryKill',
    SelectType: 'select/cons_tres',
    SelectTypeParameters: 'CR_Core_Memory',
    // Without it a job takes all of a node's memory, so that a node runs one.
    DefMemPerCPU: 500,
    GresTypes: 'gpu',
    SlurmdParameters: 'config_overrides',
    StateSaveLocation: join(folder, 'state'),
    SlurmdSpoolDir: join(folder, 'spool', '%n'),
    SlurmctldPidFile: place.controllerPid,
    SlurmdPidFile: join(place.run, 'slurmd-%n.pid'),
    SlurmctldLogFile: join(folder, 'log', 'slurmctld.log'),
    SlurmdLogFile: logOf(place, '%n'),
    AccountingStorageType: 'accounting_storage/none',
    JobCompType: 'jobcomp/filetxt',
    JobCompLoc: join(folder, 'log', 'finished-jobs.txt'),
    // Quick to start jobs, and to see that a node is gone.
    SchedulerType: 'sched/backfill',
    SchedulerParameters:
      'batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1,max_rpc_cnt=0',
    SlurmdTimeout: 5,
    SlurmctldTimeout: 5,
    InactiveLimit: 0,
    KillWait: 2,
    MinJobAge: 300,
    MaxArraySize: 10_001,
    MaxJobCount: 20_000,
    ReturnToService: 2,
    CompleteWait: 0,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  for (const [at, name] of nodes.entries())
    lines.push(
      `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${ports[at]} CPUs=${cpus} Boards=1 SocketsPerBoard=1 ` +
        `CoresPerSocket=${cpus} ThreadsPerCore=1 RealMemory=4000 Gres=gpu:2 State=UNKNOWN`,
    );
  lines.push(
    `PartitionName=main Nodes=n[1-${nodes.length}] Default=YES MaxTime=INFINITE OverSubscribe=NO State=UP`,
  );
  writeFileSync(place.configuration, `${lines.join('\n')}\n`);
  // Two graphics cards a node, which are none: only character devices are taken for them.
  const cards = nodes.flatMap((name) =>
    ['/dev/null', '/dev/zero'].map((file) => `NodeName=${name} Name=gpu File=${file}`),
  );
  writeFileSync(join(folder, 'gres.conf'), `${cards.join('\n')}\n`);
}

function startMunge(place: Place): void {
  const key = munge(place, 'key');
  writeFileSync(key, randomBytes(128), { mode: 0o600 });
  daemonize(place, 'munged', [
    // The folder above is open to others in most temporary folders: the key itself is not.
    '--force',
    `--key-file=${key}`,
    `--socket=${munge(place, 'socket')}`,
    `--pid-file=${munge(place, 'pid')}`,
    `--log-file=${join(place.folder, 'log', 'munged.log')}`,
    `--seed-file=${munge(place, 'seed')}`,
    '--num-threads=2',
  ]);
}

/** Runs a program that goes on in the background by itself. */
function daemonize(place: Place, program: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: environment(place),
    // A daemon must not hold a pipe of ours open: who waits for its end would wait for the daemon's.
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: UP_MS,
  });
  if (status !== 0)
    throw new Error(`Cannot start '${program}' as it failed: received ${error?.message ?? stderr.trim()}`);
}

async function whenRunning(place: Place, pidFile: string, what: string): Promise<void> {
  if (!(await waitFor(() => daemonOf(pidFile, place.configuration) !== undefined, UP_MS)))
    throw new Error(`Cannot start ${what} as it does not come up: see ${join(place.folder, 'log')}`);
}

/** How many nodes take jobs, or `undefined` if the controller does not answer. */
async function nodesUp(place: Place): Promise<number | undefined> {
  try {
    const { stdout } = await run('sinfo', ['-h', '-N', '-o', '%t'], {
      env: environment(place),
      timeout: 5_000,
    });
    return stdout.split('\n').filter((state) => /^(?:idle|alloc|mix)$/.test(state)).length;
  } catch {
    return undefined;
  }
}

/** Processes of jobs, those that watch over them included; of all nodes, or of one. */
function jobProcesses(place: Place, node?: string): number[] {
  const nodes = node === undefined ? nodesOf(place) : [node];
  return otherProcesses()
    .filter(
      ({ command, environment: variables, files }) =>
        !isDaemonOf(place, command) &&
        nodes.some(
          (name) =>
            (variables.includes(`SLURM_CONF=${place.configuration}`) &&
              variables.includes(`SLURMD_NODENAME=${name}`)) ||
            files.includes(logOf(place, name)),
        ),
    )
    .map(({ pid }) => pid);
}

function nodesOf(place: Place): string[] {
  try {
    return [...readFileSync(place.configuration, 'utf8').matchAll(/^NodeName=(\S+)/gm)].map(
      ([, name]) => name ?? '',
    );
  } catch {
    return [];
  }
}

function isDaemonOf(place: Place, command: string): boolean {
  return /^\S*(?:slurmctld|slurmd|munged) /.test(command) && command.includes(`${place.folder}/`);
}

function munge(place: Place, what: 'key' | 'socket' | 'pid' | 'seed'): string {
  return join(place.run, `munge.${what}`);
}

function logOf(place: Place, node: string): string {
  return join(place.folder, 'log', `slurmd-${node}.log`);
}

function environment(place: Place): NodeJS.ProcessEnv {
  return { ...process.env, SLURM_CONF: place.configuration };
}
