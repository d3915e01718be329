import { describe, expect, it } from 'vitest';
import { PipelineError } from '#core/errors.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import type { Anomaly, Direction, Incident, IncidentEvent, Labels, SeriesKind } from '#core/types.js';
import { emptyStore } from '#store/empty.js';
import { atPaceOf, incidentsConfig } from './config.js';
import { createIncidents } from './incidents.js';
import { firstCheckOf } from './explain/first-check.js';
import { untaughtOnly } from './lessons/lessons.js';
import { rankCauses, SEEN } from './cause/root-cause.js';
import { anomalyOf, edge, incidentsOver, latestOf, T } from './testing.js';
import { createTopology } from './graph/topology.js';

const shop = [
  edge('frontend', 'catalog'), edge('frontend', 'cart'), edge('frontend', 'checkout'), edge('frontend', 'search'),
  edge('checkout', 'payment'), edge('checkout', 'inventory'), edge('checkout', 'kafka'), edge('kafka', 'fulfilment'), edge('catalog', 'postgresql'),
];
function anomaly(service: string, kind: SeriesKind, at: number, direction: Direction = 'up', metric: string = kind, score = 5): Anomaly {
  return anomalyOf(kind, service, { series: { metric }, id: `${service}-${metric}-${at}`, startsAt: T + at * 1000, value: 0.38, expected: 0.002, score, direction });
}

describe('rankCauses', () => {
  it.each([
    ['slow dependency', 'payment', [anomaly('frontend', 'latency', 0), anomaly('checkout', 'latency', 0), anomaly('payment', 'latency', 5)]],
    ['error burst', 'inventory', [anomaly('frontend', 'errors', 5), anomaly('checkout', 'errors', 0), anomaly('inventory', 'errors', 0)]],
    ['memory leak', 'cart', [anomaly('cart', 'metric', 0, 'up', 'process_memory_usage')]],
    ['traffic drop', 'search', [anomaly('search', 'rate', 0, 'down')]],
    ['lost traffic below', 'checkout', [anomaly('checkout', 'rate', 0, 'absent'), anomaly('payment', 'rate', 0, 'absent'), anomaly('fulfilment', 'rate', 5, 'absent')]],
    ['retry storm', 'payment', [anomaly('payment', 'rate', 5), anomaly('payment', 'errors', 0, 'up', 'error_ratio'), anomaly('checkout', 'latency', 0)]],
    ['cpu saturation', 'catalog', [anomaly('frontend', 'latency', 0), anomaly('catalog', 'latency', 5), anomaly('catalog', 'metric', 0, 'up', 'process_cpu_utilization')]],
    ['silent middle node', 'fulfilment', [anomaly('checkout', 'latency', 0), anomaly('fulfilment', 'latency', 5)]],
  ])('%s: names %s', (_name, service, evidence) => {
    const causes = rankCauses(evidence, createTopology(shop), [], 300_000);
    expect(causes[0]?.service).toBe(service);
    expect(causes.reduce((sum, { confidence }) => sum + confidence, 0)).toBeCloseTo(SEEN);
  });

  it('names a database without spans, and a fresh deploy', () => {
    const slow = createTopology([...shop.filter(({ server }) => server !== 'postgresql'), edge('catalog', 'postgresql', { slowdown: 8 })]);
    expect(rankCauses([anomaly('catalog', 'latency', 0)], slow, [], 300_000)[0]?.service).toBe('postgresql');
    const both = [anomaly('payment', 'errors', 0), anomaly('inventory', 'errors', 0)];
    const deploys = [{ service: 'inventory', version: '2.3.1', at: T - 20_000 }];
    expect(rankCauses(both, createTopology(shop), deploys, 300_000)[0]?.service).toBe('inventory');
  });

  it('suspects who was restarted just before, less than who runs a new version', () => {
    const both = [anomaly('payment', 'errors', 0), anomaly('inventory', 'errors', 0)];
    const changes = [{ service: 'inventory', at: T - 20_000, until: T - 20_000, before: 2, gone: 1, came: 1, settled: true, changed: [], rolledOut: '', text: '1 of 2 processes restarted, config.hash a1 → b2' }];
    const ranked = rankCauses(both, createTopology(shop), [], 300_000, { changes });
    expect(ranked[0]).toMatchObject({ service: 'inventory', reason: expect.stringContaining('; 1 of 2 processes restarted, config.hash a1 → b2 20 s before.') });
    expect(rankCauses(both, createTopology(shop), [{ service: 'payment', version: '2', at: T - 20_000 }], 300_000, { changes })[0]?.service).toBe('payment');
    expect(firstCheckOf(both, ranked, [], { changes })).toContain('last logs of the processes of inventory');
  });
});

