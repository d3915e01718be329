import { z } from 'zod';
import { optional } from '../../yaml.js';
import { httpConfig } from '../http-config.js';
import { file, flag, oneOf, secretAddress, text, words } from '../scalars.js';

const field = z.strictObject({ title: text.pipe(z.string().min(1, 'missing title')), value: text.pipe(z.string().min(1, 'missing value')), short: flag });
const confirm = z.strictObject({ text: text.pipe(z.string().min(1, 'missing text')), title: words, ok_text: words, dismiss_text: words });
const action = z
  .strictObject({ type: text.pipe(z.string().min(1, 'missing type')), text: text.pipe(z.string().min(1, 'missing text')), url: words, style: words, name: words, value: words, confirm: optional(confirm) })
  .refine(({ url, name }) => Boolean(url) || Boolean(name), 'give url or name');

/** https://prometheus.io/docs/alerting/latest/configuration/#slack_config */
export const slackConfig = z
  .strictObject({
    send_resolved: flag, http_config: optional(httpConfig), api_url: optional(secretAddress), api_url_file: file,
    channel: words, username: words, color: words, title: words, title_link: words, pretext: words, text: words, footer: words, fallback: words, callback_id: words,
    icon_emoji: words, icon_url: words, image_url: words, thumb_url: words, fields: optional(z.array(field)), short_fields: flag, link_names: flag, mrkdwn_in: optional(z.array(text)), actions: optional(z.array(action)),
  })
  .superRefine(oneOf('api_url', 'api_url_file'));

export type SlackConfig = z.output<typeof slackConfig>;
