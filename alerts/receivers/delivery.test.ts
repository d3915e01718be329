import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestReceiver, type TestReceiver } from '../testing.js';
import { makeCertificate } from '../../test/certificate.js';
import { deliver, incident, only, orders, over, testNotification } from './testing.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-delivery-'));
let server: TestReceiver;
beforeEach(async () => {
  server = await openTestReceiver();
});
afterEach(() => server.close());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sent = (at = 0): Record<string, unknown> => JSON.parse(server.requests[at]?.body ?? 'null') as Record<string, unknown>;
const answer = (status: number, body = '', headers: Record<string, string> = {}): void => server.answer((response) => void response.writeHead(status, headers).end(body));
const message = (body: string) => ({ id: 'm1', body });

describe('a webhook', () => {
  it('gets version 4 of the body, with the headers and no more alerts than it wants', async () => {
    writeFileSync(join(folder, 'password'), 'first\n');
    const hook = await only(`
receivers:
- name: team.x
  webhook_configs: [{ url: '${server.url}/in?a=1', max_alerts: 1, http_config: { basic_auth: { username: me, password_file: password }, http_headers: { X-Team: { values: [sre] } } } }]
`, folder);
    expect(hook.isState).toBeUndefined();
    const body = hook.render(testNotification([orders, over(incident)]));
    expect(await deliver(hook, message(body))).toEqual({ outcome: 'delivered' });
    writeFileSync(join(folder, 'password'), 'second\n');
    await deliver(hook, message(body));
    expect(server.requests[0]).toMatchObject({ path: '/in?a=1', headers: { 'x-team': 'sre', authorization: `Basic ${Buffer.from('me:first').toString('base64')}`, 'content-type': 'application/json; charset=utf-8' } });
    expect(server.requests[1]?.headers.authorization).toBe(`Basic ${Buffer.from('me:second').toString('base64')}`);
    expect(body).not.toMatch(/first|second/);
    expect(Object.keys(sent())).toEqual(['receiver', 'status', 'alerts', 'groupLabels', 'commonLabels', 'commonAnnotations', 'externalURL', 'version', 'groupKey', 'truncatedAlerts']);
    expect(sent()).toMatchObject({
      receiver: 'team\\.x', version: '4', truncatedAlerts: 1,
      alerts: [{ status: 'firing', labels: orders.labels, startsAt: '2026-01-02T03:04:05Z', endsAt: '0001-01-01T00:00:00Z', fingerprint: '00000000000000aa' }],
    });
  });

  it('is tried again when it is down, within its own time, and never elsewhere', async () => {
    const yaml = (url: string, more = ''): string => `receivers: [{ name: a, webhook_configs: [{ url: '${url}'${more} }] }]`;
    answer(503, '', { 'retry-after': '7' });
    expect(await deliver(await only(yaml(server.url)), message('{}'))).toMatchObject({ outcome: 'again', retryAfterMs: 7000 });
    answer(404);
    expect(await deliver(await only(yaml(server.url)), message('{}'))).toMatchObject({ outcome: 'dead' });
    server.answer(() => undefined);
    await expect(deliver(await only(yaml(server.url, ', timeout: 30ms')), message('{}'))).rejects.toThrow('did not answer within 30 ms');
    await expect(deliver(await only(yaml('http://169.254.169.254/')), message('{}'))).rejects.toMatchObject({ retryable: false });
    await expect(deliver(await only(yaml(server.url)), message('{}'), { allow_private_addresses: false })).rejects.toMatchObject({ retryable: false });
  });

  it('is trusted by the certificate that its tls_config names, and by no other', async () => {
    const { cert, key } = makeCertificate(folder);
    const secure = createServer({ cert, key }, (_request, response) => void response.end()).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const yaml = (tls: string): string => `receivers: [{ name: a, webhook_configs: [{ url: 'https://localhost:${(secure.address() as AddressInfo).port}/', http_config: { tls_config: ${tls} } }] }]`;
    expect(await deliver(await only(yaml('{ ca_file: cert.pem }'), folder), message('{}'))).toEqual({ outcome: 'delivered' });
    expect(await deliver(await only(yaml('{ insecure_skip_verify: true }'), folder), message('{}'))).toEqual({ outcome: 'delivered' });
    await expect(deliver(await only(yaml('{}'), folder), message('{}'))).rejects.toThrow('DEPTH_ZERO_SELF_SIGNED_CERT');
    await expect(deliver(await only(yaml('{ ca_file: none.pem }'), folder), message('{}'))).rejects.toThrow(`cannot read ${join(folder, 'none.pem')}`);
    secure.closeAllConnections();
    secure.close();
  });
});

