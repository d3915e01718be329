import { z } from 'zod';
import { duration, durationWithin } from '#core/duration.js';
import { SECRET } from './notify/webhook/sign.js';

const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'expected a short name of lower-case letters, digits, - and _').describe('Name in SQL, metrics and logs; unique among everything under `alerts`.');
const address = z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// address' });
const RESERVED = /^(host|connection|content-length|content-type|transfer-encoding|webhook-.*)$/i;

/** Where to send, and how to prove that it was us. Files are read again at every attempt, so a secret can be changed without a restart. */
const endpoint = {
  url: address.optional().describe('Address that takes the POST. Redirects are not followed.'),
  url_file: z.string().min(1).optional().describe('File holding the address, instead of `url`.'),
};
const signed = {
  secret: z.string().regex(SECRET, 'expected whsec_ and 24 to 64 bytes in base64, as `echo whsec_$(openssl rand -base64 32)` prints').optional().describe('Standard Webhooks secret that signs each message: `whsec_` and base64. Empty: unsigned.'),
  secret_file: z.string().min(1).optional().describe('File holding the secret, instead of `secret`.'),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9-]+$/, 'expected a header name'), z.string().regex(/^[\t\x20-\x7e]*$/, 'expected printable ASCII'))
    .refine((headers) => !Object.keys(headers).some((header) => RESERVED.test(header)), 'one of these headers is set by Faultline itself')
    .prefault({})
    .describe('More request headers, such as Authorization.'),
};
const filtered = {
  events: z.array(z.enum(['opened', 'updated', 'acknowledged', 'resolved'])).min(1).prefault(['opened', 'resolved']).describe('What is sent. `resolved` is only sent for an incident that was sent as `opened`, or that was over before it was found.'),
  min_severity: z.enum(['info', 'warning', 'critical']).prefault('info').describe('Incidents below it are not sent; one that rises to it later is sent as `opened` then.'),
  rules: z.boolean().prefault(true).describe('Also told about alerts of rules: `opened` when one fires, `resolved` when it is over; `min_severity` is compared with its label `severity`.'),
};

interface Either {
  readonly url?: string | undefined;
  readonly url_file?: string | undefined;
  readonly secret?: string | undefined;
  readonly secret_file?: string | undefined;
}
const oneUrl = (value: Either): boolean => (value.url === undefined) !== (value.url_file === undefined);
const oneSecret = (value: Either): boolean => value.secret === undefined || value.secret_file === undefined;
const ONE_URL = 'give either url or url_file';
const ONE_SECRET = 'give secret or secret_file, not both';

const webhook = z.strictObject({ name, ...endpoint, ...signed, ...filtered }).refine(oneUrl, ONE_URL).refine(oneSecret, ONE_SECRET);

const slack = z.strictObject({ name, ...endpoint, ...filtered }).refine(oneUrl, ONE_URL);

const alertmanager = z.union([
  address.transform((url) => ({ url, url_file: undefined, headers: {}, incidents: true })),
  z.strictObject({ ...endpoint, headers: signed.headers, incidents: z.boolean().prefault(true).describe('Also send incidents, as alerts named FaultlineIncident.') }).refine(oneUrl, ONE_URL),
]);

