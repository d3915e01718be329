import { z } from 'zod';
import { readUrl } from '../../secret.js';
import type { Notification } from '../../routing/notification.js';
import { goRfc3339 } from '../../template/go-time-format.js';
import { ZERO_TIME } from '../../template/go-time.js';
import { optional } from '../../yaml.js';
import { quoteMeta } from '../data.js';
import { httpConfig, httpExtras, resolved } from '../http-config.js';
import type { Build } from '../kind.js';
import { createPostingChannel } from '../posting.js';
import { file, flag, milliseconds, oneOf, secretAddress, whole } from '../scalars.js';

export const webhookConfig = z
  .strictObject({ send_resolved: flag, url: optional(secretAddress), url_file: file, max_alerts: optional(whole.pipe(z.number().min(0, 'expected 0 or more'))), timeout: optional(milliseconds), http_config: optional(httpConfig) })
  .superRefine(oneOf('url', 'url_file'))
  .refine(({ url, url_file: from }) => url !== undefined || from !== undefined, 'give url or url_file');

/** The body of version 4: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
export function webhookBody({ receiver, status, groupKey, groupLabels, commonLabels, commonAnnotations, externalURL, alerts, truncatedAlerts }: Notification, maxAlerts: number): string {
  const shown = maxAlerts > 0 ? alerts.slice(0, maxAlerts) : alerts;
  return JSON.stringify({
    receiver: quoteMeta(receiver),
    status,
    alerts: shown.map(({ labels, annotations, startsAt, endsAt, generatorURL, fingerprint }) => ({
      status: endsAt === null ? 'firing' : 'resolved', labels, annotations, startsAt: goRfc3339(startsAt), endsAt: goRfc3339(endsAt ?? ZERO_TIME), generatorURL, fingerprint,
    })),
    groupLabels, commonLabels, commonAnnotations, externalURL,
    version: '4', groupKey,
    truncatedAlerts: truncatedAlerts + alerts.length - shown.length,
  });
}

export const buildWebhook: Build<z.output<typeof webhookConfig>> = (config, { name, receiver, global, resolve }) => {
  const http = config.http_config ?? global.http_config;
  return {
    name, receiver,
    sendResolved: config.send_resolved ?? true,
    render: (notification) => webhookBody(notification, config.max_alerts ?? 0),
    channel: createPostingChannel({
      name,
      prepare: async () => ({ url: await readUrl(config.url, resolved(config.url_file, resolve)), ...(await httpExtras(http, resolve)) }),
      requests: (body, to) => [{ ...to, body, ...(config.timeout ? { timeoutMs: config.timeout } : {}) }],
    }),
  };
};
