import { expect, it } from 'vitest';
import { testAnomaly } from '#core/testing.js';
import type { Incident } from '#core/types.js';
import { incidentReport } from './report.js';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);
const series = { id: 's', kind: 'errors', service: 'payment', operation: '', metric: 'error_ratio', unit: '1', labels: {} } as const;
const incident: Incident = {
  id: 'one', status: 'resolved', severity: 'critical', title: 'checkout: errors 0 % → 38 %, first in payment', summary: 'Probably payment.', startsAt: AT, openedAt: AT, updatedAt: AT, endsAt: AT + 720_000,
  acknowledgedAt: AT, acknowledgedBy: 'Ada', causes: [{ service: 'payment', confidence: 0.84, reason: 'First to change.', onsetAt: AT }], services: ['payment', 'checkout'],
  evidence: [testAnomaly({ id: 'a', series, startsAt: AT, endsAt: AT + 60_000, peakAt: AT, updatedAt: AT, score: 9, points: 4 })],
  differences: [{ key: 'card.brand', value: 'visa', badShare: 0.97, goodShare: 0.31 }], traces: ['0af7651916cd43dd8448eb211c80319c'],
  timeline: [{ at: AT, kind: 'deploy', service: 'payment', text: 'Version 2.1.0 appeared' }], notes: [{ at: AT, author: 'Ada', text: 'rolled back <script>' }],
};

it('says in Markdown what happened, why, and where to look', () => {
  const report = incidentReport(incident, 'http://localhost:8080');
  expect(report).toContain('# checkout: errors 0 % → 38 %, first in payment\n\ncritical · resolved · since 2026-01-02 03:04:05 UTC until 2026-01-02 03:16:05 UTC (12 min) · acknowledged by Ada');
  expect(report).toContain('1. **[payment](http://localhost:8080/services/payment?from=1767322145000&to=1767324065000)** (84 %): First to change.');
  expect(report).toContain('- `card.brand = visa`: 97 % of the bad, 31 % of the good');
  expect(report).toContain('to 2026-01-02 03:05:05 UTC: [payment errors: 38 %, expected 0.2 % (0 % to 1 %)](http://localhost:8080/services/payment?');
  expect(report).toContain('http://localhost:8080/traces/0af7651916cd43dd8448eb211c80319c');
});

it('leads to each series, and does not say that what is over goes on', () => {
  const [one] = incident.evidence;
  const heap = { id: 'h', kind: 'metric', service: 'cart', operation: '', metric: 'heap_used', unit: 'By', labels: {} } as const;
  const alert = { ...heap, metric: 'Down', unit: '', labels: { alertname: 'Down' } };
  const evidence = [heap, alert, { ...heap, kind: 'logs' as const }].flatMap((shown) => (one ? [{ ...one, series: shown, endsAt: null, updatedAt: AT + 30_000, value: 2048, expected: 1024, lower: -512, upper: 1536 }] : []));
  const report = incidentReport({ ...incident, evidence }, 'http://f');
  expect(report).toContain('- 2026-01-02 03:04:05 UTC to 2026-01-02 03:04:35 UTC at least: [cart heap\\_used: 2 KiB, expected 1 KiB (0 B to 1.5 KiB)](http://f/metrics?name=heap_used&service=cart&from=');
  expect(report).toContain('](http://f/alerts)');
  expect(incidentReport({ ...incident, services: ['..', 'a.b'] }, 'http://f')).toMatch(/\(http:\/\/f\/services\/~\.\.\?from=.*\(http:\/\/f\/services\/a\.b\?from=/s);
  expect(report).toContain('](http://f/logs?service=cart&from=');
  expect(incidentReport({ ...incident, endsAt: null, evidence }, 'http://f')).toContain('UTC to now: [cart heap');
});

it('says what flagged the evidence, and what came of the last like it', () => {
  const evidence = incident.evidence.map((one) => ({ ...one, contributions: [{ detector: 'model', score: 9.13, model: { version: 2, sha256: 'ab12cd34ef' } }, { detector: 'usual at this hour', score: 3 }] }));
  const past = { id: 'p', startsAt: AT - 86_400_000, endsAt: AT, score: 4.12, value: 0.41, expected: 0, times: 4, incident: { id: 'two', title: 'payment: errors' }, verdict: 'noise' } as const;
  const report = incidentReport({ ...incident, evidence }, 'http://f', undefined, { a: past });
  expect(report).toContain('  - score: model 9.1 (model version 2, sha256 ab12cd34), usual at this hour 3\n  - last like this: 2026-01-01 03:04:05 UTC, 41 %, score 4.1, judged noise, in [payment: errors](http://f/incidents/two); 4 times before');
});

it('leads to the runbook of an alert', () => {
  const evidence = incident.evidence.map((one) => ({ ...one, alert: { summary: 'Half of <all> orders fail', runbook: 'https://wiki.example/orders_(new)', expression: 'http://prometheus/graph?g0.expr=up' } }));
  expect(incidentReport({ ...incident, evidence }, 'http://f')).toContain('\n  - says: Half of \\<all\\> orders fail · [runbook](https://wiki.example/orders_%28new%29) · [expression](http://prometheus/graph?g0.expr=up)');
  expect(incidentReport({ ...incident, evidence: incident.evidence.map((one) => ({ ...one, alert: { summary: '', runbook: '', expression: '' } })) }, 'http://f')).not.toContain('says:');
});

it('lets nothing in telemetry become markup', () => {
  expect(incidentReport(incident, '')).toContain('rolled back \\<script\\>');
  const shares = { badShare: 1, goodShare: 0 };
  const report = incidentReport({
    ...incident, summary: 'see https://evil.example or www.evil.example', services: ['cart)](http://evil.example'],
    differences: [{ key: 'url', value: '`x` [y](http://evil.example)\n\n# Heading ``', ...shares, alike: [{ key: 'q`', value: `${'a'.repeat(300)}` }] }],
    impact: { requests: 10, failed: 5, slow: 1, from: AT, to: AT, people: { attribute: 'user\n# id', count: 3 } },
  } as Incident, 'http://f');
  expect(report).toContain('see https\\://evil.example or www\\.evil.example');
  expect(report).toContain('[cart)\\](http\\://evil.example](http://f/services/cart%29%5D%28http%3A%2F%2Fevil.example?from=');
  expect(report).toContain(`- \`\`\` url = \`x\` [y](http://evil.example) # Heading \`\` \`\`\`, \`\`q\` = ${'a'.repeat(195)}…\`\`: 100 % of the bad`);
  expect(report).toContain('- different `user # id` behind them: 3');
});