describe('PagerDuty', () => {
  const yaml = (more = ''): string => `receivers: [{ name: a, pagerduty_configs: [{ url: '${server.url}/v2/enqueue', routing_key_file: key${more} }] }]`;
  beforeEach(() => writeFileSync(join(folder, 'key'), 'r0utingkey\n'));

  it('is told to trigger and to resolve one incident per group, with the key of the moment', async () => {
    answer(202, '{"status":"success","message":"Event processed","dedup_key":"x"}');
    const pager = await only(yaml(`, severity: '{{ .CommonLabels.severity }}', component: '{{ .CommonLabels.service }}', links: [{ href: '{{ .CommonAnnotations.link }}', text: Incident }, { href: '' }], details: { team: sre, num_firing: none }`), folder);
    expect(pager.isState).toBe(true);
    const firing = pager.render(testNotification([incident]));
    expect(firing).not.toContain('r0utingkey');
    expect(await deliver(pager, message(firing))).toEqual({ outcome: 'delivered' });
    await deliver(pager, message(pager.render(testNotification([over(incident)]))));
    const [trigger, resolve] = [sent(0), sent(1)];
    expect(trigger).toMatchObject({ routing_key: 'r0utingkey', event_action: 'trigger', client: 'Faultline', client_url: 'https://f.example/incidents/inc-1', links: [{ href: 'https://f.example/incidents/inc-1', text: 'Incident' }] });
    expect(trigger['payload']).toMatchObject({ summary: expect.stringMatching(/^Open: checkout: errors/), source: 'Faultline', severity: 'critical', component: 'payment', custom_details: { team: 'sre', num_firing: 'none', num_resolved: '0', resolved: '' } });
    expect(resolve).toMatchObject({ event_action: 'resolve', dedup_key: trigger['dedup_key'] });
    expect(trigger['dedup_key']).toMatch(/^[\da-f]{64}$/);
  });

  it('pages also when a label names a severity that it does not know', async () => {
    const pager = await only(yaml(", severity: '{{ .CommonLabels.service }}'"), folder);
    expect(JSON.parse(pager.render(testNotification()))).toMatchObject({ payload: { severity: 'error' } });
  });

  it.each([
    [429, '', 'again', 'answered 429'], [500, '', 'again', 'answered 500'],
    [400, '{"status":"invalid event","message":"Event object is invalid","errors":["\'payload.summary\' is missing or blank","key r0utingkey1"]}', 'dead', "refused the event: 'payload.summary' is missing or blank"],
  ])('answers %i', async (status, body, outcome, reason) => {
    answer(status, body);
    const verdict = await deliver(await only(yaml(), folder), message('{}'));
    expect(verdict).toMatchObject({ outcome, reason: expect.stringContaining(reason) });
    expect(JSON.stringify(verdict)).not.toContain('r0utingkey');
  });

  it('is not asked without a key, and again when there is one', async () => {
    writeFileSync(join(folder, 'key'), '\n');
    const pager = await only(yaml(), folder);
    await expect(deliver(pager, message('{}'))).rejects.toMatchObject({ retryable: true, message: 'the routing key is empty' });
    await expect(pager.channel.check()).rejects.toThrow('the routing key is empty');
  });
});

