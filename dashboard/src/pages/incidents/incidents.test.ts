import { describe, expect, it, vi } from 'vitest';
import type { ApiChart } from '#core/api/charts.js';
import type { ApiNotification } from '#core/api/alerts.js';
import type { ApiEdge, ApiNode } from '#core/api/services.js';
import type { Anomaly, Incident, RankedCause, TimelineEntry } from '#core/types.js';
import { fits } from './filter.js';
import { brokeAt, firstLanes, lanesOf, withNotifications } from './lanes.js';
import { figuresAt, knownBy, layoutMap, touched } from './map-layout.js';
import { namedCauses } from './named-causes.js';
import { offset } from './offset.js';
import { incidentsSearch } from './search.js';
import { asked, askedOf, windowOf, zoomOf } from './window.js';
import { alikeText, byUrgency, effectOf, inClock, judgedBy, latestText, lifeOf, lookedAt, modelOf, pastText, whoIs } from './wording.js';

const startsAt = new Date(2026, 10, 24, 12, 4, 0).getTime();
const now = startsAt + 14 * 60_000;
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

function anomaly(over: Partial<Anomaly> & { kind?: Anomaly['series']['kind']; unit?: string; metric?: string }): Anomaly {
  const { kind = 'errors', unit = '1', metric = 'error_ratio', ...rest } = over;
  return { id: 'a', series: { id: 's', kind, service: 'checkout', operation: '', metric, unit, labels: {} }, startsAt, endsAt: null, peakAt: startsAt, updatedAt: startsAt, value: 0.38, expected: 0.002, lower: 0, upper: 0.004, score: 9, direction: 'up', points: 3, contributions: [], ...rest };
}
function incident(over: Partial<Incident> = {}): Incident {
  return { id: 'i', status: 'open', severity: 'critical', title: 'checkout: errors', summary: '', startsAt, openedAt: startsAt, updatedAt: startsAt, endsAt: null, acknowledgedAt: null, acknowledgedBy: '', causes: [], services: ['checkout'], evidence: [anomaly({})], differences: [], traces: [], timeline: [], notes: [], ...over };
}

