import { readUrl } from '../../secret.js';
import { verdictOf, type Verdict } from '../../outbox/verdict.js';
import type { Answer } from '../../outbox/post.js';
import type { UnixMs } from '#core/types.js';
import { cut } from '../cut.js';
import { dataOf } from '../data.js';
import { httpExtras, resolved } from '../http-config.js';
import type { Bench, Build, Fill } from '../kind.js';
import { createPostingChannel } from '../posting.js';
import type { GoValue } from '../../template/value.js';
import type { SlackConfig } from './config.js';

/** https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments and https://docs.slack.dev/reference/methods/chat.postMessage */
const MAX_TITLE = 1024;
const MAX_TEXT = 40_000;
const MAX_FIELD = 2000;
const MAX_ACTIONS = 5;

const named = (name: string): string => `{{ template "slack.default.${name}" . }}`;
const COLOUR = '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}';

type Make = (data: GoValue) => object;

/** Without what is empty: Slack takes an empty address for a wrong one. */
function withoutEmpty(all: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '' && value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)));
}

export const buildSlack: Build<SlackConfig> = (config, bench) => {
  const { name, receiver, global, resolve } = bench;
  const own = config.api_url !== undefined || config.api_url_file !== undefined;
  const [url, from] = own ? [config.api_url, config.api_url_file] : [global.slack_api_url, global.slack_api_url_file];
  if (url === undefined && from === undefined) bench.fault('', 'give api_url or api_url_file, here or as global.slack_api_url');
  const http = config.http_config ?? global.http_config;
  const attachment = attachmentOf(config, bench);
  const said = { channel: bench.value('channel', config.channel ?? ''), username: bench.value('username', config.username ?? named('username')), icon_emoji: bench.value('icon_emoji', config.icon_emoji ?? named('iconemoji')), icon_url: bench.value('icon_url', config.icon_url ?? named('iconurl')) };
  return {
    name, receiver,
    sendResolved: config.send_resolved ?? false,
    render(notification) {
      const data = dataOf(notification);
      return JSON.stringify({ ...withoutEmpty({ channel: said.channel(data), username: said.username(data), icon_emoji: said.icon_emoji(data), icon_url: said.icon_url(data), link_names: config.link_names }), attachments: [attachment(data)] });
    },
    channel: createPostingChannel({
      name,
      prepare: async () => ({ url: await readUrl(url, resolved(from, resolve)), ...(await httpExtras(http, resolve)) }),
      requests: (body, to) => [{ ...to, body }],
      judge: slackVerdict,
    }),
  };
};

function attachmentOf(config: SlackConfig, bench: Bench): Make {
  const says = (key: string, text: string, limit: number): Fill => {
    const fill = bench.says(key, text, 'slack');
    return (data) => cut(fill(data), limit, true);
  };
  const title = says('title', config.title ?? named('title'), MAX_TITLE);
  const text = says('text', config.text ?? named('text'), MAX_TEXT);
  const pretext = says('pretext', config.pretext ?? named('pretext'), MAX_TEXT);
  const fallback = says('fallback', config.fallback ?? named('fallback'), MAX_TEXT);
  const footer = says('footer', config.footer ?? named('footer'), MAX_TITLE);
  const link = bench.value('title_link', config.title_link ?? named('titlelink'));
  const callback = bench.value('callback_id', config.callback_id ?? named('callbackid'));
  const [image, thumb, colour] = [bench.value('image_url', config.image_url ?? ''), bench.value('thumb_url', config.thumb_url ?? ''), bench.value('color', config.color ?? COLOUR)];
  const fields = (config.fields ?? []).map((field, index): Make => {
    const [head, value] = [says(`fields[${index}].title`, field.title, MAX_TITLE), says(`fields[${index}].value`, field.value, MAX_FIELD)];
    return (data) => ({ title: head(data), value: value(data), short: field.short ?? config.short_fields ?? false });
  });
  const actions = (config.actions ?? []).slice(0, MAX_ACTIONS).map((action, index) => actionOf(action, `actions[${index}]`, bench));
  if ((config.actions ?? []).length > MAX_ACTIONS) bench.fault('actions', `Slack shows ${MAX_ACTIONS} at most`);
  return (data) => ({
    ...withoutEmpty({ title: title(data), title_link: link(data), pretext: pretext(data) }),
    text: text(data), fallback: fallback(data), callback_id: callback(data),
    ...withoutEmpty({ fields: fields.map((make) => make(data)), actions: actions.map((make) => make(data)), image_url: image(data), thumb_url: thumb(data) }),
    footer: footer(data),
    ...withoutEmpty({ color: colour(data) }),
    mrkdwn_in: config.mrkdwn_in && config.mrkdwn_in.length > 0 ? config.mrkdwn_in : ['fallback', 'pretext', 'text'],
  });
}

function actionOf(action: NonNullable<SlackConfig['actions']>[number], path: string, bench: Bench): Make {
  const value = (key: string, text: string | undefined): Fill => bench.value(`${path}.${key}`, text ?? '');
  const [type, text, style, url] = [value('type', action.type), bench.says(`${path}.text`, action.text, 'slack'), value('style', action.style), value('url', action.url)];
  // As in Alertmanager: a button with an address asks nothing.
  const linked = Boolean(action.url);
  const [name, given] = [value('name', linked ? '' : action.name), value('value', linked ? '' : action.value)];
  const { confirm } = action;
  const asked = confirm && { text: value('confirm.text', confirm.text), title: value('confirm.title', confirm.title), ok_text: value('confirm.ok_text', confirm.ok_text), dismiss_text: value('confirm.dismiss_text', confirm.dismiss_text) };
  return (data) =>
    withoutEmpty({
      type: type(data), text: text(data), url: url(data), style: style(data), name: name(data), value: given(data),
      ...(asked && !linked && { confirm: withoutEmpty({ text: asked.text(data), title: asked.title(data), ok_text: asked.ok_text(data), dismiss_text: asked.dismiss_text(data) }) }),
    });
}

/** Slack's web API also says no with 200 and `{"ok": false}`. Source: https://docs.slack.dev/apis/web-api/#responses */
function slackVerdict(answer: Answer, now: UnixMs): Verdict {
  const verdict = verdictOf(answer, now);
  const refusal = verdict.outcome === 'delivered' ? /^\s*\{(?=[^]*"ok"\s*:\s*false)(?:[^]*?"error"\s*:\s*"([a-z_]{1,60})")?/.exec(answer.text) : null;
  if (!refusal) return verdict;
  const reason = `Slack refused it${refusal[1] ? `: ${refusal[1]}` : ''}`;
  return /^(ratelimited|rate_limited|internal_error|fatal_error|service_unavailable|request_timeout)$/.test(refusal[1] ?? '') ? { outcome: 'again', reason, retryAfterMs: null } : { outcome: 'dead', reason };
}
