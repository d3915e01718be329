import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#core/clock.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { seriesOf } from '#core/series.js';
import { testAnomaly } from '#core/testing.js';
import type { Anomaly } from '#core/types.js';
import { openTestStore } from '#store/testing.js';
import type { Store } from '#store/store.js';
import { incidentsConfig } from '../../detector/incidents/config.js';
import { createCalendar } from '../../detector/incidents/expected/calendar.js';
import { createFeedback } from '../../detector/incidents/feedback.js';
import { createIncidents } from '../../detector/incidents/incidents.js';
import { createLessons } from '../../detector/incidents/lessons/lessons.js';
import { createMutes } from '../../detector/incidents/mutes/mutes.js';
import { judgeInTurns } from '../../detector/long/recording.js';
import { createServer } from '../server.js';
import { serverOptions } from '../testing.js';

let store: Store;
let server: ReturnType<typeof createServer>;
let incidents: ReturnType<typeof createIncidents>;
let url = '';

beforeAll(async () => {
  store = await openTestStore();
  const common = { store, registry: new Registry(), logger: silentLogger, clock: systemClock };
  const config = incidentsConfig.parse({});
  const mutes = createMutes(common);
  const calendar = createCalendar(common);
  const lessons = createLessons(common);
  incidents = createIncidents({ ...common, config, mutes, calendar, lessons, events: { consume: async () => {} } });
  server = createServer(serverOptions({ ...common, judge: judgeInTurns, incidents, feedback: createFeedback({ ...common, config, step: 15_000, mutes, calendar, lessons, incidents }) }));
  await server.start();
  url = `http://127.0.0.1:${server.port()}`;
});
afterAll(async () => {
  await server.stop();
  await store.close();
});