describe('what an incident says', () => {
  it.each([
    [anomaly({}), 'checkout is failing for up to 38 % of requests since 12:04'],
    [anomaly({ kind: 'latency', unit: 'ms', metric: 'p95', value: 2_140, expected: 118 }), 'checkout answers in up to 2.1 s instead of 118 ms since 12:04'],
    [anomaly({ kind: 'rate', unit: '1/s', metric: 'requests', value: 0, direction: 'absent' }), 'checkout sends no requests since 12:04'],
    [anomaly({ kind: 'rate', unit: '1/s', metric: 'requests', value: 2, expected: 40, direction: 'down' }), 'checkout gets only 2/s of requests instead of 40/s since 12:04'],
    [anomaly({ kind: 'metric', unit: 'By', metric: 'heap', value: 2 ** 31, expected: 2 ** 28 }), 'heap of checkout is up to 2 GiB instead of 256 MiB since 12:04'],
    [{ ...anomaly({ kind: 'metric', unit: 'By', metric: 'v8js_memory_heap_used_bytes', value: 2 ** 31, expected: 2 ** 28 }), measure: 'heap' }, 'heap of checkout is up to 2 GiB instead of 256 MiB since 12:04'],
    [anomaly({ kind: 'logs', unit: '1/s', metric: 'error_logs', value: 4.2, expected: 2.7e-10 }), 'checkout logs up to 4.2/s errors instead of 0/s since 12:04'],
    [anomaly({ startsAt: startsAt + 300_000 }), 'checkout is failing for up to 38 % of requests since 12:09'],
    [anomaly({ endsAt: startsAt + 120_000 }), 'checkout failed for up to 38 % of requests from 12:04 to 12:06; it closes soon unless that comes back'],
    [anomaly({ endsAt: startsAt + 20_000, ended: 'silent' }), 'checkout failed for up to 38 % of requests from 12:04:00 to 12:04:20; nothing is heard of that since'],
  ])('%#', (evidence, text) => expect(plain(effectOf(incident({ evidence: [evidence] }), now))).toBe(text));
  it('says what is over and what still lasts, of alerts too, in names of any length', () => {
    const over = anomaly({ endsAt: startsAt + 120_000 });
    const alert = { ...over, series: { ...over.series, labels: { alertname: 'QueueFull' } } };
    const nobody = anomaly({ kind: 'metric', metric: 'queue_depth', value: 0, direction: 'absent' });
    const absent = { ...nobody, series: { ...nobody.series, service: '' } };
    const long = anomaly({});
    const said = [incident({ evidence: [over, anomaly({ kind: 'latency', unit: 'ms', metric: 'p95', value: 2_140, expected: 118 })] }), incident({ evidence: [over], reopenedBy: 'ada' }), incident({ evidence: [alert] }), incident({ evidence: [absent] }), incident({ evidence: [{ ...absent, endsAt: startsAt + 120_000, ended: 'silent' }] }), incident({ evidence: [{ ...long, series: { ...long.series, service: 'x'.repeat(200) } }] })].map((one) => plain(effectOf(one, now)));
    expect(said.slice(0, 5)).toEqual(['checkout answers in up to 2.1 s instead of 118 ms since 12:04', 'checkout failed for up to 38 % of requests from 12:04 to 12:06; it waits for somebody to close it', 'QueueFull of checkout fired from 12:04 to 12:06; it closes soon unless that comes back', 'queue_depth does not arrive since 12:04', 'queue_depth did not arrive from 12:04 to 12:06; nothing is heard of that since']);
    expect(said[5]).toMatch(/^x{30}…x{29} is failing/);
  });
  it('says how the strongest that lasts is now, once measured since it began', () => {
    const chart = (values: readonly (number | null)[], series: Anomaly['series']): ApiChart => {
      const none = values.map(() => null);
      return { title: '', unit: '', series, times: values.map((_, index) => startsAt - 10_000 + index * 10_000), values, expected: none, lower: none, upper: none };
    };
    const [over, lasts] = [anomaly({ endsAt: startsAt + 120_000 }), anomaly({ kind: 'latency', unit: 'ms', metric: 'p95' })];
    const slow = { ...lasts, series: { ...lasts.series, id: 'l', operation: 'GET /' } };
    const charts = [chart([0, 0.38, 0.25], over.series), chart([0, 2_100, 1_200, null], slow.series)];
    const said = (evidence: readonly Anomaly[], of = charts): string => plain(latestText(incident({ evidence }), of, now));
    expect(said([anomaly({}), slow])).toBe('error rate of checkout 25 % at 12:04:10, expected 0.2 %');
    expect(said([over, slow])).toMatch(/^GET \/ · latency p95 of checkout 1.2 s at 12:04:10, expected /);
    expect([said([over]), said([anomaly({})], [chart([0.2], over.series)])]).toEqual(['', '']);
  });
  it('names what shows the same', () => {
    const whole = anomaly({});
    const operation = { ...whole, series: { ...whole.series, id: 'o', operation: 'GET /' } };
    const own = { ...whole, series: { ...whole.series, id: 'm', kind: 'metric' as const, metric: 'http_server_request_duration_seconds_count' } };
    expect([[whole, whole], [operation, whole, own], [whole, whole, operation]].map(alikeText)).toEqual(['outside 1 more time', 'also seen in 2 more measures of the same: error rate, http_server_request_duration_seconds_count', 'outside 1 more time; also seen in 1 more measure of the same: GET / · error rate']);
  });
  it('says who works on it: whom it was assigned to before who acknowledged it', () => {
    const seen = { status: 'acknowledged', acknowledgedAt: startsAt, acknowledgedBy: 'ada' } as const;
    expect([incident(), incident(seen), incident({ assignee: 'bob' }), incident({ ...seen, assignee: 'bob' })].map(whoIs)).toEqual(['', 'ada', 'bob', 'bob']);
  });
  it('says times by the clock of whoever reads, on the day that they were', () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    const at = Date.UTC(2026, 10, 24, 23, 58);
    const said = plain(inClock('Probably its own doing, since 23:58:10 UTC: nothing heard since 00:01:00 UTC. Expected until 00:30 UTC.', at, at));
    vi.unstubAllEnvs();
    expect(said).toBe('Probably its own doing, since 00:58:10: nothing heard since 01:01:00. Expected until 01:30.');
  });
  it('says how long', () => expect([lifeOf(incident(), now), lifeOf(incident({ endsAt: startsAt + 300_000 }), now)].map(plain)).toEqual(['for 14 min', 'lasted 5 min']));
  it('puts what nobody has seen first, then the worst', () => {
    const list = [incident({ id: 'seen', status: 'acknowledged' }), incident({ id: 'mild', severity: 'warning' }), incident({ id: 'bad' })];
    expect(list.toSorted(byUrgency).map(({ id }) => id)).toEqual(['bad', 'mild', 'seen']);
  });
  it('puts what fails most first, then what reaches furthest, then what grew last', () => {
    const impact = (failed: number, answered = 0): NonNullable<Incident['impact']> => ({ requests: 900, failed, answered, slow: 0, people: null, from: startsAt, to: now });
    const at = startsAt + 60_000;
    const list = [incident({ id: 'new', startsAt: at, evidence: [] }), incident({ id: 'wide', services: ['a', 'b', 'c'] }), incident({ id: 'grown', evidence: [anomaly({ startsAt: at + 1 })] }), incident({ id: 'answered', services: [], impact: impact(500, 500) }), incident({ id: 'failing', impact: impact(40) })];
    expect(list.toSorted(byUrgency).map(({ id }) => id)).toEqual(['failing', 'wide', 'grown', 'new', 'answered']);
  });
  it('counts from the onset', () => expect([offset(startsAt - 20_000, startsAt), offset(startsAt, startsAt), offset(startsAt + 72_000, startsAt)].map(plain)).toEqual(['−20 s', '0 s', '+1 m 12 s']));
});

