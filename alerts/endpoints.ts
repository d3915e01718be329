import { messageOf } from '#core/errors.js';
import type { UnixMs } from '#core/types.js';
import type { AlertsConfig } from './config.js';
import { faultOfChannel } from './notify/check-channel.js';
import { createSlack } from './notify/slack/slack.js';
import { createSignedChannel, createWebhook } from './notify/webhook/webhook.js';
import { readUrl } from './secret.js';

/** What is wrong with the files that receivers, Alertmanagers and autoscaling name, so that a typing error shows at the start and not at 3 a.m. */
export async function faultsOfEndpoints({ alertmanagers, webhooks, slack, autoscale }: AlertsConfig, now: UnixMs): Promise<string[]> {
  const channels = [...webhooks.map(createWebhook), ...slack.map(createSlack), ...autoscale.policies.filter(({ dry_run: dry }) => !dry).map(createSignedChannel)];
  const faults = [
    ...alertmanagers.map(({ url, url_file: file }, place) => readUrl(url, file).then(() => undefined, (error: unknown) => `alertmanagers.${place}: ${messageOf(error)}`)),
    ...channels.map(async (channel) => faultOfChannel(channel, now).then((fault) => fault && `${channel.name}: ${fault}`)),
  ];
  return (await Promise.all(faults)).filter((fault) => fault !== undefined).map((fault) => `alerts: ${fault}`);
}
