import { z } from 'zod';
import { PipelineError } from '#core/errors.js';
import { optional } from '../../yaml.js';
import { dataOf } from '../data.js';
import { groupHash } from '../group-hash.js';
import { tlsConfig, tlsOptions } from '../http-config.js';
import type { Build } from '../kind.js';
import { smarthost } from '../global.js';
import { file, flag, oneOf, secret, text, texts, words } from '../scalars.js';
import { sendMail, type Mail } from './smtp.js';

/** https://prometheus.io/docs/alerting/latest/configuration/#email_config */
export const emailConfig = z
  .strictObject({
    send_resolved: flag, to: text.pipe(z.string().min(1, 'missing address')), from: optional(text), smarthost: optional(smarthost), hello: optional(text),
    auth_username: optional(text), auth_password: optional(secret), auth_password_file: file, auth_identity: optional(text),
    auth_secret: z.undefined('is not supported: CRAM-MD5 proves too little; use auth_password').optional(),
    require_tls: flag, tls_config: optional(tlsConfig), html: words, text: words, headers: texts,
  })
  .superRefine(oneOf('auth_password', 'auth_password_file'));

/** Set by what the message is, so that it arrives and is understood. */
const RESERVED = new Set(['bcc', 'cc', 'content-type', 'content-transfer-encoding', 'mime-version', 'date', 'message-id', 'in-reply-to', 'references', 'sender']);
const MAX_SUBJECT = 500;
const named = (name: string): string => `{{ template "email.default.${name}" . }}`;
/** A header is one line. */
const line = (given: string): string => given.replace(/\s+/g, ' ').trim();

export const buildEmail: Build<z.output<typeof emailConfig>> = (config, bench) => {
  const { name, receiver, global, resolve } = bench;
  const host = config.smarthost ?? global.smtp_smarthost;
  if (host === undefined) bench.fault('smarthost', 'give smarthost, here or as global.smtp_smarthost');
  const fromText = config.from ?? global.smtp_from;
  if (fromText === undefined) bench.fault('from', 'give from, here or as global.smtp_from');
  const user = config.auth_username ?? global.smtp_auth_username;
  const own = config.auth_password !== undefined || config.auth_password_file !== undefined;
  const password = own ? bench.secret(config.auth_password, config.auth_password_file) : bench.secret(global.smtp_auth_password, global.smtp_auth_password_file);
  const identity = config.auth_identity ?? global.smtp_auth_identity;
  if (identity !== undefined && identity !== user) bench.fault('auth_identity', 'is not supported: sign in as the user who sends');
  const given = new Map(Object.entries(config.headers ?? {}).map(([header, value]) => [header.toLowerCase(), { header, value }]));
  if (given.size !== Object.keys(config.headers ?? {}).length) bench.fault('headers', 'a header is there twice');
  for (const header of given.keys()) if (RESERVED.has(header) || !/^[\w-]+$/.test(header)) bench.fault(`headers.${header}`, 'this header is not one that can be set');
  const fill = (header: string, fallback: string) => bench.value(`headers.${header}`, given.get(header)?.value ?? fallback);
  const [envelopeFrom, envelopeTo, shownFrom, shownTo] = [bench.value('from', fromText ?? ''), bench.value('to', config.to), fill('from', fromText ?? ''), fill('to', config.to)];
  const subject = bench.says('headers.Subject', given.get('subject')?.value ?? named('subject'));
  const [html, plain] = [bench.says('html', config.html ?? named('html'), 'html'), bench.says('text', config.text ?? named('text'))];
  const more = [...given].filter(([key]) => !['subject', 'to', 'from'].includes(key)).map(([key, { header, value }]) => [header, bench.value(`headers.${key}`, value)] as const);

  return {
    name, receiver,
    sendResolved: config.send_resolved ?? false,
    render(notification) {
      const data = dataOf(notification);
      const mail: Mail = {
        from: line(envelopeFrom(data)), to: line(envelopeTo(data)), shownFrom: line(shownFrom(data)), shownTo: line(shownTo(data)),
        subject: Array.from(line(subject(data))).slice(0, MAX_SUBJECT).join('') || 'Alert', html: html(data), text: plain(data),
        headers: Object.fromEntries(more.map(([header, value]) => [header, line(value(data))])), group: groupHash(notification.groupKey).slice(0, 32),
      };
      return JSON.stringify(mail);
    },
    channel: {
      name,
      async check() {
        await password();
        await tlsOptions(config.tls_config ?? global.smtp_tls_config, resolve);
      },
      async deliver({ id, body }, _now, { config: delivery, signal }) {
        const pass = user === undefined ? undefined : await password();
        if (user !== undefined && !pass) throw new PipelineError('DELIVERY_FAILED', 'the password of the mail server is empty');
        const at = (host ?? '').lastIndexOf(':');
        return sendMail(
          JSON.parse(body) as Mail,
          {
            id, host: (host ?? '').slice(0, at).replace(/^\[|\]$/g, ''), port: Number((host ?? '').slice(at + 1)), hello: config.hello ?? global.smtp_hello ?? 'localhost',
            auth: user !== undefined && pass ? { user, pass } : undefined, requireTls: config.require_tls ?? global.smtp_require_tls ?? true, tls: await tlsOptions(config.tls_config ?? global.smtp_tls_config, resolve),
          },
          delivery, signal,
        );
      },
    },
  };
};