describe('Slack', () => {
  it('gets an attachment with fields and buttons, at the address in the file', async () => {
    writeFileSync(join(folder, 'slack'), `${server.url}/services/T0/B0/s3cret`);
    answer(200, 'ok');
    const slack = await only(`
global: { slack_api_url_file: slack }
receivers:
- name: a
  slack_configs:
  - channel: '#{{ .CommonLabels.severity }}'
    icon_emoji: ':fire:'
    short_fields: true
    link_names: true
    fields: [{ title: Service, value: '{{ .CommonLabels.service }}' }, { title: Long, value: x, short: false }]
    actions: [{ type: button, text: Runbook, url: '{{ .CommonAnnotations.runbook_url }}', style: danger }, { type: button, text: Ack, name: ack, value: '1', confirm: { text: Sure } }]
`, folder);
    const body = slack.render(testNotification());
    expect(body).not.toContain('s3cret');
    expect(await deliver(slack, message(body))).toEqual({ outcome: 'delivered' });
    expect(server.requests[0]?.path).toBe('/services/T0/B0/s3cret');
    expect(sent()).toMatchObject({
      channel: '#critical', username: 'Faultline', icon_emoji: ':fire:', link_names: true,
      attachments: [{
        color: 'danger', mrkdwn_in: ['fallback', 'pretext', 'text'], fields: [{ title: 'Service', value: 'checkout', short: true }, { title: 'Long', value: 'x', short: false }],
        actions: [{ type: 'button', text: 'Runbook', url: 'https://wiki.example/orders?a=1&b=2', style: 'danger' }, { type: 'button', text: 'Ack', name: 'ack', value: '1', confirm: { text: 'Sure' } }],
      }],
    });
  });

  it.each([
    [200, '{"ok":false,"error":"channel_not_found"}', 'dead', 'channel_not_found'], [200, '{"ok":false,"error":"ratelimited"}', 'again', 'ratelimited'], [429, '', 'again', '429'], [403, 'invalid_token', 'dead', 'invalid_token'],
  ])('says no by %i %s', async (status, body, outcome, reason) => {
    answer(status, body);
    const slack = await only(`receivers: [{ name: a, slack_configs: [{ api_url: '${server.url}' }] }]`);
    expect(await deliver(slack, message('{}'))).toMatchObject({ outcome, reason: expect.stringContaining(reason) });
  });
});

