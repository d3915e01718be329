import { describe, expect, it } from 'vitest';
import { seriesOf } from '#core/series.js';
import { ARRIVAL_METRIC } from './words.js';
import { detectorConfig } from './config.js';
import { createLongMemories } from './long/live.js';
import { seriesState } from './series-state.js';
import { measuredNow } from './testing.js';
import { createWatch } from './watch.js';

const config = detectorConfig.parse({});
const DAY = 86_400_000;
const gauge = seriesOf('metric', 'cart', '', 'queue_size', '1');
const requests = seriesOf('rate', 'cart', '', 'requests', '1/s');

describe('a series', () => {
  const memories = createLongMemories({ stepMs: config.step, most: 1, sensitivity: 1, falseAlarmEveryMs: 30 * DAY, recalls: false });
  const watch = createWatch(config, () => Promise.reject(new Error('no model is asked')), memories);
  const learn = async (from: number, steps: number): Promise<void> => {
    for (let step = 0; step < steps; step += 1) await watch.learn(from + step * config.step, measuredNow([{ series: gauge, reading: { value: 3, count: 0 } }, { series: requests, reading: { value: 5, count: 75 } }]));
  };
  const state = (series: typeof gauge, at: number) => seriesState(series, at, config, watch, memories);

  it('is absent, learns, is active, and stale when nothing comes; requests that came in time are not, for their silence means none', async () => {
    expect(state(gauge, 0)).toEqual({ state: 'absent', points: 0, needed: config.min_points, lastSeenAt: 0, longMemory: null });
    await learn(DAY, 10);
    const last = DAY + 9 * config.step;
    expect(state(gauge, last)).toMatchObject({ state: 'learning', points: 10, lastSeenAt: last, longMemory: null });
    await learn(last + config.step, 20);
    expect(state(gauge, last + 20 * config.step)).toMatchObject({ state: 'active', points: 30 });
    expect(state(requests, last + 20 * config.step)).toMatchObject({ state: 'active', longMemory: { state: 'learning', day: 1, of: 8 } });
    const later = (): unknown[] => [gauge, requests].map((series) => state(series, last + 60 * config.step)?.state);
    expect(later()).toEqual(['stale', 'stale']);
    watch.trust([requests.id], []);
    expect(later()).toEqual(['stale', 'active']);
  });
  it('of which the memory of days has seen some days, or rests, says so', async () => {
    for (let at = 2 * DAY; at < 4 * DAY; at += 60_000) memories.feed(requests, at, { value: 5, count: 5 });
    expect(memories.stateOf(requests.id)).toEqual({ state: 'learning', day: 3, of: 8 });
    memories.rest(true);
    expect(memories.stateOf(requests.id)).toMatchObject({ state: 'resting' });
  });
  it('that is never judged has no state: an alert, the arrival of metrics', async () => {
    expect([state(seriesOf('metric', 'cart', '', 'Down', '', { alertname: 'Down' }), 0), state(seriesOf('metric', 'cart', '', ARRIVAL_METRIC, ''), 0)]).toEqual([null, null]);
  });
});
