import { describe, expect, it } from 'vitest';
import { BY_METRICS } from '#core/served.js';
import { seriesOf } from '#core/series.js';
import { testAnomaly } from '#core/testing.js';
import type { Anomaly, Incident, Series } from '#core/types.js';
import { incidentsConfig } from './config.js';
import { firstCheckOf } from './explain/first-check.js';
import { opens } from './group/opens.js';
import { incidentsOver, latestOf, T } from './testing.js';

const config = incidentsConfig.parse({});

interface Shown {
  readonly at?: number;
  readonly score?: number;
  readonly from?: number;
  readonly to?: number;
  readonly lasted?: number;
}

const shown = (series: Series, { at = 0, score = 8, from = 0.02, to = 0.2, lasted = 30 }: Shown = {}): Anomaly =>
  testAnomaly({ id: `${series.id}-${at}`, series, startsAt: T + at * 1000, peakAt: T, updatedAt: T + (at + lasted) * 1000, value: to, expected: from, upper: from * 1.5, score, points: 7 });
const slow = (service: string, path: string, more?: Shown): Anomaly => shown(seriesOf('metric', service, '', 'http_request_duration_seconds_mean', 's', { path }), more);
const failed = (service: string, code: string, more?: Shown): Anomaly => shown(seriesOf('metric', service, '', 'http_requests_total', '1/s', { code }), { from: 0, to: 4, ...more });
const share = (service: string, more?: Shown): Anomaly => shown(seriesOf('errors', service, '', 'error_ratio', '1', BY_METRICS), { from: 0.01, ...more });
const measured = (service: string, metric: string, more?: Shown): Anomaly => shown(seriesOf('metric', service, '', metric, '', {}), more);

describe('services of which only metrics tell', () => {
  async function incidentsOf(anomalies: readonly Anomaly[]): Promise<readonly Incident[]> {
    const { incidents, seen, clock } = incidentsOver([], config);
    clock.now = T + 60_000;
    await incidents.consume(anomalies);
    clock.now += 15_000;
    await incidents.consume(anomalies.map((one) => ({ ...one, updatedAt: one.updatedAt + 15_000 })));
    await incidents.stop();
    return latestOf(seen).filter(({ status }) => status === 'open');
  }

  it('are one incident where they began together, and a database is behind it: others call it', async () => {
    const found = await incidentsOf([slow('web', '/items', { at: 5 }), slow('api', '/items'), slow('api', '/orders'), measured('postgres', 'pg_stat_activity_count', { score: 20, from: 6, to: 85 })]);
    expect(found.map(({ services }) => services.toSorted())).toEqual([['api', 'postgres', 'web']]);
    expect(found[0]?.causes[0]).toMatchObject({ service: 'postgres', reason: expect.stringContaining('others call it, and it calls nobody') as string });
    expect(found[0]?.title).toContain('mean latency 20 ms → 200 ms');
    // Who uses a cache is not the cache.
    const [incident] = await incidentsOf([slow('api', '/items'), measured('worker', 'redis_client_connections', { score: 12, from: 6, to: 85 })]);
    expect(incident?.causes.find(({ service }) => service === 'worker')?.reason).toContain('whom it calls is not known');
  });

  it('are one incident where the requests of all stay away, and which of them is before the others is not known', async () => {
    const lost = (service: string): Anomaly => ({ ...shown(seriesOf('rate', service, '', 'requests', '1/s', BY_METRICS), { score: 2, from: 40, to: 4 }), direction: 'down' });
    const [incident, ...others] = await incidentsOf([lost('api'), lost('web')]);
    expect([incident?.title, incident?.severity, others]).toEqual([expect.stringMatching(/^(?:api|web): traffic 40\/s → 4\/s$/), 'critical', []]);
    for (const { reason } of incident?.causes ?? []) expect(reason).toContain('who calls it is not known');
  });

  it('blame who takes out of a queue before the queue that grows', async () => {
    const [incident] = await incidentsOf([slow('worker', '/', { score: 8 }), measured('rabbitmq', 'rabbitmq_queue_messages_ready', { score: 60, from: 0, to: 391 })]);
    expect(incident?.causes.map(({ service }) => service)).toEqual(['worker', 'rabbitmq']);
    // At steps of 15 s the queue shows it first, and far more.
    const [coarse] = await incidentsOf([slow('worker', '/', { score: 8, at: 15 }), measured('rabbitmq', 'rabbitmq_queue_messages_ready', { score: 177, from: 0, to: 710 })]);
    expect(coarse?.causes[0]).toMatchObject({ service: 'worker' });
    expect(incident?.causes[1]?.reason).toContain('queue length 0 → 391, first to change; more comes in than is taken out.');
    expect(firstCheckOf([measured('rabbitmq', 'rabbitmq_queue_messages_ready')], [{ service: 'rabbitmq', confidence: 0.9, onsetAt: T, reason: '' }], [])).toBe('Check who takes out of rabbitmq what waits there: they are too slow, too few, or more comes in.');
  });

  it('are in trouble when a target does not answer for long, and well when it answers again', async () => {
    const down = (more?: Shown, direction: Anomaly['direction'] = 'absent'): Anomaly => ({ ...shown(seriesOf('metric', 'api', '', 'up', '', { instance: '10.0.0.7:8080' }), { score: 1.5, from: 1, to: 0, ...more }), direction });
    const [incident] = await incidentsOf([down()]);
    expect([incident?.title, incident?.firstCheck]).toEqual(['api: 10.0.0.7:8080 does not answer', 'Check that 10.0.0.7:8080 of api runs and can be reached: it does not answer Prometheus.']);
    expect(await incidentsOf([down({ lasted: -5 })])).toEqual([]);
    expect(await incidentsOf([down({}, 'up')])).toEqual([]);
  });

  it('are one incident in a storm over all of them', async () => {
    const storm = Array.from({ length: 300 }, (_, service) => ['/a', '/b', '/c'].map((path) => slow(`service-${service}`, path))).flat();
    expect((await incidentsOf(storm)).map(({ evidence }) => evidence.length)).toEqual([config.max_evidence]);
  });

  it('are apart where they did not begin together, or where one of them would be no incident', async () => {
    const found = await incidentsOf([slow('api', '/items'), slow('billing', '/invoices', { at: 50, lasted: 5 }), measured('worker', 'jobs_waiting', { score: 1.2 })]);
    expect(found.map(({ services }) => services)).toEqual([['api'], ['billing']]);
  });

  it('blame who fails before who answers that its own callee failed', async () => {
    const [incident] = await incidentsOf([share('web'), failed('web', '502'), share('api'), failed('api', '500')]);
    expect(incident?.causes.map(({ service }) => service)).toEqual(['api', 'web']);
    expect(incident?.causes[1]?.reason).toContain('it fails as a gateway does when what it calls fails');
  });

  it('open for a weak sign of one path of one instance only when others show it too', () => {
    const weak = ['/a', '/b', '/c'].map((path) => slow('api', path, { score: 1.5 }));
    expect([opens(weak.slice(0, 2), config), opens(weak, config), opens([share('api', { score: 1.6 })], config)]).toEqual([false, true, true]);
  });

  it('have no traces to open', () => {
    const causes = [{ service: 'api', confidence: 0.9, onsetAt: T, reason: '' }];
    expect(firstCheckOf([slow('api', '/items')], causes, [])).toBe('Compare how long requests of api take by path and instance, and what it waits for.');
    expect(firstCheckOf([share('api')], causes, [])).toBe('Compare the failed requests of api by path and instance, then read its newest error logs.');
  });
});
