import { z } from 'zod';
import { readUrl } from '../../secret.js';
import type { Integration, Notification } from '../../routing/notification.js';
import { optional } from '../../yaml.js';
import { cut } from '../cut.js';
import { dataOf } from '../data.js';
import { httpConfig, httpExtras, resolved } from '../http-config.js';
import type { Bench, Build } from '../kind.js';
import { createPostingChannel } from '../posting.js';
import { file, flag, oneOf, secretAddress, words } from '../scalars.js';

const common = { send_resolved: flag, http_config: optional(httpConfig), webhook_url: optional(secretAddress), webhook_url_file: file, title: words, text: words };
const ONE_URL = 'give webhook_url or webhook_url_file';
interface Addressed {
  readonly webhook_url?: string | undefined;
  readonly webhook_url_file?: string | undefined;
}
const addressed = ({ webhook_url: url, webhook_url_file: from }: Addressed): boolean => url !== undefined || from !== undefined;

/** https://prometheus.io/docs/alerting/latest/configuration/#msteams_config */
export const msteamsConfig = z.strictObject({ ...common, summary: words }).superRefine(oneOf('webhook_url', 'webhook_url_file')).refine(addressed, ONE_URL);
/** https://prometheus.io/docs/alerting/latest/configuration/#msteamsv2_config */
export const msteamsv2Config = z.strictObject(common).superRefine(oneOf('webhook_url', 'webhook_url_file')).refine(addressed, ONE_URL);

/** Teams takes about 28 KB: https://learn.microsoft.com/en-us/microsoftteams/limits-specifications-teams */
const MAX_BODY_BYTES = 27_000;
const MAX_TITLE = 500;
const LINK_TITLE = 'Open in Faultline';

/** The longest text with which `body` stays inside of what Teams takes. */
function fitted(text: string, body: (text: string) => string): string {
  let made = body(text);
  for (let limit = Math.min(text.length, MAX_BODY_BYTES); Buffer.byteLength(made) > MAX_BODY_BYTES && limit > 0; limit = Math.floor(limit * 0.8)) made = body(cut(text, limit, true));
  return made;
}

/** Where the incident is, or Faultline; '' when that is no address. */
function linkOf({ commonAnnotations, externalURL }: Notification): string {
  return [commonAnnotations['link'] ?? '', externalURL].find((url) => /^https?:\/\/\S+$/.test(url)) ?? '';
}

type Config = z.output<typeof msteamsv2Config>;

function integration(config: Config, { name, receiver, global, resolve }: Bench, render: Integration['render']): Integration {
  const http = config.http_config ?? global.http_config;
  return {
    name, receiver, render,
    sendResolved: config.send_resolved ?? true,
    channel: createPostingChannel({
      name,
      prepare: async () => ({ url: await readUrl(config.webhook_url, resolved(config.webhook_url_file, resolve)), ...(await httpExtras(http, resolve)) }),
      requests: (body, to) => [{ ...to, body }],
    }),
  };
}

/** A MessageCard for an Office 365 connector: https://learn.microsoft.com/en-us/outlook/actionable-messages/message-card-reference */
export const buildMsteams: Build<z.output<typeof msteamsConfig>> = (config, bench) => {
  const [title, summary] = [bench.says('title', config.title ?? '{{ template "msteams.default.title" . }}', 'markdown'), bench.says('summary', config.summary ?? '{{ template "msteams.default.summary" . }}')];
  const text = bench.says('text', config.text ?? '{{ template "msteams.default.text" . }}', 'markdown');
  return integration(config, bench, (notification) => {
    const data = dataOf(notification);
    const link = linkOf(notification);
    return fitted(text(data), (fit) =>
      JSON.stringify({
        '@context': 'https://schema.org/extensions', '@type': 'MessageCard', title: cut(title(data), MAX_TITLE), summary: cut(summary(data), MAX_TITLE), text: fit,
        themeColor: notification.status === 'resolved' ? '2B8A3E' : 'C92A2A',
        ...(link && { potentialAction: [{ '@type': 'OpenUri', name: LINK_TITLE, targets: [{ os: 'default', uri: link }] }] }),
      }),
    );
  });
};

/** An Adaptive Card for a workflow: https://learn.microsoft.com/en-us/connectors/teams/?tabs=text1#adaptivecarditemschema */
export const buildMsteamsv2: Build<Config> = (config, bench) => {
  const [title, text] = [bench.says('title', config.title ?? '{{ template "msteamsv2.default.title" . }}', 'markdown'), bench.says('text', config.text ?? '{{ template "msteamsv2.default.text" . }}', 'markdown')];
  return integration(config, bench, (notification) => {
    const data = dataOf(notification);
    const link = linkOf(notification);
    return fitted(text(data), (fit) =>
      JSON.stringify({
        type: 'message',
        attachments: [
          {
            contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null,
            content: {
              $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', type: 'AdaptiveCard', version: '1.4',
              body: [
                { type: 'TextBlock', text: cut(title(data), MAX_TITLE), weight: 'Bolder', size: 'Medium', wrap: true, style: 'heading', color: notification.status === 'resolved' ? 'Good' : 'Attention' },
                { type: 'TextBlock', text: fit, wrap: true },
              ],
              ...(link && { actions: [{ type: 'Action.OpenUrl', title: LINK_TITLE, url: link }] }),
              msteams: { width: 'full' },
            },
          },
        ],
      }),
    );
  });
};
