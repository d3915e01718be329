import { describe, expect, it } from 'vitest';
import type { Anomaly, Incident, Labels } from '#core/types.js';
import type { Edge } from './graph/edges.js';
import { ofTaker } from './graph/takers.js';
import { createTopology } from './graph/topology.js';
import { anomalyOf, edge, incidentsOver, latestOf, T } from './testing.js';

const edges = [edge('orders', 'kafka', { silent: true }), edge('kafka', 'indexer', { taken: true }), edge('kafka', 'biller', { taken: true }), edge('indexer', 'elasticsearch', { silent: true })];

function waits(labels: Labels, metric = 'kafka_consumergroup_lag', service = 'kafka-exporter'): Anomaly {
  return anomalyOf('metric', service, { series: { id: `${metric} ${JSON.stringify(labels)}`, metric, labels, unit: '' }, id: JSON.stringify(labels), value: 900, expected: 20, upper: 40, score: 40, points: 9 });
}
const ofGroup = (consumergroup: string, more: Labels = {}): Anomaly => waits({ consumergroup, topic: 'events', ...more });

/** The incidents that are open after a minute in which the evidence goes on. */
async function incidentsOf(evidence: readonly Anomaly[], calls: readonly Edge[] | ((second: number) => readonly Edge[]) = edges): Promise<Incident[]> {
  const { incidents, seen, clock } = incidentsOver((at) => (typeof calls === 'function' ? calls((at - T) / 1000) : calls));
  for (let at = 5; at <= 60; at += 5) {
    clock.now = T + at * 1000;
    await incidents.consume(evidence.map((one) => ({ ...one, updatedAt: clock.now })));
  }
  return latestOf(seen).filter(({ status }) => status !== 'resolved');
}

describe('more that waits for a group of consumers', () => {
  it('is evidence of the incident of the service that is to take it, and of no other', async () => {
    const found = await incidentsOf([ofGroup('indexer'), anomalyOf('latency', 'indexer'), anomalyOf('errors', 'elasticsearch', { series: { kind: 'metric', metric: 'elasticsearch_jvm_gc' } })]);
    expect(found.map(({ services }) => services.toSorted())).toEqual([['elasticsearch', 'indexer']]);
    expect(found[0]?.evidence).toHaveLength(3);
    expect(await incidentsOf([ofGroup('indexer'), anomalyOf('latency', 'biller')])).toHaveLength(2);
  });

  it('is that service’s own trouble where it shows nothing else', async () => {
    const [incident, ...others] = await incidentsOf([ofGroup('indexer')]);
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ title: expect.stringMatching(/^indexer: consumer lag 20 → 900/), causes: [{ service: 'indexer' }], evidence: [{ measuredBy: 'kafka-exporter' }], firstCheck: expect.stringMatching(/^Check why indexer falls behind: /) });
  });

  it('comes of what fails beside it, though it shows first', async () => {
    const [incident] = await incidentsOf([{ ...ofGroup('indexer'), score: 400 }, ofGroup('biller'), anomalyOf('latency', 'orders', { startsAt: T + 15_000 })], [...edges.slice(1), edge('orders', 'kafka', { silent: true, slowdown: 20, isKnown: true })]);
    expect(incident?.causes[0]?.service).toBe('kafka');
    expect(incident?.evidence).toHaveLength(3);
  });

  it('stays with it when its spans are no longer known', async () => {
    const found = await incidentsOf([ofGroup('indexer'), anomalyOf('rate', 'indexer', { direction: 'absent', value: 0, expected: 20 })], (second) => (second < 30 ? edges : []));
    expect(found.map(({ services }) => services)).toEqual([['indexer']]);
  });
});

describe('whose more that waits is', () => {
  const topology = createTopology([...edges, edge('web', 'order-mailer'), edge('web', 'audit_log'), edge('web', 'audit-log'), edge('web', 'orders-consumer'), edge('web', 'mail'), edge('web', 'mail-consumer'), edge('web', 'mail_consumer')], new Map([['invoices', ['biller']], ['events', ['indexer', 'biller']]]));
  const whose = (anomaly: Anomaly): string => ofTaker(anomaly, topology).series.service;

  it.each<[string, Anomaly]>([
    ['indexer', ofGroup('indexer')],
    ['indexer', waits({ consumer_group: 'indexer' }, 'kafka_consumer_group_offset')],
    ['indexer', waits({ messaging_consumer_group_name: 'indexer' }, 'messaging_lag')],
    ['indexer', waits({ group: 'indexer', topic: 'events' }, 'kafka_consumer_group_lag', 'otelcol')],
    ['indexer', waits({ group: 'indexer' }, 'kafka_burrow_partition_lag')],
    ['indexer', waits({}, 'kafka_consumergroup_lag_indexer', 'kafka')],
    ['indexer', ofGroup('indexer-consumer-group')],
    ['order-mailer', ofGroup('cg.Order_Mailer')],
    ['orders-consumer', ofGroup('orders-consumer-group')],
    ['orders', ofGroup('orders-group')],
    ['biller', waits({ queue: 'invoices' }, 'rabbitmq_queue_messages_ready', 'rabbitmq')],
    ['biller', waits({ rabbitmq_queue_name: 'invoices', state: 'ready' }, 'rabbitmq_message_current', 'rabbitmq')],
  ])('%s', (service, anomaly) => {
    expect(whose(anomaly)).toBe(service);
  });

  it.each<[string, Anomaly]>([
    ['of a group that is called as no service', ofGroup('console-consumer-4711')],
    ['of a group that is called as two', ofGroup('audit.log')],
    ['of a group that is called as two and, but for a word, as a third', ofGroup('mail-consumer-group')],
    ['of a group that is called as a silent database', ofGroup('elasticsearch')],
    ['in a queue that several services take from', waits({ queue: 'events' }, 'rabbitmq_queue_messages_ready')],
    ['in a queue that nobody is known to take from', waits({ queue: 'parked' }, 'rabbitmq_queue_messages_ready')],
    ['of the members of something else', waits({ group: 'indexer' }, 'process_threads')],
  ])('is not said %s', (_what, anomaly) => {
    expect(whose(anomaly)).toBe('kafka-exporter');
  });

  it('is said by a service itself, whatever group it names', () => {
    expect(whose(waits({ group: 'indexer' }, 'kafka_consumer_group_lag', 'biller'))).toBe('biller');
  });
});
