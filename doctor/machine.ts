import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { formatValue } from '#core/format.js';
import { messageOf } from '#core/errors.js';
import { broken, ok, warning, type Check } from './check.js';
import { coresWithin } from './cores.js';

const LEAST_NODE = [20, 19] as const;
/** What the packages of ONNX Runtime and of ClickHouse bring native code for, both at once. */
const PLATFORMS = ['linux x64', 'linux arm64', 'darwin arm64'];
/** What the process takes at rest with its tables warm, and what it should have for a burst. */
const LEAST_MEMORY = 512 * 1024 ** 2;
const GOOD_MEMORY = 1024 ** 3;
/** Queries of the embedded ClickHouse and files share libuv's threads; Node's own default starves them. */
const LEAST_THREADS = 10;

const bytes = (value: number): string => formatValue(value, { kind: 'metric', metric: '', unit: 'By' });

export interface Machine {
  readonly node: string;
  readonly platform: string;
  /** Version of glibc; undefined on a system without, such as Alpine. */
  readonly glibc: string | undefined;
  /** By the quota of the container where there is one, so in parts too. */
  readonly cores: number;
  readonly threads: number;
  readonly freeBytes: number;
  /** Of the machine, or of the container when that is less. */
  readonly totalBytes: number;
  /** Whether a container has less than the machine: what it has is Faultline's alone. */
  readonly isLimited: boolean;
}

export function thisMachine(env: Readonly<Record<string, string | undefined>>): Machine {
  const limit = process.constrainedMemory();
  const isLimited = limit > 0 && limit < totalmem();
  const total = isLimited ? limit : totalmem();
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return {
    node: process.versions.node, platform: `${process.platform} ${process.arch}`, glibc: report.header?.glibcVersionRuntime, cores: coresWithin(availableParallelism(), textOf), threads: Number(env['UV_THREADPOOL_SIZE'] ?? 4),
    freeBytes: Math.min(process.availableMemory(), total), totalBytes: total, isLimited,
  };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

export function checkMachine({ node, platform, glibc, cores, threads, freeBytes, totalBytes, isLimited }: Machine): Check[] {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isNew = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  // A container as large as Faultline needs never has it all free: something runs in it, if only this.
  const has = isLimited ? totalBytes : freeBytes;
  const memory = `${bytes(freeBytes)} of ${bytes(totalBytes)} free`;
  return [
    isNew ? ok('node', node) : broken('node', `${node}: Faultline needs ${LEAST_NODE.join('.')} or newer`),
    platformCheck(platform, glibc, cores),
    threads >= LEAST_THREADS ? ok('threads', `UV_THREADPOOL_SIZE is ${threads}`) : warning('threads', `UV_THREADPOOL_SIZE is ${threads}: the embedded ClickHouse wants ${LEAST_THREADS} or more; bin/faultline.js sets 10 when nothing else does`),
    has >= GOOD_MEMORY ? ok('memory', memory) : has >= LEAST_MEMORY ? warning('memory', `${memory}: under load Faultline takes up to ${bytes(GOOD_MEMORY)}`) : broken('memory', `${memory}: Faultline needs ${bytes(LEAST_MEMORY)}`),
  ];
}

function platformCheck(platform: string, glibc: string | undefined, cores: number): Check {
  if (!PLATFORMS.includes(platform)) return broken('platform', `${platform}: ONNX Runtime and the embedded ClickHouse run on ${PLATFORMS.join(', ')}`);
  if (platform.startsWith('linux') && glibc === undefined) return broken('platform', `${platform} without glibc: ONNX Runtime and the embedded ClickHouse need it; take a Debian image instead of Alpine`);
  return ok('platform', `${platform}${glibc === undefined ? '' : `, glibc ${glibc}`}, ${cores} ${cores === 1 ? 'core' : 'cores'}`);
}

/** Under the embedded engine. `minFree`: the share below which the oldest day of telemetry is dropped. */
export function checkDisk(folder: string, minFree: number): Promise<Check> {
  return checkFree(folder, (free, total, text) => {
    const share = total > 0 ? free / total : 1;
    if (share < minFree) return broken('disk', `${text}: below retention.min_free_disk (${minFree * 100} %), so the oldest days of telemetry are dropped; free space or shorten the retention`);
    return share < 2 * minFree ? warning('disk', `${text}: the oldest day of telemetry is dropped below ${minFree * 100} %`) : ok('disk', text);
  });
}

/** Where a server has everything but the queue, of `maxQueue` bytes at most. */
export function checkQueueDisk(folder: string, maxQueue: number): Promise<Check> {
  return checkFree(folder, (free, _, text) => (free < maxQueue ? warning('disk', `${text}: collector.max_queue (${bytes(maxQueue)}) does not fit while the ClickHouse server is away, and what comes then is refused; free space or lower it`) : ok('disk', text)));
}

async function checkFree(folder: string, judge: (free: number, total: number, text: string) => Check): Promise<Check> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return judge(bavail * bsize, blocks * bsize, `${bytes(bavail * bsize)} of ${bytes(blocks * bsize)} free`);
  } catch (error) {
    return broken('disk', messageOf(error));
  }
}
