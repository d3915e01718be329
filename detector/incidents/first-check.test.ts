import { expect, it } from 'vitest';
import type { Anomaly } from '#core/types.js';
import { severityOf } from './explain.js';
import { firstCheckOf } from './first-check.js';
import { anomalyOf, T } from './testing.js';

const quiet = (operation: string): Anomaly => anomalyOf('rate', 'orders', { direction: 'absent', value: 0, expected: 5, series: { operation, id: operation } });
const whole = 'Check that the processes of orders run and can be reached: nothing is heard from them.';
it.each<[string, readonly Anomaly[], string, string]>([
  ['a service that is silent', [quiet(''), quiet('GET /admin/export')], 'critical', whole],
  ['an operation that is no longer called', [quiet('GET /admin/export')], 'warning', 'Check who stopped calling GET /admin/export of orders.'],
  ['one of them, of a service that fails', [quiet('GET /admin/export'), anomalyOf('errors', 'orders', { value: 0.05 })], 'warning', 'Read what the failed requests of orders have in common, then its newest error logs.'],
])('of %s says what is wrong', (_name, evidence, severity, check) => {
  const cause = { service: 'orders', confidence: 0.9, reason: '', onsetAt: T };
  expect([severityOf(evidence), firstCheckOf(evidence, [cause], [])]).toEqual([severity, check]);
});
