import { z } from 'zod';
import { PipelineError } from '#core/errors.js';
import type { UnixMs } from '#core/types.js';
import type { Answer, PostRequest } from '../../outbox/post.js';
import { verdictOf, type Verdict } from '../../outbox/verdict.js';
import { optional } from '../../yaml.js';
import { cut, cutHtml } from '../cut.js';
import { dataOf } from '../data.js';
import { httpConfig, httpExtras } from '../http-config.js';
import type { Build } from '../kind.js';
import { createPostingChannel } from '../posting.js';
import { address, file, flag, oneOf, secret, text, whole, words } from '../scalars.js';

/** https://prometheus.io/docs/alerting/latest/configuration/#telegram_config */
export const telegramConfig = z
  .strictObject({
    send_resolved: flag, http_config: optional(httpConfig), api_url: optional(address), bot_token: optional(secret), bot_token_file: file, chat_id: optional(whole), message_thread_id: optional(whole),
    message: words, disable_notifications: flag, parse_mode: z.preprocess((value) => value ?? undefined, text.pipe(z.enum(['HTML', 'Markdown', 'MarkdownV2', ''])).optional()),
  })
  .superRefine(oneOf('bot_token', 'bot_token_file'))
  .refine(({ bot_token: token, bot_token_file: from }) => token !== undefined || from !== undefined, 'give bot_token or bot_token_file')
  .refine(({ chat_id: chat }) => chat !== undefined && chat !== 0, 'give chat_id');

const URL_DEFAULT = 'https://api.telegram.org';
/** Characters shown: https://core.telegram.org/bots/api#sendmessage */
const MAX_TEXT = 4096;
const TEMPLATE = 'telegram.default.message';
const LONGEST_PAUSE_S = 3600;

/** https://core.telegram.org/bots/api#sendmessage */
export const buildTelegram: Build<z.output<typeof telegramConfig>> = (config, bench) => {
  const { name, receiver, global, resolve } = bench;
  const http = config.http_config ?? global.http_config;
  const base = config.api_url ?? global.telegram_api_url ?? URL_DEFAULT;
  const token = bench.secret(config.bot_token, config.bot_token_file);
  // The built-in message is HTML, whatever the user's own is.
  const isOwn = config.message !== undefined || !bench.isBuiltIn(TEMPLATE);
  const mode = (isOwn ? config.parse_mode : undefined) ?? 'HTML';
  const message = bench.says('message', config.message ?? `{{ template "${TEMPLATE}" . }}`, mode === 'HTML' ? 'html' : 'text');
  return {
    name, receiver,
    sendResolved: config.send_resolved ?? true,
    render(notification) {
      const said = message(dataOf(notification)).trim() || 'Alert';
      return JSON.stringify({
        chat_id: config.chat_id, ...(config.message_thread_id && { message_thread_id: config.message_thread_id }),
        text: mode === 'HTML' ? cutHtml(said, MAX_TEXT) : cut(said, MAX_TEXT),
        ...(mode && { parse_mode: mode }), disable_web_page_preview: true, disable_notification: config.disable_notifications ?? false,
      });
    },
    channel: createPostingChannel({
      name,
      async prepare() {
        const bot = await token();
        if (!bot || !/^[\w:-]+$/.test(bot)) throw new PipelineError('DELIVERY_FAILED', 'the bot token is not one');
        return { url: new URL(`${base.replace(/\/+$/, '')}/bot${bot}/sendMessage`), ...(await httpExtras(http, resolve)) };
      },
      requests: (body, to) => [{ ...to, body }],
      judge: telegramVerdict,
      instead: asPlainText,
    }),
  };
};

/** A message whose marks Telegram cannot read is better told with them than not at all. */
function asPlainText({ body, ...request }: PostRequest, { status, text: said }: Answer): PostRequest | undefined {
  if (status !== 400 || !said.includes('parse entities')) return undefined;
  const { parse_mode: _, text: shown, ...message } = JSON.parse(body) as { readonly parse_mode?: string; readonly text: string };
  return { ...request, body: JSON.stringify({ ...message, text: cut(shown, MAX_TEXT) }) };
}

/** Telegram says in the body how long to wait, and in words what is wrong. Source: https://core.telegram.org/bots/api#making-requests */
function telegramVerdict(answer: Answer, now: UnixMs): Verdict {
  const verdict = verdictOf(answer, now);
  if (verdict.outcome === 'again') {
    const seconds = /"retry_after"\s*:\s*(\d{1,6})/.exec(answer.text)?.[1];
    return seconds === undefined ? verdict : { ...verdict, retryAfterMs: Math.min(Number(seconds), LONGEST_PAUSE_S) * 1000 };
  }
  const said = verdict.outcome === 'dead' ? /"description"\s*:\s*"([A-Za-z][A-Za-z :,'_]{1,119})"/.exec(answer.text)?.[1] : undefined;
  return verdict.outcome === 'dead' && said ? { ...verdict, reason: `Telegram refused it: ${said}` } : verdict;
}
