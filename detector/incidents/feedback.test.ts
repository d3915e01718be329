import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PipelineError } from '#core/errors.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { seriesOf } from '#core/series.js';
import { testAnomaly } from '#core/testing.js';
import type { Anomaly, Incident, IncidentEvent } from '#core/types.js';
import { openTestStore } from '#store/testing.js';
import { saveAnomalies } from '#store/anomalies.js';
import { loadDocuments } from '#store/documents.js';
import type { Store } from '#store/store.js';
import { incidentsConfig } from './config.js';
import { createCalendar, type Calendar } from './expected/calendar.js';
import { createFeedback } from './feedback.js';
import { createIncidents, type Incidents } from './incidents.js';
import { createLessons, type Lessons } from './lessons/lessons.js';
import { createMutes, type Mutes } from './mutes/mutes.js';
import { createTopology } from './graph/topology.js';

const DAY = 86_400_000;
const STEP = 15_000;
const T = Math.floor((Date.now() - 2 * DAY) / DAY) * DAY + 2 * 3_600_000;
const config = incidentsConfig.parse({});
let store: Store;
let now = T;

beforeAll(async () => {
  store = await openTestStore();
});
afterEach(async () => {
  now = T;
  for (const table of ['incidents', 'anomalies', 'mutes', 'expected_windows', 'lessons', 'service_edges', 'red_5s', 'muted_anomalies', 'otel_traces']) await store.command(`TRUNCATE TABLE ${table}`);
});
afterAll(() => store.close());

interface Product extends Incidents {
  readonly mutes: Mutes;
  readonly calendar: Calendar;
  readonly lessons: Lessons;
  readonly events: readonly IncidentEvent[];
  readonly feedback: ReturnType<typeof createFeedback>;
  readonly registry: Registry;
}

/** The incidents of one run of the process; `calls` is who calls whom. */
async function start(calls: readonly (readonly [string, string])[] = [['checkout', 'payment']]): Promise<Product> {
  const events: IncidentEvent[] = [];
  const registry = new Registry();
  const common = { store, registry, logger: silentLogger, clock: () => now };
  const mutes = createMutes(common);
  const calendar = createCalendar(common);
  const lessons = createLessons(common);
  await mutes.start();
  await calendar.start();
  await lessons.start();
  const topology = createTopology(calls.map(([client, server]) => ({ client, server, errorRise: 0, slowdown: 1 })));
  const incidents = createIncidents({ ...common, config, mutes, calendar, lessons, topologyAt: async () => topology, events: { consume: async (event) => void events.push(event) } });
  return { ...incidents, mutes, calendar, lessons, events, registry, feedback: createFeedback({ ...common, config, step: STEP, mutes, calendar, lessons, incidents }) };
}

/** Errors of a service that began `after` seconds after T. */
function trouble(service: string, after = 0, change: Partial<Anomaly> = {}): Anomaly {
  const series = seriesOf('errors', service, '', 'error_ratio', '1');
  const startsAt = T + after * 1000;
  return testAnomaly({ id: `${series.id}-${startsAt}`, series, startsAt, peakAt: startsAt, updatedAt: Math.max(startsAt, now), score: 5, ...change });
}

const ids = (events: readonly IncidentEvent[]): string[] => events.map(({ type }) => type);
const first = ({ events }: Product): Incident => events[0]?.incident as Incident;
const stored = async (id: string): Promise<Incident> => {
  const [incident] = await loadDocuments(store, 'incidents', 'id = {id:String}', { id });
  return incident as Incident;
};
const keep = (anomalies: readonly Anomaly[]): Promise<void> => saveAnomalies(store, anomalies);

