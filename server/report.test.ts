import { expect, it } from 'vitest';
import type { Incident } from '#core/types.js';
import { incidentReport } from './report.js';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);
const series = { id: 's', kind: 'errors', service: 'payment', operation: '', metric: 'error_ratio', unit: '1', labels: {} } as const;
const incident: Incident = {
  id: 'one', status: 'resolved', severity: 'critical', title: 'checkout: errors 0 % → 38 %, first in payment', summary: 'Probably payment.', startsAt: AT, openedAt: AT, updatedAt: AT, endsAt: AT + 720_000,
  acknowledgedAt: AT, acknowledgedBy: 'Ada', causes: [{ service: 'payment', confidence: 0.84, reason: 'First to change.', onsetAt: AT }], services: ['payment', 'checkout'],
  evidence: [{ id: 'a', series, startsAt: AT, endsAt: AT + 60_000, peakAt: AT, updatedAt: AT, value: 0.38, expected: 0.002, lower: 0, upper: 0.01, score: 9, direction: 'up', points: 4, contributions: [] }],
  differences: [{ key: 'card.brand', value: 'visa', badShare: 0.97, goodShare: 0.31 }], traces: ['0af7651916cd43dd8448eb211c80319c'],
  timeline: [{ at: AT, kind: 'deploy', service: 'payment', text: 'Version 2.1.0 appeared' }], notes: [{ at: AT, author: 'Ada', text: 'rolled back <script>' }],
};

it('says in Markdown what happened, why, and where to look', () => {
  const report = incidentReport(incident, 'http://localhost:8080');
  expect(report).toContain('# checkout: errors 0 % → 38 %, first in payment\n\ncritical · resolved · since 2026-01-02 03:04:05 UTC until 2026-01-02 03:16:05 UTC (12 min) · acknowledged by Ada');
  expect(report).toContain('1. **payment** (84 %): First to change.');
  expect(report).toContain('- `card.brand = visa`: 97 % of the bad, 31 % of the good');
  expect(report).toContain('payment errors: 38 %, expected 0.2 % (0 % to 1 %)');
  expect(report).toContain('http://localhost:8080/traces/0af7651916cd43dd8448eb211c80319c');
});

it('lets nothing in telemetry become markup', () => {
  expect(incidentReport(incident, '')).toContain('rolled back \\<script\\>');
});
