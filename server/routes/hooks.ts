import { z } from 'zod';
import type { IncomingAlert } from '#core/alert-hook.js';
import type { Labels, UnixMs } from '#core/types.js';
import type { ServerContext } from '../context.js';
import { isoTime } from '../range.js';
import { defineRoute, type Route } from '../route.js';

const MAX_ALERTS = 10_000;
const labels = z.record(z.string(), z.string());

const alert = z.object({
  status: z.enum(['firing', 'resolved']), labels: labels.refine((given) => Object.keys(given).length > 0, 'an alert needs labels'), annotations: labels.nullish(), startsAt: isoTime, endsAt: isoTime.nullish(), generatorURL: z.string().nullish(),
});
/** Keys that are not named here are the sender's own: Grafana has several. */
const body = z
  .object({
    version: z.enum(['4', '1'], { error: 'expected the webhook body of Alertmanager, version 4, or of Grafana' }).describe('4; Grafana says 1.'),
    orgId: z.unknown().optional().describe('Only Grafana sends it.'),
    status: z.enum(['firing', 'resolved']),
    receiver: z.string(),
    groupKey: z.string(),
    alerts: z.array(alert).min(1).max(MAX_ALERTS),
    truncatedAlerts: z.number().nullish().describe('How many the sender left out by its `max_alerts`.'),
  })
  .refine(({ version, orgId }) => version === '4' || orgId !== undefined, { error: 'expected version 4', path: ['version'] });

/** Alerts of others. */
export function hookRoutes(context: ServerContext): Route[] {
  return [
    defineRoute({
      method: 'post', path: '/api/v1/hooks/alertmanager', summary: 'Alerts of an Alertmanager or Grafana, as their webhooks send them (version 4)', body,
      handle: ({ body: given }) => context.hook.take(given.alerts.map((one): IncomingAlert => ({
        status: one.status, labels: one.labels, annotations: (one.annotations ?? {}) satisfies Labels, startsAt: one.startsAt, endsAt: over(one.status, one.endsAt), until: null, generatorURL: one.generatorURL ?? '',
      }))),
    }),
  ];
}

/** Go's zero time, in the year 1, stands for no end. */
function over(status: IncomingAlert['status'], endsAt: UnixMs | null | undefined): UnixMs | null {
  return status === 'firing' || !endsAt || endsAt <= 0 ? null : endsAt;
}