describe('filters of the list', () => {
  const one = incident({ severity: 'warning', services: ['checkout', 'payment'] });
  it.each([[{}, true], [{ q: 'PAY' }, true], [{ q: 'cart' }, false], [{ severity: 'warning' as const, service: 'payment' }, true], [{ severity: 'critical' as const }, false], [{ service: 'pay' }, false]])('%j', (filters, fit) => expect(fits(one, filters)).toBe(fit));
  it('come from the URL', () => expect(incidentsSearch({ state: 'resolved', severity: 'loud', service: 'payment', q: '' })).toMatchObject({ state: 'resolved', severity: undefined, service: 'payment', q: undefined }));
});

describe('lanes', () => {
  const of = (service: string, from: number, to: number | null, kind: Anomaly['series']['kind'] = 'errors'): Anomaly => {
    const base = anomaly({ kind, startsAt: startsAt + from * 1_000, endsAt: to === null ? null : startsAt + to * 1_000 });
    return { ...base, id: `${service} ${from}`, series: { ...base.series, service } };
  };
  const entry = (at: number, kind: TimelineEntry['kind'], service = '', text: string = kind): TimelineEntry => ({ at: startsAt + at * 1_000, kind, service, text });
  const end = startsAt + 300_000;

  it('puts what broke first on top, with its changes, and keeps bars that overlap apart', () => {
    const { services, onset } = lanesOf(incident({ evidence: [of('checkout', 20, 90), of('payment', 0, 60), of('payment', 10, null, 'metric'), of('payment', 70, 80)] }), [entry(-30, 'deploy', 'payment', 'Version 2 appeared'), entry(0, 'anomaly', 'payment')], end);
    expect(services.map(({ service, onset: own }) => [service, own - onset])).toEqual([['payment', 0], ['checkout', 20_000]]);
    expect(services[0]).toMatchObject({ rows: 2, bars: [{ row: 0, noticed: true }, { row: 1, noticed: false, to: null }, { row: 0 }], marks: [{ kind: 'deploy', texts: ['Version 2 appeared'] }] });
  });
  it('shows from the change before it to its end, not until a note of the next morning', () => {
    const { window, people } = lanesOf(incident({ evidence: [of('payment', 0, 60)] }), [entry(-30, 'deploy', 'payment'), entry(40, 'acknowledged'), entry(60_000, 'note')], end);
    expect([window.from < startsAt - 30_000, window.to - end < 60_000, people.map(({ kind }) => kind)]).toEqual([true, true, ['acknowledged']]);
  });
  it('joins what happened at nearly one moment, and says what was sent', () => {
    const sent = (receiver: string, status: ApiNotification['status'], at: number): ApiNotification => ({ id: receiver, receiver, event: 'opened', about: 'i', status, attempts: 1, nextAt: 0, createdAt: startsAt + at * 1_000, error: 'status 400' });
    const timeline = withNotifications([entry(30, 'opened')], [sent('pager', 'dead', 31), sent('slack', 'delivered', 31)]);
    expect(lanesOf(incident({ evidence: [of('payment', 0, null)] }), timeline, end).product).toMatchObject([{ kind: 'opened', shift: 0 }, { kind: 'notified', shift: 1, texts: ['pager told that it is opened: given up (status 400)', 'slack told that it is opened'] }]);
  });
  it('puts the likelier cause first among those that broke at one moment', () => {
    const cause = { service: 'payment', confidence: 1, reason: '', onsetAt: startsAt };
    expect(lanesOf(incident({ evidence: [of('cart', 0, 60), of('payment', 0, 60)], causes: [cause] }), [], end).services.map(({ service }) => service)).toEqual(['payment', 'cart']);
  });
  it('of many services are those that broke first, and the causes', () => {
    const lanes = (count: number) => lanesOf(incident({ evidence: Array.from({ length: count }, (_, at) => of(`s${at}`, at, null)) }), [], end).services;
    expect([lanes(61), lanes(17), lanes(15), lanes(16)].map((services) => firstLanes(services, ['s16', 's3']).length)).toEqual([13, 13, 15, 12]);
    expect(firstLanes(lanes(61), ['s16', 's3']).at(-1)?.service).toBe('s16');
  });
  it('tell apart what broke at moments whose distance from the first reads the same', () => {
    const week = 7 * 86_400;
    const { services, onset } = lanesOf(incident({ evidence: [of('old', 0, null), of('near', 90, null), of('a', week, null), of('b', week + 5, null), of('c', week + 7_200, null)] }), [], end);
    expect(brokeAt(services, onset).map(plain)).toEqual(['first', '+1 m 30 s', '12:04:00', '12:04:05', '+7 d 2 h']);
  });
  it('holds what has no evidence', () => expect(lanesOf(incident({ evidence: [] }), [entry(0, 'opened')], end)).toMatchObject({ onset: startsAt, services: [] }));
});

