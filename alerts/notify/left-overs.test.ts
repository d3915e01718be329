import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { openTestStore } from '#store/testing.js';
import { promqlConfig } from '../../promql/config.js';
import { createPromEngine } from '../../promql/engine.js';
import { alertsConfig } from '../config.js';
import { saveNotifications } from '../outbox/table.js';
import { createNotificationLog } from '../routing/notification-log.js';
import { alertSamples } from '../rules/alerting.js';
import { restoreAlerts } from '../rules/restore.js';
import type { RuleAlert } from '../rules/rule-alert.js';
import { parseRuleFile } from '../rules/rule-file.js';
import { queryOf } from '../rules/rules.js';
import { createSeriesWriter, type RuleSeries } from '../rules/series-writer.js';
import { createDispatch } from './dispatch.js';
import { createLeftOvers } from './left-overs.js';
import { createAlertNotices } from './subjects.js';
import { createWebhook } from './webhook/webhook.js';

const MINUTE = 60_000;
const START = Date.now() - 60 * MINUTE;
let now = START;
let store: Awaited<ReturnType<typeof openTestStore>>;
let writer: RuleSeries;

beforeAll(async () => {
  store = await openTestStore();
  writer = createSeriesWriter({ store, clock: () => now, folder: join(store.dataDir, 'rules') });
});
afterAll(() => store.close());

const alert = (name: string, resolvedAt: number | null = null): RuleAlert => ({
  fingerprint: `of-${name}`, name, severity: 'critical', labels: { alertname: name }, annotations: { summary: 'text' }, value: Number.NaN, query: 'up == 0', activeAt: START, firedAt: START, resolvedAt, generatorUrl: 'https://f.example/graph',
});

/** What a process tells by, from its start on. */
function open(has: (alert: RuleAlert) => boolean | null) {
  const url = 'http://127.0.0.1:1/';
  const receivers = alertsConfig.parse({ webhooks: [{ name: 'every', url }, { name: 'opened', url, events: ['opened'] }] }).webhooks.map(createWebhook);
  const add: Parameters<typeof createDispatch>[0]['outbox']['add'] = (drafts) =>
    saveNotifications(store, drafts.map(({ log = '', unsent: _unsent, ...draft }) => ({ ...draft, log, status: 'delivered', attempts: 1, nextAt: now, createdAt: (now += 1), version: 1, error: '' })));
  const notices = createAlertNotices(createDispatch({ store, receivers, outbox: { add } }), () => now);
  return { notices, leftOvers: createLeftOvers({ store, clock: () => now, logger: silentLogger, notices, writer, has }) };
}
const told = async (): Promise<string[]> => (await store.query<{ told: string }>("SELECT concat(incident, ' ', event) AS told FROM notifications FINAL WHERE receiver = 'every' ORDER BY created_at")).map((row) => row.told);
/** How many alerts a rule of this name would go on with. */
async function restored(name: string): Promise<number> {
  const [rule] = parseRuleFile(`groups: [{ name: g, rules: [{ alert: ${name}, expr: up }] }]`, { file: 'r.yml', evaluationIntervalMs: MINUTE, normalise: (expr) => expr }).groups[0]?.rules ?? [];
  if (rule?.type !== 'alerting') throw new Error('no rule');
  const engine = createPromEngine({ store, registry: new Registry(), config: promqlConfig.parse({}) });
  return (await restoreAlerts(rule, queryOf(engine), writer, now + 1000, { externalLabels: {}, externalUrl: '' })).size;
}

it('tells the end of alerts that no rule has any more after a restart, once it is known', async () => {
  const before = open(() => null);
  await before.notices.consume([alert('Gone'), alert('Kept'), alert('Unsure'), alert('Over')]);
  await before.notices.consume([alert('Over', START + MINUTE)]);
  const first = ['alert:of-Gone opened', 'alert:of-Kept opened', 'alert:of-Unsure opened', 'alert:of-Over opened', 'alert:of-Over resolved'];
  const firing = ['Gone', 'Kept'].map((name) => ({ ...alert(name), state: 'firing' as const }));
  await writer.write({ samples: alertSamples(firing), ended: [] }, START + MINUTE);
  now = START + 10 * MINUTE;
  const has = new Map<string, boolean | null>([['Gone', false], ['Kept', true], ['Unsure', null]]);
  const { leftOvers } = open(({ name }) => has.get(name) ?? null);
  await leftOvers.start();
  now += MINUTE;
  await leftOvers.look();
  expect(await told()).toEqual(first);
  now += 2 * MINUTE;
  await leftOvers.look();
  expect(await told()).toEqual([...first, 'alert:of-Gone resolved']);
  // A rule that comes back fires anew.
  expect([await restored('Gone'), await restored('Kept')]).toEqual([0, 1]);
  has.set('Unsure', false);
  has.set('Kept', false);
  // A rule that had it says itself when it is over.
  for (const _ of [1, 2]) await leftOvers.look();
  expect(await told()).toEqual([...first, 'alert:of-Gone resolved', 'alert:of-Unsure resolved']);
  const [row] = await store.query<{ body: string }>("SELECT body FROM notifications WHERE incident = 'alert:of-Gone' AND event = 'resolved'");
  expect(JSON.parse(row?.body ?? '')).toMatchObject({ type: 'alert.resolved', alert: { name: 'Gone', status: 'resolved', value: null, annotations: { summary: 'text' }, endsAt: new Date(START + 13 * MINUTE).toISOString() } });
  await leftOvers.stop();

  // Said once, also over another restart.
  const again = open(() => false);
  await again.leftOvers.start();
  now += 5 * MINUTE;
  await again.leftOvers.look();
  expect((await told()).slice(7)).toEqual(['alert:of-Kept resolved']);
  await again.leftOvers.stop();
});

it('leaves the log of routing alone', async () => {
  const log = createNotificationLog(store);
  await log.start(0);
  expect(log.last('every', 'alert:of-Kept')).toBeUndefined();
});
