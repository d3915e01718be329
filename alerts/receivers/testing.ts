import { parse } from 'yaml';
import type { Labels } from '#core/types.js';
import { alertsConfig } from '../config.js';
import type { Message, OwnChannel } from '../notify/receiver.js';
import { createPost } from '../outbox/post.js';
import type { Verdict } from '../outbox/verdict.js';
import type { Integration, Notification, RoutedAlert } from '../routing/notification.js';
import { loadReceivers, type LoadedReceivers } from './load-receivers.js';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

export function testAlert(labels: Labels, annotations: Labels = {}, change: Partial<RoutedAlert> = {}): RoutedAlert {
  return { labels, annotations, startsAt: AT, endsAt: null, updatedAt: AT, generatorURL: 'https://f.example/graph?g0.expr=up&g0.tab=1', fingerprint: '00000000000000aa', ...change };
}

export const orders = testAlert({ alertname: 'OrdersFail', service: 'checkout', severity: 'critical' }, { summary: 'Half of <all> orders & more fail', runbook_url: 'https://wiki.example/orders?a=1&b=2' });
export const incident = testAlert(
  { alertname: 'FaultlineIncident', service: 'payment', severity: 'critical', incident: 'inc-1', source: 'faultline' },
  { title: 'checkout: errors 0.2 % → 38 %, first in payment', summary: 'Probably payment, since 03:04:05 UTC.', cause: 'payment (80 %): its errors rose first', impact: 'payment, checkout', link: 'https://f.example/incidents/inc-1' },
);

const common = (all: readonly Labels[]): Labels => Object.fromEntries(Object.entries(all[0] ?? {}).filter(([name, value]) => all.every((one) => one[name] === value)));

export function testNotification(alerts: readonly RoutedAlert[] = [orders], change: Partial<Notification> = {}): Notification {
  return {
    receiver: 'team.x', status: alerts.some(({ endsAt }) => endsAt === null) ? 'firing' : 'resolved', groupKey: '{}:{alertname="OrdersFail"}', groupLabels: { alertname: alerts[0]?.labels['alertname'] ?? '' },
    commonLabels: common(alerts.map(({ labels }) => labels)), commonAnnotations: common(alerts.map(({ annotations }) => annotations)), externalURL: 'https://f.example', alerts, truncatedAlerts: 0, ...change,
  };
}

export const over = (alert: RoutedAlert): RoutedAlert => ({ ...alert, endsAt: AT + 60_000 });

export function load(yaml: string, baseDir = '/nowhere'): Promise<LoadedReceivers> {
  // As the file of routing is read: every scalar as the text it is.
  return loadReceivers(parse(yaml, { schema: 'failsafe' }) as object, baseDir);
}

/** The only integration of a receiver. Throws when there are faults. */
export async function only(yaml: string, baseDir?: string): Promise<Integration & { readonly channel: OwnChannel }> {
  const { integrations, faults } = await load(yaml, baseDir);
  const [one] = integrations;
  if (faults.length > 0 || !one || !('deliver' in one.channel)) throw new Error(faults.join('\n') || 'no integration');
  return { ...one, channel: one.channel };
}

/** One attempt with a real connection. */
export function deliver({ channel }: { readonly channel: OwnChannel }, message: Message, delivery: object = {}): Promise<Verdict> {
  const config = alertsConfig.parse({ delivery: { timeout: '5s', ...delivery } }).delivery;
  return channel.deliver(message, AT, { post: createPost(config), config, signal: new AbortController().signal });
}
