import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { incident, load, only, orders, over, testAlert, testNotification } from './testing.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-receivers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ALL = `
global: { slack_api_url: 'http://127.0.0.1:1/slack', opsgenie_api_key: k, smtp_smarthost: 'mail.example:587', smtp_from: 'faultline@f.example' }
receivers:
- name: all
  webhook_configs: [{ url: 'http://127.0.0.1:1/' }]
  slack_configs: [{}, { send_resolved: true }]
  pagerduty_configs: [{ routing_key: k }]
  email_configs: [{ to: 'sre@f.example' }]
  msteams_configs: [{ webhook_url: 'http://127.0.0.1:1/' }]
  msteamsv2_configs: [{ webhook_url: 'http://127.0.0.1:1/' }]
  opsgenie_configs: [{}]
  telegram_configs: [{ bot_token: '1:a', chat_id: -100123 }]
`;

describe('receivers of an alertmanager.yml', () => {
  it('are integrations with the defaults of Alertmanager', async () => {
    const { integrations, faults } = await load(ALL);
    expect(faults).toEqual([]);
    expect(integrations.map(({ name, sendResolved }) => `${name} ${sendResolved}`)).toEqual([
      'all/webhook/0 true', 'all/slack/0 false', 'all/slack/1 true', 'all/pagerduty/0 true', 'all/email/0 false', 'all/msteams/0 true', 'all/msteamsv2/0 true', 'all/opsgenie/0 true', 'all/telegram/0 true',
    ]);
    for (const { name, receiver, channel } of integrations) expect([channel.name, receiver]).toEqual([name, 'all']);
  });

  it('lead with the title, cause, impact and link of an incident', async () => {
    const { integrations } = await load(ALL);
    for (const { name, render } of integrations) {
      const body = render(testNotification([incident])).replaceAll('\\\\', '');
      if (!name.includes('webhook')) expect([name, body]).toEqual([name, expect.stringMatching(/Open: checkout: errors 0\.2 % (→|&rarr;) 38 %, first in payment/)]);
      expect([name, body]).toEqual([name, expect.stringContaining('its errors rose first')]);
      expect([name, body]).toEqual([name, expect.stringContaining('payment, checkout')]);
      expect([name, body]).toEqual([name, expect.stringContaining('https://f.example/incidents/inc-1')]);
    }
  });

  it('say what is over, and how much of a group still fires', async () => {
    const { integrations } = await load(ALL);
    const [, slack, , pager] = integrations;
    const basket = testAlert({ alertname: 'OrdersFail', service: 'basket', zone: 'b' });
    const subjectOf = (alerts: Parameters<typeof testNotification>[0], groupLabels: Readonly<Record<string, string>> = { alertname: 'OrdersFail' }): string => (JSON.parse(pager?.render(testNotification(alerts, { groupLabels })) ?? '') as { payload: { summary: string } }).payload.summary;
    expect(subjectOf([orders])).toBe('Firing: OrdersFail: Half of <all> orders & more fail');
    expect(subjectOf([over(orders)])).toBe('Resolved: OrdersFail: Half of <all> orders & more fail');
    expect(subjectOf([orders, over(basket)])).toBe('Firing (1, 1 over): OrdersFail');
    expect(subjectOf([over(orders), over(basket)], { alertname: 'OrdersFail', region: 'eu' })).toBe('Resolved (2): OrdersFail (region=eu)');
    const { attachments } = JSON.parse(slack?.render(testNotification([orders])) ?? '') as { attachments: { title: string; text: string; title_link: string }[] };
    expect(attachments[0]).toMatchObject({ title: 'Firing: OrdersFail: Half of &lt;all&gt; orders &amp; more fail', title_link: 'https://f.example' });
    expect(attachments[0]?.text).toContain('Runbook: https://wiki.example/orders?a=1&amp;b=2\nservice=checkout, severity=critical');
    const part = testNotification([{ ...orders, annotations: { ...orders.annotations, incident_link: 'https://f.example/incidents/1' } }]);
    expect(slack?.render(part)).toContain('b=2\\nPart of https://f.example/incidents/1\\nservice=checkout');
  });

  it('name every fault at once with its path, and no value', async () => {
    writeFileSync(join(folder, 'bad.tmpl'), '{{ define "x" }}{{ nope }}{{ end }}');
    writeFileSync(join(folder, 'calls.tmpl'), '{{ define "y" }}{{ template "z" . }}{{ end }}');
    const { faults } = await load(
      `
templates: ['*.tmpl', missing.tmpl]
global: { victorops_api_key: s3cret, smtp_auth_secret: s3cret, http_config: { proxy_url: 'http://s3cret', follow_redirects: true, tls_config: { ca: a, ca_file: b, nonsense: 1 } } }
receivers:
- name: a
  victorops_configs: [{ api_key: s3cret }]
  colour: red