describe('window of the evidence', () => {
  it('begins 10 min before and ends with the incident', () => {
    expect(windowOf(incident(), now)).toEqual({ from: startsAt - 600_000, to: now });
    expect(windowOf(incident({ endsAt: startsAt + 60_000 }), now).to).toBe(startsAt + 360_000);
  });
  it('is asked about in part as it is where the part ends before it', () => {
    const part = { from: startsAt - 60_000, to: startsAt + 60_000 };
    const at = (shown: typeof part, when: number): ReturnType<typeof askedOf> => askedOf(shown, incident(), windowOf(incident(), when));
    expect(at(part, now)).toEqual({ range: { from: String(part.from), to: String(part.to) }, everyMs: false });
    const whole = [now, now + 30_000].map((when) => at(windowOf(incident(), when), when));
    expect(whole).toEqual(Array.from({ length: 2 }, () => ({ range: { from: String(startsAt - 600_000), to: 'now' }, everyMs: 30_000 })));
  });
  it('is asked about by one question until it grows no more', () => {
    const ended = incident({ endsAt: startsAt + 60_000 });
    const at = (one: Incident, when: number): ReturnType<typeof asked> => asked(startsAt, one, windowOf(one, when));
    const growing = { range: { from: String(startsAt), to: 'now' }, everyMs: 30_000 };
    expect([at(incident(), now), at(incident(), now + 30_000), at(ended, startsAt + 300_000)]).toEqual([growing, growing, growing]);
    expect([at(ended, now), at(ended, now + 30_000)]).toEqual(Array.from({ length: 2 }, () => ({ range: { from: String(startsAt), to: String(startsAt + 360_000) }, everyMs: false })));
  });
  it('follows the page when that selects a part of it', () => {
    const window = windowOf(incident(), now);
    expect(zoomOf(window, { from: 'now-15m', to: 'now' }, now)).toBeNull();
    expect(zoomOf(window, { from: String(startsAt), to: String(startsAt + 60_000) }, now)).toEqual({ from: startsAt, to: startsAt + 60_000 });
    expect(zoomOf(window, { from: String(startsAt - 9e6), to: String(startsAt - 8e6) }, now)).toBeNull();
  });
});