describe('createIncidents', () => {
  it('blames a database that sends no spans also when its calls are well again', async () => {
    let slowdown = 8;
    const { incidents, seen, clock } = incidentsOver(() => [edge('catalog', 'postgresql', { slowdown })]);
    clock.now = T + 20_000;
    const slow = anomaly('catalog', 'latency', 0);
    await incidents.consume([slow]);
    expect(seen.at(-1)?.incident.causes[0]?.service).toBe('postgresql');
    slowdown = 1;
    for (clock.now += 15_000; clock.now < T + 120_000; clock.now += 15_000) await incidents.consume([{ ...slow, endsAt: T + 30_000 }]);
    expect(seen.at(-1)).toMatchObject({ type: 'resolved', incident: { causes: [{ service: 'postgresql' }, {}] } });
  });

  it('goes on to blame it when its calls are well again before the trouble is known to be over', async () => {
    const config = atPaceOf({ step: 5_000, delay: 60_000 }, incidentsConfig.parse({}));
    const { incidents, seen, clock } = incidentsOver((at) => [edge('catalog', 'postgresql', { slowdown: at > T + 85_000 && at < T + 130_000 ? 8 : 1 })], config);
    // The detector speaks late, of points that it keeps open for a while.
    for (clock.now = T + 65_000; clock.now < T + 180_000; clock.now += 5_000) await incidents.consume([{ ...anomaly('catalog', 'latency', 0), updatedAt: Math.min(clock.now - 65_000, T + 30_000) }]);
    expect(seen.map(({ incident }) => incident.causes[0]?.service)).toEqual(['catalog', 'postgresql']);
    await incidents.consume([{ ...anomaly('catalog', 'latency', 0), endsAt: T + 30_000 }]);
    clock.now += 61_000;
    await incidents.consume([]);
    expect(seen.at(-1)).toMatchObject({ type: 'resolved', incident: { causes: [{ service: 'postgresql' }, {}] } });
  });

  it('goes on to blame it when what calls are compared with is nothing but the outage', async () => {
    let now = T + 20_000;
    const seen: IncidentEvent[] = [];
    const slow = anomaly('catalog', 'latency', 0);
    const open = () => createIncidents({
      store: emptyStore, registry: new Registry(), logger: silentLogger, clock: () => now, config: incidentsConfig.parse({}),
      events: { consume: async (event) => void seen.push(event) }, topologyAt: async (at) => createTopology([edge('catalog', 'postgresql', { slowdown: at - slow.startsAt < 1_800_000 ? 8 : 1 })]),
    });
    const first = open();
    for (; now < T + 3_000_000; now += 60_000) await first.consume([{ ...slow, updatedAt: now }]);
    await first.consume([{ ...slow, endsAt: now }]);
    now += 61_000;
    await first.consume([]);
    // One that did not hear of it before looks at the calls of then.
    await open().consume([{ ...slow, points: 200, updatedAt: now }]);
    expect(seen.map(({ type }) => type).filter((type) => type !== 'updated')).toEqual(['opened', 'resolved', 'opened']);
    expect(new Set(seen.map(({ incident }) => incident.causes[0]?.service))).toEqual(new Set(['postgresql']));
  });

  it('takes onsets to be no more exact than the steps of the detector', async () => {
    const first = async (step: number): Promise<string | undefined> => {
      const { incidents, seen, clock } = incidentsOver([edge('checkout', 'payment')], { ...incidentsConfig.parse({}), step });
      clock.now = T + 20_000;
      await incidents.consume([anomaly('checkout', 'errors', 0), anomaly('payment', 'latency', 15)]);
      return seen[0]?.incident.causes[0]?.service;
    };
    expect([await first(5_000), await first(15_000)]).toEqual(['checkout', 'payment']);
  });

  it('opens once, acknowledges, resolves after the evidence ended, and reopens', async () => {
    const { incidents, seen, clock } = incidentsOver([]);
    clock.now = T + 20_000;
    const bad = anomaly('payment', 'errors', 0);
    await incidents.consume([bad]);
    await incidents.consume([bad]);
    expect(seen.map(({ type }) => type)).toEqual(['opened']);
    expect(seen[0]?.incident).toMatchObject({ severity: 'critical', title: 'payment: errors 0.2 % → 38 %' });
    await incidents.acknowledge(seen[0]?.incident.id ?? '', 'ada');
    await incidents.consume([{ ...bad, endsAt: clock.now }]);
    clock.now += 61_000;
    await incidents.consume([]);
    expect(seen.at(-1)?.type).toBe('resolved');
    expect(incidents.openCount()).toBe(0);
    await incidents.consume([anomaly('payment', 'errors', 82)]);
    expect(incidents.openCount()).toBe(1);
    expect(seen.some(({ type }, at) => type === 'opened' && at > 0)).toBe(false);
  });

  it('resolves what the detector no longer speaks of, such as after a restart', async () => {
    const { incidents, clock } = incidentsOver([]);
    clock.now = T + 20_000;
    await incidents.consume([{ ...anomaly('payment', 'errors', 0), updatedAt: clock.now }]);
    expect(incidents.openCount()).toBe(1);
    clock.now += 600_000;
    await incidents.consume([]);
    expect(incidents.openCount()).toBe(1);
    // It had the time to speak of it again.
    for (const until = clock.now + 150_000; clock.now < until; clock.now += 15_000) await incidents.consume([]);
    expect(incidents.openCount()).toBe(0);
  });

  const late = (config: object = {}) => {
    const { incidents, seen, clock } = incidentsOver([], incidentsConfig.parse(config));
    clock.now = T + 300_000;
    const point = (second: number, change: Partial<Anomaly> = {}): Anomaly => ({ ...anomaly('payment', 'errors', 0), updatedAt: T + second * 1000, ...change });
    return { clock, seen, incidents, point };
  };
  it('tells at once of what is a step and a delay old, also where incidents resolve sooner than that', async () => {
    const { seen, incidents, point } = late({ resolve_after: '5s' });
    await incidents.consume([point(280)]);
    expect(seen.map(({ type }) => type)).toEqual(['opened']);
  });
  it('tells once, as over, of trouble that a late detector finds and sees the end of while it catches up', async () => {
    const { clock, seen, incidents, point } = late();
    await incidents.consume([point(15)]);
    clock.now += 400;
    await incidents.consume([point(60)]);
    expect([incidents.openCount(), seen]).toEqual([1, []]);
    clock.now += 400;
    await incidents.consume([point(60, { endsAt: T + 75_000 })]);
    await incidents.consume([]);
    expect(seen.map(({ type, incident: { status, openedAt, endsAt } }) => [type, status, openedAt, endsAt])).toEqual([['resolved', 'resolved', T + 300_000, T + 75_000]]);
  });
  it('tells of trouble that goes on as soon as a late detector has caught up, or is late for half a minute more, and lets it last while that speaks of it', async () => {
    const { clock, seen, incidents, point } = late();
    await incidents.consume([point(15)]);
    clock.now += 5_000;
    await incidents.consume([point(290)]);
    expect(seen.map(({ type }) => type)).toEqual(['opened']);
    const slow = late();
    for (let second = 15; second <= 90; second += 15) {
      await slow.incidents.consume([slow.point(second)]);
      slow.clock.now += 15_000;
    }
    expect([slow.seen.map(({ type }) => type)[0], slow.seen[0]?.incident.updatedAt, slow.incidents.openCount()]).toEqual(['opened', expect.any(Number), 1]);
    expect(slow.seen.filter(({ type }) => type !== 'updated')).toHaveLength(1);
  });

  it('stays closed when a person closes it while its evidence goes on', async () => {
    const { incidents, seen, clock } = incidentsOver([]);
    clock.now = T + 20_000;
    const leak = anomaly('payment', 'errors', 0);
    await incidents.consume([leak]);
    await incidents.resolve(seen[0]?.incident.id ?? '', 'ada');
    for (let minute = 0; minute < 20; minute += 1) {
      clock.now += 60_000;
      await incidents.consume([{ ...leak, updatedAt: clock.now }]);
    }
    expect(seen.map(({ type }) => type)).toEqual(['opened', 'resolved']);
  });

  it('tells of what is new alone, and keeps once a minute that the rest goes on', async () => {
    let now = T + 20_000;
    let stored = 0;
    const seen: IncidentEvent[] = [];
    const incidents = createIncidents({ store: { ...emptyStore, insert: async () => void (stored += 1) }, registry: new Registry(), logger: silentLogger, clock: () => now, config: incidentsConfig.parse({ max_evidence: 2 }), events: { consume: async (event) => void seen.push(event) } });
    let evidence = [anomaly('payment', 'errors', 0), anomaly('payment', 'metric', 0, 'up', 'process_cpu_utilization')];
    const pass = async (minutes: number): Promise<string[]> => {
      const before = seen.length;
      for (const end = now + minutes * 60_000; now < end; now += 15_000) {
        evidence = evidence.map((one) => ({ ...one, updatedAt: now, points: one.points + 1 }));
        await incidents.consume(evidence);
      }
      return seen.slice(before).map(({ type }) => type);
    };
    expect(await pass(2)).toEqual(['opened']);
    stored = 0;
    expect([await pass(30), stored]).toEqual([[], 30]);
    expect(incidents.openCount()).toBe(1);
    evidence = evidence.map((one, at) => (at === 0 ? { ...one, value: 0.5 } : one));
    expect(await pass(5)).toEqual(['updated']);
    expect(seen.at(-1)?.incident.title).toContain('50 %');
    // What is beyond those it keeps comes with every step and is news once at most.
    evidence = [...evidence, { ...anomaly('payment', 'metric', 0, 'up', 'queue_length', 1), startsAt: now }];
    await pass(5);
    stored = 0;
    expect([await pass(30), stored]).toEqual([[], 30]);
    evidence = evidence.map((one) => ({ ...one, endsAt: now }));
    expect((await pass(3)).at(-1)).toBe('resolved');
  });

  it('tries at the pace of updates to tell of one that nobody can be told of, however long that is', async () => {
    let now = T + 20_000;
    let [stored, asked, away] = [0, 0, true];
    const told: string[] = [];
    const consume = async ({ type }: IncidentEvent): Promise<void> => {
      asked += 1;
      if (away) throw new Error('away');
      told.push(type);
    };
    const incidents = createIncidents({ store: { ...emptyStore, insert: async () => void (stored += 1) }, registry: new Registry(), logger: silentLogger, clock: () => now, config: incidentsConfig.parse({}), events: { consume } });
    const pass = async (seconds: number): Promise<void> => {
      for (const end = now + seconds * 1000; now < end; now += 1000) await incidents.others.consume([]);
    };
    const bad = anomaly('payment', 'errors', 0);
    await incidents.others.consume([bad]);
    await pass(61);
    expect([stored, asked]).toEqual([7, 7]);
    await incidents.others.consume([{ ...bad, endsAt: now }]);
    await pass(600);
    away = false;
    await pass(10);
    expect(told).toEqual(['resolved']);
  });

  it.each([
    { what: 'stored', before: ['payment opened'], after: ['cart opened'] },
    { what: 'explained', before: ['cart opened', 'payment opened'], after: ['cart updated'] },
  ])('goes on with others where one cannot be $what, and tries that again at the pace of updates', async ({ what, before, after }) => {
    let now = T + 20_000;
    let [tried, refused] = [0, true];
    const told: string[] = [];
    const refuse = (is: string, text: string): void => {
      if (is !== what || !text.includes('cart')) return;
      tried += 1;
      if (refused) throw new PipelineError('QUERY_INVALID', 'refused');
    };
    const registry = new Registry();
    const incidents = createIncidents({
      store: { ...emptyStore, insert: async (_table, rows) => refuse('stored', JSON.stringify(rows)) }, registry, logger: silentLogger, clock: () => now, config: incidentsConfig.parse({}),
      events: { consume: async ({ type, incident }) => void told.push(`${incident.services.join()} ${type}`) },
      lessons: { ...untaughtOnly, teach: (causes, { evidence }) => (refuse('explained', JSON.stringify(evidence)), causes) },
    });
    const cart = anomaly('cart', 'errors', 0);
    await incidents.consume([cart]);
    await incidents.consume([anomaly('payment', 'errors', 5)]);
    for (const end = now + 30_000; now < end; now += 1000) await incidents.others.consume([]);
    expect(told).toEqual(before);
    expect(tried).toBe(3);
    expect(await registry.getSingleMetricAsString('faultline_incidents_failures_total')).toContain('total 3');
    refused = false;
    for (const end = now + 11_000; now < end; now += 1000) await incidents.others.consume([]);
    expect(told).toEqual([...before, ...after]);
  });

  it('tells of one that can never be explained, of what joins it, and that it is over', async () => {
    let now = T + 20_000;
    let fault = new PipelineError('QUERY_INVALID', 'not understood');
    const seen: IncidentEvent[] = [];
    const teach = (): never => {
      throw fault;
    };
    const incidents = createIncidents({
      store: emptyStore, registry: new Registry(), logger: silentLogger, clock: () => now, config: incidentsConfig.parse({ max_evidence: 10 }),
      events: { consume: async (event) => void seen.push(event) }, lessons: { ...untaughtOnly, teach }, topologyAt: async () => createTopology(shop),
    });
    const pass = async (seconds: number): Promise<void> => {
      for (const end = now + seconds * 1000; now < end; now += 1000) await incidents.others.consume([]);
    };
    const [first, second] = [{ ...anomaly('payment', 'errors', 0), value: 0.06 }, anomaly('checkout', 'errors', 25)];
    await incidents.consume([first]);
    expect(seen).toMatchObject([{ type: 'opened', incident: { title: 'payment: errors 0.2 % → 6 %', summary: 'It could not be explained.', services: ['payment'], severity: 'warning' } }]);
    now += 10_000;
    const all = [{ ...first, value: 0.38 }, second, ...Array.from({ length: 20 }, (_, at) => ({ ...anomaly('checkout', 'errors', 25), id: `route-${at}`, series: { ...second.series, id: `route-${at}`, operation: `GET /${at}` } }))];
    await incidents.consume(all);
    await pass(11);
    expect(seen.slice(1)).toMatchObject([{ type: 'updated', incident: { title: 'payment: errors 0.2 % → 38 %', severity: 'critical', services: ['payment', 'checkout'] } }]);
    expect([seen.at(-1)?.incident.evidence.length, seen.at(-1)?.incident.cut?.length]).toEqual([10, 12]);
    await incidents.consume(all.map((one) => ({ ...one, endsAt: now })));
    await pass(80);
    expect(seen.at(-1)).toMatchObject({ type: 'resolved', incident: { title: 'payment: errors 0.2 % → 38 %' } });
    expect(incidents.openCount()).toBe(0);
    fault = new PipelineError('STORE_UNAVAILABLE', 'the store is away');
    now += 3_600_000;
    await expect(incidents.consume([anomaly('search', 'errors', (now - T) / 1000 - 20)])).rejects.toThrow('away');
  });

  it('shows no more evidence than it keeps, however long more of it lasts', async () => {
    const { incidents, seen, clock } = incidentsOver([], incidentsConfig.parse({ max_evidence: 10 }));
    const alerts = Array.from({ length: 30 }, (_, at) => anomalyOf('metric', 'payment', { series: { id: `alert-${at}`, metric: `Alert${at}`, labels: { alertname: `Alert${at}` } } }));
    for (clock.now = T + 20_000; clock.now < T + 900_000; clock.now += 15_000) await incidents.others.consume(alerts);
    await incidents.note(seen[0]?.incident.id ?? '', 'ada', 'on it');
    expect(seen.map(({ type, incident }) => [type, incident.evidence.length])).toEqual([['opened', 10], ['updated', 10]]);
    // What is beyond it is known to last.
    const shown = new Set(seen[0]?.incident.evidence.map(({ id }) => id));
    for (const until = clock.now + 150_000; clock.now < until; clock.now += 15_000) await incidents.others.consume(alerts.map((one) => (shown.has(one.id) ? { ...one, endsAt: T + 900_000 } : one)));
    expect(incidents.openCount()).toBe(1);
    for (const until = clock.now + 150_000; clock.now < until; clock.now += 15_000) await incidents.others.consume(alerts.map((one) => ({ ...one, endsAt: T + 1_050_000 })));
    expect([incidents.openCount(), Math.max(...seen.map(({ incident }) => incident.evidence.length))]).toEqual([0, 10]);
  });

  it('explains what changed also when a person writes a note before that', async () => {
    const { incidents, seen, clock } = incidentsOver([]);
    clock.now = T + 20_000;
    const few = { ...anomaly('payment', 'errors', 0), value: 0.05 };
    await incidents.consume([few]);
    clock.now += 5_000;
    await incidents.consume([{ ...few, value: 0.6 }]);
    await incidents.note(seen[0]?.incident.id ?? '', 'ada', 'on it');
    clock.now += 5_000;
    await incidents.consume([]);
    expect(seen.map(({ type, incident }) => [type, incident.severity])).toEqual([['opened', 'warning'], ['updated', 'warning'], ['updated', 'critical']]);
  });
  it('tells what is over of old alerts also when a person writes a note before that', async () => {
    const { incidents, seen, clock } = incidentsOver([]);
    const alert = (name: string): Anomaly => anomalyOf('metric', 'payment', { series: { id: name, metric: name, labels: { alertname: name } } });
    const lasting = alert('TooSlow');
    clock.now = T + 20_000;
    await incidents.others.consume([lasting, alert('TooFull')]);
    clock.now = T + 900_000;
    await incidents.others.consume([{ ...lasting, score: 9 }]);
    clock.now += 5_000;
    await incidents.others.consume([{ ...alert('TooFull'), endsAt: clock.now }]);
    const note = (text: string): Promise<Incident> => incidents.note(seen[0]?.incident.id ?? '', 'ada', text);
    await note('on it');
    clock.now += 10_000;
    await incidents.others.consume([]);
    expect((await note('nearly')).timeline.filter(({ kind }) => kind === 'recovered')).toHaveLength(1);
  });

  it('keeps alerts apart that name no service, whatever fires for ever beside them', async () => {
    const { incidents, seen, clock } = incidentsOver([]);
    const alert = (name: string, service: string, labels: Labels, score: number, startsAt = T): Anomaly => anomalyOf('metric', service, { series: { id: name, metric: name, labels: { alertname: name, ...labels } }, id: name, startsAt, score });
    const watchdog = alert('Watchdog', '', { severity: 'none' }, 1.2);
    const throttled = alert('CPUThrottlingHigh', 'cart', { severity: 'info' }, 1.2);
    const quota = alert('QuotaAlmostFull', '', { namespace: 'shop', severity: 'warning' }, 3, T + 10_000);
    const certificate = alert('CertificateExpires', '', { domain: 'x.example', severity: 'critical' }, 10, T + 60_000);
    const down = alert('CartDown', 'cart', { severity: 'critical' }, 10, T + 60_000);
    for (clock.now = T; clock.now <= T + 240_000; clock.now += 10_000) {
      const since = clock.now - T;
      const fires = [quota, certificate, down].flatMap((one) => (one.startsAt > clock.now ? [] : since < 90_000 ? one : { ...one, endsAt: T + 90_000 }));
      await incidents.others.consume([watchdog, throttled, ...fires].map((one) => ({ ...one, updatedAt: Math.min(clock.now, one.endsAt ?? clock.now) })));
    }
    expect(latestOf(seen).map(({ status, endsAt, severity, title, summary, evidence }) => [status, endsAt, severity, title, summary.slice(0, 120), evidence.map(({ id }) => id).toSorted().join(' ')])).toEqual([
      ['resolved', T + 150_000, 'warning', 'alert QuotaAlmostFull', 'Alert QuotaAlmostFull, since 22:13:30 UTC, names no service; its labels: namespace="shop", severity="warning".', 'QuotaAlmostFull'],
      ['resolved', T + 150_000, 'critical', 'cart: alert CartDown', expect.stringMatching(/^Probably its own doing/), 'CPUThrottlingHigh CartDown'],
      ['resolved', T + 150_000, 'critical', 'alert CertificateExpires', 'Alert CertificateExpires, since 22:14:20 UTC, names no service; its labels: domain="x.example", severity="critical".', 'CertificateExpires'],
    ]);
  });

  it('opens as many in a step as there is time for, and the rest in the next ones', async () => {
    let now = T;
    const seen: IncidentEvent[] = [];
    const slow = async (): Promise<void> => void (now += 400);
    const incidents = createIncidents({ store: { ...emptyStore, insert: slow }, registry: new Registry(), logger: silentLogger, clock: () => now, config: incidentsConfig.parse({}), topologyAt: async () => createTopology([]), events: { consume: async (event) => void seen.push(event) } });
    const services = Array.from({ length: 9 }, (_, at) => `service-${at}`);
    await incidents.others.consume(services.map((service) => anomaly(service, 'errors', -600_000)));
    expect([seen.length, now - T < 3_000, incidents.openCount()]).toEqual([2, true, 9]);
    for (let steps = 0; seen.length < 9; steps += 1) {
      expect(steps).toBeLessThan(5);
      const began = now;
      await incidents.consume([]);
      expect(now - began).toBeLessThan(3_000);
    }
    expect(seen.map(({ type, incident }) => [type, incident.causes[0]?.service])).toEqual(services.map((service) => ['opened', service]));
  });

  it('explains as many as there is time for, the longest unexplained first', async () => {
    let now = T;
    const explained: string[] = [];
    const slow = async (): Promise<void> => void (now += 400);
    const incidents = createIncidents({ store: { ...emptyStore, insert: slow }, registry: new Registry(), logger: silentLogger, clock: () => now, config: incidentsConfig.parse({}), events: { consume: async ({ type, incident }) => void (type === 'updated' && explained.push(incident.causes[0]?.service ?? '')) } });
    const evidence = ['a', 'b', 'c', 'd', 'e'].map((service) => anomaly(service, 'errors', 0));
    await incidents.consume(evidence);
    for (const _ of evidence) await incidents.consume([]);
    now += 20_000;
    await incidents.consume(evidence.map((one) => ({ ...one, value: 0.9 })));
    expect(explained).toEqual(['a', 'b']);
    await incidents.consume([]);
    await incidents.consume([]);
    expect(explained).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
