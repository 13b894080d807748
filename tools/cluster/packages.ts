/**
 * The programs that a throw-away cluster is made of: which are missing, and installing them where that is allowed.
 *
 * Promises to install only as root and only with apt-get, so that none of the daemons starts by itself; where it may not,
 * to say what to run. Leaves running them to `slurm.ts` and `redis.ts`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** One part of a cluster. */
export interface Part {
  readonly name: 'slurm' | 'redis';
  readonly title: string;
  readonly programs: readonly string[];
  /** Debian's packages that have the programs. */
  readonly packages: readonly string[];
}

/** What a cluster has. */
export const PARTS: readonly Part[] = [
  {
    name: 'slurm',
    title: 'SLURM',
    programs: ['slurmctld', 'slurmd', 'sbatch', 'munged'],
    packages: ['slurm-wlm', 'munge'],
  },
  { name: 'redis', title: 'Redis', programs: ['redis-server'], packages: ['redis-server'] },
];

/** Downloading and unpacking took 7 s here; a slow mirror takes longer. */
const INSTALL_MS = 180_000;

/** The programs of a part that are not on the path. */
export function missingPrograms({ programs }: Part): string[] {
  // Debian has daemons where an ordinary user does not look.
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return programs.filter((program) => folders.every((folder) => !existsSync(join(folder, program))));
}

/**
 * Installs what parts lack.
 *
 * @returns for each part that cannot run here, why
 */
export function installParts(parts: readonly Part[]): ReadonlyMap<Part, string> {
  const lacking = parts.filter((part) => missingPrograms(part).length > 0);
  let why = '';
  if (lacking.length > 0) {
    if (process.getuid?.() !== 0) why = 'only root may install it';
    else if (spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0)
      why = 'apt-get is not here';
    else why = aptInstall(lacking.flatMap(({ packages }) => packages));
  }
  const still = new Map<Part, string>();
  for (const part of lacking) {
    const missing = missingPrograms(part);
    if (missing.length === 0) continue;
    const mend = `apt-get install --no-install-recommends ${part.packages.join(' ')}`;
    still.set(
      part,
      `${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} missing and ${why} (as root: ${mend})`,
    );
  }
  return still;
}

function aptInstall(packages: readonly string[]): string {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', SYSTEMD_OFFLINE: '1', RUNLEVEL: '1' };
  const options = { env, stdio: 'ignore', timeout: INSTALL_MS } as const;
  spawnSync('apt-get', ['update', '-qq'], options);
  const { status, signal } = spawnSync(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', ...packages],
    options,
  );
  return status === 0
    ? 'its package has other programs'
    : `apt-get failed (${signal ?? `exit code ${status}`})`;
}