- name: b
  webhook_configs: [{ url: 's3cret' }, { url: 'http://a', url_file: b }, {}, { url: 'http://a', max_alerts: many, http_config: { basic_auth: {}, authorization: {}, oauth2: {} } }]
  slack_configs: [{ title: '{{ .Alerts' }, { text: '{{ template "none" . }}', api_url: 'http://a', blocks: [], actions: [{ type: button, text: x }] }]
  pagerduty_configs: [{ service_key: s3cret }, { routing_key: '{{ .CommonLabels.s3cret }}' }]
  email_configs: [{ to: a@f.example, headers: { Bcc: x }, smarthost: nohost }, { to: a@f.example }]
  opsgenie_configs: [{ responders: [{ type: nobody, name: a }] }]
  telegram_configs: [{ bot_token: a, parse_mode: html5 }]
- name: b
`,
      folder,
    );
    const text = faults.join('\n');
    for (const fault of [
      `${join(folder, 'bad.tmpl')}: function "nope" not defined`, `${join(folder, 'calls.tmpl')}: template "z" is not defined`, `${join(folder, 'missing.tmpl')}: ENOENT`,
      'global.victorops_api_key: this key is not supported', 'global.smtp_auth_secret: is not supported', 'global.http_config.proxy_url: is not supported', 'global.http_config.follow_redirects: is not supported', 'global.http_config.tls_config.nonsense: this key is not supported',
      'receivers[0].victorops_configs: this integration is not supported; there are webhook, slack,', 'receivers[0].colour: this key is not supported',
      'receivers[1].webhook_configs[0].url: expected an http', 'receivers[1].webhook_configs[1]: give only one of url and url_file', 'receivers[1].webhook_configs[2]: give url or url_file', 'receivers[1].webhook_configs[3].max_alerts: expected a whole number', 'receivers[1].webhook_configs[3].http_config.oauth2: is not supported',
      'receivers[1].slack_configs[0]: give api_url or api_url_file', 'receivers[1].slack_configs[0].title: unclosed action', 'receivers[1].slack_configs[1].blocks: this key is not supported', 'receivers[1].slack_configs[1].actions[0]: give url or name',
      'receivers[1].pagerduty_configs[0].service_key: is not supported', 'receivers[1].pagerduty_configs[1].routing_key: a template in a secret',
      'receivers[1].email_configs[0].smarthost: expected host:port', 'receivers[1].email_configs[1].smarthost: give smarthost', 'receivers[1].opsgenie_configs[0].responders[0]: type is', 'receivers[1].telegram_configs[0].parse_mode: ', 'receivers[2].name: "b" is there twice',
    ]) expect(text).toContain(fault);
    expect(text).not.toContain('s3cret');
  });

  it('take templates of files over the built-in ones, and go on when one fails', async () => {
    writeFileSync(join(folder, 'own.tmpl.ok'), '{{ define "__subject" }}own {{ .Status }}{{ end }}{{ define "team.text" }}{{ range .Alerts }}{{ .Labels.service }}<{{ end }}{{ end }}');
    const slack = await only(`
templates: ['own.tmpl.*']
receivers:
- name: a
  slack_configs:
  - { api_url: 'http://127.0.0.1:1', text: '{{ template "team.text" . }}', pretext: '{{ (index .Alerts 5).Labels.x }}', color: '{{ .None }}', title: '' }
`, folder);
    const { attachments } = JSON.parse(slack.render(testNotification())) as { attachments: Record<string, unknown>[] };
    expect(attachments[0]).toMatchObject({ text: 'checkout<', fallback: 'own firing | https://f.example', pretext: '[the template of pretext failed: error calling index: index out of range: 5] own firing' });
    expect(attachments[0]).not.toHaveProperty('color');
    expect(attachments[0]).not.toHaveProperty('title');
  });

  it('keep to what a service takes', async () => {
    const { integrations } = await load(ALL);
    const many = Array.from({ length: 3000 }, (_, index) => testAlert({ alertname: 'OrdersFail', service: `svc-${index}` }, { summary: `<&>${'ü'.repeat(100)}` }));
    const bodies = new Map(integrations.map(({ name, render }) => [name.split('/')[1], render(testNotification(many))]));
    expect(Buffer.byteLength(bodies.get('msteams') ?? '')).toBeLessThan(28_000);
    expect(Buffer.byteLength(bodies.get('msteamsv2') ?? '')).toBeLessThan(28_000);
    expect(Buffer.byteLength(bodies.get('pagerduty') ?? '')).toBeLessThan(512_000);
    expect(JSON.parse(bodies.get('pagerduty') ?? '')).toMatchObject({ payload: { custom_details: { error: expect.stringContaining('left out') } } });
    const { text } = JSON.parse(bodies.get('telegram') ?? '') as { text: string };
    expect(Array.from(text.replace(/<[^>]*>/g, '').replace(/&[#\w]+;/g, 'x')).length).toBeLessThanOrEqual(4096);
    expect(text.match(/<b>/g)?.length).toBe(text.match(/<\/b>/g)?.length);
    const { attachments } = JSON.parse(bodies.get('slack') ?? '') as { attachments: { text: string }[] };
    expect(Array.from(attachments[0]?.text ?? '').length).toBeLessThanOrEqual(40_000);
    const { body } = JSON.parse(bodies.get('opsgenie') ?? '') as { body: { message: string; description: string } };
    expect([Array.from(body.message).length <= 130, Array.from(body.description).length <= 15_000]).toEqual([true, true]);
  });
});
