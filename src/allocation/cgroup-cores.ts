/**
 * How many cores the control groups of Linux allow a process: the quota of processor time in cgroups v2 (`cpu.max`) and v1
 * (`cpu.cfs_quota_us`), of its own group and of all those above it.
 *
 * Reads what it is given, and knows no file system: so it can be tried on what was recorded elsewhere. Where there are no
 * groups, no quota, or something that cannot be read, there is no limit.
 */

/** Gives the text of a file; `undefined` if there is none. */
export type ReadText = (path: string) => string | undefined;

/** Where control groups are mounted, as all distributions and container runtimes do. */
const root = '/sys/fs/cgroup';

/**
 * Tells how many cores a process may use at once: whole ones, rounded down, as half a core more would be shared; 1 at least.
 *
 * @returns `undefined` if there is no limit
 */
export function cgroupCores(read: ReadText): number | undefined {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n');
  const limits = groups.flatMap((line) => limitsOf(line, read));
  if (limits.length === 0) return undefined;
  return Math.max(1, Math.floor(Math.min(...limits)));
}

/** @param line - of `/proc/self/cgroup`: `0::/path` for v2, `4:cpu,cpuacct:/path` for v1 */
function limitsOf(line: string, read: ReadText): number[] {
  const [, controllers, ...rest] = line.trim().split(':');
  // A path may have a colon in it.
  const path = rest.join(':');
  if (controllers === undefined || !path.startsWith('/')) return [];
  if (controllers === '') {
    // Where both versions are mounted, the second is in a folder of its own.
    return [root, `${root}/unified`].flatMap((mount) =>
      folders(mount, path).flatMap((folder) => quotaOfV2(read(`${folder}/cpu.max`))),
    );
  }
  if (!controllers.split(',').includes('cpu')) return [];
  const mounts = [...new Set([`${root}/${controllers}`, `${root}/cpu`, `${root}/cpu,cpuacct`])];
  return mounts.flatMap((mount) =>
    folders(mount, path).flatMap((folder) =>
      quotaOfV1(read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`)),
    ),
  );
}

/**
 * The folder of a group, and of those above it up to the mount. In a container the path may be that of the host, of which
 * nothing is to be seen but the mount itself.
 */
function folders(mount: string, path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  // The group is outside of what this process may see.
  if (parts.includes('..')) return [mount];
  return Array.from({ length: parts.length + 1 }, (_, depth) =>
    [mount, ...parts.slice(0, depth)].join('/'),
  ).reverse();
}

/** `150000 100000`, in microseconds; `max 100000` for no limit; the period may be missing. */
function quotaOfV2(text: string | undefined): number[] {
  const [quota, period = '100000'] = (text ?? '').trim().split(/\s+/);
  return share(Number(quota), Number(period));
}

/** `-1` for no limit. */
function quotaOfV1(quota: string | undefined, period: string | undefined): number[] {
  if (quota === undefined || period === undefined) return [];
  return share(Number(quota.trim()), Number(period.trim()));
}

function share(quota: number, period: number): number[] {
  return quota > 0 && period > 0 && Number.isFinite(quota) && Number.isFinite(period) ? [quota / period] : [];
}
