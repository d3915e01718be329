import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import type { Anomaly, Incident } from './types.js';

/** Where it listens now: a free port of this machine. */
export async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

/** The share of requests of payment that fail: it rose, and stays so. */
export function testAnomaly(change: Partial<Anomaly> = {}): Anomaly {
  const series = { id: '00000000000000aa', kind: 'errors', service: 'payment', operation: '', metric: 'error_ratio', unit: '1', labels: {} } as const;
  const startsAt = change.startsAt ?? AT;
  return { id: 'a1', series, startsAt, endsAt: null, peakAt: startsAt + 15_000, updatedAt: startsAt + 30_000, value: 0.38, expected: 0.002, lower: 0, upper: 0.01, score: 41, direction: 'up', points: 3, contributions: [], ...change };
}

/** Open, for that share. */
export function testIncident(change: Partial<Incident> = {}): Incident {
  return {
    id: 'inc-1', status: 'open', severity: 'critical', title: 'checkout: errors 0.2 % → 38 %, first in payment', summary: 'Probably payment, since 03:04:05 UTC.',
    startsAt: AT, openedAt: AT + 30_000, updatedAt: AT + 30_000, endsAt: null, acknowledgedAt: null, acknowledgedBy: '',
    causes: [{ service: 'payment', confidence: 0.8, reason: 'its errors rose first.', onsetAt: AT }], services: ['payment', 'checkout'],
    evidence: [testAnomaly()], differences: [], traces: ['0af7651916cd43dd8448eb211c80319c'], timeline: [], notes: [], ...change,
  };
}
