import { join } from 'node:path';
import type { Clock } from '#core/clock.js';
import { PipelineError } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import type { Registry } from '#core/metrics.js';
import type { PromEngine } from '#core/promql.js';
import type { AlertHook } from '#core/alert-hook.js';
import type { AlertRouting, NotificationActions } from '#core/alert-routing.js';
import type { RulesReader } from '#core/rules.js';
import type { Component, Consumer, IncidentEvent } from '#core/types.js';
import type { Store } from '#store/store.js';
import { alertsMetrics } from './alerts-metrics.js';
import { createAutoscale } from './autoscale/autoscale.js';
import type { AlertsConfig } from './config.js';
import { faultsOfEndpoints } from './endpoints.js';
import { createAlertmanagers } from './alertmanager/alertmanagers.js';
import { createOutgoing } from './alertmanager/outgoing.js';
import { createDispatch } from './notify/dispatch.js';
import type { Channel, Receiver } from './notify/receiver.js';
import { createAlertNotices, incidentSubject } from './notify/subjects.js';
import { createSilenced } from './notify/silenced.js';
import { createLeftOvers } from './notify/left-overs.js';
import { createSlack } from './notify/slack/slack.js';
import { createWebhook } from './notify/webhook/webhook.js';
import { createOutbox } from './outbox/outbox.js';
import { createPost } from './outbox/post.js';
import { loadReceivers } from './receivers/load-receivers.js';
import { createMembership } from './routing/membership.js';
import { createRouting } from './routing/routing.js';
import type { RulesConfig } from './rules/config.js';
import { ruleAlertsOf, type RuleAlerts } from './rules/rule-alert.js';
import { createRules } from './rules/rules.js';
import { createSeriesWriter } from './rules/series-writer.js';

export interface AlertsOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: AlertsConfig;
  readonly rules: RulesConfig;
  readonly promql: Pick<PromEngine, 'instant'>;
  /** An expression of a rule on one line. Throws QueryError when it is none. */
  readonly normalise: (expr: string) => string;
  readonly dataDir: string;
  /** Where alerts of others become evidence. */
  readonly evidence: AlertHook;
  /** Address of the dashboard as people reach it. */
  readonly publicUrl: string;
}

export interface Alerts extends Component, Consumer<IncidentEvent> {
  readonly rules: RulesReader;
  readonly routing: AlertRouting;
  readonly notifications: NotificationActions;
}

/** What an incident or a rule sets in motion: messages to people and machines, and the number of replicas. An event is accepted when it is in the outbox. */
export function createAlerts({ store, registry, logger, clock, config, rules: rulesConfig, promql, normalise, dataDir, evidence, publicUrl }: AlertsOptions): Alerts {
  const metrics = alertsMetrics(registry);
  const receivers: readonly Receiver[] = [...config.webhooks.map(createWebhook), ...config.slack.map(createSlack)];
  const autoscale = createAutoscale({ store, logger, clock, metrics, policies: config.autoscale.policies, send: (draft) => outbox.add([draft]) });
  const channels: readonly Channel[] = [...receivers, ...autoscale.channels];
  const post = createPost(config.delivery);
  const byName = new Map(channels.map((channel) => [channel.name, channel]));
  const outbox = createOutbox({ store, logger, clock, metrics, config: config.delivery, channelOf: (name) => byName.get(name) ?? routing.channel(name), post, random: Math.random });
  const members = createMembership({ store, clock, publicUrl });
  const routing = createRouting({ store, registry, logger, clock, path: config.alertmanager_config, publicUrl, loadReceivers: (spec, folder) => loadReceivers(spec, folder, clock), outbox, members, evidence });
  const dispatch = createDispatch({ store, receivers, outbox });
  const notices = createAlertNotices(dispatch, clock);
  const alertmanagers = createAlertmanagers({ targets: config.alertmanagers, post, clock, logger, metrics });
  const outgoing = createOutgoing({ store, clock, alertmanagers, routing, externalLabels: rulesConfig.external_labels, publicUrl });
  const silenced = createSilenced({ logger, isSilenced, next: { consume: (event) => dispatch.consume([incidentSubject(event, publicUrl, clock)]) } });
  const writer = createSeriesWriter({ store, clock, folder: join(dataDir, 'rules') });
  const rules = createRules({ registry, logger, clock, config: rulesConfig, externalUrl: publicUrl, engine: promql, normalise, writer, alerts: tell });
  const leftOvers = createLeftOvers({ store, clock, logger, notices, writer, has: ({ fingerprint, labels }) => rules.has(fingerprint, labels) });

  function isSilenced(incident: string): boolean {
    const labels = outgoing.labelsOf(incident);
    return labels !== undefined && routing.isSilenced(labels);
  }

  async function tell(evaluated: RuleAlerts): Promise<void> {
    // One that fires is given again with every evaluation: it is told when its silence ends.
    const loud = ruleAlertsOf(evaluated, publicUrl).filter(({ labels, resolvedAt }) => resolvedAt !== null || !routing.isSilenced({ ...rulesConfig.external_labels, ...labels }));
    await Promise.all([outgoing.rules(evaluated), notices.consume(loud)]);
  }

  return {
    name: 'alerts',
    rules,
    routing,
    notifications: { replay: (id) => outbox.replay(id), told: () => [...receivers.map(({ name }) => name), ...routing.told(), ...config.alertmanagers.map(({ url }) => (url === undefined ? 'an Alertmanager' : new URL(url).host))] },
    async start() {
      const faults = await faultsOfEndpoints(config, clock());
      if (faults.length > 0) throw new PipelineError('CONFIG_INVALID', faults.join('\n'));
      await routing.load();
      await autoscale.start();
      await outbox.start();
      await routing.start();
      await outgoing.start();
      await alertmanagers.start();
      await rules.start();
      await leftOvers.start();
      await silenced.start();
    },
    async stop() {
      await silenced.stop();
      await leftOvers.stop();
      await rules.stop();
      await alertmanagers.stop();
      await routing.stop();
      await autoscale.stop();
      await outbox.stop();
    },
    async consume(event) {
      members.note(event.incident);
      await autoscale.consume(event);
      // What was announced is told to nobody, nor is what people say of an incident that is over.
      if (event.incident.expected || (event.incident.status === 'resolved' && event.type !== 'resolved')) return;
      await outgoing.consume(event);
      await silenced.consume(event);
    },
  };
}
