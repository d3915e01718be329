import { expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { seriesOf } from '#core/series.js';
import type { IncidentEvent } from '#core/types.js';
import { emptyStore } from '#store/empty.js';
import { detectorConfig } from './config.js';
import { atPaceOf, incidentsConfig } from './incidents/config.js';
import { createIncidents } from './incidents/incidents.js';
import { createTopology } from './incidents/graph/topology.js';
import { robustLevel } from './models/robust.js';
import { WINDOW } from './models/shape.js';
import { askBy, createRandom, measuredNow } from './testing.js';
import { createWatch } from './watch.js';

const config = detectorConfig.parse({});
const STEP = config.step;
const T = 1_700_000_000_000 - (1_700_000_000_000 % STEP);
const disk = seriesOf('metric', 'db', '', 'disk_used_utilization', '1');
const ROBUST = askBy(async (_slot, rows, { window }) => {
  const said = Array.from({ length: rows }, (_, row) => robustLevel((window ?? new Float32Array()).slice(row * WINDOW, (row + 1) * WINDOW)));
  return { expected: Float32Array.from(said, ({ expected }) => expected), scale: Float32Array.from(said, ({ scale }) => scale) };
});

/** What is told of a disk with a point in every `pace` steps that fills after 40 of them, and is emptied after ten more or, where it is not `emptied`, never heard of again. */
async function told(pace: number, emptied: boolean): Promise<readonly string[]> {
  const watch = createWatch(config, ROBUST);
  watch.setMembers([{ name: 'robust', slot: 'robust', inputs: ['window'], calibration: 'robust' }]);
  const random = createRandom(7);
  let now = T;
  let point = 0;
  const events: string[] = [];
  const consume = async ({ type, incident }: IncidentEvent): Promise<void> => {
    if (type !== 'updated') events.push(`${type} after ${point - 40} points${type === 'resolved' ? `: ${incident.timeline.at(-1)?.text}` : ''}`);
  };
  const incidents = createIncidents({ store: emptyStore, registry: new Registry(), logger: silentLogger, clock: () => now, config: atPaceOf(config, incidentsConfig.parse({})), events: { consume }, topologyAt: async () => createTopology([]) });
  for (let step = 0; step < 60 * pace; step += 1) {
    now = T + (step + 1) * STEP + config.delay;
    point = Math.floor(step / pace);
    const value = point >= 40 && point < 50 ? 0.97 : 0.4 + 0.01 * random.normal();
    const reported = step % pace === 0 && (emptied || point < 50);
    const { anomalies } = await watch.step(T + step * STEP, measuredNow(reported ? [{ series: disk, reading: { value, count: 0 } }] : []), 0, undefined);
    await incidents.consume(anomalies);
  }
  return events;
}

it.each([4, 12, 14, 20])('a metric with a point in every %i steps opens an incident, which lasts until it is back', async (pace) => {
  expect(await told(pace, true)).toEqual(['opened after 2 points', 'resolved after 12 points: All evidence is over']);
}, 60_000);

it('one that is not heard of any more is silent after three of its intervals', async () => {
  const [opened, resolved] = await told(20, false);
  expect(opened).toBe('opened after 2 points');
  expect(resolved).toMatch(/^resolved after 12 points: Not known to be over: db: disk_used_utilization 40.1 % → 97 %: nothing heard since/);
}, 60_000);
