import { describe, expect, test } from 'vitest';
import { cgroupCores } from '../../src/allocation/cgroup-cores.ts';

/** Files as they were recorded on machines and in containers, shortened. */
const recorded: readonly {
  readonly where: string;
  readonly files: Readonly<Record<string, string>>;
  readonly cores: number | undefined;
}[] = [
  { where: 'no control groups', files: {}, cores: undefined },
  {
    where: 'v2, a container with a namespace of its own, two and a half cores',
    files: { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '250000 100000\n' },
    cores: 2,
  },
  {
    where: 'v2, no limit',
    files: { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' },
    cores: undefined,
  },
  {
    where: 'v2, a unit of systemd, with the tighter limit above it',
    files: {
      '/proc/self/cgroup': '0::/user.slice/user-1000.slice/job.service\n',
      '/sys/fs/cgroup/user.slice/user-1000.slice/job.service/cpu.max': '800000 100000\n',
      '/sys/fs/cgroup/user.slice/user-1000.slice/cpu.max': '300000 100000\n',
      '/sys/fs/cgroup/user.slice/cpu.max': 'max 100000\n',
    },
    cores: 3,
  },
  {
    where: 'v2, less than a core',
    files: { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '20000 100000' },
    cores: 1,
  },
  {
    where: 'v2, without a period',
    files: { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '400000\n' },
    cores: 4,
  },
  {
    where: 'v2, a group outside of what is seen',
    files: { '/proc/self/cgroup': '0::/../../other\n', '/sys/fs/cgroup/cpu.max': '200000 100000\n' },
    cores: 2,
  },
  {
    where: 'v1, docker with the path of the host',
    files: {
      '/proc/self/cgroup':
        '12:pids:/docker/4f5c\n4:cpu,cpuacct:/docker/4f5c\n1:name=systemd:/docker/4f5c\n0::/system.slice/docker.service\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '600000\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    },
    cores: 6,
  },
  {
    where: 'v1, under the short name of the controller',
    files: {
      '/proc/self/cgroup': '3:cpuacct,cpu:/jobs/a:b\n',
      '/sys/fs/cgroup/cpu/jobs/a:b/cpu.cfs_quota_us': '150000\n',
      '/sys/fs/cgroup/cpu/jobs/a:b/cpu.cfs_period_us': '50000\n',
    },
    cores: 3,
  },
  {
    where: 'v1, no limit',
    files: {
      '/proc/self/cgroup': '4:cpu,cpuacct:/\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    },
    cores: undefined,
  },
  {
    where: 'v1, a set of processors is no quota',
    files: { '/proc/self/cgroup': '5:cpuset:/x\n', '/sys/fs/cgroup/cpuset/x/cpu.cfs_quota_us': '100000\n' },
    cores: undefined,
  },
  {
    where: 'both, the second in a folder of its own',
    files: {
      '/proc/self/cgroup': '4:cpu,cpuacct:/\n0::/a.scope\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/unified/a.scope/cpu.max': '200000 100000\n',
    },
    cores: 2,
  },
  {
    where: 'what cannot be understood',
    files: { '/proc/self/cgroup': 'what\n::\n0::/\n', '/sys/fs/cgroup/cpu.max': 'many few\n' },
    cores: undefined,
  },
];

describe('cgroupCores()', () => {
  test.each(recorded)('$where', ({ files, cores }) => {
    expect(cgroupCores((path) => files[path])).toBe(cores);
  });
});
