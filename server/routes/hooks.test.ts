import { createServer, type Server } from 'node:http';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { IncomingAlert } from '#core/alert-hook.js';
import { listening } from '#core/testing.js';
import { hasAlertmanager, startAlertmanager, type RunningAlertmanager } from '../../test/alertmanager.js';
import type { ServerContext } from '../context.js';
import { registerRoutes } from '../route.js';
import { hookRoutes } from './hooks.js';

describe.skipIf(!hasAlertmanager)('the webhook of a real Alertmanager', () => {
  const taken: IncomingAlert[] = [];
  let refusals = 1;
  let server: Server;
  let alertmanager: RunningAlertmanager;
  beforeAll(async () => {
    const app = express().use(express.json());
    const hook: ServerContext['hook'] = {
      async take(alerts) {
        if ((refusals -= 1) >= 0) throw new Error('not stored');
        taken.push(...alerts);
        return { accepted: alerts.length, ignored: 0 };
      },
    };
    registerRoutes(app, hookRoutes({ hook } as ServerContext), () => undefined);
    server = createServer(app);
    const url = `${await listening(server)}/api/v1/hooks/alertmanager`;
    alertmanager = await startAlertmanager(`route: { receiver: faultline, group_by: [alertname], group_wait: 100ms, group_interval: 500ms }\nreceivers: [{ name: faultline, webhook_configs: [{ url: '${url}', send_resolved: true }] }]\n`);
  });
  afterAll(async () => {
    await alertmanager.stop();
    server.close();
  });

  it('is understood, when an alert fires and when it is over; one that was not stored comes again', async () => {
    const startsAt = new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000).toISOString();
    const alert = { labels: { alertname: 'Down', job: 'shop' }, annotations: { summary: 'shop is down' }, startsAt, generatorURL: 'http://prometheus.example/graph' };
    const tell = (more: object): Promise<Response> => fetch(`${alertmanager.url}/api/v2/alerts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify([{ ...alert, ...more }]) });
    await tell({});
    await vi.waitFor(() => expect(taken).toEqual([{ ...alert, status: 'firing', startsAt: Date.parse(startsAt), endsAt: null, until: null }]), { timeout: 30_000 });
    expect(refusals).toBeLessThan(0);
    const endsAt = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
    await tell({ endsAt });
    await vi.waitFor(() => expect(taken.at(-1)).toEqual({ ...alert, status: 'resolved', startsAt: Date.parse(startsAt), endsAt: Date.parse(endsAt), until: null }), { timeout: 30_000 });
  });
});
