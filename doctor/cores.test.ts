import { expect, it } from 'vitest';
import { coresWithin } from './cores.js';

const ROOT = '/sys/fs/cgroup';

it.each<[string, Readonly<Record<string, string>>, number]>([
  ['none', {}, 4],
  ['the second version without a quota', { '/proc/self/cgroup': '0::/\n', [`${ROOT}/cpu.max`]: 'max 100000\n' }, 4],
  ['the second version in a container', { '/proc/self/cgroup': '0::/\n', [`${ROOT}/cpu.max`]: '50000 100000\n' }, 0.5],
  ['the second version around a service', { '/proc/self/cgroup': '0::/own.slice/f.service\n', [`${ROOT}/own.slice/f.service/cpu.max`]: '300000 100000\n', [`${ROOT}/own.slice/cpu.max`]: '150000 100000\n' }, 1.5],
  ['the first version without a quota', { '/proc/self/cgroup': '4:memory:/a\n1:cpu,cpuacct:/\n0::/\n', [`${ROOT}/cpu/cpu.cfs_quota_us`]: '-1\n', [`${ROOT}/cpu/cpu.cfs_period_us`]: '100000\n' }, 4],
  ['the first version in a container that names the group outside', { '/proc/self/cgroup': '1:cpuacct,cpu:/docker/abc\n', [`${ROOT}/cpu/cpu.cfs_quota_us`]: '100000\n', [`${ROOT}/cpu/cpu.cfs_period_us`]: '100000\n' }, 1],
  ['more than the machine has', { '/proc/self/cgroup': '0::/\n', [`${ROOT}/cpu.max`]: '800000 100000\n' }, 4],
])('control groups of %s leave so many of 4 cores', (_name, files, cores) => {
  expect(coresWithin(4, (path) => files[path] ?? '')).toBe(cores);
});
