import { expect, it } from 'vitest';
import { seriesOf } from '#core/series.js';
import { detectorConfig } from '../config.js';
import { diffOf, type Alarm } from './diff.js';

const config = detectorConfig.parse({});
const counts = { points: 100_000, outsideActive: 200, outsideShadow: 200, errorActive: 1, errorShadow: 1, msActive: 1, msShadow: 1, steps: 6_000, skipped: 0 };
const alarms = (count: number): Alarm[] => Array.from({ length: count }, (_, index) => ({ series: seriesOf('metric', `service-${index}`, '', 'queue', ''), startsAt: index, endsAt: index + 1 }));

it.each([
  { active: 0, shadow: 3, passed: true },
  { active: 0, shadow: 4, passed: false },
  { active: 3, shadow: 0, passed: true },
  { active: 9, shadow: 0, passed: false },
  { active: 9, shadow: 6, passed: true },
  { active: 20, shadow: 9, passed: false },
  { active: 20, shadow: 30, passed: true },
])('lets $shadow alarms beside $active pass: $passed', ({ active, shadow, passed }) => {
  const { gates } = diffOf({ name: 'forecaster', version: 1, from: 0, to: 1 }, { counts, active: alarms(active), shadow: alarms(shadow) }, config);
  expect(gates.filter((one) => !one.passed).map(({ gate }) => gate)).toEqual(passed ? [] : ['alarms']);
});
