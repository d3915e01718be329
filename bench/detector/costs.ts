import { readdirSync, readFileSync } from 'node:fs';
import { Session, type Profiler } from 'node:inspector';

/** Processor time, ms: of the thread that everything waits for, of those that run models, and of all others, which are ClickHouse's. */
export interface Spent {
  readonly main: number;
  readonly models: number;
  readonly others: number;
}

export const NONE: Spent = { main: 0, models: 0, others: 0 };
const NS_PER_MS = 1e6;

/** Threads of this process; none where the system does not tell. */
export const threads = (): string[] => (process.platform === 'linux' ? readdirSync('/proc/self/task') : []);

/** What this process has used so far; where threads cannot be told apart, all is `others`. */
export function spent(modelThreads: readonly string[]): Spent {
  const main = threads().includes(String(process.pid)) ? runMs(String(process.pid)) : 0;
  const models = modelThreads.reduce((sum, thread) => sum + runMs(thread), 0);
  return { main, models, others: usage().cpuMs - main - models };
}

export const difference = (after: Spent, before: Spent): Spent => ({ main: after.main - before.main, models: after.models - before.models, others: after.others - before.others });
export const sum = (a: Spent, b: Spent): Spent => ({ main: a.main + b.main, models: a.models + b.models, others: a.others + b.others });

const runMs = (thread: string): number => Number(readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / NS_PER_MS;

export interface Usage {
  readonly wallMs: number;
  readonly cpuMs: number;
}

export function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { wallMs: performance.now(), cpuMs: (user + system) / 1000 };
}

export function since(before: Usage): Usage {
  const now = usage();
  return { wallMs: now.wallMs - before.wallMs, cpuMs: now.cpuMs - before.cpuMs };
}

/** Of the profiler itself, and of waiting. */
const NO_WORK = ['(idle)', '(program)', 'dispatch'];

/** Runs `work` and says which share of the main thread's time each file of ours took. */
export async function sharesByFile(work: () => Promise<void>): Promise<ReadonlyMap<string, number>> {
  const session = new Session();
  session.connect();
  const post = <T>(method: string, params: object = {}): Promise<T> => new Promise((resolve, reject) => session.post(method, params, (error, result) => (error ? reject(error) : resolve(result as T))));
  await post('Profiler.enable');
  await post('Profiler.setSamplingInterval', { interval: 500 });
  await post('Profiler.start');
  await work();
  const { profile } = await post<Profiler.StopReturnType>('Profiler.stop');
  session.disconnect();
  const fileOf = new Map(profile.nodes.map(({ id, callFrame: { functionName, url } }) => [id, url.includes('/dist/') ? (url.split('/dist/')[1] ?? '') : functionName]));
  const times = new Map<string, number>();
  let busy = 0;
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const file = fileOf.get(id) ?? '';
    if (NO_WORK.includes(file)) continue;
    const took = profile.timeDeltas?.[index] ?? 0;
    busy += took;
    times.set(file, (times.get(file) ?? 0) + took);
  }
  return new Map([...times].map(([file, took]) => [file, took / busy]));
}