describe('Opsgenie', () => {
  it('gets an alert under the name of the group, updated and closed under the same', async () => {
    answer(202, '{"result":"Request will be processed"}');
    const genie = await only(`
global: { opsgenie_api_url: '${server.url}/api/', opsgenie_api_key: g3nie }
receivers:
- name: a
  opsgenie_configs: [{ update_alerts: true, priority: p1, tags: 'a, b,', details: { owner: sre }, responders: [{ type: teams, name: 'x,y' }, { type: User, username: '{{ .CommonLabels.nobody }}' }] }]
`);
    expect(genie.isState).toBe(true);
    const body = genie.render(testNotification());
    expect(body).not.toContain('g3nie');
    expect(await deliver(genie, message(body))).toEqual({ outcome: 'delivered' });
    await deliver(genie, message(genie.render(testNotification([over(orders)]))));
    const alias = String(sent()['alias']);
    expect(server.requests.map(({ path }) => path)).toEqual(['/api/v2/alerts', `/api/v2/alerts/${alias}/message?identifierType=alias`, `/api/v2/alerts/${alias}/description?identifierType=alias`, `/api/v2/alerts/${alias}/close?identifierType=alias`]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(Array<string>(4).fill('GenieKey g3nie'));
    expect(sent(0)).toMatchObject({ message: expect.stringMatching(/^Firing: OrdersFail/), priority: 'P1', tags: ['a', 'b'], responders: [{ name: 'x', type: 'team' }, { name: 'y', type: 'team' }], details: { alertname: 'OrdersFail', owner: 'sre' }, source: 'https://f.example' });
    expect(sent(1)).toEqual({ message: sent(0)['message'] });
    expect(sent(3)).toEqual({ source: 'https://f.example' });
  });
});

describe('Telegram', () => {
  const yaml = (more = ''): string => `receivers: [{ name: a, telegram_configs: [{ api_url: '${server.url}', bot_token_file: token, chat_id: -1001234567890, message_thread_id: 7${more} }] }]`;
  beforeEach(() => writeFileSync(join(folder, 'token'), '123:s3cret'));

  it('gets HTML in which telemetry is text', async () => {
    answer(200, '{"ok":true,"result":{}}');
    const telegram = await only(yaml(), folder);
    const body = telegram.render(testNotification());
    expect(await deliver(telegram, message(body))).toEqual({ outcome: 'delivered' });
    expect(server.requests[0]?.path).toBe('/bot123:s3cret/sendMessage');
    expect(sent()).toMatchObject({ chat_id: -1001234567890, message_thread_id: 7, parse_mode: 'HTML', disable_web_page_preview: true, disable_notification: false });
    expect(sent()['text']).toMatch(/^<b>Firing: OrdersFail: Half of &lt;all&gt; orders &amp; more fail<\/b>\n/);
  });

  it.each(['MarkdownV2', 'Markdown', "''"])('gets the built-in message as the HTML that it is, with parse_mode %s too', async (mode) => {
    expect((await only(yaml(`, parse_mode: ${mode}`), folder)).render(testNotification())).toBe((await only(yaml(), folder)).render(testNotification()));
  });

  it.each([["message: '*{{ .CommonLabels.alertname }}*', ", ''], ['', 'templates: [own.tmpl]\n']])('gets a message of the user as it is marked, and once more as text where that cannot be read', async (own, templates) => {
    writeFileSync(join(folder, 'own.tmpl'), '{{ define "telegram.default.message" }}*{{ .CommonLabels.alertname }}*{{ end }}');
    const parsing = '{"ok":false,"error_code":400,"description":"Bad Request: can\'t parse entities: Character \'.\' is reserved"}';
    server.answer((response) => void (server.requests.length === 1 ? response.writeHead(400).end(parsing) : response.writeHead(200).end('{"ok":true}')));
    const telegram = await only(`${templates}${yaml(`, ${own}parse_mode: MarkdownV2`)}`, folder);
    expect(await deliver(telegram, message(telegram.render(testNotification())))).toEqual({ outcome: 'delivered' });
    expect(sent(0)).toMatchObject({ text: '*OrdersFail*', parse_mode: 'MarkdownV2' });
    const { parse_mode: _, ...plain } = sent(0);
    expect(sent(1)).toEqual(plain);
  });

  it.each([
    [429, '{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}', { outcome: 'again', retryAfterMs: 35_000 }],
    [400, '{"ok":false,"error_code":400,"description":"Bad Request: can\'t parse entities"}', { outcome: 'dead', reason: "Telegram refused it: Bad Request: can't parse entities" }],
    [400, '{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}', { outcome: 'dead', reason: 'Telegram refused it: Bad Request: chat not found' }],
  ])('answers %i', async (status, body, verdict) => {
    answer(status, body);
    expect(await deliver(await only(yaml(), folder), message('{"text":"a"}'))).toMatchObject(verdict);
  });
});

describe('Teams', () => {
  it('gets a card of its kind that links to the incident', async () => {
    const old = await only(`receivers: [{ name: a, msteams_configs: [{ webhook_url: '${server.url}/old' }] }]`);
    const workflow = await only(`receivers: [{ name: a, msteamsv2_configs: [{ webhook_url: '${server.url}/new', text: '{{ .CommonLabels.service }}' }] }]`);
    await deliver(old, message(old.render(testNotification([incident]))));
    await deliver(workflow, message(workflow.render(testNotification([over(incident)]))));
    expect(sent(0)).toMatchObject({ '@type': 'MessageCard', '@context': 'https://schema.org/extensions', themeColor: 'C92A2A', title: expect.stringMatching(/^Open: checkout/), text: expect.stringContaining('**Cause:** payment (80 %)'), potentialAction: [{ '@type': 'OpenUri', targets: [{ os: 'default', uri: 'https://f.example/incidents/inc-1' }] }] });
    const { attachments } = sent(1) as { attachments: { contentType: string; content: { type: string; body: { text: string; color?: string }[]; actions: object[] } }[] };
    expect(attachments[0]).toMatchObject({ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: { type: 'AdaptiveCard', body: [{ color: 'Good', style: 'heading' }, { text: 'payment', wrap: true }], actions: [{ type: 'Action.OpenUrl', url: 'https://f.example/incidents/inc-1' }] } });
  });
});
