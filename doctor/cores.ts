import { dirname, join } from 'node:path';

/** The text of a file; '' where there is none. */
type Read = (path: string) => string;

/** Cores that this process can keep busy: `parallel` of the machine, or less by a quota of its control group or one around it. */
export function coresWithin(parallel: number, read: Read): number {
  const quotas = read('/proc/self/cgroup').split('\n').flatMap((line) => {
    const [, controllers, path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined) return [];
    if (controllers === '') return groupsAround(path).map((group) => secondVersion(join('/sys/fs/cgroup', group), read));
    return controllers.split(',').includes('cpu') ? groupsAround(path).map((group) => firstVersion(join('/sys/fs/cgroup/cpu', group), read)) : [];
  });
  return Number(Math.min(parallel, ...quotas.filter((quota) => quota > 0)).toFixed(2));
}

/** The group and all it lies in. Inside a container, the outermost that can be seen is its own. */
const groupsAround = (path: string): string[] => (path === '/' || path === '' || path === '.' ? ['/'] : [path, ...groupsAround(dirname(path))]);

/** `50000 100000` is half a core; `max 100000` none at all. NaN where there is none. */
function secondVersion(folder: string, read: Read): number {
  const [quota, period] = read(join(folder, 'cpu.max')).trim().split(' ');
  return Number(quota) / Number(period);
}

/** A quota of -1 is none. */
const firstVersion = (folder: string, read: Read): number => Number(read(join(folder, 'cpu.cfs_quota_us'))) / Number(read(join(folder, 'cpu.cfs_period_us')));