async function call(path: string, body?: object): Promise<{ status: number; body: any }> {
  const response = await fetch(`${url}${path}`, body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  return { status: response.status, body: await (response.headers.get('content-type')?.includes('json') ? response.json() : response.text()) };
}

function trouble(service: string): Anomaly {
  const series = seriesOf('errors', service, '', 'error_ratio', '1');
  const startsAt = Date.now() - 60_000;
  return testAnomaly({ id: `${series.id}-${startsAt}`, series, startsAt, peakAt: startsAt, updatedAt: Date.now(), score: 5, points: 5 });
}

describe('what people say over HTTP', () => {
  it('goes from a verdict to a mute and back', async () => {
    await incidents.consume([trouble('batch')]);
    const { id, evidence } = (await call('/api/incidents')).body.incidents[0];
    const said = await call(`/api/incidents/${id}/verdict`, { kind: 'expected', timeZone: 'Europe/Berlin', by: 'ada' });
    expect(said.body).toMatchObject({ incident: { verdict: { kind: 'expected', by: 'ada' } }, proposals: [{ match: { service: 'batch', below: null, when: { days: [], timeZone: 'Europe/Berlin' } } }] });
    const drafts = said.body.proposals.map(({ match, reason, incident }: any) => ({ match, reason, incident }));
    expect((await call('/api/mutes/preview', { drafts, days: 7 })).body.effect.text).toContain('none of them confirmed real');
    const [mute] = (await call('/api/mutes', { drafts, by: 'ada' })).body.mutes;
    const changed = await call(`/api/mutes/${mute.id}`, { match: { service: 'batch', below: 3 }, reason: 'nightly', expiresAt: Date.now() + 60_000 });
    expect(changed.body.mute).toMatchObject({ id: mute.id, reason: 'nightly', match: { service: 'batch', below: 3, when: null } });
    expect((await call('/api/mutes')).body.mutes).toMatchObject([{ text: 'batch: everything, score below 3', active: true, suppressed: 0 }]);
    expect((await call(`/api/mutes/${mute.id}/anomalies`)).body).toEqual({ muted: [] });
    await call(`/api/mutes/${mute.id}/remove`, {});
    expect((await call('/api/mutes')).body).toEqual({ mutes: [] });
    expect(await call(`/api/mutes/${mute.id}/anomalies`)).toMatchObject({ status: 404, body: { error: { message: `no mute ${mute.id}` } } });
    expect((await call('/api/verdicts')).body.judged).toMatchObject({ expected: 1, real: 0 });
    expect((await call(`/api/incidents/${id}/verdict`, { kind: 'noise', anomaly: evidence[0].id, by: 'ada' })).body.proposals).toMatchObject([{ match: { below: 6.3 } }]);
    expect((await call(`/api/incidents/${id}/context`)).body).toMatchObject({ similar: [], recurring: [], muted: [], toldCause: '', lesson: null, candidates: [{ service: 'batch', detail: null }] });
    const { body: report } = await call(`/api/incidents/${id}/report`);
    expect(report).toContain('Judged expected by ada');
    expect(report).toContain('(judged noise by ada)');
    expect(report).toContain('Start here: Read what the failed requests of batch have in common');
    const asked = await fetch(`${url}/mcp`, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'explain_incident', arguments: { id } } }) });
    expect(((await asked.json()) as any).result.content[0].text).toContain('Judged expected by ada');
  });

  it('assigns, splits, merges, closes and reopens', async () => {
    await incidents.consume([trouble('payment'), { ...trouble('payment'), id: 'slow', series: seriesOf('latency', 'payment', '', 'p95', 'ms') }]);
    const all = (await call('/api/incidents')).body.incidents;
    const { id } = all.find((one: any) => one.services.includes('payment'));
    expect((await call(`/api/incidents/${id}/assign`, { to: 'bob', by: 'ada' })).body.incident.assignee).toBe('bob');
    expect((await call(`/api/incidents/${id}/severity`, { severity: 'info', by: 'ada' })).body.incident).toMatchObject({ severity: 'info', severityBy: 'ada' });
    const { incident, created } = (await call(`/api/incidents/${id}/split`, { anomalies: ['slow'], by: 'ada' })).body;
    expect([incident.evidence.length, created.evidence.length, created.apart]).toEqual([1, 1, [id]]);
    expect((await call(`/api/incidents/${id}/merge`, { other: created.id, by: 'ada' })).body.incident.evidence).toHaveLength(2);
    expect((await call(`/api/incidents/${created.id}/reopen`, { by: 'ada' })).status).toBe(400);
    expect((await call(`/api/incidents/${id}/resolve`, { by: 'ada' })).body.incident.status).toBe('resolved');
    expect((await call(`/api/incidents/${id}/reopen`, { by: 'ada' })).body.incident).toMatchObject({ status: 'open', reopenedBy: 'ada' });
    expect((await call('/api/incidents/none/assign', { to: '', by: 'ada' })).status).toBe(404);
  });

  it('learns a named cause, and forgets it', async () => {
    await incidents.consume([trouble('mail'), trouble('smtp')]);
    const { id } = (await call('/api/incidents')).body.incidents.find(({ services }: any) => services.includes('mail'));
    expect((await call(`/api/incidents/${id}/lesson`)).status).toBe(400);
    await call(`/api/incidents/${id}/verdict`, { kind: 'wrong_cause', cause: 'mail', detail: { kind: 'operation', name: 'POST /send' }, by: 'ada' });
    expect((await call(`/api/incidents/${id}/lesson?days=3`)).body.effect).toMatchObject({ own: { before: 1, after: 1 }, worse: [] });
    expect((await call(`/api/incidents/${id}/lesson`, { by: 'ada' })).body.incident.timeline.at(-1).text).toContain('mail (operation POST /send) ranks higher');
    expect((await call('/api/lessons')).body.lessons).toMatchObject([{ id, service: 'mail', detail: { kind: 'operation', name: 'POST /send' }, weighed: 0 }]);
    const { body: report } = await call(`/api/incidents/${id}/report`);
    expect(report).toContain('the cause was **mail** (operation POST /send)');
    expect(report).toContain('Learned from it: mail (operation POST /send) ranks higher in similar incidents');
    expect((await call(`/api/lessons/${id}/remove`, { by: 'ada' })).status).toBe(200);
    expect((await call(`/api/lessons/${id}/remove`, { by: 'ada' })).status).toBe(404);
    expect((await call('/api/lessons')).body).toEqual({ lessons: [] });
    expect((await call(`/api/incidents/${id}/verdict`, { kind: 'wrong_cause', cause: 'mail', detail: { kind: 'mood', name: 'x' }, by: 'ada' })).status).toBe(400);
  });

  it('keeps announced events, and refuses what would mute everything or never', async () => {
    const given = { name: 'deploy', services: [], schedule: { recurring: { from: '22:00', to: '23:00', days: [1, 1], timeZone: 'UTC' } }, by: 'ada' };
    const { window } = (await call('/api/expected', given)).body;
    expect(window.schedule.recurring.days).toEqual([1]);
    await call(`/api/expected/${window.id}`, { ...given, name: 'release', schedule: { once: { from: 1, to: 2 } } });
    expect((await call('/api/expected')).body.windows).toMatchObject([{ name: 'release', activeUntil: null, nextAt: null }]);
    await call(`/api/expected/${window.id}/remove`, {});
    expect((await call('/api/expected')).body).toEqual({ windows: [] });
    const unread = await call('/api/expected', { ...given, schedule: { once: { from: 'now', to: 'now' } } });
    expect(unread).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining('schedule: expected { once: { from, to } } in epoch milliseconds, or { recurring') } } });
    const draft = (match: object): object => ({ drafts: [{ match, reason: 'why' }], by: 'ada' });
    for (const [path, body, reason] of [
      ['/api/mutes', draft({}), 'name a series or a service'],
      ['/api/mutes', draft({ service: 'a', when: { from: '02:00', to: '02:00' } }), 'from and to are the same'],
      ['/api/mutes', draft({ service: 'a', when: { from: '2:00', to: '03:00' } }), 'expected HH:MM'],
      ['/api/mutes', draft({ service: 'a', when: { from: '02:00', to: '03:00', timeZone: 'Mars/Base' } }), 'expected a time zone'],
      ['/api/mutes', { ...draft({ service: 'a' }), expiresAt: 1 }, 'expiresAt is over'],
    ] as const) expect(await call(path, body)).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining(reason) } } });
    expect((await call('/api/mutes/none/remove', {})).status).toBe(404);
  });
});
