import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { testAnomaly, testIncident } from '#core/testing.js';
import type { Incident } from '#core/types.js';
import type { RuleAlert } from '../../rules/rule-alert.js';
import { alertBody } from './alert-body.js';
import { webhookBody } from './body.js';
import { signatureHeaders } from './sign.js';

const docs = readFileSync(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8');
const snippet = (language: string): string => new RegExp(`\`\`\`${language}\n([^]*?)\n\`\`\``).exec(docs)?.[1] ?? '';
const folder = mkdtempSync(join(tmpdir(), 'faultline-webhook-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const body = '{"title":"errors 0.2 % → 38 %"}';
const now = Math.floor(Date.now() / 1000);
const signed = signatureHeaders({ id: 'msg_1', timestamp: now, body }, secret);
/** Each is headers, body and whether it is ours. */
const cases: readonly [Record<string, string>, string, boolean][] = [
  [signed, body, true],
  [{ ...signed, 'webhook-signature': `v1,AAAA ${signed['webhook-signature']}` }, body, true],
  [signed, `${body} `, false],
  [{ ...signed, 'webhook-id': 'msg_2' }, body, false],
  [signatureHeaders({ id: 'msg_1', timestamp: now - 3600, body }, secret), body, false],
  [signatureHeaders({ id: 'msg_1', timestamp: now, body }, undefined), body, false],
];

describe('a webhook', () => {
  it('is signed as the specification\'s own example', () => {
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    const example = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' };
    expect(signatureHeaders(example, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('is verified by the Node code in the documentation', async () => {
    const path = join(folder, 'verify.mjs');
    writeFileSync(path, snippet('js'));
    const { verify } = (await import(pathToFileURL(path).href)) as { verify: (secret: string, headers: Record<string, string>, body: string) => boolean };
    expect(cases.map(([headers, text]) => verify(secret, headers, text))).toEqual(cases.map(([, , ours]) => ours));
  });

  it.skipIf(spawnSync('python3', ['--version']).status !== 0)('is verified by the Python code in the documentation', () => {
    const run = `${snippet('python')}\nimport json, sys\nprint(json.dumps([verify(sys.argv[1], headers, text.encode()) for headers, text, _ in json.loads(sys.argv[2])]))`;
    const printed = execFileSync('python3', ['-c', run, secret, JSON.stringify(cases)], { encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual(cases.map(([, , ours]) => ours));
  });

  it('has the body that the documentation shows', () => {
    const differences = [{ key: 'service.version', value: '2.4.1', badShare: 0.97, goodShare: 0.1 }];
    const people: Partial<Incident> = {
      firstCheck: 'Read what the failed requests of payment have in common, then its newest error logs.',
      impact: { requests: 8300, failed: 1240, answered: 60, slow: 310, people: { attribute: 'user.id', count: 412 }, from: Date.UTC(2026, 0, 2, 3, 4, 5), to: Date.UTC(2026, 0, 2, 3, 4, 35) },
    };
    const incident = testIncident({ id: '4f6c1e0a-…', summary: 'Probably payment, since 03:04:05 UTC. …', evidence: [testAnomaly()], differences, ...people });
    const made: unknown = JSON.parse(webhookBody({ type: 'opened', incident, url: 'https://faultline.example.com/incidents/4f6c1e0a-…', at: incident.openedAt }));
    expect(made).toEqual(JSON.parse(snippet('json')));
  });

  it('has the body that the documentation shows for an alert of a rule', () => {
    const at = Date.UTC(2026, 0, 2, 3, 4, 5);
    const alert: RuleAlert = {
      fingerprint: '9f2b6f8e7c1d3a40', name: 'OrdersFail', severity: 'critical', labels: { alertname: 'OrdersFail', job: 'shop', severity: 'page' }, annotations: { summary: 'Shop: 50% of orders fail' }, value: 0.5,
      query: 'job:orders_failed:ratio_rate5m > 0.1', activeAt: at - 180_000, firedAt: at, resolvedAt: null, generatorUrl: 'https://faultline.example.com/graph?g0.expr=job%3Aorders_failed%3Aratio_rate5m+%3E+0.1&g0.tab=1',
    };
    const [, text = ''] = /## Alerts of rules[^]*?```json\n([^]*?)\n```/.exec(docs) ?? [];
    expect(JSON.parse(alertBody({ type: 'opened', alert, at: at + 30_000 }))).toEqual(JSON.parse(text));
    expect(JSON.parse(alertBody({ type: 'resolved', alert: { ...alert, value: Number.NaN, resolvedAt: at + 60_000 }, at }))).toMatchObject({ type: 'alert.resolved', alert: { status: 'resolved', value: null, endsAt: '2026-01-02T03:05:05.000Z' } });
  });
});
