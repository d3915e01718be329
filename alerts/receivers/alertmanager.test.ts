import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Labels } from '#core/types.js';
import { hasAlertmanager, startAlertmanager } from '../../test/alertmanager.js';
import { hasMailServer, startMailServer } from '../../test/mail-server.js';
import type { Notification } from '../routing/notification.js';
import { openTestReceiver } from '../testing.js';
import type { Mail } from './email/smtp.js';
import { load } from './testing.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-differential-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TEMPLATES = `
{{ define "team.list" }}{{ range $i, $a := . }}{{ if $i }}; {{ end }}{{ $a.Labels.service | toUpper }} {{ range $a.Labels.SortedPairs }}{{ .Name }}={{ .Value | title }},{{ end }} {{ $a.StartsAt.Format "2006-01-02T15:04:05.000Z07:00 Mon Jan _2" }}{{ end }}{{ end }}
{{ define "team.title" -}} [{{ .Status | toUpper }}:{{ .Alerts.Firing | len }}] {{ .GroupLabels.SortedPairs.Values | join " " }} {{ with .CommonLabels.Remove .GroupLabels.Names }}({{ .Values | join "," }}){{ end -}} {{ end }}
{{ define "team.html" }}<b title="{{ .CommonAnnotations.summary }}">{{ template "team.title" . }}</b> <a href="{{ .CommonAnnotations.link }}">x</a> <a href="https://w/?q={{ .CommonAnnotations.summary }}">{{ .CommonAnnotations.summary }}</a>{{ safeHtml "<i>s</i>" }}<a href="{{ .CommonAnnotations.bad }}">y</a>{{ end }}
`;

/** As one file for both. */
const config = (url: string, smtpPort: number): string => `
global: { smtp_smarthost: '127.0.0.1:${smtpPort}', smtp_from: 'a@f.example', smtp_require_tls: false, slack_api_url: '${url}/slack', opsgenie_api_key: k, opsgenie_api_url: '${url}/opsgenie/' }
templates: ['${folder}/*.tmpl']
route: { receiver: team.x, group_by: [alertname], group_wait: 100ms, group_interval: 1s }
receivers:
- name: team.x
  webhook_configs: [{ url: '${url}/webhook' }]
  slack_configs:
  - title: '{{ template "team.title" . }}'
    text: '{{ template "team.list" .Alerts }}{{ reReplaceAll "(a+)" "<$1>" "baab" }}{{ if match "^C" "checkout" }}no{{ else }}yes{{ end }}'
    title_link: '{{ .ExternalURL | urlquery }}'
    fallback: '{{ .Receiver }} {{ printf "%q %5.1f %v" .Status 1.25 (len .Alerts) }}'
    username: u
    fields: [{ title: a, value: '{{ index .CommonLabels "alertname" }}' }]
    actions: [{ type: button, text: go, url: '{{ (index .Alerts 0).GeneratorURL }}' }]
  pagerduty_configs:
  - { url: '${url}/pagerduty', routing_key: k, client: c, client_url: 'http://c', description: '{{ template "team.title" . }}', severity: warning, class: '{{ len .CommonLabels }}', details: { firing: '{{ template "team.list" .Alerts.Firing }}', resolved: '-', odd: '{{ $x := "a" }}{{ range .Alerts }}{{ $x = .Labels.service }}{{ end }}{{ $x }}{{- /* c */ -}} !' } }
  opsgenie_configs: [{ message: '{{ template "team.title" . }}', description: d, source: s, tags: 'a,b', priority: P2, details: { d: '{{ .Status }}' }, responders: [{ type: team, name: sre }] }]
  telegram_configs: [{ api_url: '${url}/telegram', bot_token: '1:a', chat_id: 7, message: '{{ template "team.html" . }}', parse_mode: HTML }]
  email_configs: [{ to: b@f.example, html: '<p>{{ template "team.html" . }}</p>', headers: { Subject: '{{ template "team.title" . }}' } }]
`;

interface WebhookBody {
  receiver: string;
  status: 'firing';
  groupKey: string;
  groupLabels: Labels;
  commonLabels: Labels;
  commonAnnotations: Labels;
  externalURL: string;
  alerts: { labels: Labels; annotations: Labels; startsAt: string; generatorURL: string; fingerprint: string }[];
}

const notificationOf = ({ alerts, ...body }: WebhookBody): Notification => ({
  ...body, receiver: body.receiver.replaceAll('\\', ''), truncatedAlerts: 0,
  alerts: alerts.map(({ startsAt, ...alert }) => ({ ...alert, startsAt: Date.parse(startsAt), endsAt: null, updatedAt: Date.parse(startsAt) })),
});

describe.skipIf(!hasAlertmanager || !hasMailServer)('beside the real Alertmanager', () => {
  it('the same file and alerts make the same messages', async () => {
    writeFileSync(join(folder, 'team.tmpl'), TEMPLATES);
    const [server, mail] = await Promise.all([openTestReceiver(), startMailServer()]);
    server.answer((response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true,"result":{"message_id":1,"chat":{"id":7}}}'));
    const yaml = config(server.url, mail.port);
    const alertmanager = await startAlertmanager(yaml);
    try {
      const annotations = { summary: `a "b" <c> & d's + 1 %`, link: 'https://f.example/x y?a=1&b=(2)', bad: 'javascript:alert(1)' };
      const alerts = ['checkout', 'BASKET one-two'].map((service) => ({ labels: { alertname: 'OrdersFail', service, zone: 'eu-1' }, annotations, startsAt: '2026-01-02T03:04:05.120Z', endsAt: new Date(Date.now() + 3_600_000).toISOString(), generatorURL: 'http://p/graph?g0.expr=up&x=1' }));
      expect((await fetch(`${alertmanager.url}/api/v2/alerts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(alerts) })).status).toBe(200);
      const theirs = (path: string): unknown => JSON.parse(server.requests.find((request) => request.path.startsWith(path))?.body ?? 'null');
      await vi.waitFor(() => {
        for (const path of ['/webhook', '/slack', '/pagerduty', '/opsgenie', '/telegram']) expect([path, theirs(path)]).not.toEqual([path, null]);
        expect(mail.mails).toHaveLength(1);
      }, { timeout: 30_000, interval: 50 });
      const parts = yaml.split('\n').filter((line) => !line.startsWith('route:')).join('\n');
      const { integrations, faults } = await load(parts, folder);
      expect(faults).toEqual([]);
      const notification = notificationOf(theirs('/webhook') as WebhookBody);
      const ours = new Map(integrations.map(({ name, render }) => [name.split('/')[1] ?? '', JSON.parse(render(notification)) as Record<string, unknown>]));
      expect(ours.get('webhook')).toEqual(theirs('/webhook'));
      expect(ours.get('slack')).toEqual(theirs('/slack'));
      expect({ routing_key: 'k', ...ours.get('pagerduty') }).toEqual(theirs('/pagerduty'));
      expect(ours.get('opsgenie')?.['body']).toEqual(theirs('/opsgenie'));
      expect(ours.get('telegram')?.['text']).toBe((theirs('/telegram') as { text: string }).text);
      const own = ours.get('email') as unknown as Mail;
      expect({ subject: own.subject, html: own.html }).toEqual({ subject: mail.mails[0]?.headers['subject']?.trim(), html: mail.mails[0]?.parts[0]?.text.replaceAll('\r\n', '\n').replace(/\n$/, '') });
    } finally {
      await Promise.all([alertmanager.stop(), mail.stop(), server.close()]);
    }
  });
});
