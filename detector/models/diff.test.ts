import { describe, expect, it } from 'vitest';
import { seriesOf } from '#core/series.js';
import { detectorConfig } from '../config.js';
import { SIGNS } from '../signs.js';
import { diffOf, type Alarm } from './diff.js';

const config = detectorConfig.parse({});
const counts = { points: 100_000, outsideActive: 200, outsideShadow: 200, errorActive: 1, errorShadow: 1, msActive: 1, msShadow: 1, steps: 6_000, skipped: 0 };
const alarms = (count: number): Alarm[] => Array.from({ length: count }, (_, index) => ({ series: seriesOf('metric', `service-${index}`, '', 'queue', ''), startsAt: index, endsAt: index + 1, contributions: [] }));

it.each([
  { active: 0, shadow: 3, passed: true },
  { active: 0, shadow: 4, passed: false },
  { active: 3, shadow: 0, passed: true },
  { active: 9, shadow: 0, passed: false },
  { active: 9, shadow: 6, passed: true },
  { active: 20, shadow: 9, passed: false },
  { active: 20, shadow: 30, passed: true },
])('lets $shadow alarms beside $active pass: $passed', ({ active, shadow, passed }) => {
  const { gates } = diffOf({ name: 'forecaster', version: 1, from: 0, to: 1 }, { counts, active: alarms(active), shadow: alarms(shadow), unseen: [] }, config);
  expect(gates.filter((one) => !one.passed).map(({ gate }) => gate)).toEqual(passed ? [] : ['alarms']);
});

describe('what the other side could not tell', () => {
  const aboutOne = { name: 'forecaster', version: 1, from: 0, to: 1 };
  const sign = { ...alarms(1)[0]!, contributions: [{ detector: SIGNS.restarts, score: 2 }] };
  const at = (startsAt: number): Alarm => ({ ...alarms(1)[0]!, startsAt, endsAt: startsAt + 30_000 });

  it('does not count where it is alone', () => {
    const { alarms: counted, changes } = diffOf(aboutOne, { counts, active: [sign, at(3_600_000), at(7_200_000)], shadow: [at(3_640_000), at(10_800_000)], unseen: [[7_190_000, 7_250_000], [10_790_000, 10_850_000]] }, config);
    expect(counted).toMatchObject({ active: 1, shadow: 1, both: 1, added: 0, removed: 0 });
    expect(changes.map(({ change }) => change)).toEqual(['delayed']);
  });

  it('counts where both told it', () => {
    const { alarms: counted } = diffOf(aboutOne, { counts, active: [sign, at(3_600_000)], shadow: [at(0), at(3_600_000)], unseen: [[3_590_000, 3_650_000]] }, config);
    expect(counted).toMatchObject({ active: 2, shadow: 2, both: 2 });
  });
});