describe('verdicts', () => {
  it('are kept with who and when, can be taken back, and stand in the timeline', async () => {
    const product = await start();
    now = T + 20_000;
    await product.consume([trouble('payment'), trouble('checkout', 5)]);
    const { id, evidence } = first(product);
    await product.judge(id, { kind: 'wrong_cause', anomaly: '', cause: 'postgres' }, 'ada');
    await product.judge(id, { kind: 'noise', anomaly: evidence[1]?.id ?? '', cause: '' }, 'bob');
    expect(await stored(id)).toMatchObject({ verdict: { kind: 'wrong_cause', by: 'ada', at: now, cause: 'postgres' }, anomalyVerdicts: { [evidence[1]?.id ?? '']: { kind: 'noise', by: 'bob' } } });
    expect(await product.feedback.judged()).toEqual({ real: 0, wrongCause: 1, noise: 0, expected: 0 });
    // What is taken back once cannot be taken back again.
    for (const anomaly of ['', evidence[1]?.id ?? '', '', evidence[1]?.id ?? '']) await product.judge(id, { kind: null, anomaly, cause: '' }, 'ada');
    const after = await stored(id);
    expect([after.verdict, after.anomalyVerdicts]).toEqual([null, {}]);
    expect(after.timeline.filter(({ kind }) => kind === 'judged').map(({ text }) => text)).toEqual([
      'ada: real, with the wrong cause; it was postgres', 'errors 0.2 % → 38 %: bob: noise', 'ada took the verdict back', 'errors 0.2 % → 38 %: ada took the verdict back',
    ]);
    await expect(product.judge(id, { kind: 'noise', anomaly: 'other', cause: '' }, 'ada')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('of noise propose a mute whose effect is known before it is applied, and that then counts what it suppresses', async () => {
    const product = await start();
    const past = [0, 600, 1200, 1800].map((after) => trouble('batch', after, { endsAt: T + after * 1000 + 90_000, updatedAt: T + after * 1000 + 90_000, points: 6 }));
    await keep([...past, trouble('payment', 300, { endsAt: T + 390_000, updatedAt: T + 390_000, points: 6 })]);
    now = T + 1_820_000;
    await product.consume([trouble('batch', 1800)]);
    const { id } = first(product);
    const incident = await product.judge(id, { kind: 'noise', anomaly: '', cause: '' }, 'ada');
    const drafts = product.feedback.propose(incident, 'noise', '', 'UTC');
    expect(drafts).toMatchObject([{ match: { service: 'batch', direction: 'up', below: 6.3, when: null }, incident: id }]);
    now = T + DAY;
    const effect = await product.feedback.effect(drafts, 7);
    expect(effect).toMatchObject({ anomalies: 5, removedAnomalies: 4, incidents: 5, removedIncidents: 4, removedReal: [], text: 'would have removed 4 of 5 anomalies and 4 of 5 incidents in 7 days, none of them confirmed real' });
    const [mute] = await product.feedback.addMutes(drafts, null, 'ada', false);
    expect(mute?.expiresAt).toBe(now + 90 * DAY);

    const other = await start();
    now = T + DAY + 60_000;
    const again = trouble('batch', DAY / 1000 + 30);
    await other.consume([again]);
    await other.consume([{ ...again, updatedAt: now + STEP }]);
    expect(ids(other.events)).toEqual([]);
    expect(await other.mutes.list()).toMatchObject([{ text: 'batch: errors, up, score below 6.3', active: true, suppressed: 1, lastSuppressedAt: again.startsAt }]);
    expect((await other.mutes.muted(mute?.id ?? '')).map(({ anomaly }) => anomaly.id)).toEqual([again.id]);
    expect(await other.registry.getSingleMetricAsString('faultline_incidents_muted_anomalies_total')).toContain('_total 1');
    // One that grows beyond the noise is heard.
    await other.consume([{ ...again, score: 9 }]);
    expect(ids(other.events)).toEqual(['opened']);
    now = (mute?.expiresAt ?? 0) + 1;
    await other.consume([{ ...trouble('batch', 0, { startsAt: now, id: 'later' }) }]);
    expect(other.openCount()).toBeGreaterThan(0);
  });

  it('of real incidents hold back a mute that would have lost them, unless it is forced', async () => {
    const product = await start();
    now = T + 20_000;
    const bad = trouble('payment');
    await product.consume([bad]);
    const { id, title } = first(product);
    await keep([{ ...bad, endsAt: T + 120_000, updatedAt: T + 120_000, points: 8 }]);
    const incident = await product.judge(id, { kind: 'real', anomaly: '', cause: '' }, 'ada');
    now = T + DAY;
    const drafts = product.feedback.propose(incident, 'noise', '', 'UTC');
    const effect = await product.feedback.effect(drafts, 7);
    expect(effect.removedReal).toEqual([{ id, title, startsAt: T }]);
    expect(effect.text).toContain(`1 OF THEM CONFIRMED REAL: “${title}”`);
    await expect(product.feedback.addMutes(drafts, null, 'ada', false)).rejects.toMatchObject({ code: 'QUERY_INVALID', message: expect.stringContaining('called real') });
    const added = await product.feedback.addMutes(drafts, null, 'ada', true);
    expect(added).toHaveLength(1);
    // Nor may it hold longer; a shorter time or another reason loses none.
    const [mute] = added;
    const until = (days: number): Promise<unknown> => product.feedback.changeMute(mute?.id ?? '', { reason: 'noisy', expiresAt: (mute?.expiresAt ?? 0) + days * DAY }, false);
    await expect(until(1)).rejects.toMatchObject({ code: 'QUERY_INVALID', message: expect.stringContaining('called real') });
    await expect(until(-1)).resolves.toMatchObject({ reason: 'noisy' });
    await expect(product.feedback.changeMute(mute?.id ?? '', { expiresAt: mute?.expiresAt ?? 0 }, true)).resolves.toMatchObject({ expiresAt: mute?.expiresAt });
  });
});

it('replays the past for a few at a time and refuses those for whom there is no room', async () => {
  const { feedback } = await start();
  const asked = await Promise.allSettled(Array.from({ length: 12 }, () => feedback.effect([], 1)));
  expect(asked.map(({ status }) => status)).toEqual([...Array<string>(9).fill('fulfilled'), ...Array<string>(3).fill('rejected')]);
  expect(asked.at(-1)).toMatchObject({ reason: { code: 'STORE_UNAVAILABLE', retryable: true } });
  await expect(feedback.effect([], 1)).resolves.toMatchObject({ anomalies: 0 });
});

describe('a named cause', () => {
  const opened = async (product: Product, after: number): Promise<Incident> => {
    now = T + after * 1000 + 20_000;
    const seen = product.events.length;
    await product.consume([trouble('payment', after), trouble('checkout', after + 5)]);
    return product.events[seen]?.incident as Incident;
  };
  const over = async (product: Product, after: number): Promise<void> => {
    const endsAt = T + after * 1000 + 120_000;
    now = endsAt + 3_600_000;
    await product.consume([trouble('payment', after, { endsAt, updatedAt: endsAt }), trouble('checkout', after + 5, { endsAt, updatedAt: endsAt })]);
  };
  const firsts = ({ causes }: Incident): string | undefined => causes[0]?.service;

  it('ranks higher in similar incidents once it is learned, also after a restart, until it is taken back', async () => {
    await store.insert('service_edges', [{ time: new Date(T + 4 * 7_200_000).toISOString().slice(0, 19), client: 'payment', server: 'ledger', kind: 'database', count: 1 }]);
    const product = await start();
    const past = await opened(product, 0);
    await over(product, 0);
    const told = await opened(product, 7_200);
    expect([firsts(past), firsts(told)]).toEqual(['payment', 'payment']);
    await over(product, 7_200);
    now = T + 4 * 7_200_000;
    await expect(product.feedback.lessonEffect(await stored(told.id), 7)).rejects.toMatchObject({ code: 'QUERY_INVALID', message: expect.stringContaining('judge it as wrong_cause first') });
    await product.judge(told.id, { kind: 'wrong_cause', anomaly: '', cause: 'nobody' }, 'ada');
    await expect(product.feedback.learn(await stored(told.id), 'ada', true)).rejects.toMatchObject({ message: expect.stringContaining('no service nobody is known') });
    await product.judge(told.id, { kind: 'wrong_cause', anomaly: '', cause: 'ledger', detail: { kind: 'change', name: 'v2' } }, 'ada');
    const effect = await product.feedback.lessonEffect(await stored(told.id), 7);
    expect(effect).toMatchObject({
      incidents: 1, similar: 1, own: { before: null, after: 1 }, changed: [{ id: past.id, from: 'payment', to: 'ledger' }], worse: [],
      text: 'would have changed the first cause of 1 of 1 other incidents in 7 days, and made none of the 0 worse whose cause is known',
    });
    expect(await product.feedback.lessons()).toEqual([]);
    await product.feedback.learn(await stored(told.id), 'ada', false);
    expect((await stored(told.id)).timeline.at(-1)).toMatchObject({ kind: 'judged', text: 'ada: ledger (change v2) ranks higher in incidents like this from now on' });

    const other = await start();
    const like = await opened(other, 4 * 7_200);
    expect(like.causes[0]).toMatchObject({ service: 'ledger', reason: expect.stringContaining(`ada named its change v2 as the cause of “${told.title}”`), taught: { unseen: true } });
    expect(like.summary).toContain('Probably ledger: it shows nothing here.');
    expect((await other.feedback.context(like)).similar[0]).toMatchObject({ id: told.id, similarity: 1 });
    expect([like.title.includes('probably from ledger'), like.services.includes('ledger')]).toEqual([true, false]);
    expect(like.timeline.filter(({ text }) => text.startsWith('ledger ranks higher: ada named it'))).toHaveLength(1);
    expect(await other.feedback.lessons()).toMatchObject([{ id: told.id, text: 'ledger (change v2)', active: true, weighed: 1, createdBy: 'ada' }]);
    expect((await other.feedback.context(await stored(told.id))).lesson).toMatchObject({ weighed: 1 });

    await other.unlearn(told.id, 'bob');
    now += 60_000;
    await other.consume([trouble('payment', 4 * 7_200)]);
    expect(firsts(await stored(like.id))).toBe('payment');
    expect((await stored(told.id)).timeline.at(-1)?.text).toBe('bob: what was learned from this weighs in no other incident any more');
    expect(await (await start()).feedback.lessons()).toEqual([]);
    await expect(other.unlearn(told.id, 'bob')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is forgotten with the verdict that named it, and is refused where it would rank a cause lower that people told', async () => {
    await store.insert('service_edges', [{ time: new Date(T + 2 * 7_200_000).toISOString().slice(0, 19), client: 'payment', server: 'ledger', kind: 'database', count: 1 }]);
    const product = await start();
    const right = await opened(product, 0);
    await over(product, 0);
    const told = await opened(product, 7_200);
    now = T + 2 * 7_200_000;
    await product.judge(right.id, { kind: 'real', anomaly: '', cause: '' }, 'ada');
    const judgedAs = await product.judge(told.id, { kind: 'wrong_cause', anomaly: '', cause: 'ledger' }, 'ada');
    expect(await product.feedback.lessonEffect(judgedAs, 7)).toMatchObject({ worse: [{ id: right.id, right: 'payment' }], text: expect.stringContaining('MADE 1 OF THE 1 WORSE') });
    await expect(product.feedback.learn(judgedAs, 'ada', false)).rejects.toMatchObject({ code: 'QUERY_INVALID', message: expect.stringContaining('(payment). Send force') });
    await product.feedback.learn(judgedAs, 'ada', true);
    expect(product.lessons.all()).toHaveLength(1);
    await product.judge(told.id, { kind: 'wrong_cause', anomaly: '', cause: 'ledger' }, 'bob');
    expect(product.lessons.all()).toHaveLength(1);
    await product.judge(told.id, { kind: null, anomaly: '', cause: '' }, 'bob');
    expect(product.lessons.all()).toEqual([]);
  });
});

describe('announced events', () => {
  it('open what they explain as info and quietly, until they should be over', async () => {
    const product = await start();
    await product.calendar.put(null, { name: 'database upgrade', services: ['payment'], schedule: { once: { from: T - 60_000, to: T + 600_000 } } }, 'ada');
    now = T + 20_000;
    await product.consume([trouble('payment')]);
    expect(first(product)).toMatchObject({ severity: 'info', expected: { name: 'database upgrade', until: T + 600_000 } });
    expect(first(product).title).toBe('payment: errors 0.2 % → 38 % (expected: database upgrade)');
    now = T + 600_000 + 290_000;
    await product.consume([trouble('payment', 0, { updatedAt: now })]);
    expect(product.events.at(-1)?.incident.expected).not.toBeNull();
    now += 20_000;
    await product.consume([trouble('payment', 0, { updatedAt: now })]);
    expect(product.events.at(-1)?.incident).toMatchObject({ severity: 'critical', expected: null, title: 'payment: errors 0.2 % → 38 %' });
  });

  it('explain no trouble of services that they do not name', async () => {
    const product = await start();
    await product.calendar.put(null, { name: 'upgrade', services: ['payment'], schedule: { recurring: { from: '00:00', to: '12:00', days: [], timeZone: 'UTC' } } }, 'ada');
    now = T + 20_000;
    await product.consume([trouble('payment'), trouble('checkout')]);
    expect(first(product)).toMatchObject({ severity: 'critical', expected: null });
    const again = await start();
    expect(again.calendar.list()).toMatchObject([{ name: 'upgrade', activeUntil: Math.floor(T / DAY) * DAY + DAY / 2, nextAt: Math.floor(T / DAY) * DAY + DAY }]);
  });
});

describe('by hand', () => {
  it('a close survives a restart: evidence that goes on opens nothing, and its end is known', async () => {
    const product = await start();
    now = T + 20_000;
    const leak = trouble('payment');
    await product.consume([leak]);
    const { id } = first(product);
    await product.resolve(id, 'ada');
    now += 60_000;
    await product.consume([{ ...leak, updatedAt: now }]);

    // The process was away for ten minutes; the detector begins a new episode for the same trouble.
    now += 600_000;
    const next = await start();
    await next.start();
    await next.consume([]);
    now += 2 * STEP;
    const goesOn = trouble('payment', 0, { id: 'anew', startsAt: now - STEP, updatedAt: now });
    for (let minute = 0; minute < 10; minute += 1) {
      await next.consume([{ ...goesOn, updatedAt: now }]);
      now += 60_000;
    }
    expect([ids(next.events), next.openCount()]).toEqual([[], 0]);
    await next.consume([{ ...goesOn, endsAt: now }]);
    await next.stop();
    expect((await stored(id)).evidence).toMatchObject([{ id: 'anew', startsAt: T, endsAt: now }]);
    // Over is over: after the next restart the same series is news.
    now += 600_000;
    const last = await start();
    await last.start();
    await last.consume([trouble('payment', 0, { id: 'news', startsAt: now, updatedAt: now })]);
    expect(ids(last.events)).toEqual(['opened']);
    await last.stop();
  });

  it('only the detector is the detector: renewed alerts of others let no evidence go stale', async () => {
    const product = await start();
    now = T + 20_000;
    await product.consume([trouble('payment')]);
    const alert = trouble('payment', 0, { id: 'alert', series: seriesOf('metric', 'payment', '', 'Down', '', { alertname: 'Down' }) });
    for (let minute = 0; minute < 10; minute += 1) {
      now += 60_000;
      await product.others.consume([{ ...alert, updatedAt: now }]);
    }
    await product.others.consume([{ ...alert, endsAt: now }]);
    now += 120_000;
    await product.others.consume([]);
    expect(product.openCount()).toBe(1);
    for (const until = now + 150_000; now < until; now += 15_000) await product.consume([]);
    expect(product.openCount()).toBe(0);
  });

  it('reopened stays open until a person closes it, also after a restart', async () => {
    const product = await start();
    now = T + 20_000;
    await product.consume([trouble('payment')]);
    const { id } = first(product);
    await product.consume([trouble('payment', 0, { endsAt: now })]);
    now += 3_600_000;
    await product.consume([]);
    await product.consume([]);
    expect(product.openCount()).toBe(0);
    await product.reopen(id, 'ada');
    const next = await start();
    await next.start();
    now += 600_000;
    await next.consume([]);
    expect(next.openCount()).toBe(1);
    await next.assign(id, 'bob', 'ada');
    await next.setSeverity(id, 'info', 'ada');
    await next.consume([trouble('payment', 0, { id: 'more', startsAt: T + 21_000, updatedAt: now })]);
    now += 60_000;
    await next.consume([trouble('payment', 0, { id: 'more', startsAt: T + 21_000, updatedAt: now })]);
    expect(await stored(id)).toMatchObject({ assignee: 'bob', severity: 'info', severityBy: 'ada', status: 'open' });
    await next.resolve(id, 'ada');
    expect(next.openCount()).toBe(0);
    await next.stop();
  });

  it('a split stays: what goes on or recurs in either part goes to that part, also after a restart', async () => {
    const product = await start();
    now = T + 20_000;
    await product.consume([trouble('payment'), trouble('checkout', 5)]);
    const { id } = first(product);
    const part = trouble('checkout', 5).id;
    await expect(product.split(id, [part, trouble('payment').id], 'ada')).rejects.toMatchObject({ code: 'QUERY_INVALID' });
    const { incident, created } = await product.split(id, [part], 'ada');
    expect([incident.evidence.map(({ series }) => series.service), created.evidence.map(({ series }) => series.service)]).toEqual([['payment'], ['checkout']]);
    expect([incident.timeline.at(-1)?.text, created.timeline.some(({ text }) => text.includes(`(${id}) by ada`))]).toEqual([`One anomaly split off into ${created.id} by ada`, true]);

    const next = await start();
    await next.start();
    now += 60_000;
    // After a restart the detector tells of both anew, and of a third that is near both.
    await next.consume([trouble('checkout', 0, { id: 'c2', startsAt: now }), trouble('payment', 0, { id: 'p2', startsAt: now }), trouble('checkout', 0, { id: 'x', startsAt: now, series: seriesOf('latency', 'checkout', '', 'p95', 'ms'), score: 9 })]);
    expect(next.openCount()).toBe(2);
    now += 60_000;
    await next.consume([]);
    const [a, b] = [await stored(id), await stored(created.id)];
    expect(a.evidence.map((one) => one.id)).toContain('p2');
    expect(b.evidence.map((one) => one.id)).toContain('c2');
    expect([...a.evidence, ...b.evidence].filter((one) => one.id === 'x')).toHaveLength(1);
    await next.stop();
  });

  it('a merge stays: the part is over and its recurrence belongs to the whole', async () => {
    const product = await start([]);
    now = T + 20_000;
    await product.consume([trouble('payment'), trouble('mail')]);
    const [one, two] = product.events.map(({ incident }) => incident);
    const whole = await product.merge(one?.id ?? '', two?.id ?? '', 'ada');
    expect(whole.evidence).toHaveLength(2);
    expect(await stored(two?.id ?? '')).toMatchObject({ status: 'resolved', mergedInto: one?.id });
    await expect(product.reopen(two?.id ?? '', 'ada')).rejects.toMatchObject({ code: 'QUERY_INVALID' });
    const [, mail] = [trouble('payment'), trouble('mail')];
    await product.consume([{ ...mail, endsAt: now }]);
    now += 40_000;
    await product.consume([trouble('mail', 55)]);
    expect(product.openCount()).toBe(1);
    now += 60_000;
    await product.consume([]);
    expect((await stored(one?.id ?? '')).evidence).toHaveLength(3);
  });
});

describe('a change by hand that the store refuses', () => {
  /** Refuses the insert after `accepted` more. */
  function refuseAfter(accepted: number): void {
    const insert = store.insert.bind(store);
    let left = accepted;
    const spy = vi.spyOn(store, 'insert').mockImplementation((table, rows) => {
      if ((left -= 1) >= 0) return insert(table, rows);
      spy.mockRestore();
      return Promise.reject(new PipelineError('STORE_UNAVAILABLE', 'away'));
    });
  }
  const away = { code: 'STORE_UNAVAILABLE' };

  it('has not happened, and happens once when it is asked for again', async () => {
    const product = await start();
    await product.consume([trouble('payment')]);
    const { id } = first(product);
    refuseAfter(0);
    await expect(product.note(id, 'ada', 'on it')).rejects.toMatchObject(away);
    expect((await product.note(id, 'ada', 'on it')).notes).toHaveLength(1);
    refuseAfter(0);
    await expect(product.resolve(id, 'ada')).rejects.toMatchObject(away);
    await product.consume([]);
    expect([product.openCount(), ids(product.events)]).toEqual([1, ['opened', 'updated']]);
    expect(await product.resolve(id, 'ada')).toMatchObject({ status: 'resolved' });
    expect(ids(product.events)).toEqual(['opened', 'updated', 'resolved']);
  });

  it('leaves both sides of a merge as they were, or both are stored and told with the next steps', async () => {
    const product = await start([]);
    await product.consume([trouble('payment'), trouble('mail')]);
    const [one, two] = product.events.map(({ incident }) => incident.id) as [string, string];
    refuseAfter(0);
    await expect(product.merge(one, two, 'ada')).rejects.toMatchObject(away);
    await product.consume([]);
    expect([product.openCount(), (await stored(one)).evidence.length]).toEqual([2, 1]);
    // Both are stored, and the whole again once it is told.
    refuseAfter(1);
    await expect(product.merge(one, two, 'ada')).rejects.toMatchObject(away);
    expect([(await stored(one)).evidence.length, (await stored(two)).mergedInto]).toEqual([2, one]);
    await product.consume([]);
    expect([product.openCount(), (await stored(one)).evidence.length, (await stored(two)).status, ids(product.events).at(-1)]).toEqual([1, 2, 'resolved', 'resolved']);
  });

  it('leaves what was to be split as it was, or both parts are stored and told with the next steps', async () => {
    const product = await start();
    await product.consume([trouble('payment'), trouble('checkout', 5)]);
    const { id } = first(product);
    const part = trouble('checkout', 5).id;
    refuseAfter(0);
    await expect(product.split(id, [part], 'ada')).rejects.toMatchObject(away);
    now += 60_000;
    await product.consume([]);
    expect([product.openCount(), (await stored(id)).evidence.length]).toEqual([1, 2]);
    // Both parts are stored, and the new one again once it is told.
    refuseAfter(1);
    await expect(product.split(id, [part], 'ada')).rejects.toMatchObject(away);
    expect((await loadDocuments(store, 'incidents', '1')).map((one) => (one as Incident).evidence.length)).toEqual([1, 1]);
    now += 60_000;
    await product.consume([]);
    expect([product.openCount(), ids(product.events)]).toEqual([2, ['opened', 'opened', 'updated']]);
  });
});
