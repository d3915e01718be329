import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { systemClock, type Clock } from '#core/clock.js';
import type { Integration } from '../routing/notification.js';
import { notificationFunctions } from './data.js';
import { buildEmail, emailConfig } from './email/email.js';
import { globalConfig } from './global.js';
import { createBench, type Build } from './kind.js';
import { buildMsteams, buildMsteamsv2, msteamsConfig, msteamsv2Config } from './msteams/msteams.js';
import { buildOpsgenie, opsgenieConfig } from './opsgenie/opsgenie.js';
import { buildPagerduty, pagerdutyConfig } from './pagerduty/pagerduty.js';
import { optional } from '../yaml.js';
import { text } from './scalars.js';
import { buildSlack } from './slack/slack.js';
import { slackConfig } from './slack/config.js';
import { buildTelegram, telegramConfig } from './telegram/telegram.js';
import { loadTemplates } from './templates.js';
import { buildWebhook, webhookConfig } from './webhook/webhook.js';

/** A kind of integration: the schema of one entry, and what it becomes. */
interface Kind {
  readonly schema: z.ZodType;
  readonly build: Build<never>;
}
const kind = <Schema extends z.ZodType>(schema: Schema, build: Build<z.output<Schema>>): Kind => ({ schema, build });

const KINDS: Readonly<Record<string, Kind>> = {
  webhook: kind(webhookConfig, buildWebhook),
  slack: kind(slackConfig, buildSlack),
  pagerduty: kind(pagerdutyConfig, buildPagerduty),
  email: kind(emailConfig, buildEmail),
  msteams: kind(msteamsConfig, buildMsteams),
  msteamsv2: kind(msteamsv2Config, buildMsteamsv2),
  opsgenie: kind(opsgenieConfig, buildOpsgenie),
  telegram: kind(telegramConfig, buildTelegram),
};

const receiverSchema = z.strictObject({ name: text.pipe(z.string().min(1, 'missing name')), ...Object.fromEntries(Object.keys(KINDS).map((name) => [`${name}_configs`, optional(z.array(z.unknown()))])) });

/** The parts of an alertmanager.yml that say how people are told, as parsed from YAML: scalars as text, null without one. */
export interface ReceiversSource {
  readonly global?: unknown;
  readonly receivers?: unknown;
  readonly templates?: unknown;
}

export interface LoadedReceivers {
  /** In the order of the file. */
  readonly integrations: readonly Integration[];
  /** `path: what is wrong`, all of them; without any value of the file. With one, the integrations are not to be used. */
  readonly faults: readonly string[];
}

/** Reads the receivers of an alertmanager.yml and its templates; paths in it are from `baseDir`. Source: https://prometheus.io/docs/alerting/latest/configuration/ */
export async function loadReceivers(source: ReceiversSource, baseDir: string, clock: Clock = systemClock): Promise<LoadedReceivers> {
  const faults: string[] = [];
  const fault = (path: string, message: string): void => void faults.push(`${path}: ${message}`);
  const patterns = parsed(optional(z.array(text)), source.templates, 'templates', fault) ?? [];
  const { templates, faults: templateFaults } = await loadTemplates(patterns.map((pattern) => (isAbsolute(pattern) ? pattern : join(baseDir, pattern))), notificationFunctions(clock));
  faults.push(...templateFaults);
  const global = parsed(optional(globalConfig), source.global, 'global', fault) ?? {};
  const names = new Set<string>();
  const integrations: Integration[] = [];
  for (const [index, given] of (parsed(optional(z.array(z.unknown())), source.receivers, 'receivers', fault) ?? []).entries()) {
    const at = `receivers[${index}]`;
    const receiver = parsed(receiverSchema, given, at, fault) as (Readonly<Record<string, unknown>> & { readonly name: string }) | undefined;
    if (!receiver) continue;
    if (names.has(receiver.name)) fault(`${at}.name`, `${JSON.stringify(receiver.name)} is there twice`);
    names.add(receiver.name);
    for (const [name, { schema, build }] of Object.entries(KINDS)) {
      for (const [place, entry] of ((receiver[`${name}_configs`] ?? []) as readonly unknown[]).entries()) {
        const path = `${at}.${name}_configs[${place}]`;
        const config = parsed(schema, entry, path, fault);
        if (config === undefined) continue;
        integrations.push(build(config as never, createBench({ name: `${receiver.name}/${name}/${place}`, receiver: receiver.name, path, baseDir, global, templates, faults })));
      }
    }
  }
  return { integrations, faults };
}

/** The value as its schema makes it, or undefined and its faults told. */
function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, path: string, fault: (path: string, message: string) => void): z.output<Schema> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const at = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) fault(`${path}${at}.${key}`, unknownKey(key));
    else if (issue.code === 'invalid_type' || issue.code === 'invalid_union') fault(`${path}${at}`, issue.message.replace(/, received .*$/, ''));
    else fault(`${path}${at}`, issue.message);
  }
  return undefined;
}

function unknownKey(key: string): string {
  return key.endsWith('_configs') ? `this integration is not supported; there are ${Object.keys(KINDS).join(', ')}` : 'this key is not supported';
}