describe('map of the touched services', () => {
  const node = (name: string): ApiNode => ({ name, kind: 'service', state: 'ok', cause: false, requestsPerSecond: 1, errorRatio: 0, p95Ms: 1, hidden: 0 });
  const edge = (client: string, server: string): ApiEdge => ({ client, server, kind: 'http', requestsPerSecond: 1, errorRatio: 0, p95Ms: 1 });
  const nodes = ['frontend', 'checkout', 'payment', 'postgresql', 'catalog'].map(node);
  const edges = [edge('frontend', 'checkout'), edge('checkout', 'payment'), edge('payment', 'postgresql'), edge('frontend', 'catalog')];

  it('says how each detector judged', () => {
    const series = { ...anomaly({}).series, kind: 'errors' as const, unit: '1', metric: 'error_ratio' };
    const text = judgedBy({ series }, { detector: 'seasonal', score: 9.17, expected: 0.002, lower: 0, upper: 0.07, guard: 'counting' }).replaceAll('\u00a0', ' ');
    expect(text).toBe('seasonal: score 9.2; expected 0.2 %; band 0 – 7 %, as wide as the noise of counting');
    expect(judgedBy({ series }, { detector: 'arrival', score: 2 })).toBe('arrival: score 2');
  });
  it('says what each looked at, with which file, and what was like it before', () => {
    const window = { from: startsAt - 30 * 60_000, to: startsAt, points: 120, dayBefore: true };
    expect(plain(lookedAt(window, now))).toBe('looked at 30 min before, from 11:34 on (120 points) and the same time the day before');
    expect(modelOf({ version: 2, sha256: 'ab12cd34ef' })).toBe('version 2, sha256 ab12cd34');
    const past = { id: 'b', startsAt: now - 3 * 86_400_000, endsAt: null, score: 4.13, value: 0.2, expected: 0, times: 3, incident: null, verdict: 'noise' as const };
    expect(plain(pastText(anomaly({}), past, now))).toBe('Last like this: 3 d ago, 20 %, score 4.1, judged noise; 3 times before');
  });
  it('names the likeliest cause and one independent of it', () => {
    const cause = (service: string, independent?: boolean): RankedCause => ({ service, confidence: 0.3, reason: '', onsetAt: startsAt, ...(independent === undefined ? {} : { independent }) });
    expect(namedCauses([cause('payment'), cause('checkout'), cause('search', true)]).map(({ service }) => service)).toEqual(['payment', 'search']);
    expect(namedCauses([])).toEqual([]);
  });
  it('keeps the services of the incident and the neighbours of its cause', () => {
    const kept = touched(nodes, edges, ['payment', 'checkout'], ['payment']);
    expect(kept.nodes.map(({ name }) => name)).toEqual(['payment', 'checkout', 'postgresql']);
    expect(kept.edges).toHaveLength(2);
  });
  it('knows what sends no spans itself by one who calls it', () => {
    expect([...knownBy([node('payment'), { ...node('postgresql'), kind: 'database' }], edges)]).toEqual([['postgresql', 'payment']]);
  });
  it('leads a long edge around the node between', () => {
    const { nodes: placed, edges: drawn } = layoutMap(nodes.slice(0, 3), [...edges.slice(0, 2), edge('frontend', 'payment')]);
    const between = placed.find((one) => one.node.name === 'checkout');
    const long = drawn.find((one) => one.edge.client === 'frontend' && one.edge.server === 'payment');
    expect(long?.path).toHaveLength(4);
    expect(Math.abs((long?.path[1]?.y ?? 0) - ((between?.y ?? 0) + 18))).toBeGreaterThanOrEqual(36);
  });
  it('writes the figures of calls apart, however many callers one service has', () => {
    const many = ['a', 'b', 'c', 'd'].flatMap((name) => [edge(name, 'payment'), edge(name, 'postgresql')]);
    const across = ['a', 'b', 'payment', 'postgresql'].flatMap((name) => [edge('c', name), edge(name, 'd')]);
    for (const list of [many, across]) {
      const places = figuresAt(layoutMap(['a', 'b', 'c', 'd', 'payment', 'postgresql'].map(node), list).edges).map(({ x, y, end }) => ({ left: end ? x - 90 : x, y }));
      for (const [index, a] of places.entries()) for (const b of places.slice(index + 1)) expect(Math.abs(a.left - b.left) >= 90 || Math.abs(a.y - b.y) >= 15).toBe(true);
    }
  });
  it('puts callers left of whom they call, and survives a cycle', () => {
    const at = (list: readonly ApiEdge[]): Record<string, number> => Object.fromEntries(layoutMap(nodes, list).nodes.map((one) => [one.node.name, one.x]));
    const placed = at(edges);
    expect([placed['frontend'], placed['checkout'], placed['payment'], placed['postgresql']].map((x) => (x ?? 0) / 248)).toEqual([0, 1, 2, 3]);
    expect(Object.values(at([...edges, edge('postgresql', 'frontend')])).every(Number.isFinite)).toBe(true);
  });
});
