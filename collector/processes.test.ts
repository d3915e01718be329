import { expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import { createProcesses } from './processes.js';

const source = (service: string, processes: number) => ({
  service, sdk: '', accepted: processes, refused: 0, unrated: 0, ageMs: 0, problems: [], resources: Array.from({ length: processes }, (_, at) => ({ 'service.name': service, 'service.instance.id': `${at}` })),
});

it('knows how long a process is usually silent: its longest silence but one, lately', async () => {
  const saved: object[] = [];
  let now = 1_000_000;
  const processes = createProcesses({ store: { insert: async (_table, rows) => void saved.push(...rows) }, clock: () => now, logger: silentLogger, unkept: () => undefined });
  for (const minutes of [0, 5, 5, 9, 4, ...Array<number>(40).fill(1), 14, 14, 14, 40]) {
    now += minutes * 60_000;
    processes.seen({ sources: [source('slow', 1)] });
    await processes.stop();
  }
  const gaps = saved.map((row) => ((row as { gap: number | null }).gap ?? 0) / 60_000);
  expect(gaps.slice(0, 5)).toEqual([0, 0, 5, 5, 5]);
  expect(gaps[44]).toBe(1);
  expect(gaps.slice(-4)).toEqual([1, 14, 14, 14]);

});

it('counts the processes that are too many to follow, by what there is too much of', async () => {
  const unkept: Record<string, number> = { service: 0, all: 0 };
  const saved: object[] = [];
  const processes = createProcesses({
    store: { insert: async (_table, rows) => void saved.push(...rows) }, clock: () => 1_000_000, logger: silentLogger, unkept: (reason) => void (unkept[reason] = (unkept[reason] ?? 0) + 1),
  });
  processes.seen({ sources: [source('batch', 2_003)] });
  expect(unkept).toEqual({ service: 3, all: 0 });
  processes.seen({ sources: [source('batch', 2_000), ...Array.from({ length: 24 }, (_, at) => source(`s${at}`, 2_000))] });
  expect(unkept).toEqual({ service: 3, all: 0 });
  processes.seen({ sources: [source('late', 2), source('s0', 2_000)] });
  expect(unkept).toEqual({ service: 3, all: 2 });
  await processes.stop();
  expect(saved).toHaveLength(5_000);
});
