import { expect, it, vi } from 'vitest';
import { silentLogger } from '#core/log.js';
import { testIncident } from '#core/testing.js';
import type { IncidentEvent } from '#core/types.js';
import { createSilenced } from './silenced.js';

it('tells the last of what a silence held back as soon as it ends, once', async () => {
  vi.useFakeTimers();
  const told: string[] = [];
  let isSilenced = true;
  let fails = false;
  const next = {
    async consume({ type, incident }: IncidentEvent): Promise<void> {
      if (fails) throw new Error('not now');
      told.push(`${type} ${incident.title}`);
    },
  };
  const silenced = createSilenced({ logger: silentLogger, isSilenced: () => isSilenced, next });
  await silenced.start();
  await silenced.consume({ type: 'opened', incident: testIncident({ title: 'one' }) });
  await silenced.consume({ type: 'updated', incident: testIncident({ title: 'two' }) });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual([]);
  [isSilenced, fails] = [false, true];
  await vi.advanceTimersByTimeAsync(10_000);
  fails = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual(['updated two']);
  // What is told by itself is not told again.
  isSilenced = true;
  await silenced.consume({ type: 'updated', incident: testIncident({ title: 'three' }) });
  isSilenced = false;
  await silenced.consume({ type: 'resolved', incident: testIncident({ title: 'four' }) });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual(['updated two', 'resolved four']);
  await silenced.stop();
  vi.useRealTimers();
});

it('tells the old of an incident before the new, and not again after it', async () => {
  vi.useFakeTimers();
  const told: string[] = [];
  let isSilenced = true;
  let fails = true;
  const next = {
    async consume({ type }: IncidentEvent): Promise<void> {
      const refuses = fails;
      if (refuses) await new Promise((resolve) => setTimeout(resolve, 2_000));
      if (refuses) throw new Error('not now');
      told.push(type);
    },
  };
  const silenced = createSilenced({ logger: silentLogger, isSilenced: () => isSilenced, next });
  await silenced.start();
  await silenced.consume({ type: 'opened', incident: testIncident() });
  isSilenced = false;
  await vi.advanceTimersByTimeAsync(6_000);
  fails = false;
  const newer = silenced.consume({ type: 'resolved', incident: testIncident() });
  await vi.advanceTimersByTimeAsync(60_000);
  await newer;
  expect(told).toEqual(['resolved']);
  await silenced.stop();
  vi.useRealTimers();
});
