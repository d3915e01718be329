import { z } from 'zod';
import { PipelineError } from '#core/errors.js';
import type { UnixMs } from '#core/types.js';
import type { Answer } from '../../outbox/post.js';
import { verdictOf, type Verdict } from '../../outbox/verdict.js';
import { optional } from '../../yaml.js';
import { cut } from '../cut.js';
import { dataOf } from '../data.js';
import { groupHash } from '../group-hash.js';
import { httpConfig, httpExtras } from '../http-config.js';
import type { Build } from '../kind.js';
import { createPostingChannel } from '../posting.js';
import { address, file, flag, oneOf, secret, texts, words } from '../scalars.js';

const EVENTS_V1 = 'is not supported: it is for the Events API v1; make an integration of the Events API v2 and use routing_key';

/** https://prometheus.io/docs/alerting/latest/configuration/#pagerduty_config */
export const pagerdutyConfig = z
  .strictObject({
    send_resolved: flag, http_config: optional(httpConfig), routing_key: optional(secret), routing_key_file: file, service_key: z.undefined(EVENTS_V1).optional(), service_key_file: z.undefined(EVENTS_V1).optional(), url: optional(address),
    client: words, client_url: words, description: words, severity: words, source: words, class: words, component: words, group: words, details: texts,
    images: optional(z.array(z.strictObject({ href: words, src: words, alt: words }))), links: optional(z.array(z.strictObject({ href: words, text: words }))),
  })
  .superRefine(oneOf('routing_key', 'routing_key_file'))
  .refine(({ routing_key: key, routing_key_file: from }) => key !== undefined || from !== undefined, 'give routing_key or routing_key_file');

const URL_DEFAULT = 'https://events.pagerduty.com/v2/enqueue';
const MAX_SUMMARY = 1024;
const MAX_BODY_BYTES = 512_000;
const DETAILS: Readonly<Record<string, string>> = {
  firing: '{{ template "pagerduty.default.instances" .Alerts.Firing }}', resolved: '{{ template "pagerduty.default.instances" .Alerts.Resolved }}',
  num_firing: '{{ .Alerts.Firing | len }}', num_resolved: '{{ .Alerts.Resolved | len }}',
};
/** Any other severity would be refused, and nobody paged. */
const SEVERITIES = new Set(['critical', 'error', 'warning', 'info']);
const named = (name: string): string => `{{ template "pagerduty.default.${name}" . }}`;

/** Events API v2: https://developer.pagerduty.com/docs/send-alert-event */
export const buildPagerduty: Build<z.output<typeof pagerdutyConfig>> = (config, bench) => {
  const { name, receiver, global, resolve } = bench;
  const http = config.http_config ?? global.http_config;
  const url = new URL(config.url ?? global.pagerduty_url ?? URL_DEFAULT);
  const key = bench.secret(config.routing_key, config.routing_key_file);
  const clientText = config.client ?? named('client');
  const [client, clientUrl, summary] = [bench.value('client', clientText), bench.value('client_url', config.client_url ?? named('clientURL')), bench.says('description', config.description ?? named('description'))];
  const [severity, source] = [bench.value('severity', config.severity || 'error'), bench.value('source', config.source || clientText)];
  const parts = { class: bench.value('class', config.class ?? ''), component: bench.value('component', config.component ?? ''), group: bench.value('group', config.group ?? '') };
  const details = Object.entries({ ...DETAILS, ...config.details }).map(([detail, text]) => [detail, bench.says(`details.${detail}`, text)] as const);
  const images = (config.images ?? []).map(({ src = '', alt = '', href = '' }, index) => [bench.value(`images[${index}].src`, src), bench.value(`images[${index}].alt`, alt), bench.value(`images[${index}].href`, href)] as const);
  const links = (config.links ?? []).map(({ href = '', text = '' }, index) => [bench.value(`links[${index}].href`, href), bench.value(`links[${index}].text`, text)] as const);
  return {
    name, receiver,
    sendResolved: config.send_resolved ?? true,
    isState: true,
    render(notification) {
      const data = dataOf(notification);
      const level = severity(data).trim().toLowerCase();
      const shown = {
        images: images.map(([src, alt, href]) => ({ src: src(data), alt: alt(data), href: href(data) })).filter(({ src }) => src !== ''),
        links: links.map(([href, text]) => ({ href: href(data), text: text(data) })).filter(({ href }) => href !== ''),
      };
      const event = (custom: Readonly<Record<string, string>>): string =>
        JSON.stringify({
          dedup_key: groupHash(notification.groupKey), event_action: notification.status === 'resolved' ? 'resolve' : 'trigger',
          payload: {
            summary: cut(summary(data), MAX_SUMMARY) || 'Alert', source: source(data) || 'Faultline', severity: SEVERITIES.has(level) ? level : 'error',
            ...Object.fromEntries(Object.entries(parts).flatMap(([part, fill]) => (fill(data) ? [[part, fill(data)]] : []))),
            custom_details: custom,
          },
          ...(client(data) && { client: client(data) }), ...(clientUrl(data) && { client_url: clientUrl(data) }),
          ...(shown.images.length > 0 && { images: shown.images }), ...(shown.links.length > 0 && { links: shown.links }),
        });
      const whole = event(Object.fromEntries(details.map(([detail, fill]) => [detail, fill(data)])));
      return Buffer.byteLength(whole) <= MAX_BODY_BYTES ? whole : event({ error: `The details are left out: with them this event is larger than the ${MAX_BODY_BYTES} bytes that PagerDuty takes.` });
    },
    channel: createPostingChannel({
      name,
      async prepare() {
        const routing = await key();
        if (!routing) throw new PipelineError('DELIVERY_FAILED', 'the routing key is empty');
        return { routing, ...(await httpExtras(http, resolve)) };
      },
      requests: (body, { routing, ...to }) => [{ ...to, url, body: JSON.stringify({ routing_key: routing, ...(JSON.parse(body) as object) }) }],
      judge: pagerdutyVerdict,
    }),
  };
};

/** 202 is taken, 429 and 5xx ask to come again, 400 says what is wrong with the event. Source: https://developer.pagerduty.com/docs/send-alert-event */
function pagerdutyVerdict(answer: Answer, now: UnixMs): Verdict {
  const verdict = verdictOf(answer, now);
  if (verdict.outcome !== 'dead' || answer.status !== 400) return verdict;
  const errors = [...(/"errors"\s*:\s*\[([^\]]*)\]/.exec(answer.text)?.[1] ?? '').matchAll(/"([^"]*)"/g)].map(([, error = '']) => error);
  // Plain words only: an error may repeat what was sent.
  const plain = errors.filter((error) => /^[A-Za-z' ][A-Za-z_' ,.]{1,119}$/.test(error));
  return plain.length > 0 ? { ...verdict, reason: `PagerDuty refused the event: ${plain.join('; ')}` } : verdict;
}