const replicas = z.int().min(0).max(100_000);
const policy = z
  .strictObject({
    name,
    service: z.string().min(1).describe('`service.name` whose requests are counted.'),
    ...endpoint,
    ...signed,
    target_per_replica: z.number().positive().describe('Requests per second that one replica should take.'),
    min_replicas: replicas.min(1).prefault(1).describe('Never fewer.'),
    max_replicas: replicas.min(1).describe('Never more.'),
    max_step: replicas.min(1).prefault(4).describe('Replicas added or removed at most by one decision, once one was accepted.'),
    scale_out_cooldown: duration.prefault('1m').describe('Time between two decisions to add replicas.'),
    scale_in_cooldown: duration.prefault('10m').describe('Time after any change before replicas are removed.'),
    horizon: duration.refine((ms) => ms >= 15_000 && ms <= 1_800_000, 'expected 15s to 30m').prefault('5m').describe('How far ahead load is forecast: about the time a new replica needs to be useful.'),
    min_confidence: z.number().min(0.5).max(0.999).prefault(0.8).describe('Least probability, from the forecast\'s own past errors, that a change is right.'),
    dry_run: z.boolean().prefault(false).describe('Decide and record, but send nothing.'),
  })
  .refine((value) => value.dry_run ? value.url === undefined || value.url_file === undefined : oneUrl(value), ONE_URL)
  .refine(oneSecret, ONE_SECRET)
  .refine((value) => value.min_replicas <= value.max_replicas, 'min_replicas is above max_replicas');

export const alertsConfig = z
  .strictObject({
    webhooks: z.array(webhook).max(100).prefault([]).describe('Receivers of signed JSON, a list of `{name, url | url_file, secret | secret_file, headers, events, min_severity}`: see docs/webhooks.md.'),
    slack: z.array(slack).max(100).prefault([]).describe('Slack incoming webhooks, a list of `{name, url | url_file, events, min_severity}`.'),
    alertmanagers: z.array(alertmanager).max(20).prefault([]).describe('Alertmanagers that get the alerts of rules, and incidents, by API v2: a list of addresses, or of `{url | url_file, headers, incidents}`. See docs/rules.md.'),
    alertmanager_config: z.string().prefault('').describe('An `alertmanager.yml` of Prometheus Alertmanager: its routes, receivers, silences and inhibition then decide who is told of alerts and incidents. Read again when it changes. See docs/routing.md.'),
    incoming: z
      .strictObject({
        service_labels: z.array(z.string().min(1)).prefault(['service_name', 'service.name', 'service', 'app_kubernetes_io_name', 'app', 'job']).describe('Labels that name the service of an alert that comes in; the first that is there counts.'),
        forget_after: durationWithin('1s', '3650d').prefault('5h').describe('An alert that came in is over when its sender does not repeat it for this long: more than its `repeat_interval`.'),
      })
      .prefault({}),
    autoscale: z
      .strictObject({
        policies: z.array(policy).max(100).prefault([]).describe('Autoscaling, a list of `{name, service, url | url_file, secret | secret_file, target_per_replica, max_replicas, …}`: see docs/webhooks.md.'),
      })
      .prefault({}),
    delivery: z
      .strictObject({
        timeout: durationWithin('1ms', '1h').prefault('10s').describe('How long a receiver has to answer one attempt.'),
        initial_backoff: durationWithin('1ms', '1d').prefault('2s').describe('Wait after the first failed attempt; it doubles with each one, with jitter.'),
        max_backoff: durationWithin('1ms', '1d').prefault('10m').describe('Longest wait between two attempts.'),
        give_up_after: duration.prefault('1d').describe('Age at which a message that was not taken becomes a dead letter.'),
        allow_private_addresses: z.boolean().prefault(true).describe('Send to loopback and private addresses. Link-local and cloud metadata addresses are always refused.'),
      })
      .prefault({}),
  })
  .refine(({ webhooks, slack: slacks, autoscale }) => {
    const names = [...webhooks, ...slacks, ...autoscale.policies].map((one) => one.name);
    return new Set(names).size === names.length;
  }, 'two receivers or policies share a name');

export type AlertsConfig = z.output<typeof alertsConfig>;
export type WebhookConfig = AlertsConfig['webhooks'][number];
export type SlackConfig = AlertsConfig['slack'][number];
export type PolicyConfig = AlertsConfig['autoscale']['policies'][number];
export type DeliveryConfig = AlertsConfig['delivery'];
export type AlertmanagerConfig = AlertsConfig['alertmanagers'][number];
export type FilterConfig = Pick<WebhookConfig, 'events' | 'min_severity' | 'rules'>;
