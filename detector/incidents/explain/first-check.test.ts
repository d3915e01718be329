import { expect, it } from 'vitest';
import type { Anomaly } from '#core/types.js';
import { ARRIVAL_METRIC, RUN_METRIC } from '../../words.js';
import { severityOf } from './explain.js';
import { firstCheckOf } from './first-check.js';
import { anomalyOf, T } from '../testing.js';

const quiet = (operation: string): Anomaly => anomalyOf('rate', 'orders', { direction: 'absent', value: 0, expected: 5, series: { operation, id: operation } });
const measured = (metric: string): Anomaly => anomalyOf('metric', 'orders', { value: 45, series: { metric } });
const gone = anomalyOf('metric', 'orders', { direction: 'absent', value: 0, expected: 50, series: { metric: ARRIVAL_METRIC } });
const alert = anomalyOf('metric', 'orders', { series: { metric: 'QueueFull', labels: { alertname: 'QueueFull' } } });
it.each<[string, readonly Anomaly[], string, string]>([
  ['a service that serves nothing', [quiet(''), quiet('GET /admin/export')], 'critical', 'Check what stands before orders (load balancer, name resolution, certificate, a caller that stopped), and that it runs: it served no request since.'],
  ['a service that is silent', [quiet(''), gone], 'critical', 'Check that the processes of orders run and can be reached: nothing is heard from them.'],
  ['a service that failed until it was silent', [{ ...quiet(''), peakAt: T + 30_000 }, { ...gone, startsAt: T + 40_000 }, anomalyOf('errors', 'orders', { updatedAt: T + 30_000 })], 'critical', 'Check that the processes of orders run and can be reached: nothing is heard from them.'],
  ['a service that was slow until it served nothing', [{ ...quiet(''), peakAt: T + 30_000 }, anomalyOf('latency', 'orders', { updatedAt: T + 60_000, endsAt: T + 30_000 })], 'critical', 'Check what stands before orders (load balancer, name resolution, certificate, a caller that stopped), and that it runs: it served no request since.'],
  ['a service that fails on while its metrics do not come', [gone, anomalyOf('errors', 'orders', { updatedAt: T + 30_000 })], 'critical', 'Read what the failed requests of orders have in common, then its newest error logs.'],
  ['a pool of which all is lent out', [anomalyOf('latency', 'orders', { value: 2, expected: 1 }), measured('hikaricp_connections_pending')], 'warning', 'Check who holds the database connections of orders, and for how long, since the onset: requests wait for one.'],
  ['a pool, in the words of OpenTelemetry', [measured('db.client.connection.pending_requests')], 'warning', 'Check who holds the database connections of orders, and for how long, since the onset: requests wait for one.'],
  ['files that are not closed', [measured('process.open_file_descriptor.count')], 'warning', 'Check what orders opens since the onset and does not close, and how near it is to its limit of open files.'],
  ['a batch that does not run', [anomalyOf('metric', 'orders', { value: 26, expected: 24, series: { metric: RUN_METRIC } })], 'warning', 'Check what starts orders (its schedule, whether it is suspended, the events of its last job) and how its last run ended.'],
  ['restarts', [measured('k8s.container.restarts')], 'warning', 'Read the last logs of the processes of orders before they ended, and whether they ran out of memory or failed their probes.'],
  ['an operation that is no longer called', [quiet('GET /admin/export')], 'warning', 'Check who stopped calling GET /admin/export of orders.'],
  ['one of them, of a service that fails', [quiet('GET /admin/export'), anomalyOf('errors', 'orders', { value: 0.05 })], 'warning', 'Read what the failed requests of orders have in common, then its newest error logs.'],
  ['an alert with a runbook', [{ ...alert, alert: { summary: '', runbook: 'https://wiki.example/full', expression: '' } }], 'warning', 'Follow the runbook of the alert QueueFull for orders.'],
  ['an alert without one', [{ ...alert, alert: { summary: 'half full', runbook: '', expression: '' } }], 'warning', 'Read what the alert QueueFull says of orders.'],
])('of %s says what is wrong', (_name, evidence, severity, check) => {
  const cause = { service: 'orders', confidence: 0.9, reason: '', onsetAt: T };
  expect([severityOf(evidence), firstCheckOf(evidence, [cause], [])]).toEqual([severity, check]);
});
