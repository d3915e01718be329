import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AlertHook } from '#core/alert-hook.js';
import type { Anomaly, Incident } from '#core/types.js';

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver on a real port of this machine that answers as the test says. */
export interface TestReceiver {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  answer(how: (response: ServerResponse) => void): void;
  close(): Promise<void>;
}

export async function openTestReceiver(): Promise<TestReceiver> {
  const requests: ReceivedRequest[] = [];
  let how = (response: ServerResponse): void => void response.writeHead(204).end();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      how(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (next) => void (how = next),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Alerts that become evidence of nothing. */
export const noEvidence: AlertHook = { take: async (alerts) => ({ accepted: 0, ignored: alerts.length }) };

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

export function testAnomaly(change: Partial<Anomaly> = {}): Anomaly {
  const series = { id: '00000000000000aa', kind: 'errors', service: 'payment', operation: '', metric: 'error_ratio', unit: '1', labels: {} } as const;
  return { id: 'a1', series, startsAt: AT, endsAt: null, peakAt: AT + 15_000, updatedAt: AT + 30_000, value: 0.38, expected: 0.002, lower: 0, upper: 0.01, score: 41, direction: 'up', points: 3, contributions: [], ...change };
}

export function testIncident(change: Partial<Incident> = {}): Incident {
  return {
    id: 'inc-1', status: 'open', severity: 'critical', title: 'checkout: errors 0.2 % → 38 %, first in payment', summary: 'Probably payment, since 03:04:05 UTC.',
    startsAt: AT, openedAt: AT + 30_000, updatedAt: AT + 30_000, endsAt: null, acknowledgedAt: null, acknowledgedBy: '',
    causes: [{ service: 'payment', confidence: 0.8, reason: 'its errors rose first.', onsetAt: AT }], services: ['payment', 'checkout'],
    evidence: [testAnomaly()], differences: [], traces: ['0af7651916cd43dd8448eb211c80319c'], timeline: [], notes: [], ...change,
  };
}
